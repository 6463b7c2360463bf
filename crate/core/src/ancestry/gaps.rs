//! Codes that no value has, though all around them have many.
//!
//! Rounding to a format reaches every code of a coarser one. A product of BF16 values and
//! a constant does not, once it is rounded to BF16 again: of the codes between c·2^k and
//! 2^k some are met twice and others never, at regular distances. The parity of such
//! products can pass for that of a second rounding.

use super::Evidence;
use super::prose::counted;
use super::view::{Cell, View};
use crate::format::power_of_two;

/// Neighbouring codes that are compared.
const WINDOW: u64 = 16;
/// Values of a code, on the average, that make an empty one a gap: of as many, none is
/// expected once in 10^8.
const DENSE: u64 = 20;
/// How many times the least frequent of a window the most frequent may be: a product
/// meets a code once or twice.
const EVEN: u64 = 4;
/// Gaps that prove something.
const ENOUGH: u64 = 3;

/// Codes of densely and evenly filled windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Gaps {
    empty: u64,
    codes: u64,
}

impl Gaps {
    /// Where FP16 is normal: below, it has gaps itself.
    pub(crate) fn of(view: &View) -> Self {
        if is_repetitive(view) {
            return Self::default();
        }
        let normal = view
            .cells
            .partition_point(|cell| cell.value < power_of_two(-14));
        let mut gaps = Self::default();
        for cells in view.cells[normal..].chunk_by(|a, b| a.code / WINDOW == b.code / WINDOW) {
            gaps.add(cells);
        }
        gaps
    }

    /// A window's codes; those before its first and behind its last one are no gaps.
    fn add(&mut self, cells: &[Cell]) {
        let codes = cells[cells.len() - 1].code - cells[0].code + 1;
        let counts = cells.iter().map(Cell::count);
        let (least, most) = counts.clone().fold((u64::MAX, 0), |(least, most), count| {
            (count.min(least), count.max(most))
        });
        let is_even = most <= EVEN * least && cells.len() as u64 >= WINDOW / 2;
        if is_even && counts.sum::<u64>() >= DENSE * codes {
            self.empty += codes - cells.len() as u64;
            self.codes += codes;
        }
    }

    /// Adds what another tensor shows.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.empty += other.empty;
        self.codes += other.codes;
    }

    /// Whether there are more than chance leaves.
    pub(crate) fn are_clear(&self) -> bool {
        self.empty >= ENOUGH
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let says = format!(
            "No value has {} among {} that have twenty or more each on the average: products and sums in BF16 leave such gaps, a conversion does not.",
            counted(self.empty, "code", "codes"),
            super::prose::grouped(self.codes),
        );
        Evidence::new("gaps", self.codes, says).expected(0.0, self.empty as f64)
    }
}

/// Elements of a stretch, and stretches that are compared.
const STRETCH: usize = 16;
const STRETCHES: usize = 256;

/// Whether stretches of the sample are met again and again: of few different values each
/// repeated often, some codes have none by chance.
fn is_repetitive(view: &View) -> bool {
    let in_rows = view.patches.iter().filter(|patch| patch.holds_rows());
    let mut seen: Vec<Vec<u64>> = Vec::new();
    let mut repeated = 0;
    for patch in in_rows {
        let step = (patch.elements() / STRETCHES).max(STRETCH) / STRETCH * STRETCH;
        let begins = (0..patch.elements().saturating_sub(STRETCH)).step_by(step);
        for begin in begins.take(STRETCHES) {
            let codes = begin..begin + STRETCH;
            let stretch: Vec<u64> = codes.map(|at| view.code_at(patch, at)).collect();
            if !stretch.iter().any(|code| view.is_value(*code)) {
                continue;
            }
            if seen.contains(&stretch) {
                repeated += 1;
            } else {
                seen.push(stretch);
            }
        }
    }
    repeated * 10 > seen.len()
}
