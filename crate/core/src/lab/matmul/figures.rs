//! What the report says of outputs: pure functions of what was seen.

use serde::{Serialize, Serializer};

use super::reduction::{Distances, Reduction};
use crate::diff::bin_name;
use crate::report::Number;
use crate::scan::{ExactSum, Scaled};

/// How outputs under two models are apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Outputs: rows × tokens.
    pub outputs: u64,
    /// The root mean square of the FP64 sums that are finite.
    pub reference_rms: Option<Number>,
    /// Of the sums as they are, in FP32.
    pub sums: Apart,
    /// Of the sums rounded to BF16.
    pub rounded: Apart,
}

/// Distances between two numbers of each output. Those but for the counts are of the outputs that are
/// finite under both models.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Apart {
    /// Outputs of equal value.
    pub equal: u64,
    /// These over all.
    pub equal_share: Option<f64>,
    /// Outputs that are NaN under both models.
    pub both_nan: u64,
    /// Outputs that are finite under both.
    pub finite: u64,
    /// Outputs that are not finite under the first model.
    pub a_not_finite: u64,
    /// Outputs that are not finite under the second one.
    pub b_not_finite: u64,
    /// The largest |a − b|.
    pub max_abs: Option<Number>,
    /// The mean of them.
    pub mean_abs: Option<Number>,
    /// The root of the mean of their squares.
    pub rms: Option<Number>,
    /// That over the root mean square of the FP64 sums.
    pub relative_rms: Option<Number>,
    /// The largest distance, in ULPs.
    pub max_ulp: Option<u64>,
    /// Whose ULPs they are: "F32" or "BF16".
    pub ulp_of: &'static str,
    /// Outputs by distance.
    #[serde(serialize_with = "histogram")]
    pub ulp: Vec<(usize, u64)>,
}

/// One tensor's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TensorFigures {
    /// Its name.
    pub name: String,
    /// The file that holds it.
    pub file: String,
    /// The type of its elements.
    pub dtype: &'static str,
    /// Rows and columns.
    pub shape: [u64; 2],
    /// How its outputs are apart.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Tensors whose names differ in numbers only.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pool {
    /// Their name with `*` for the numbers.
    pub pattern: String,
    /// How many there are.
    pub tensors: u64,
    /// How their outputs are apart.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Figures {
    /// Of what was seen.
    pub(super) fn of(seen: &Reduction) -> Self {
        let mean_square = mean(&seen.reference_squares, seen.references);
        Self {
            outputs: seen.outputs,
            reference_rms: mean_square.map(root),
            sums: Apart::of(&seen.sums, seen.outputs, mean_square, "F32"),
            rounded: Apart::of(&seen.rounded, seen.outputs, mean_square, "BF16"),
        }
    }

    /// What is most sensitive comes first: outputs that are finite under one model alone, then the
    /// largest relative RMS.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let relative = self.sums.relative_rms.map_or(0.0, Number::to_f64);
        // A positive double's bits are in its order.
        std::cmp::Reverse((
            self.sums.finite_under_one(self.outputs) > 0,
            relative.to_bits(),
        ))
    }
}

impl Apart {
    /// Outputs that change, to NaN or from it, too.
    pub(super) fn changed(&self, outputs: u64) -> u64 {
        outputs - self.equal - self.both_nan
    }

    /// Outputs that are finite under one model and not under the other.
    pub(super) fn finite_under_one(&self, outputs: u64) -> u64 {
        let not_under_both = outputs - self.finite;
        2 * not_under_both - self.a_not_finite - self.b_not_finite
    }

    fn of(seen: &Distances, outputs: u64, reference: Option<Scaled>, ulp_of: &'static str) -> Self {
        let mean_square = mean(&seen.squares, seen.finite);
        let counted = seen.ulp.iter().copied().enumerate();
        Self {
            equal: seen.equal,
            equal_share: (outputs > 0).then(|| seen.equal as f64 / outputs as f64),
            both_nan: seen.both_nan,
            finite: seen.finite,
            a_not_finite: seen.a_not_finite,
            b_not_finite: seen.b_not_finite,
            max_abs: (seen.finite > 0).then_some(Number::Real(seen.largest)),
            mean_abs: mean(&seen.absolute, seen.finite).map(|mean| Number::Real(mean.to_f64())),
            rms: mean_square.map(root),
            relative_rms: mean_square
                .zip(reference)
                .map(|(square, reference)| Number::Real(root_of_ratio(square, reference))),
            max_ulp: (outputs > 0).then_some(seen.largest_ulp),
            ulp_of,
            ulp: counted.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

fn mean(sum: &ExactSum, count: u64) -> Option<Scaled> {
    (count > 0).then(|| sum.to_scaled().divided_by(count))
}

fn root(square: Scaled) -> Number {
    Number::Real(square.square_root().to_f64())
}

/// √(part / whole), both not negative: 0 of nothing is 0, more than 0 infinity.
fn root_of_ratio(part: Scaled, whole: Scaled) -> f64 {
    if part.significand == 0.0 {
        return 0.0;
    }
    if whole.significand == 0.0 {
        return f64::INFINITY;
    }
    // Significands apart from exponents, so that squares of any size fit.
    let ratio = Scaled::from(part.significand / whole.significand);
    let ratio = ratio.times_power_of_two(part.exponent - whole.exponent);
    ratio.square_root().to_f64()
}

fn histogram<S: Serializer>(bins: &[(usize, u64)], out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(bins.iter().map(|(bin, count)| (bin_name(*bin), count)))
}
