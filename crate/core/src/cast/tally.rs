//! What a cast has done to some values: counts and sums that add up.

use serde::{Deserialize, Serialize};

use super::rule::Outcome;
use crate::estimate::Share;
use crate::scan::{ExactSum, integer_and_exponent};
use floatscope_simd::casts::Seen;

/// Counts and sums over the values of a tensor or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Values that came back as they were.
    pub exact: u64,
    /// Finite values that became NaN or infinite, or were stopped at the largest code.
    pub overflow: u64,
    /// Those of them that became NaN or infinite.
    pub broken: u64,
    /// Finite values that were not zero and became zero.
    pub underflow: u64,
    /// Values whose code is subnormal.
    pub subnormal: u64,
    /// Values that are finite before and after.
    pub finite: u64,
    /// The largest |x − x′| of these.
    pub max_error: f64,
    /// Σ(x − x′)² of these.
    pub noise: ExactSum,
    /// Σx² of these.
    pub signal: ExactSum,
}

impl Tally {
    /// Adds another one.
    pub fn merge(&mut self, other: &Self) {
        self.exact += other.exact;
        self.overflow += other.overflow;
        self.broken += other.broken;
        self.underflow += other.underflow;
        self.subnormal += other.subnormal;
        self.finite += other.finite;
        self.max_error = self.max_error.max(other.max_error);
        self.noise.merge(&other.noise);
        self.signal.merge(&other.signal);
    }

    /// What it stands for where only a share of the values was looked at: counts and sums in proportion, the
    /// sums to 2^-20 of themselves.
    pub(crate) fn expanded(&self, share: Share) -> Self {
        let factor = (i128::from(share.of) << 20) / i128::from(share.elements);
        let sum = |sum: &ExactSum| {
            let mut expanded = ExactSum::default();
            expanded.add_multiple(sum, factor, -20);
            expanded.settle();
            expanded
        };
        Self {
            exact: share.expand(self.exact),
            overflow: share.expand(self.overflow),
            broken: share.expand(self.broken),
            underflow: share.expand(self.underflow),
            subnormal: share.expand(self.subnormal),
            finite: share.expand(self.finite),
            max_error: self.max_error,
            noise: sum(&self.noise),
            signal: sum(&self.signal),
        }
    }

    /// Adds a value, and what became of it; squares are exact.
    pub(crate) fn add(&mut self, x: f64, outcome: Outcome) {
        if self.count(x, outcome, 1) {
            add_square(&mut self.noise, x - outcome.value);
            add_square(&mut self.signal, x);
        }
    }

    /// Counts so many equal values. Whether they are finite before and after.
    pub(crate) fn count(&mut self, x: f64, outcome: Outcome, count: u64) -> bool {
        let Outcome {
            value,
            is_over,
            is_subnormal,
        } = outcome;
        self.exact += if value == x { count } else { 0 };
        if !x.is_finite() {
            return false;
        }
        if !value.is_finite() {
            self.overflow += count;
            self.broken += count;
            return false;
        }
        self.overflow += if is_over { count } else { 0 };
        self.underflow += if value == 0.0 && x != 0.0 { count } else { 0 };
        self.subnormal += if is_subnormal && value != 0.0 {
            count
        } else {
            0
        };
        self.finite += count;
        self.max_error = self.max_error.max((x - value).abs());
        true
    }

    /// Adds sums of squares, and settles them.
    pub(crate) fn add_sums(&mut self, noise: f64, signal: f64) {
        self.noise.add_product(noise, 1, 0);
        self.signal.add_product(signal, 1, 0);
        self.noise.settle();
        self.signal.settle();
    }

    /// Adds what a kernel saw of so many finite values, of which so many were zero before.
    pub(crate) fn add_seen(&mut self, seen: &Seen, finite: u64, zeros: u64) {
        self.exact += seen.exact;
        self.overflow += seen.overflow;
        self.underflow += seen.zeros - zeros;
        self.subnormal += seen.subnormal;
        self.finite += finite;
        self.max_error = self.max_error.max(seen.max_error);
        self.noise.add_product(seen.squares, 1, 0);
    }
}

/// Adds x², which has up to 106 bits and may have any exponent, without rounding.
fn add_square(sum: &mut ExactSum, x: f64) {
    let (integer, exponent) = integer_and_exponent(x);
    let integer = i128::from(integer);
    sum.add(integer * integer, 2 * exponent);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stopped_overflows_and_what_is_no_number_is_broken_too() {
        let outcome = |value, is_over| Outcome {
            value,
            is_over,
            is_subnormal: false,
        };
        let mut tally = Tally::default();
        tally.add(480.0, outcome(f64::NAN, false));
        tally.add(7e4, outcome(f64::INFINITY, false));
        tally.add(7.0, outcome(6.0, true));
        // They were none before.
        tally.add(f64::NAN, outcome(f64::NAN, false));
        tally.add(f64::INFINITY, outcome(f64::NAN, false));
        tally.merge(&tally.clone());
        assert_eq!((tally.overflow, tally.broken, tally.finite), (6, 4, 2));
    }
}
