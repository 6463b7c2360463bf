//! Tables, masks and grids of integers: lattices that are no quantised weights.

use super::odds::log10_holes;
use super::view::{View, binade, precision};
use crate::format::power_of_two;
use crate::scan::Purpose;

/// A grid whose step is a power of two, or a handful of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Levels {
    /// Exponent of the step, where there is one.
    pub(crate) step: Option<i32>,
    /// Steps from zero to the largest value, or different magnitudes.
    pub(crate) count: u64,
    /// log10 of the odds against chance.
    pub(crate) odds: f64,
}

/// More steps than this are no table: random numbers are made on a grid, too.
const MOST_LEVELS: f64 = 4096.0;
/// Up to so many steps every value has at most four significant bits.
const SHORT_LEVELS: f64 = 16.0;
const ENOUGH: f64 = 10.0;
/// The smallest subnormals of E4M3 and E5M2.
const FP8_STEPS: [i32; 2] = [-9, -16];
/// Stretches of the sample that must differ: a row that is repeated has few values, too.
const DIFFERENT: usize = 32;

/// The levels that the tensor keeps to, if they are few.
pub(crate) fn levels(view: &View) -> Option<Levels> {
    grid(view).or_else(|| handful(view))
}

fn grid(view: &View) -> Option<Levels> {
    let precisions = view.cells.iter().map(|cell| precision(cell.value));
    let step = precisions.clone().map(|(_, last)| last).min()?;
    let bits = precisions.map(|(bits, _)| bits).max()?;
    if !(-500..500).contains(&step) {
        return None;
    }
    let count = view.cells.last()?.value / power_of_two(step);
    let is_table = if count > SHORT_LEVELS {
        count <= MOST_LEVELS && bits > 4
    } else {
        (bits > 2 || count <= 4.0) && !FP8_STEPS.contains(&step)
    };
    let odds = grid_odds(view, step);
    (is_table && odds >= ENOUGH).then_some(Levels {
        step: Some(step),
        count: count as u64,
        odds,
    })
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

/// At most eight magnitudes on both sides of zero, with nothing near zero, in places
/// that do not repeat.
fn handful(view: &View) -> Option<Levels> {
    let count = view.cells.len();
    let values = view.values();
    if !(1..=8).contains(&count) || values < 256 {
        return None;
    }
    let negative: u64 = view.cells.iter().map(|cell| cell.negative).sum();
    let either = negative.min(values - negative).max(view.zeros);
    let smallest = view.cells.first()?.value;
    let largest = view.cells.last()?.value;
    let has_gap = either * 20 >= view.elements() && smallest * 16.0 >= largest;
    (has_gap && different_stretches(view) >= DIFFERENT).then_some(Levels {
        step: None,
        count: count as u64,
        odds: ENOUGH,
    })
}

/// Whether every level occurs equally often: a ramp, not weights.
pub(crate) fn is_ramp(view: &View) -> bool {
    let most = view.cells.iter().map(super::view::Cell::count).max();
    let least = view.cells.iter().map(super::view::Cell::count).min();
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
