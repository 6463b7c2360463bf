//! The statistics of a tensor, or of one part of a complex one.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::Number;
use super::moments::{Moments, moments};
use super::numeric::{Cell, code_cells, float_cells, float_nans, integer_cells};
use crate::format::{Class, FloatLayout, Format};
use crate::scan::{Census, WideFloat, WideInteger};

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Quantiles(pub [Number; 9]);

impl Serialize for Quantiles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_newtype_struct("Quantiles", &self.0);
        }
        let mut map = serializer.serialize_map(Some(QUANTILES.len()))?;
        for ((_, key), value) in QUANTILES.iter().zip(&self.0) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Stats {
    /// Of a type of at most 16 bits.
    pub(crate) fn of_codes(format: &Format, census: &Census) -> Self {
        let counts = ClassCounts::of(format, census);
        let (finite, moments) = Moments::of_census(format, census);
        let cells = code_cells(format, census);
        let magnitudes = cells.iter().map(|cell| magnitude(cell.low));
        let nonzero = magnitudes.clone().filter(|x| x.to_f64() != 0.0);
        Self {
            zeros: counts.zeros,
            negative_zeros: counts.negative_zeros,
            subnormals: counts.subnormals,
            nan: counts.nan,
            pos_inf: counts.pos_inf,
            neg_inf: counts.neg_inf,
            negatives: counts.negatives,
            min: cells.first().map(|cell| cell.low),
            max: cells.last().map(|cell| cell.high),
            abs_min_nonzero: nonzero.min_by(by_value),
            abs_max: magnitudes.max_by(by_value),
            distinct: Some(census.distinct()),
            ..Self::of_moments(census.total(), moments).with_quantiles(&cells, finite, true)
        }
    }

    /// Of FP32, FP64 or one part of a complex type.
    pub(crate) fn of_float(layout: &FloatLayout, float: &WideFloat) -> Self {
        let cells = float_cells(layout, float);
        let in_tops = |wanted: &dyn Fn(u64) -> bool| -> u64 {
            let low_bits = layout.bits() - 16;
            let tops = float.tops.cells();
            tops.filter(|&(top, _)| wanted(u64::from(top) << low_bits))
                .map(|cell| cell.1)
                .sum()
        };
        let nan = float_nans(layout, float);
        let exponent_zero = in_tops(&|code| layout.exponent_field(code) == 0);
        let signs = in_tops(&|code| layout.sign_bit(code));
        let negative_nan = in_tops(&|code| {
            layout.sign_bit(code) && layout.exponent_field(code) == layout.exponent_field(u64::MAX)
        }) - float.neg_inf;
        let any = float.finite > 0;
        let real = |value: f64| any.then_some(Number::Real(value));
        let magnitude = |bits: u64| Number::Real(layout.decode(bits));
        Self {
            zeros: float.zeros,
            negative_zeros: float.negative_zeros,
            subnormals: exponent_zero - float.zeros,
            nan,
            pos_inf: float.pos_inf,
            neg_inf: float.neg_inf,
            negatives: signs - negative_nan - float.negative_zeros,
            min: real(float.min),
            max: real(float.max),
            abs_min_nonzero: (float.min_magnitude != u64::MAX)
                .then(|| magnitude(float.min_magnitude)),
            abs_max: any.then(|| magnitude(float.max_magnitude)),
            ..Self::of_moments(float.tops.total(), moments(float.finite, &float.sums))
                .with_quantiles(&cells, float.finite, false)
        }
    }

    /// Of an integer type of 32 or 64 bits.
    pub(crate) fn of_integer(integer: &WideInteger) -> Self {
        let cells = integer_cells(integer);
        let count_where = |wanted: &dyn Fn(f64) -> bool| -> u64 {
            cells
                .iter()
                .filter(|cell| wanted(cell.low.to_f64()))
                .map(|cell| cell.count)
                .sum()
        };
        let whole = |value: i128| (integer.elements > 0).then_some(Number::Integer(value));
        Self {
            zeros: count_where(&|low| low == 0.0),
            negatives: count_where(&|low| low < 0.0),
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
                .with_quantiles(&cells, integer.elements, false)
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

    fn with_quantiles(self, cells: &[Cell], finite: u64, exact: bool) -> Self {
        let bound = |of: fn(&Cell) -> Number| quantiles(cells, finite).map(|found| found.map(of));
        Self {
            quantiles: bound(|cell| cell.low).map(Quantiles),
            quantiles_exact: exact,
            quantiles_upper: if exact {
                None
            } else {
                bound(|cell| cell.high).map(Quantiles)
            },
            ..self
        }
    }
}

/// The cells that hold the order statistics ⌈qn⌉ (NumPy's `inverted_cdf`).
fn quantiles(cells: &[Cell], finite: u64) -> Option<[&Cell; 9]> {
    let mut cumulated = 0;
    let mut rest = cells.iter().peekable();
    let found = QUANTILES.map(|(thousandths, _)| {
        let rank = (u128::from(thousandths) * u128::from(finite))
            .div_ceil(1000)
            .max(1);
        while let Some(cell) = rest.next_if(|cell| cumulated + u128::from(cell.count) < rank) {
            cumulated += u128::from(cell.count);
        }
        rest.peek().copied()
    });
    found
        .iter()
        .all(Option::is_some)
        .then(|| found.map(|cell| cell.expect("all are there")))
}

fn magnitude(number: Number) -> Number {
    match number {
        Number::Real(value) => Number::Real(value.abs()),
        Number::Integer(value) => Number::Integer(value.abs()),
    }
}

fn by_value(a: &Number, b: &Number) -> std::cmp::Ordering {
    a.to_f64().total_cmp(&b.to_f64())
}

/// Counts by class over a census of codes.
#[derive(Default)]
struct ClassCounts {
    zeros: u64,
    negative_zeros: u64,
    subnormals: u64,
    nan: u64,
    pos_inf: u64,
    neg_inf: u64,
    negatives: u64,
}

impl ClassCounts {
    fn of(format: &Format, census: &Census) -> Self {
        let mut counts = Self::default();
        for (code, count) in census.cells() {
            counts.add(format, u64::from(code), count);
        }
        counts
    }

    fn add(&mut self, format: &Format, code: u64, count: u64) {
        let class = format.classify(code);
        let value = format.decode(code);
        let negative = value.is_sign_negative();
        match class {
            Class::Zero => {
                self.zeros += count;
                self.negative_zeros += if negative { count } else { 0 };
            }
            Class::Subnormal => self.subnormals += count,
            Class::Infinite if negative => self.neg_inf += count,
            Class::Infinite => self.pos_inf += count,
            Class::Nan => self.nan += count,
            Class::Normal => {}
        }
        self.negatives += if value < 0.0 { count } else { 0 };
    }
}
