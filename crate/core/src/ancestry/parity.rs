//! T3: what rounding twice does to the last bit.
//!
//! A value that a first rounding put exactly half-way between two BF16 neighbours goes
//! to the even one. With d bits dropped by the second rounding an even code is met with a
//! chance of 1/2 + 2^-(d+1): 0.5625 after FP16 or TF32, where d = 3, and 0.5 otherwise.

use super::Parity;
use super::view::{Cell, View};
use crate::format::FloatLayout;

/// Excess of even codes, θ = 2·P(even) − 1, that a second rounding of three bits leaves.
pub(crate) const TWICE_ROUNDED: f64 = 0.125;
/// Of FP16, which drops two bits less in its first subnormal binade, and one in its second.
const F16_SUBNORMAL: [(i32, f64); 2] = [(-15, 0.25), (-16, 0.5)];
/// What the curve of a density may add to an excess.
const SLOPE: f64 = 0.004;
/// Standard errors that some binades together differ by where it is no second rounding,
/// and where it may be one.
const TILTED: f64 = 4.0;
const LEVEL: f64 = 2.6;
/// Below this binade FP16 is subnormal.
const NORMAL: i32 = -14;

/// Sums over blocks of two even codes and their odd neighbours. B is how many more
/// values lie on the even ones, M how many there are; both are doubled, which makes them
/// integers, so that sums over tensors do not depend on their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    b: i128,
    m: i128,
    bb: i128,
    bm: i128,
    mm: i128,
}

impl Sums {
    /// Adds a block of so many values on two even codes, and twice as many as here on
    /// their odd neighbours.
    fn add(&mut self, even: u64, twice_odd: u64) {
        let (even, odd) = (2 * i128::from(even), i128::from(twice_odd));
        let (b, m) = (even - odd, even + odd);
        self.b += b;
        self.m += m;
        self.bb += b * b;
        self.bm += b * m;
        self.mm += m * m;
    }

    fn merge(&mut self, other: &Self) {
        self.b += other.b;
        self.m += other.m;
        self.bb += other.bb;
        self.bm += other.bm;
        self.mm += other.mm;
    }

    /// Values on the blocks' codes.
    pub(crate) fn values(&self) -> f64 {
        self.m as f64 / 2.0
    }

    /// Excess of even codes.
    pub(crate) fn excess(&self) -> f64 {
        if self.m > 0 {
            self.b as f64 / self.m as f64
        } else {
            0.0
        }
    }

    /// Blocks that carry the weight.
    pub(crate) fn blocks(&self) -> f64 {
        if self.mm > 0 {
            self.m as f64 * self.m as f64 / self.mm as f64
        } else {
            0.0
        }
    }

    /// Standard error of the excess: that of counting, or what the blocks' spread
    /// shows where that is more.
    pub(crate) fn error(&self) -> f64 {
        let blocks = self.blocks();
        if blocks <= 1.0 {
            return f64::INFINITY;
        }
        let theta = self.excess();
        let spread = self.bb as f64 - 2.0 * theta * self.bm as f64 + theta * theta * self.mm as f64;
        // Doubled sums have four times the variance.
        let spread = spread.max(0.0) / 4.0 * blocks / (blocks - 1.0);
        self.values().max(spread).sqrt() / self.values()
    }
}

/// The excess of even codes by binade.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Profile {
    /// (binade, sums), binades ascending.
    pub(crate) binades: Vec<(i32, Sums)>,
}

/// How the profile looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Too little to say.
    Unknown,
    /// No excess: not rounded twice.
    Flat,
    /// The excess of a second rounding, in every binade that shows something.
    RoundedTwice,
    /// A part of that excess, in every binade.
    Diluted,
    /// An excess that is no second rounding's.
    Other,
}

/// Standard errors by which the sums over ever more binades depart from a second
/// rounding's excess, at most.
fn tilt(binades: &[Sums]) -> f64 {
    let mut all = Sums::default();
    let distances = binades.iter().map(|sums| {
        all.merge(sums);
        let distance = (all.excess() - TWICE_ROUNDED).abs() - 2.0 * SLOPE;
        if all.blocks() < 8.0 {
            0.0
        } else {
            distance / all.error()
        }
    });
    distances.fold(0.0, f64::max)
}

/// Values that stand out of a sign's: a clipping bound, the one of a norm, a padding.
const SPIKES: usize = 2;

/// Takes out the few blocks, as (binade, even, twice odd), that hold many times more
/// values than those beside them: their one value would outweigh all others.
fn remove_spikes(blocks: &mut Vec<(i32, u64, u64)>) {
    let values = |block: &(i32, u64, u64)| 2 * block.1 + block.2;
    for _ in 0..SPIKES {
        let Some(at) = (0..blocks.len()).max_by_key(|at| values(&blocks[*at])) else {
            return;
        };
        // An odd code lies in two blocks: those are not the ones to compare with.
        let before = &blocks[at.saturating_sub(3)..at.saturating_sub(1)];
        let behind = &blocks[blocks.len().min(at + 2)..blocks.len().min(at + 4)];
        let spike = values(&blocks[at]);
        let others = before.iter().chain(behind).map(values).sum::<u64>();
        if others == 0 || spike < 2 * others {
            return;
        }
        let end = blocks.len().min(at + 2);
        blocks.drain(at.saturating_sub(1)..end);
    }
}

impl Profile {
    pub(crate) fn of(view: &View) -> Self {
        let mut profile = Self::default();
        for negative in [false, true] {
            let count = |cell: &Cell| {
                if negative {
                    cell.negative
                } else {
                    cell.positive
                }
            };
            let cells = view.cells.iter().map(|cell| (cell.code, count(cell)));
            let counts: Vec<(u64, u64)> = cells.filter(|cell| cell.1 > 0).collect();
            profile.add(view.layout, &counts);
        }
        profile
    }

    /// Values of one sign as (code, count).
    fn add(&mut self, layout: &FloatLayout, counts: &[(u64, u64)]) {
        let of = |code: u64| {
            let found = counts.binary_search_by_key(&code, |cell| cell.0);
            found.map_or(0, |at| counts[at].1)
        };
        // An odd code has an even neighbour on either side, which may be in the next block.
        let blocks = counts
            .iter()
            .flat_map(|cell| [cell.0 / 4, (cell.0 + 1) / 4]);
        let mut last = None;
        let mut all = Vec::new();
        for block in blocks {
            // Codes ascend: so do blocks, each met several times. Block 0 is subnormal.
            if last.is_some_and(|last| block <= last) || block == 0 {
                continue;
            }
            last = Some(block);
            let first = block * 4;
            let even = of(first) + of(first + 2);
            let twice_odd = 2 * of(first + 1) + of(first - 1) + of(first + 3);
            let field = layout.exponent_field(first) as i32;
            if field > 0 {
                all.push((field - layout.bias, even, twice_odd));
            }
        }
        remove_spikes(&mut all);
        for (binade, even, twice_odd) in all {
            self.binade(binade).add(even, twice_odd);
        }
    }

    fn binade(&mut self, binade: i32) -> &mut Sums {
        let at = self.binades.partition_point(|entry| entry.0 < binade);
        if self.binades.get(at).is_none_or(|entry| entry.0 != binade) {
            self.binades.insert(at, (binade, Sums::default()));
        }
        &mut self.binades[at].1
    }

    /// Adds what another tensor shows.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (binade, sums) in &other.binades {
            self.binade(*binade).merge(sums);
        }
    }

    /// Values of all binades.
    pub(crate) fn values(&self) -> f64 {
        self.from(i32::MIN).values()
    }

    /// Sums over the binades in which FP16 is normal.
    pub(crate) fn normal(&self) -> Sums {
        self.from(NORMAL)
    }

    /// Sums over the binades from one on.
    fn from(&self, least: i32) -> Sums {
        let mut all = Sums::default();
        let binades = self.binades.iter().filter(|entry| entry.0 >= least);
        binades.for_each(|entry| all.merge(&entry.1));
        all
    }

    /// The excess as a multiple of a second rounding's, and its standard error.
    pub(crate) fn share(&self) -> (f64, f64) {
        let all = self.normal();
        (all.excess() / TWICE_ROUNDED, all.error() / TWICE_ROUNDED)
    }

    /// Standard errors that the excess lies above zero.
    pub(crate) fn z(&self) -> f64 {
        let all = self.normal();
        all.excess() / all.error()
    }

    /// How the profile looks; where FP16 is excluded, down to the smallest binade.
    pub(crate) fn shape(&self, excludes_f16: bool) -> Shape {
        let least = if excludes_f16 { i32::MIN } else { NORMAL };
        let all = self.from(least);
        let blocks = all.blocks();
        if blocks < 8.0 {
            return Shape::Unknown;
        }
        let (share, error) = (all.excess() / TWICE_ROUNDED, all.error() / TWICE_ROUNDED);
        if share.abs() + 3.0 * error < 0.5 {
            let departs = self.departs(least, 0.0);
            return if departs { Shape::Other } else { Shape::Flat };
        }
        if all.excess() / all.error() < 4.9 + 45.0 / blocks {
            return Shape::Unknown;
        }
        if self.departs(least, all.excess()) {
            return Shape::Other;
        }
        if (share - 1.0).abs() <= 0.15 + 3.0 * error && !self.departs(least, TWICE_ROUNDED) {
            // One binade has no profile: an average may look like it.
            let is_profile = self.telling_binades(least) >= 2;
            let tilt = self.tilt(least);
            return if self.scatters(least, TWICE_ROUNDED) || tilt > TILTED {
                Shape::Other
            } else if is_profile && tilt < LEVEL {
                Shape::RoundedTwice
            } else {
                Shape::Unknown
            };
        }
        if share > 0.2 && share < 1.0 {
            Shape::Diluted
        } else {
            Shape::Other
        }
    }

    /// Binades that could tell a second rounding from none by themselves.
    fn telling_binades(&self, least: i32) -> usize {
        let telling = self.binades.iter().filter(|entry| {
            entry.0 >= least && entry.1.blocks() >= 4.0 && entry.1.error() < TWICE_ROUNDED / 2.0
        });
        telling.count()
    }

    /// Whether the binades together scatter about this excess more than their errors
    /// allow: a sum of squares far above their number. Averages differ from a second
    /// rounding a little in many binades.
    fn scatters(&self, least: i32, excess: f64) -> bool {
        let telling = self.binades.iter().filter(|entry| {
            entry.0 >= least && entry.1.blocks() >= 4.0 && entry.1.values() >= 64.0
        });
        let (mut squares, mut binades) = (0.0, 0.0);
        for (_, sums) in telling {
            let distance = ((sums.excess() - excess).abs() - SLOPE).max(0.0) / sums.error();
            squares += distance * distance;
            binades += 1.0;
        }
        squares > binades + 5.0 * (2.0f64 * binades).sqrt() + 10.0
    }

    /// Standard errors by which the smallest binades together, or the largest, have more
    /// or less than a second rounding's excess: averages fade where the last bits of what
    /// was averaged show.
    pub(crate) fn tilt(&self, least: i32) -> f64 {
        let binades = self.binades.iter().filter(|entry| entry.0 >= least);
        let mut sums: Vec<Sums> = binades.map(|entry| entry.1).collect();
        let from_below = tilt(&sums);
        sums.reverse();
        from_below.max(tilt(&sums))
    }

    /// Whether a binade's excess is clearly not this one.
    fn departs(&self, least: i32, excess: f64) -> bool {
        let normal = self.binades.iter().filter(|entry| entry.0 >= least);
        let mut clear = normal.filter(|entry| {
            let blocks = entry.1.blocks();
            let distance = (entry.1.excess() - excess).abs();
            blocks >= 8.0 && distance > 0.03 + (4.9 + 45.0 / blocks) * entry.1.error()
        });
        clear.next().is_some()
    }

    /// Where FP16 is subnormal, its excess grows and TF32's does not: squared standard
    /// errors by which FP16 fits better there.
    pub(crate) fn favours_f16(&self) -> f64 {
        let mut favour = 0.0;
        for (binade, of_f16) in F16_SUBNORMAL {
            let Some((_, sums)) = self.binades.iter().find(|entry| entry.0 == binade) else {
                continue;
            };
            if sums.blocks() >= 4.0 {
                let distance = |of: f64| ((sums.excess() - of) / sums.error()).abs().min(6.0);
                let (tf32, f16) = (distance(TWICE_ROUNDED), distance(of_f16));
                favour += tf32 * tf32 - f16 * f16;
            }
        }
        favour
    }

    /// The picture.
    pub(crate) fn picture(&self) -> Option<Parity> {
        let shown = |entry: &&(i32, Sums)| entry.1.blocks() >= 2.0 && entry.1.values() >= 16.0;
        let first = self.binades.iter().find(shown)?.0;
        let last = self.binades.iter().rev().find(shown)?.0;
        let mut picture = Parity {
            first,
            ..Parity::default()
        };
        for binade in first..=last {
            let entry = self.binades.iter().find(|entry| entry.0 == binade);
            let entry = entry.filter(shown);
            picture
                .even
                .push(entry.map(|entry| (1.0 + entry.1.excess()) / 2.0));
            picture.error.push(entry.map(|entry| entry.1.error() / 2.0));
        }
        Some(picture)
    }
}
