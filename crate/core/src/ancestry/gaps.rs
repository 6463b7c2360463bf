//! Codes that no value has, though all around them have many.
//!
//! Rounding to a format reaches every code of a coarser one. A product of BF16 values and
//! a constant does not, once it is rounded to BF16 again: of the codes between c·2^k and
//! 2^k some are met twice and others never, at regular distances. The parity of such
//! products can pass for that of a second rounding.

use super::draft::Draft;
use super::prose::{counted, grouped, percent};
use super::view::{Cell, View};
use super::{Evidence, Label};
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
        let normal = view
            .cells
            .partition_point(|cell| cell.value < power_of_two(-14));
        let mut gaps = Self::default();
        for cells in view.cells[normal..].chunk_by(|a, b| a.code / WINDOW == b.code / WINDOW) {
            gaps.add(cells);
        }
        if gaps.are_clear() && view.is_repetitive() {
            return Self::default();
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
            grouped(self.codes),
        );
        Evidence::new("gaps", self.codes, says).expected(0.0, self.empty as f64)
    }
}

/// Values of a code that make its two neighbours' being empty no chance: where as many are
/// expected there, it happens once in e^8.
const REPEATED: u64 = 4;
/// Different values that may stand apart by themselves.
const FEW: u64 = 8;

/// Leaves open whether values are native that are met again and again, with nothing beside
/// them: few numbers that the values are made of, whichever way.
pub(crate) fn doubted(view: &View, draft: Draft) -> Draft {
    if draft.label != Label::Native {
        return draft;
    }
    let Some((share, codes)) = apart(view).filter(|_| !view.is_repetitive()) else {
        return draft;
    };
    let says = format!(
        "Of the values other than the most frequent one {} take only {} different values, each of which recurs while its neighbouring codes are empty: they are built from few numbers, in a way that is not listed.",
        percent(share),
        grouped(codes),
    );
    let mut draft = Draft {
        label: Label::Inconclusive,
        fraction: None,
        ..draft
    };
    let evidence = Evidence::new("values_apart", codes, says).expected(0.0, share);
    draft.evidence.insert(0, evidence);
    draft
}

/// The share of the values that are repeated and have no neighbour, and how many
/// different ones they are, where it is more than half. The most frequent value, which
/// says nothing of the others, is left out.
fn apart(view: &View) -> Option<(f64, u64)> {
    let frequent = (0..view.cells.len()).max_by_key(|at| view.cells[*at].count())?;
    let most = view.cells[frequent].count();
    let (mut values, mut codes) = (0, 0);
    for (at, cell) in view.cells.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| view.cells[at].code + 1);
        let after = view.cells.get(at + 1).map(|next| next.code - 1);
        let is_alone = before != Some(cell.code) && after != Some(cell.code);
        if is_alone && cell.count() >= REPEATED && at != frequent {
            values += cell.count();
            codes += 1;
        }
    }
    let others = view.values() - most;
    (codes >= FEW && values * 2 > others).then(|| (values as f64 / others as f64, codes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ancestry::view::Places;
    use crate::format::Dtype;
    use crate::scan::Matrix;

    /// BF16 codes from 1 on, so many of each.
    fn gaps(counts: [u64; 16]) -> Gaps {
        let one = 0x3f80;
        let codes = (one..).zip(counts).filter(|code| code.1 > 0);
        let places = Places {
            matrix: Matrix {
                rows: 1,
                columns: counts.iter().sum(),
            },
            element_bytes: 2,
            patches: Vec::new(),
            narrow: |code| code,
        };
        let layout = Dtype::BF16.format().layout().expect("a float");
        Gaps::of(&View::of_codes(layout, codes, places))
    }

    #[test]
    fn empty_codes_among_equals_are_gaps() {
        let mut counts = [40; 16];
        assert_eq!(
            gaps(counts),
            Gaps {
                empty: 0,
                codes: 16
            }
        );
        (counts[3], counts[8], counts[12]) = (0, 0, 0);
        assert!(gaps(counts).are_clear());
        // Two may be chance.
        counts[8] = 40;
        assert!(!gaps(counts).are_clear());
    }

    #[test]
    fn few_values_or_uneven_ones_have_none() {
        let mut counts = [10; 16];
        (counts[3], counts[8], counts[12]) = (0, 0, 0);
        assert_eq!(gaps(counts), Gaps::default());
        // A number that nearly all values are, among others that chance leaves out.
        counts[0] = 10_000;
        assert_eq!(gaps(counts), Gaps::default());
    }

    #[test]
    fn what_lies_outside_of_all_values_is_no_gap() {
        let mut counts = [40; 16];
        counts[..4].fill(0);
        counts[13..].fill(0);
        assert_eq!(gaps(counts), Gaps { empty: 0, codes: 9 });
    }
}
