//! Tables, masks and grids of integers: lattices that are no quantised weights.

use super::odds::log10_holes;
use super::view::{Cell, View, binade, precision};
use crate::format::power_of_two;
use crate::scan::Purpose;

/// What levels have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    /// They are multiples of this power of two.
    Binary(i32),
    /// They are multiples of some number.
    Real,
}

/// A grid of integers, or a handful of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Levels {
    /// The step of the grid, where there is one.
    pub(crate) step: Option<Step>,
    /// Steps from zero to the largest value, or different magnitudes.
    pub(crate) count: u64,
    /// log10 of the odds against chance.
    pub(crate) odds: f64,
}

impl Levels {
    /// So few steps that every value has at most four significant bits.
    pub(crate) fn is_small(&self) -> bool {
        self.count as f64 <= SHORT_LEVELS
    }
}

/// More steps than this are no table: random numbers are made on a grid, too.
const MOST_LEVELS: f64 = 4096.0;
/// Up to so many steps every value has at most four significant bits.
const SHORT_LEVELS: f64 = 16.0;
const ENOUGH: f64 = 10.0;
/// Multiples of the step that the smallest value may be.
const MOST_FIRST: u32 = 8;
/// log10 of the ways in which a step could be narrowed, at most.
const TRIED: f64 = 4.0;
/// The smallest subnormals of E4M3 and E5M2.
const FP8_STEPS: [i32; 2] = [-9, -16];
/// The smallest subnormal of FP16.
const F16_STEP: i32 = -24;
/// Bits of its significand.
const F16_BITS: u32 = 11;
/// Steps to the smallest value of a table, at most: from here on eight significant bits
/// are enough to make a grid of it.
const ALL_SHORT: f64 = 128.0;
/// Stretches of the sample that must differ: a row that is repeated has few values, too.
const DIFFERENT: usize = 32;

/// Multiples of a power of two.
pub(crate) fn binary_grid(view: &View) -> Option<Levels> {
    let precisions = view.cells.iter().map(|cell| precision(cell.value));
    let step = precisions.clone().map(|(_, last)| last).min()?;
    let bits = precisions.map(|(bits, _)| bits).max()?;
    if !(-500..500).contains(&step) {
        return None;
    }
    let count = view.cells.last()?.value / power_of_two(step);
    // The last bits of short numbers, and FP16's smallest, make grids as well.
    let first = view.cells.first()?.value / power_of_two(step);
    if first >= ALL_SHORT || step == F16_STEP {
        return None;
    }
    let is_table = if count > SHORT_LEVELS {
        count <= MOST_LEVELS && bits > 4
    } else {
        (bits > 2 || count <= 4.0) && !FP8_STEPS.contains(&step)
    };
    let odds = grid_odds(view, step);
    (is_table && odds >= ENOUGH).then_some(Levels {
        step: Some(Step::Binary(step)),
        count: count as u64,
        odds,
    })
}

/// Whether all values are FP16's subnormal numbers, which are integers times its smallest.
pub(crate) fn is_subnormal_f16(view: &View) -> bool {
    let is_subnormal = |cell: &Cell| cell.value < power_of_two(F16_STEP + 10);
    ends_like_f16(view) && view.cells.iter().all(is_subnormal)
}

/// Whether FP16 holds the values, which are multiples of its smallest number and of no
/// larger power of two.
fn ends_like_f16(view: &View) -> bool {
    let mut precisions = view.cells.iter().map(|cell| precision(cell.value));
    let last = precisions.clone().map(|(_, last)| last).min();
    last == Some(F16_STEP) && precisions.all(|(bits, _)| bits <= F16_BITS)
}

/// Against chance, binade by binade: multiples of the step among the format's values.
fn grid_odds(view: &View, step: i32) -> f64 {
    let layout = view.layout;
    let of_step = |binade: i32, step: i32| {
        let bits = (binade - step).min(layout.mantissa_bits as i32);
        libm::ldexp(1.0, bits)
    };
    let binades = view
        .cells
        .chunk_by(|a, b| binade(a.value) == binade(b.value));
    let odds = binades.map(|cells| {
        let binade = binade(cells[0].value);
        let reachable = of_step(binade, layout.min_subnormal_exponent());
        log10_holes(reachable, of_step(binade, step), cells.len() as f64)
    });
    odds.sum()
}

/// Multiples of any number: from the smallest magnitude up, each that leaves no doubt
/// about its multiple narrows the step.
pub(crate) fn even_grid(view: &View) -> Option<Levels> {
    let is_table = (8..=MOST_LEVELS as usize).contains(&view.cells.len());
    if !is_table || ends_like_f16(view) {
        return None;
    }
    // What rounds to each cell: eight steps are tried on them.
    let intervals = view.cells.iter().map(|cell| view.rounds_to(cell.code));
    let intervals: Vec<(f64, f64)> = intervals.collect();
    let of_first = *intervals.first()?;
    let grids = (1..=MOST_FIRST).filter_map(|multiple| {
        let multiple = f64::from(multiple);
        let step = narrow_step(&intervals, (of_first.0 / multiple, of_first.1 / multiple))?;
        let count = (view.cells.last()?.value / step + 0.5) as u64;
        let odds = even_odds(view, step, count) - libm::log10(multiple) - TRIED;
        Some(Levels {
            step: Some(Step::Real),
            count,
            odds,
        })
    });
    let mut likely = grids.filter(|grid| grid.odds >= ENOUGH && grid.count as f64 <= MOST_LEVELS);
    likely.next()
}

fn narrow_step(intervals: &[(f64, f64)], mut step: (f64, f64)) -> Option<f64> {
    for (low, high) in &intervals[1..] {
        let least = libm::ceil(low / step.1 * (1.0 - 1e-12));
        let most = libm::floor(high / step.0 * (1.0 + 1e-12));
        if least > most {
            return None;
        }
        if least == most {
            step = (step.0.max(low / least), step.1.min(high / least));
            if step.0 > step.1 * (1.0 + 1e-12) {
                return None;
            }
        }
    }
    // Where many multiples were possible, none may be left of the final step.
    let step = (step.0 + step.1) / 2.0;
    let is_multiple = |(low, high): &(f64, f64)| {
        libm::ceil(low / step * (1.0 - 1e-12)) <= libm::floor(high / step * (1.0 + 1e-12))
    };
    intervals.iter().all(is_multiple).then_some(step)
}

/// Against chance, binade by binade: values of the format that some multiple rounds to.
fn even_odds(view: &View, step: f64, count: u64) -> f64 {
    let binades = view
        .cells
        .chunk_by(|a, b| binade(a.value) == binade(b.value));
    let odds = binades.map(|cells| {
        let binade = binade(cells[0].value);
        let ulp =
            (binade - view.layout.mantissa_bits as i32).max(view.layout.min_subnormal_exponent());
        let reachable = libm::ldexp(1.0, binade - ulp);
        let multiples = (libm::ldexp(1.0, binade) / step).min(count as f64).max(1.0);
        let accepted = libm::ceil(multiples).min(reachable);
        log10_holes(
            reachable,
            accepted.max(cells.len() as f64),
            cells.len() as f64,
        )
    });
    odds.sum()
}

/// At most eight magnitudes on both sides of zero, with nothing near zero, in places
/// that do not repeat.
pub(crate) fn handful(view: &View) -> Option<Levels> {
    let count = view.cells.len();
    let values = view.values();
    if !(1..=8).contains(&count) || values < 256 {
        return None;
    }
    let negative: u64 = view.cells.iter().map(|cell| cell.negative).sum();
    let either = negative.min(values - negative).max(view.zeros);
    let smallest = view.cells.first()?.value;
    let largest = view.cells.last()?.value;
    // Among subnormal numbers few magnitudes are all that there are.
    let is_normal = smallest >= power_of_two(view.layout.min_exponent().max(-1000));
    let has_gap = either * 20 >= view.elements() && smallest * 16.0 >= largest && is_normal;
    let is_all = has_gap && has_no_others(view) && different_stretches(view) >= DIFFERENT;
    is_all.then_some(Levels {
        step: None,
        count: count as u64,
        odds: ENOUGH,
    })
}

/// Whether every value that is kept, and not only those that were counted, is a level.
fn has_no_others(view: &View) -> bool {
    let is_level = |code: u64| {
        let magnitude = view.magnitude(code);
        !view.is_value(code) || view.cells.iter().any(|cell| cell.code == magnitude)
    };
    view.is_complete
        || view
            .patches
            .iter()
            .all(|patch| (0..patch.elements()).all(|at| is_level(view.code_at(patch, at))))
}

/// Whether every level occurs equally often: a ramp, not weights.
pub(crate) fn is_ramp(view: &View) -> bool {
    let most = view.cells.iter().map(Cell::count).max();
    let least = view.cells.iter().map(Cell::count).min();
    view.cells.len() >= 8 && most == least
}

/// Different stretches of 16 elements in the sample, counted up to what is asked for.
fn different_stretches(view: &View) -> usize {
    let mut seen: Vec<Vec<u64>> = Vec::new();
    let kept = |purpose| matches!(purpose, Purpose::Whole | Purpose::Segments);
    for patch in view
        .patches
        .iter()
        .filter(|patch| kept(patch.window.purpose))
    {
        for begin in (0..patch.elements().saturating_sub(15))
            .step_by(16)
            .take(4096)
        {
            let stretch: Vec<u64> = (begin..begin + 16)
                .map(|at| view.code_at(patch, at))
                .collect();
            if !seen.contains(&stretch) {
                seen.push(stretch);
            }
            if seen.len() >= DIFFERENT {
                return seen.len();
            }
        }
    }
    seen.len()
}
