//! T1 for FP32: does it hold BF16, FP16 or TF32 values?

use std::f64::consts::LOG10_2;

use super::draft::Draft;
use super::grid::flushed;
use super::prose::{counted, grouped, percent};
use super::view::View;
use super::{Evidence, Fraction, Label};
use crate::scan::Rows;

/// What rows and values show together.
pub(crate) struct Containment {
    /// Rows that vary, by what holds them.
    pub(crate) bf16: u64,
    pub(crate) ten_bits: u64,
    pub(crate) wider: u64,
    /// Which of FP16 and TF32 the rows of ten bits are.
    pub(crate) ten: Ten,
    outside: (u64, u64),
    /// Values that should lie under 2^-14, where there are none.
    flushed: f64,
    /// log10 of the odds against so many different values being short by chance.
    odds: f64,
}

/// What values with ten bits of mantissa are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ten {
    F16,
    Tf32,
    /// Nothing outside the range in which both hold the same values.
    Either,
    /// Nine bits are nearly enough, or small values need more: averages.
    Neither,
}

/// Values outside FP16's normal range that decide: of TF32's one in three would be an
/// FP16 value as well.
const DECIDING: u64 = 6;
/// Values that should lie under 2^-14 before their absence says something.
const MISSED: f64 = 8.0;
/// A share of rows that speaks for the tensor.
const NEARLY_ALL: f64 = 0.95;
const FEW: f64 = 0.05;
/// Odds that a verdict needs: three different short values.
const ENOUGH: f64 = 10.0;
/// Different values that tell narrow rows from such as hold nothing.
const FEW_VALUES: usize = 4;
/// The smallest normal number of FP16, in FP32.
const F16_NORMAL: u64 = 113 << 23;
/// Values that show what the bits of averages look like.
const ENOUGH_VALUES: usize = 1 << 16;

impl Containment {
    pub(crate) fn of(view: &View, rows: &Rows) -> Self {
        let (n, held) = (rows.ten_bits.outside, rows.ten_bits.outside_f16);
        let flushed = if n == 0 { flushed(view) } else { 0.0 };
        let is_f16 = flushed >= MISSED || held * 20 >= n * 19;
        let ten = if rows.ten_bits.rows > 0 && is_average(view, is_f16) {
            Ten::Neither
        } else if flushed >= MISSED {
            Ten::F16
        } else if n < DECIDING {
            Ten::Either
        } else if is_f16 {
            Ten::F16
        } else {
            Ten::Tf32
        };
        let containment = Self {
            bf16: rows.bf16.rows,
            ten_bits: rows.ten_bits.rows,
            wider: rows.wider,
            ten,
            outside: (held, n),
            flushed,
            odds: odds(view, if rows.ten_bits.rows > 0 { 13 } else { 16 }),
        };
        containment.without_repeats(view)
    }

    /// Rows of which nearly all values are one short number, and the few others are not,
    /// hold nothing narrower.
    fn without_repeats(self, view: &View) -> Self {
        let low = if self.ten_bits > 0 { 0x1fff } else { 0xffff };
        if self.ten_bits + self.bf16 == 0 {
            return self;
        }
        let mut codes = codes_of_narrow_rows(view, low);
        for code in &mut codes {
            *code = view.magnitude(*code);
        }
        codes.sort_unstable();
        codes.dedup();
        let long = codes.iter().filter(|code| **code & low != 0).count();
        // Rows of zeros and ones say nothing of the others.
        let is_enough = self.wider == 0 || codes.is_empty() || codes.len() >= FEW_VALUES;
        if long * 20 <= codes.len() && is_enough {
            return self;
        }
        Self {
            wider: self.rows(),
            bf16: 0,
            ten_bits: 0,
            ..self
        }
    }

    fn rows(&self) -> u64 {
        self.bf16 + self.ten_bits + self.wider
    }

    /// The label of the rows of ten bits.
    fn ten_label(&self) -> Label {
        match self.ten {
            Ten::F16 => Label::F16,
            Ten::Tf32 => Label::Tf32,
            Ten::Either => Label::Inconclusive,
            Ten::Neither => Label::Arithmetic,
        }
    }

    /// Rows by label.
    pub(crate) fn rows_by_label(&self) -> Vec<(Label, u64)> {
        let parts = [
            (Label::Native, self.wider),
            (self.ten_label(), self.ten_bits),
            (Label::Bf16, self.bf16),
        ];
        let of = |label: Label| {
            let parts = parts.iter().filter(|part| part.0 == label);
            (label, parts.map(|part| part.1).sum())
        };
        let rows = Label::ALL.iter().map(|label| of(*label));
        rows.filter(|row| row.1 > 0).collect()
    }

    /// What is decided by rows alone; `None` where nearly all rows need all bits.
    pub(crate) fn judge(&self) -> Option<Draft> {
        let rows = self.rows();
        let by_label = self.rows_by_label();
        let &(label, most) = by_label.iter().max_by_key(|row| row.1)?;
        let share = most as f64 / rows as f64;
        if label == Label::Native && share >= NEARLY_ALL {
            return None;
        }
        let averages = if self.ten == Ten::Neither {
            self.ten_bits
        } else {
            0
        };
        let mut draft = if averages as f64 > FEW * rows as f64 {
            Draft::new(Label::Arithmetic)
        } else if share >= NEARLY_ALL {
            self.narrow(label, share)
        } else {
            Draft::new(Label::Mixed)
        };
        draft.is_exact = most == rows;
        Some(draft.with(self.evidence()))
    }

    /// Nearly all rows hold values of one narrower format.
    fn narrow(&self, label: Label, share: f64) -> Draft {
        if self.odds < ENOUGH {
            return Draft::new(Label::Inconclusive);
        }
        let mut draft = Draft::new(label);
        draft.fraction = Some(Fraction::exact(share));
        if matches!(label, Label::F16 | Label::Tf32 | Label::Bf16) {
            draft.stops.push(label.name());
            draft.odds = self.odds;
        }
        draft
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let rows = self.rows();
        let of_rows = counted(rows, "row", "rows");
        let held = |count: u64, what: &str| match rows {
            1 => format!("The values fit {what}"),
            _ if count == rows => format!("The values of all {of_rows} fit {what}"),
            _ => format!(
                "{} of {of_rows} hold values that fit {what}",
                grouped(count)
            ),
        };
        let says = match (self.bf16, self.ten_bits) {
            (0, 0) => "The low bits of the mantissas are in use: neither BF16, FP16 nor TF32 holds these values.".to_owned(),
            (count, 0) => format!("{}: the low 16 bits of their FP32 are zero.", held(count, "BF16")),
            (bf16, count) => {
                let what = match self.ten {
                    Ten::F16 => "FP16",
                    Ten::Tf32 => "TF32 and not FP16",
                    Ten::Either => "FP16 as well as TF32",
                    Ten::Neither => "11 significant bits, as averages of BF16 values do",
                };
                let too = match bf16 {
                    0 => String::new(),
                    _ => format!(", {} BF16", grouped(bf16)),
                };
                format!("{}{too}.{}", held(count, what), self.deciding())
            }
        };
        let narrow = (self.bf16 + self.ten_bits) as f64 / rows.max(1) as f64;
        let evidence = Evidence::new("containment", rows, says)
            .expected(1.0, narrow)
            .power(1.0);
        if narrow > 0.0 {
            evidence.chance(-self.odds)
        } else {
            evidence
        }
    }

    /// What decided between FP16 and TF32.
    fn deciding(&self) -> String {
        let (held, n) = self.outside;
        match self.ten {
            Ten::F16 if n == 0 => format!(
                " None is smaller than 2^-14, where more than {} should be: FP16's subnormal numbers were flushed to zero.",
                grouped(self.flushed as u64)
            ),
            Ten::F16 | Ten::Tf32 => format!(
                " Of {} outside FP16's normal range, where the two differ, FP16 holds {}.",
                counted(n, "value", "values"),
                percent(held as f64 / n as f64)
            ),
            _ => String::new(),
        }
    }

    /// Share of the rows that need all bits.
    pub(crate) fn wide_share(&self) -> f64 {
        self.wider as f64 / self.rows().max(1) as f64
    }

    /// Whether the rows that are narrow are too few to speak of.
    pub(crate) fn is_wide(&self) -> bool {
        self.wide_share() >= NEARLY_ALL
    }
}

/// Each different short value would be that by chance once in 2^`bits`.
fn odds(view: &View, bits: u32) -> f64 {
    let low = (1u64 << bits) - 1;
    let short = view
        .cells
        .iter()
        .filter(|cell| cell.code & low == 0)
        .count();
    short as f64 * f64::from(bits) * LOG10_2
}

/// Whether rows of ten bits look like averages of BF16 values: the tenth bit is hardly
/// used, or the smallest values need more bits than the others. Below FP16's normal range
/// FP16 has fewer bits.
fn is_average(view: &View, is_f16: bool) -> bool {
    let codes = codes_of_narrow_rows(view, 0x1fff);
    let mut codes: Vec<u64> = codes.iter().map(|code| view.sign_last(*code)).collect();
    codes.sort_unstable();
    let small = codes[..codes.len() / 20].to_vec();
    codes.dedup();
    // Different ones: a value that is met again and again may be short by chance. Of those
    // that BF16 does not hold four in seven use the tenth bit.
    let has_ten_bits = |code: &&u64| (**code >> 1) & 0x1fff == 0;
    let least = if is_f16 { F16_NORMAL } else { 0 };
    let beyond_bf16 = codes
        .iter()
        .filter(|code| **code >> 1 >= least)
        .filter(has_ten_bits)
        .filter(|code| (**code >> 1) & 0xffff != 0);
    let ten_bits = beyond_bf16.clone().count();
    let tenth = beyond_bf16
        .filter(|code| (**code >> 1) & 0x2000 != 0)
        .count();
    // One in twenty, the smallest.
    let small_and_long = small.len() - small.iter().filter(has_ten_bits).count();
    ten_bits >= 16 && tenth * 5 < ten_bits * 2
        || small.len() >= 16 && small_and_long * 5 > small.len()
}

/// Nonzero values of the sampled rows of which nearly all have zeros in the low bits.
fn codes_of_narrow_rows(view: &View, low: u64) -> Vec<u64> {
    let mut codes = Vec::new();
    for patch in view.patches.iter().filter(|patch| patch.holds_rows()) {
        let width = patch.window.width as usize;
        for row in 0..patch.window.rows as usize {
            let row: Vec<u64> = (row * width..(row + 1) * width)
                .map(|at| view.code_at(patch, at))
                .filter(|code| view.is_value(*code))
                .collect();
            let long = row.iter().filter(|code| **code & low != 0).count();
            if long * 20 <= row.len() {
                codes.extend(row);
            }
        }
        if codes.len() > ENOUGH_VALUES {
            break;
        }
    }
    codes
}
