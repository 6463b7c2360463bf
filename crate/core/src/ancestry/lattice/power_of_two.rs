//! Small floats whose scale is a power of two, or that have none.
//!
//! A power of two changes no significand: every value has at most four significant
//! bits. What tells the formats apart is how deep their smallest values reach below a
//! block's largest one, or, without scales, below 1.

use super::fit::Detour;
use super::groups::{Group, groups};
use super::search::Found;
use crate::ancestry::odds::log10_holes;
use crate::ancestry::view::{Cell, View, binade, precision};
use crate::ancestry::{Granularity, Label, Scale};

/// Elements that share a scale in the OCP MX formats.
const BLOCK: u16 = 32;
const GROUPS: usize = 600;

/// A format whose blocks are scaled by powers of two.
struct Scaled {
    label: Label,
    /// Significant bits of a code.
    precision: u32,
    /// Binades from the block's largest value down to the step of its smallest.
    depth: i32,
}

/// In the order in which they are tried. The depth is that of the largest code's
/// binade above the smallest subnormal.
const SCALED: [Scaled; 5] = [
    Scaled {
        label: Label::Mxfp4,
        precision: 2,
        depth: 3,
    },
    Scaled {
        label: Label::Mxfp6E3m2,
        precision: 3,
        depth: 8,
    },
    Scaled {
        label: Label::Mxfp6E2m3,
        precision: 4,
        depth: 5,
    },
    Scaled {
        label: Label::Mxfp8E5m2,
        precision: 3,
        depth: 31,
    },
    Scaled {
        label: Label::Mxfp8E4m3,
        precision: 4,
        depth: 17,
    },
];

/// A format without scales.
struct Plain {
    label: Label,
    precision: u32,
    /// Exponent of the smallest subnormal.
    step: i32,
    largest: f64,
}

const PLAIN: [Plain; 2] = [
    Plain {
        label: Label::F8E5m2,
        precision: 3,
        step: -16,
        largest: 57_344.0,
    },
    Plain {
        label: Label::F8E4m3,
        precision: 4,
        step: -9,
        largest: 448.0,
    },
];

/// A block of nonzero values: (significant bits, exponent of the last of them), and
/// the binade of its largest value.
struct Block {
    row: u64,
    values: Vec<(u32, i32)>,
    top: i32,
    /// The largest value in eighths of the power of two below it.
    eighths: u32,
    codes: Vec<u64>,
}

impl Block {
    fn of(view: &View, group: &Group) -> Option<Self> {
        let values: Vec<f64> = group
            .codes
            .iter()
            .map(|code| view.layout.decode(view.magnitude(*code)))
            .collect();
        let top = values.iter().copied().reduce(f64::max)?;
        Some(Self {
            row: group.row,
            values: values.iter().map(|value| precision(*value)).collect(),
            top: binade(top),
            eighths: libm::ldexp(top, 3 - binade(top)) as u32,
            codes: group
                .codes
                .iter()
                .map(|code| view.magnitude(*code))
                .collect(),
        })
    }

    fn has_precision(&self, bits: u32) -> bool {
        self.values.iter().all(|value| value.0 <= bits)
    }

    fn is_on_grid(&self, step: i32) -> bool {
        self.values.iter().all(|value| value.1 >= step)
    }

    /// Values that are small enough to miss a grid of this step if they were not made on it.
    fn could_miss(&self, step: i32) -> usize {
        let is_small = |value: &&(u32, i32)| value.1 + (value.0 as i32) < step + 4;
        self.values.iter().filter(is_small).count()
    }
}

/// log10 of what is tried: some numbers of significant bits.
const TRIED: f64 = 1.0;

/// log10 of the odds that the different codes of some blocks all have so few significant
/// bits, against chance. A code counts once, however many blocks it is in.
fn odds(view: &View, codes: &[u64], bits: u32) -> f64 {
    let held = libm::ldexp(1.0, bits as i32 - 1);
    let mantissa = view.layout.mantissa_bits;
    let binade_of = |code: &u64| binade(view.layout.decode(*code));
    let odds = codes
        .chunk_by(|a, b| binade_of(a) == binade_of(b))
        .map(|codes| {
            // Subnormal numbers have few bits by nature.
            let bits =
                (binade_of(&codes[0]) - view.layout.min_subnormal_exponent()).min(mantissa as i32);
            let reachable = libm::ldexp(1.0, bits);
            log10_holes(reachable, reachable.min(held), codes.len() as f64)
        });
    odds.sum::<f64>() - TRIED
}

/// The format with power-of-two scales that the tensor, or a part of it, was made of.
pub(crate) fn search(view: &View) -> Option<Found> {
    if view.layout.mantissa_bits <= 3 || !some_are_short(view) {
        return None;
    }
    let groups = groups(view, Granularity::Block(BLOCK), GROUPS);
    let blocks: Vec<Block> = groups
        .iter()
        .filter_map(|group| Block::of(view, group))
        .collect();
    let (short, long): (Vec<Block>, Vec<Block>) =
        blocks.into_iter().partition(|block| block.has_precision(4));
    // A block of one value has nothing to compare.
    let informative = |block: &&Block| block.codes.len() > 1;
    let short_rows = short
        .iter()
        .filter(informative)
        .map(|block| (block.row, true));
    let long_rows = long.iter().map(|block| (block.row, false));
    let rows: Vec<(u64, bool)> = short_rows.chain(long_rows).collect();
    let fitting = rows.iter().filter(|row| row.1).count();
    let bits = most_bits(&short);
    let odds = odds(view, &different_codes(view, &short, bits), bits);
    let (label, scale) = kind(view, &short, bits, long.is_empty());
    let granularity = match scale {
        Scale::None => Granularity::Element,
        _ => Granularity::Block(BLOCK),
    };
    let found = Found {
        label,
        granularity,
        scale,
        has_offset: false,
        detour: Detour::None,
        odds,
        informative: rows.len(),
        fitting,
        rows,
    };
    (found.is_whole() || found.is_part()).then_some(found)
}

/// A look at all values first: nothing is to be found where one in twenty would be
/// short by chance alone.
fn some_are_short(view: &View) -> bool {
    let short = view
        .cells
        .iter()
        .filter(|cell| precision(cell.value).0 <= 4);
    let short: u64 = short.map(Cell::count).sum();
    short as f64 > 0.15 * view.values() as f64
}

/// The codes that blocks are made of: all of the tensor's, where all are as short.
fn different_codes(view: &View, blocks: &[Block], bits: u32) -> Vec<u64> {
    let is_short = |cell: &Cell| precision(cell.value).0 <= bits;
    if view.cells.iter().all(is_short) {
        return view.cells.iter().map(|cell| cell.code).collect();
    }
    let codes = blocks.iter().flat_map(|block| &block.codes);
    let mut codes: Vec<u64> = codes.copied().collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Significant bits of the value that needs most.
fn most_bits(blocks: &[Block]) -> u32 {
    let values = blocks.iter().flat_map(|block| &block.values);
    values.map(|value| value.0).max().unwrap_or(1)
}

/// Label and kind of scale for blocks of which every value is short.
fn kind(view: &View, blocks: &[Block], bits: u32, is_whole: bool) -> (Label, Scale) {
    let reach = if is_whole {
        Reach::of_all(view)
    } else {
        Reach::of_blocks(view, blocks)
    };
    let plain = PLAIN
        .iter()
        .find(|plain| bits == plain.precision && plain.is_filled_by(&reach));
    let scaled = SCALED.iter().find(|scaled| {
        bits <= scaled.precision
            && !(scaled.label == Label::Mxfp6E2m3 && ends_early(blocks, i32::MIN))
            && blocks
                .iter()
                .all(|block| block.is_on_grid(block.top - scaled.depth))
    });
    match (plain, scaled) {
        (Some(plain), Some(scaled)) if !shows_scales(blocks, scaled, plain, &reach) => {
            (plain.label, Scale::None)
        }
        (_, Some(scaled)) => (scaled.label, Scale::PowerOfTwo),
        (Some(plain), None) => (plain.label, Scale::None),
        (None, None) => (Label::Mxfp8E4m3, Scale::PowerOfTwo),
    }
}

/// Largest values of blocks that tell which code was the last.
const ENDING: usize = 20;

/// Whether no block goes up to 1.875 times a power of two, as E2M3's code 7.5 does, though
/// many come close: E4M3 ends at 1.75 times one, 448. Only blocks count for which a grid
/// of this step has that value.
fn ends_early(blocks: &[Block], step: i32) -> bool {
    let has_end = |block: &&Block| block.top >= step.saturating_add(3);
    // Others go further: what they are made of has no end there by itself.
    let goes_on = |top: i32| blocks.iter().filter(|block| block.top > top).count() >= ENDING;
    let close = blocks
        .iter()
        .filter(has_end)
        .filter(|block| block.eighths >= 13 && goes_on(block.top));
    let is_last = |block: &Block| block.eighths == 15;
    close.clone().count() >= ENDING && !close.clone().any(is_last)
}

/// How far values reach.
struct Reach {
    /// Exponent of the last bit that is in use.
    step: i32,
    smallest: f64,
    largest: f64,
}

impl Reach {
    /// Of every value that is known.
    fn of_all(view: &View) -> Self {
        if view.is_complete {
            return Self::of(view.cells.iter().map(|cell| cell.value));
        }
        // The few that were counted hardly ever have the smallest among them.
        let kept = view.patches.iter().flat_map(|patch| {
            let codes = (0..patch.elements()).map(|at| view.code_at(patch, at));
            codes.filter(|code| view.is_value(*code))
        });
        Self::of(kept.map(|code| view.layout.decode(view.magnitude(code))))
    }

    fn of_blocks(view: &View, blocks: &[Block]) -> Self {
        let codes = blocks.iter().flat_map(|block| &block.codes);
        Self::of(codes.map(|code| view.layout.decode(*code)))
    }

    fn of(values: impl Iterator<Item = f64>) -> Self {
        let nothing = Self {
            step: i32::MAX,
            smallest: f64::INFINITY,
            largest: 0.0,
        };
        values.fold(nothing, |reach, value| Self {
            step: reach.step.min(precision(value).1),
            smallest: reach.smallest.min(value),
            largest: reach.largest.max(value),
        })
    }
}

impl Plain {
    /// Whether values keep to the format's grid and use its last step.
    fn is_filled_by(&self, reach: &Reach) -> bool {
        reach.step == self.step && reach.largest <= self.largest
    }

    /// Whether some values lie where the format is no longer normal.
    fn is_subnormal_in(&self, reach: &Reach) -> bool {
        reach.smallest < libm::ldexp(1.0, self.step + self.precision as i32 - 1)
    }
}

/// Binades of the formats of six bits and fewer.
const SHALLOW: i32 = 8;

/// Whether blocks keep to a grid of their own that is coarser than the plain format's, or
/// all lie in a few binades and end above the plain one's last ones.
fn shows_scales(blocks: &[Block], scaled: &Scaled, plain: &Plain, reach: &Reach) -> bool {
    let coarser = blocks
        .iter()
        .filter(|block| block.top - scaled.depth > plain.step);
    let missing = coarser.map(|block| block.could_miss(block.top - scaled.depth));
    scaled.precision < plain.precision
        || missing.sum::<usize>() >= 20
        || scaled.depth <= SHALLOW && !plain.is_subnormal_in(reach)
        || scaled.label == Label::Mxfp8E4m3 && ends_early(blocks, plain.step)
}
