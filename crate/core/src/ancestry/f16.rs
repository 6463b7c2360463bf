//! T1 for FP16: does it hold BF16 values?

use super::draft::Draft;
use super::odds::{log10_choose, log10_holes};
use super::prose::{counted, percent};
use super::view::{Cell, View, precision};
use super::{Evidence, Fraction, Label};
use crate::format::power_of_two;

/// Bits of a BF16 significand.
const BF16_BITS: u32 = 8;
/// Odds that a containment needs.
const ENOUGH: f64 = 6.0;
const NEARLY_ALL: f64 = 0.95;
/// Values of a row that show what it holds.
const ROW_VALUES: usize = 64;

/// What FP16's normal values show of BF16.
pub(crate) struct Short {
    /// Values and different values with at most eight significant bits, and all.
    values: (u64, u64),
    different: (u64, u64),
    odds: f64,
}

impl Short {
    pub(crate) fn of(view: &View) -> Self {
        let least = power_of_two(view.layout.min_exponent());
        let first = view.cells.partition_point(|cell| cell.value < least);
        let normal = &view.cells[first..];
        let is_short = |cell: &&Cell| precision(cell.value).0 <= BF16_BITS;
        let mantissa = view.layout.mantissa_bits;
        let reachable = libm::ldexp(1.0, mantissa as i32);
        let accepted = libm::ldexp(1.0, BF16_BITS as i32 - 1);
        let binades = normal.chunk_by(|a, b| a.code >> mantissa == b.code >> mantissa);
        let odds = binades.map(|cells| {
            let short = cells.iter().filter(is_short).count();
            log10_holes(reachable, accepted, short as f64)
        });
        let short = || normal.iter().filter(is_short);
        Self {
            values: (
                short().map(Cell::count).sum(),
                normal.iter().map(Cell::count).sum(),
            ),
            different: (short().count() as u64, normal.len() as u64),
            odds: odds.sum(),
        }
    }

    fn share(&self) -> f64 {
        self.values.0 as f64 / self.values.1.max(1) as f64
    }

    /// Whether every normal value is one.
    pub(crate) fn is_all(&self) -> bool {
        self.values.0 == self.values.1
    }

    fn different_share(&self) -> f64 {
        self.different.0 as f64 / self.different.1.max(1) as f64
    }

    /// Nearly every value is a BF16 value, and not by chance.
    pub(crate) fn holds_bf16(&self) -> bool {
        self.odds >= ENOUGH && self.share() >= NEARLY_ALL && self.different_share() >= NEARLY_ALL
    }

    /// Most values need more bits than BF16 has. A handful of different values, of
    /// which half need more, is not enough.
    pub(crate) fn excludes_bf16(&self) -> bool {
        let longer = self.different.1 - self.different.0;
        longer >= 16 && self.different_share() < 0.5
    }

    pub(crate) fn evidence(&self) -> Evidence {
        if self.different.1 == 0 {
            let says = "No value lies in FP16's normal range, where BF16's eight significant bits would show.";
            return Evidence::new("containment", 0, says.to_owned()).power(0.0);
        }
        let says = format!(
            "{} of {} in FP16's normal range need no more than BF16's 8 significant bits; by chance one in eight does.",
            percent(self.different_share()),
            counted(self.different.1, "different value", "different values"),
        );
        Evidence::new("containment", self.different.1, says)
            .expected(1.0, self.different_share())
            .chance(if self.holds_bf16() { -self.odds } else { 0.0 })
            .power(if self.different.1 >= 8 { 1.0 } else { 0.0 })
    }
}

/// The label of FP16 values that lie on no lattice.
pub(crate) fn judge(view: &View, short: &Short, is_excluded: bool) -> Draft {
    let label = if short.holds_bf16() {
        Label::Bf16
    } else if short.excludes_bf16() && is_excluded {
        Label::Native
    } else {
        Label::Inconclusive
    };
    let mut draft = Draft::new(label);
    match label {
        Label::Bf16 => {
            draft.stops.push("bf16");
            draft.odds = short.odds - 2.0;
            draft.fraction = Some(Fraction::exact(short.share()));
            draft.is_exact = view.is_complete && short.is_all();
        }
        Label::Native => {
            draft.fraction = Some(Fraction::exact(1.0));
            draft
                .blind_spots
                .push("TF32 has FP16's precision: TF32 → FP16 leaves no trace.");
        }
        _ => {}
    }
    draft.with(short.evidence())
}

/// Some of the sampled rows hold BF16 values, the others don't.
pub(crate) fn mixture(view: &View) -> Option<Draft> {
    let (mut short, mut long, mut odds) = (0u64, 0u64, 0.0);
    for codes in rows(view) {
        let shorts = codes.iter().filter(|code| **code & 7 == 0).count();
        if shorts * 20 >= codes.len() * 19 {
            short += 1;
            // Each by chance once in eight.
            odds += codes.len() as f64 * 0.9;
        } else {
            long += 1;
        }
    }
    let rows = short + long;
    let share = short as f64 / rows.max(1) as f64;
    let picked = log10_choose(rows as f64, short as f64);
    if !(0.05..NEARLY_ALL).contains(&share) || odds - picked < 2.0 * ENOUGH {
        return None;
    }
    let mut draft = Draft::new(Label::Mixed);
    draft.odds = odds - picked;
    draft.rows = vec![(Label::Native, long), (Label::Bf16, short)];
    let says = format!(
        "{short} of {} that were looked at hold BF16 values; the others need more bits.",
        counted(rows, "row", "rows")
    );
    Some(draft.with(Evidence::new("rows", rows, says).chance(picked - odds)))
}

/// Different normal codes of each of the rows that are kept in full; rows of fewer than
/// four are left out.
fn rows(view: &View) -> Vec<Vec<u64>> {
    let least = 1u64 << view.layout.mantissa_bits;
    let mut rows = Vec::new();
    for patch in view.patches.iter().filter(|patch| patch.holds_rows()) {
        let width = patch.window.width as usize;
        for row in 0..patch.window.rows as usize {
            let codes = (row * width..(row + 1) * width).map(|at| view.code_at(patch, at));
            let mut codes: Vec<u64> = codes
                .map(|code| view.magnitude(code))
                .filter(|code| view.is_value(*code) && *code >= least)
                .take(ROW_VALUES)
                .collect();
            codes.sort_unstable();
            codes.dedup();
            if codes.len() >= 4 {
                rows.push(codes);
            }
        }
    }
    rows
}
