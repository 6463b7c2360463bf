//! What outputs under two models come to: counts, extremes and exact sums, so that neither order
//! nor cuts change a digit.

use serde::{Deserialize, Serialize};

use crate::diff::{BINS, Distance, Ruler, Value, bin};
use crate::format::Dtype;
use crate::lab::to_bf16;
use crate::scan::{ExactSum, integer_and_exponent};

/// How outputs under two models are apart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reduction {
    /// Outputs.
    pub(super) outputs: u64,
    /// Of the FP64 sums that are finite: how many, and their squares.
    pub(super) references: u64,
    pub(super) reference_squares: ExactSum,
    /// The sums as they are, in FP32.
    pub(super) sums: Distances,
    /// The sums rounded to BF16.
    pub(super) rounded: Distances,
}

/// Distances between two numbers of each output.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Distances {
    pub(super) equal: u64,
    pub(super) both_nan: u64,
    /// Outputs that are finite on both sides.
    pub(super) finite: u64,
    pub(super) a_not_finite: u64,
    pub(super) b_not_finite: u64,
    pub(super) largest: f64,
    pub(super) absolute: ExactSum,
    pub(super) squares: ExactSum,
    pub(super) largest_ulp: u64,
    /// By bin; empty where there is no output.
    pub(super) ulp: Vec<u64>,
}

impl Reduction {
    /// Adds an output: its sum under either model, and in FP64 rounded to FP32.
    pub fn add(&mut self, a: f32, b: f32, reference: f32) {
        self.outputs += 1;
        if reference.is_finite() {
            self.references += 1;
            add_square(&mut self.reference_squares, f64::from(reference));
        }
        self.sums.add(a, b, Dtype::F32);
        self.rounded.add(to_bf16(a), to_bf16(b), Dtype::BF16);
    }

    /// Adds what others saw.
    pub fn merge(&mut self, other: &Self) {
        self.outputs += other.outputs;
        self.references += other.references;
        self.reference_squares.merge(&other.reference_squares);
        self.sums.merge(&other.sums);
        self.rounded.merge(&other.rounded);
    }

    /// Outputs seen.
    pub fn outputs(&self) -> u64 {
        self.outputs
    }
}

impl Distances {
    fn add(&mut self, a: f32, b: f32, dtype: Dtype) {
        let is_equal = a == b;
        self.equal += u64::from(is_equal);
        self.both_nan += u64::from(a.is_nan() && b.is_nan());
        self.a_not_finite += u64::from(!a.is_finite());
        self.b_not_finite += u64::from(!b.is_finite());
        if a.is_finite() && b.is_finite() {
            self.add_finite((f64::from(a) - f64::from(b)).abs());
        }
        self.count(match is_equal {
            true => Distance::Steps(0),
            false => distance(dtype, a, b),
        });
    }

    fn add_finite(&mut self, difference: f64) {
        self.finite += 1;
        if difference > 0.0 {
            self.largest = self.largest.max(difference);
            self.absolute.add_product(difference, 1, 0);
            add_square(&mut self.squares, difference);
        }
    }

    fn count(&mut self, distance: Distance) {
        self.ulp.resize(BINS, 0);
        self.ulp[bin(distance)] += 1;
        if let Distance::Steps(steps) = distance {
            // Of 32-bit types there are fewer than 2^33.
            self.largest_ulp = self.largest_ulp.max(steps as u64);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.equal += other.equal;
        self.both_nan += other.both_nan;
        self.finite += other.finite;
        self.a_not_finite += other.a_not_finite;
        self.b_not_finite += other.b_not_finite;
        self.largest = self.largest.max(other.largest);
        self.absolute.merge(&other.absolute);
        self.squares.merge(&other.squares);
        self.largest_ulp = self.largest_ulp.max(other.largest_ulp);
        self.ulp.resize(self.ulp.len().max(other.ulp.len()), 0);
        for (count, more) in self.ulp.iter_mut().zip(&other.ulp) {
            *count += more;
        }
    }
}

fn distance(dtype: Dtype, a: f32, b: f32) -> Distance {
    let ruler = Ruler::of(dtype, dtype).expect("a float has ULPs");
    let [a, b] = [a, b].map(|number| Value::Real(f64::from(number)));
    ruler.distance(a, b)
}

/// Adds the square of a finite number, exactly.
fn add_square(sum: &mut ExactSum, number: f64) {
    let (integer, exponent) = integer_and_exponent(number);
    sum.add(i128::from(integer) * i128::from(integer), 2 * exponent);
}
