//! The statistics of a tensor, or of one part of a complex one.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Number;
use super::moments::{Moments, moments};
use super::numeric::{
    Cell, CodeCell, code_cells, code_number, float_cells, has_top_exponent, integer_cells,
};
use crate::estimate::{COUNTS, Share};
use crate::format::{Class, FloatLayout, Format};
use crate::scan::{WideFloat, WideInteger};

/// The quantiles of the report, in thousandths and as their keys.
pub const QUANTILES: [(u64, &str); 9] = [
    (1, "0.001"),
    (10, "0.01"),
    (50, "0.05"),
    (250, "0.25"),
    (500, "0.5"),
    (750, "0.75"),
    (950, "0.95"),
    (990, "0.99"),
    (999, "0.999"),
];

/// Statistics over finite values, and counts over all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// Every element.
    pub count: u64,
    /// Zeros of either sign.
    pub zeros: u64,
    /// Zeros with the sign bit set.
    pub negative_zeros: u64,
    /// Nonzero values below the smallest normal one.
    pub subnormals: u64,
    /// Not a number.
    pub nan: u64,
    /// Positive infinities.
    pub pos_inf: u64,
    /// Negative infinities.
    pub neg_inf: u64,
    /// Values below zero, −Infinity among them.
    pub negatives: u64,
    /// Smallest value.
    pub min: Option<Number>,
    /// Largest value.
    pub max: Option<Number>,
    /// Smallest magnitude that is not zero.
    pub abs_min_nonzero: Option<Number>,
    /// Largest magnitude.
    pub abs_max: Option<Number>,
    /// Arithmetic mean.
    pub mean: Option<Number>,
    /// Population standard deviation.
    pub std: Option<Number>,
    /// Root of the mean square.
    pub rms: Option<Number>,
    /// m3 / m2^1.5; none where all values are equal.
    pub skewness: Option<Number>,
    /// m4 / m2², 3 for a normal distribution; none where all values are equal.
    pub kurtosis: Option<Number>,
    /// Order statistics, or lower bounds of them.
    pub quantiles: Option<Quantiles>,
    /// Whether `quantiles` are order statistics.
    pub quantiles_exact: bool,
    /// Upper bounds of the quantiles where they are not exact.
    pub quantiles_upper: Option<Quantiles>,
    /// Number of distinct codes, for types of at most 16 bits.
    pub distinct: Option<u64>,
}

/// Values at [`QUANTILES`], in this order.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles(pub [Number; 9]);

impl Serialize for Quantiles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(QUANTILES.len()))?;
        for ((_, key), value) in QUANTILES.iter().zip(&self.0) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Stats {
    /// The counts that those of a sample stand for; what is of the sample alone stays: extremes and the number of
    /// distinct codes.
    pub(crate) fn expand(&mut self, share: Share) {
        self.count = share.of;
        for (_, count) in COUNTS {
            *count(self) = share.expand(*count(self));
        }
    }

    /// Of a type of at most 16 bits.
    pub(crate) fn of_codes(format: &Format, decoded: &[CodeCell]) -> Self {
        let counts = ClassCounts::of(format, decoded);
        let (finite, moments) = Moments::of_codes(format, decoded);
        let cells = code_cells(format, decoded);
        let number = code_number(format);
        let magnitudes = cells.iter().map(|cell| cell.low.abs());
        let nonzero = magnitudes.clone().filter(|&magnitude| magnitude != 0.0);
        Self {
            zeros: counts.zeros,
            negative_zeros: counts.negative_zeros,
            subnormals: counts.subnormals,
            nan: counts.nan,
            pos_inf: counts.pos_inf,
            neg_inf: counts.neg_inf,
            negatives: counts.negatives,
            min: cells.first().map(|cell| number(cell.low)),
            max: cells.last().map(|cell| number(cell.high)),
            abs_min_nonzero: nonzero.reduce(f64::min).map(number),
            abs_max: magnitudes.reduce(f64::max).map(number),
            distinct: Some(decoded.len() as u64),
            ..Self::of_moments(counts.all, moments).with_quantiles(&cells, finite, true, number)
        }
    }

    /// Of FP32, FP64 or one part of a complex type.
    pub(crate) fn of_float(layout: &FloatLayout, float: &WideFloat) -> Self {
        let tops = TopCounts::of(layout, float);
        let real = |value: f64| (float.finite > 0).then_some(Number::Real(value));
        let magnitude = |bits: u64| Number::Real(layout.decode(bits));
        let has_nonzero = float.min_magnitude != u64::MAX;
        Self {
            zeros: float.zeros,
            negative_zeros: float.negative_zeros,
            subnormals: tops.exponent_zero - float.zeros,
            nan: tops.exponent_top - float.pos_inf - float.neg_inf,
            pos_inf: float.pos_inf,
            neg_inf: float.neg_inf,
            negatives: tops.negative_finite - float.negative_zeros + float.neg_inf,
            min: real(float.min),
            max: real(float.max),
            abs_min_nonzero: has_nonzero.then(|| magnitude(float.min_magnitude)),
            abs_max: real(float.max.abs().max(float.min.abs())),
            ..Self::of_moments(float.tops.total(), moments(float.finite, &float.sums))
                .with_quantiles(
                    &float_cells(layout, float),
                    float.finite,
                    false,
                    Number::Real,
                )
        }
    }

    /// Of an integer type of 32 or 64 bits.
    pub(crate) fn of_integer(integer: &WideInteger) -> Self {
        let cells = integer_cells(integer);
        let count_where = |wanted: fn(i128) -> bool| -> u64 {
            cells
                .iter()
                .filter(|cell| wanted(cell.low))
                .map(|cell| cell.count)
                .sum()
        };
        let whole = |value: i128| (integer.elements > 0).then_some(Number::Integer(value));
        Self {
            zeros: count_where(|low| low == 0),
            negatives: count_where(|low| low < 0),
            min: whole(integer.min),
            max: whole(integer.max),
            abs_min_nonzero: integer
                .min_magnitude
                .map(|least| Number::Integer(least.into())),
            abs_max: whole(
                integer
                    .max
                    .saturating_abs()
                    .max(integer.min.saturating_abs()),
            ),
            ..Self::of_moments(integer.elements, moments(integer.elements, &integer.sums))
                .with_quantiles(&cells, integer.elements, false, Number::Integer)
        }
    }

    fn of_moments(count: u64, moments: Option<Moments>) -> Self {
        let real = |value: fn(&Moments) -> f64| moments.as_ref().map(|m| Number::Real(value(m)));
        Self {
            count,
            zeros: 0,
            negative_zeros: 0,
            subnormals: 0,
            nan: 0,
            pos_inf: 0,
            neg_inf: 0,
            negatives: 0,
            min: None,
            max: None,
            abs_min_nonzero: None,
            abs_max: None,
            mean: real(|m| m.mean),
            std: real(|m| m.std),
            rms: real(|m| m.rms),
            skewness: moments.and_then(|m| m.skewness).map(Number::Real),
            kurtosis: moments.and_then(|m| m.kurtosis).map(Number::Real),
            quantiles: None,
            quantiles_exact: true,
            quantiles_upper: None,
            distinct: None,
        }
    }

    fn with_quantiles<T: Copy>(
        self,
        cells: &[Cell<T>],
        finite: u64,
        exact: bool,
        number: fn(T) -> Number,
    ) -> Self {
        let found = quantiles(cells, finite);
        let upper = if exact { None } else { found };
        Self {
            quantiles: found.map(|cells| Quantiles(cells.map(|cell| number(cell.low)))),
            quantiles_exact: exact,
            quantiles_upper: upper.map(|cells| Quantiles(cells.map(|cell| number(cell.high)))),
            ..self
        }
    }
}

/// The cells that hold the order statistics of rank ⌈qn⌉ (NumPy's `inverted_cdf`).
fn quantiles<T: Copy>(cells: &[Cell<T>], finite: u64) -> Option<[Cell<T>; 9]> {
    let mut found = [*cells.first()?; 9];
    let (mut at, mut cumulated) = (0, cells[0].count);
    for (slot, (thousandths, _)) in found.iter_mut().zip(QUANTILES) {
        // In parts, so that nothing overflows.
        let (thousands, rest) = (finite / 1000, finite % 1000);
        let rank = thousands * thousandths + (rest * thousandths).div_ceil(1000);
        while cumulated < rank && at + 1 < cells.len() {
            at += 1;
            cumulated += cells[at].count;
        }
        *slot = cells[at];
    }
    Some(found)
}

/// Counts by sign and exponent over the top 16 bits.
#[derive(Default)]
struct TopCounts {
    exponent_zero: u64,
    exponent_top: u64,
    negative_finite: u64,
}

impl TopCounts {
    fn of(layout: &FloatLayout, float: &WideFloat) -> Self {
        let mut counts = Self::default();
        for (top, count) in float.tops.cells() {
            let code = u64::from(top) << (layout.bits() - 16);
            if has_top_exponent(layout, code) {
                counts.exponent_top += count;
            } else if layout.sign_bit(code) {
                counts.negative_finite += count;
            }
            if layout.exponent_field(code) == 0 {
                counts.exponent_zero += count;
            }
        }
        counts
    }
}

/// Counts by class over a census of codes.
#[derive(Default)]
struct ClassCounts {
    all: u64,
    zeros: u64,
    negative_zeros: u64,
    subnormals: u64,
    nan: u64,
    pos_inf: u64,
    neg_inf: u64,
    negatives: u64,
}

impl ClassCounts {
    fn of(format: &Format, cells: &[CodeCell]) -> Self {
        let mut counts = Self::default();
        for cell in cells {
            counts.add(cell, format.is_negative(u64::from(cell.code)));
        }
        counts
    }

    fn add(&mut self, &CodeCell { class, count, .. }: &CodeCell, negative: bool) {
        let signed = if negative { count } else { 0 };
        self.all += count;
        match class {
            Class::Zero => {
                self.zeros += count;
                self.negative_zeros += signed;
            }
            Class::Subnormal => self.subnormals += count,
            Class::Infinite if negative => self.neg_inf += count,
            Class::Infinite => self.pos_inf += count,
            Class::Nan => self.nan += count,
            Class::Normal => {}
        }
        if !matches!(class, Class::Zero | Class::Nan) {
            self.negatives += signed;
        }
    }
}
