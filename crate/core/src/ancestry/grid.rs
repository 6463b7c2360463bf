//! T2: the grid of FP16's subnormal numbers.
//!
//! BF16 loses nothing to FP16 from 2^-17 to 65504. Below, FP16 keeps multiples of
//! 2^-24 only. A native BF16 value of binade e lies on that grid with a chance of
//! 2^(e+17), so a handful of different tiny values decides, however many there are of each.

use std::f64::consts::LOG10_2;

use super::Witness;
use super::view::{Cell, View, binade, precision};
use crate::format::power_of_two;

/// Binade of the smallest BF16 values that FP16 all holds.
const HELD: i32 = -17;
/// Exponent of FP16's smallest subnormal.
const STEP: i32 = -24;
/// Odds that call it FP16.
pub(crate) const ENOUGH: f64 = 6.0;
/// Of those on the grid, so many in a hundred may lie off it.
const STRAYS_PERCENT: u64 = 3;

/// Values under 2^-17.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Different values on FP16's grid, signs counted apart.
    pub(crate) on: u64,
    /// Off it.
    pub(crate) off: u64,
    /// log2 of the odds against those on it being there by chance.
    bits: u64,
    /// Odd multiples of 2^-24 among the values on the grid, and all of them.
    pub(crate) odd: u64,
    pub(crate) values_on: u64,
    pub(crate) values_off: u64,
}

impl Grid {
    pub(crate) fn of(view: &View) -> Self {
        let mut grid = Self::default();
        let tiny = |cell: &&Cell| cell.value < power_of_two(HELD);
        for cell in view.cells.iter().take_while(tiny) {
            let signs = u64::from(cell.positive > 0) + u64::from(cell.negative > 0);
            let last = precision(cell.value).1;
            if last < STEP {
                grid.off += signs;
                grid.values_off += cell.count();
                continue;
            }
            grid.on += signs;
            grid.bits += u64::from((HELD - binade(cell.value)).unsigned_abs()) * signs;
            grid.odd += u64::from(last == STEP) * cell.count();
            grid.values_on += cell.count();
        }
        grid
    }

    /// Adds what another tensor shows.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.on += other.on;
        self.off += other.off;
        self.bits += other.bits;
        self.odd += other.odd;
        self.values_on += other.values_on;
        self.values_off += other.values_off;
    }

    /// log10 of the odds against those on the grid being there by chance.
    pub(crate) fn odds(&self) -> f64 {
        self.bits as f64 * LOG10_2
    }

    /// Only FP16 explains it.
    pub(crate) fn is_f16(&self) -> bool {
        self.odds() >= ENOUGH && self.allows_f16()
    }

    /// Enough values lie off the grid that none of them went through FP16.
    pub(crate) fn excludes_f16(&self) -> bool {
        self.off >= 2 && self.off * 10 > self.on * 3
    }

    /// Whether odd multiples of 2^-24 are as frequent as rounding to FP16 leaves them: a
    /// half after FP32, a third after BF16. Sums and averages of larger BF16 values lie on
    /// the grid as well, and have few.
    pub(crate) fn has_odd_multiples(&self) -> bool {
        self.odd * 5 >= self.values_on
    }

    /// Whether FP16 is possible at all: hardly a value that it cannot hold.
    pub(crate) fn allows_f16(&self) -> bool {
        self.off * 100 <= self.on * STRAYS_PERCENT
    }

    /// Some values under 2^-17 and all on the grid, too few to prove anything.
    pub(crate) fn hints_at_f16(&self) -> bool {
        self.odds() >= 1.0 && self.allows_f16()
    }
}

/// Whether the values fill an interval evenly that reaches a half or more: random numbers
/// made in FP32 and stretched over it are then multiples of 2^-24 themselves.
pub(crate) fn is_uniform_on_grid(view: &View) -> bool {
    let sum = |power: i32| -> f64 {
        let terms = view.cells.iter().map(|cell| {
            let square = cell.value * cell.value;
            let term = if power == 4 { square * square } else { square };
            term * cell.count() as f64
        });
        terms.sum()
    };
    let kurtosis = sum(4) * view.values() as f64 / (sum(2) * sum(2));
    let largest = view.cells.last().map_or(0.0, |cell| cell.value);
    (1.7..=1.9).contains(&kurtosis) && largest >= 0.49
}

/// The popular witnesses.
pub(crate) fn witnesses(view: &View) -> Vec<Witness> {
    let density = density_near_zero(view);
    let below = |name: &'static str, threshold: f64| {
        let cells = view.cells.iter().take_while(|cell| cell.value < threshold);
        let off = cells.clone().filter(|cell| precision(cell.value).1 < STEP);
        Witness {
            threshold: name,
            observed: cells.map(Cell::count).sum(),
            off_grid: off.map(Cell::count).sum(),
            expected: density.map(|density| density * threshold),
        }
    };
    let above = view
        .cells
        .iter()
        .rev()
        .take_while(|cell| cell.value > 65_504.0);
    vec![
        below("1e-10", 1e-10),
        below("2^-24", power_of_two(STEP)),
        below("2^-17", power_of_two(HELD)),
        Witness {
            threshold: "65504",
            observed: above.clone().map(Cell::count).sum(),
            off_grid: above.map(Cell::count).sum(),
            expected: None,
        },
    ]
}

/// Values for each unit of |x| near zero, from the smallest binades that hold enough of
/// them and lie above FP16's subnormal range; `None` where there are too few.
pub(crate) fn density_near_zero(view: &View) -> Option<f64> {
    let least = power_of_two(-14);
    let mut count = 0;
    let mut cells = view
        .cells
        .iter()
        .skip_while(|cell| cell.value < least)
        .peekable();
    let mut bound = least;
    while cells.peek().is_some() {
        bound *= 2.0;
        while let Some(cell) = cells.next_if(|cell| cell.value < bound) {
            count += cell.count();
        }
        // A quarter of a thousand is known to 6 %.
        if count >= 256 {
            return Some(count as f64 / (bound - least));
        }
    }
    None
}

/// Values that should lie under 2^-14 where there are none, as if FP16's subnormal
/// numbers had been flushed to zero; 0 where the smallest value lies well above, which
/// pruning leaves, or where there are some.
pub(crate) fn flushed(view: &View) -> f64 {
    let least = power_of_two(-14);
    let (Some(density), Some(first)) = (density_near_zero(view), view.cells.first()) else {
        return 0.0;
    };
    let is_at_edge = (0.0..8.0).contains(&(density * (first.value - least)));
    if is_at_edge { density * least } else { 0.0 }
}
