//! What a difference looks like that no conversion explains.

use serde::Serialize;

use super::PairSpan;
use super::difference::Difference;
use super::sample::Grid;
use super::ulp::Ruler;
use crate::ancestry::prose::{counted, decimal};
use crate::report::Number;

/// Elements that are few whatever the size.
const FEW_VALUES: u64 = 10;
/// Rows of which a tenth are few.
const ENOUGH_ROWS: u64 = 20;
/// A factor is so many ULPs from 1, and what it leaves is no more than so many.
const FACTOR_STEPS: f64 = 4.0;
const REST_STEPS: f64 = 2.0;

/// What it looks like, which is no proof.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Look {
    /// Its key.
    pub like: &'static str,
    /// In a sentence without a full stop.
    pub says: String,
    /// Elements that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
    /// Bits in which the one that differs does so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits_flipped: Option<u32>,
    /// Rows that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// What A is about multiplied with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<Number>,
    /// The estimated rank of B − A.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<u64>,
    /// Rows and columns that the estimate is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled: Option<[u64; 2]>,
}

impl Look {
    /// The first that holds; of floats only.
    pub(super) fn of(
        span: &PairSpan,
        seen: &Difference,
        ruler: Option<Ruler>,
        cosine: Option<f64>,
    ) -> Option<Self> {
        let Some(Ruler::Float(_, layout)) = ruler else {
            return None;
        };
        few_values(seen)
            .or_else(|| permuted_rows(span, seen))
            .or_else(|| few_rows(span, seen))
            .or_else(|| one_ulp(seen))
            .or_else(|| constant_factor(seen, cosine?, layout.mantissa_bits + 1))
            .or_else(|| low_rank(span, seen))
            .or_else(|| {
                Some(Self::new(
                    "different",
                    "the values differ throughout".to_owned(),
                ))
            })
    }

    fn new(like: &'static str, says: String) -> Self {
        Self {
            like,
            says,
            values: None,
            bits_flipped: None,
            rows: None,
            factor: None,
            rank: None,
            sampled: None,
        }
    }
}

fn few_values(seen: &Difference) -> Option<Look> {
    if seen.differing > FEW_VALUES {
        return None;
    }
    let bits = match (seen.differing, seen.first_codes) {
        (1, Some((_, a, b))) if (a ^ b).is_power_of_two() => Some(1),
        _ => None,
    };
    let mut says = format!(
        "{} of {} differ",
        counted(seen.differing, "value", "values"),
        counted(seen.elements, "value", "values")
    );
    if seen.differing == 1 {
        says = format!("1 of {} differs", counted(seen.elements, "value", "values"));
    }
    if bits.is_some() {
        says.push_str(", in a single bit");
    }
    Some(Look {
        values: Some(seen.differing),
        bits_flipped: bits,
        ..Look::new("few_values", says)
    })
}

fn permuted_rows(span: &PairSpan, seen: &Difference) -> Option<Look> {
    let is_so = span.has_rows && seen.rows.are_permuted();
    is_so.then(|| {
        let moved = counted(seen.rows.differing, "row has", "rows have");
        Look {
            rows: Some(seen.rows.differing),
            ..Look::new(
                "permuted_rows",
                format!("{moved} changed places: the same rows in another order"),
            )
        }
    })
}

fn few_rows(span: &PairSpan, seen: &Difference) -> Option<Look> {
    let (rows, differing) = (span.matrix.rows, seen.rows.differing);
    let is_so = span.has_rows && rows >= ENOUGH_ROWS && differing <= rows / 10;
    is_so.then(|| {
        let all = counted(rows, "row", "rows");
        let verb = if differing == 1 { "differs" } else { "differ" };
        Look {
            rows: Some(differing),
            ..Look::new(
                "few_rows",
                format!(
                    "only {} of {all} {verb}",
                    crate::ancestry::prose::grouped(differing)
                ),
            )
        }
    })
}

fn one_ulp(seen: &Difference) -> Option<Look> {
    // Bins of 0 and 1, and those of what is not finite.
    let is_so = seen.max_ulp.is_some() && seen.ulp[2..].iter().all(|count| *count == 0);
    is_so.then(|| {
        let says = match seen.ulp[1] {
            0 => "no value is a whole ULP off: another rounding, or zeros of the other sign"
                .to_owned(),
            off => format!(
                "{} by 1 ULP and none by more: another rounding, or noise of the last bit",
                counted(off, "value differs", "values differ")
            ),
        };
        Look::new("one_ulp", says)
    })
}

fn constant_factor(seen: &Difference, cosine: f64, precision: u32) -> Option<Look> {
    // The rounding of FP64 is too fine to be seen in a cosine of FP64.
    if precision > f32::MANTISSA_DIGITS {
        return None;
    }
    let step = libm::ldexp(1.0, -(precision as i32));
    let [products, squares] =
        [&seen.sums.products, &seen.sums.squares_a].map(crate::scan::ExactSum::to_scaled);
    let factor = libm::ldexp(
        products.significand / squares.significand,
        products.exponent - squares.exponent,
    );
    let rest = libm::sqrt((1.0 - cosine * cosine).max(0.0));
    let is_so = (factor - 1.0).abs() >= FACTOR_STEPS * step && rest <= REST_STEPS * step;
    is_so.then(|| Look {
        factor: Some(Number::Real(factor)),
        ..Look::new(
            "constant_factor",
            format!(
                "about {} times as large, and no more than rounding besides",
                written(factor)
            ),
        )
    })
}

fn low_rank(span: &PairSpan, seen: &Difference) -> Option<Look> {
    let found = seen.sample.rank(&Grid::of(span)?)?;
    let [rows, columns] = found.sampled;
    Some(Look {
        rank: Some(found.rank),
        sampled: Some(found.sampled),
        ..Look::new(
            "low_rank",
            format!(
                "a low-rank update: rank about {}, estimated from {rows} rows and {columns} columns",
                found.rank
            ),
        )
    })
}

/// A factor with a few digits where they show it.
fn written(factor: f64) -> String {
    match factor.abs() {
        0.001..1e6 => decimal(factor, 4),
        _ => crate::report::to_json(&Number::Real(factor)),
    }
}
