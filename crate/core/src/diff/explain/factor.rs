//! Factors s with b = round(a·s): an interval that every pair narrows.
//!
//! Whether s explains a pair is settled by two bounds, so that the intersection over all
//! pairs is exact whatever the order, and nothing has to be read twice.

use serde::{Deserialize, Serialize};

use super::interval::{EVERYTHING, Interval, NOTHING, Target, simplest};
use crate::format::{Class, FloatLayout, Overflow, Rounding};

/// Pairs that must not be zero, or nothing is said.
const LEAST_PAIRS: u64 = 2;

/// The factors that explain everything so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in super::super) struct Factor {
    /// Whether signs turn; unknown while all were zero.
    turns: Option<bool>,
    /// Pairs that are finite and not zero on either side.
    pairs: u64,
    /// Of products without error.
    plain: Interval,
    /// Of products that are rounded to FP32 first.
    single: Interval,
}

/// A factor that explains a whole tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Found {
    pub(in super::super) factor: f64,
    pub(in super::super) low: f64,
    pub(in super::super) high: f64,
    /// Whether the product is rounded to FP32 first.
    pub(in super::super) in_single: bool,
}

/// Whether there are such factors.
pub(super) struct Held {
    /// Of products without error.
    pub(super) plain: bool,
    /// Of products that are rounded to FP32, as an FP32 number.
    pub(super) single: bool,
    /// Whether 1 is one.
    pub(super) one: bool,
}

impl Default for Factor {
    fn default() -> Self {
        Self {
            turns: None,
            pairs: 0,
            plain: EVERYTHING,
            single: EVERYTHING,
        }
    }
}

impl Factor {
    /// Nothing is left to try.
    pub(in super::super) fn is_dead(&self) -> bool {
        self.plain.is_empty() && self.single.is_empty()
    }

    /// Pairs that are finite and not zero on either side.
    pub(super) fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Which factors there are so far.
    pub(super) fn held(&self) -> Held {
        Held {
            plain: !self.plain.is_empty() && simplest(self.plain, 53).is_some(),
            single: !self.single.is_empty() && simplest(self.single, 24).is_some(),
            one: self.turns != Some(true) && self.plain.low <= 1.0 && 1.0 <= self.plain.high,
        }
    }

    /// No factor at all.
    pub(in super::super) fn kill(&mut self) {
        self.plain = NOTHING;
        self.single = NOTHING;
    }

    /// A tile that stays as it is, or is rounded and no more, has a factor of 1 or is all zero.
    pub(in super::super) fn kill_unless_zero(&mut self, numbers: &[f32]) {
        if numbers.iter().any(|number| *number != 0.0) {
            self.kill();
        }
    }

    /// Narrows by a pair of numbers, the second one of this layout.
    pub(in super::super) fn add(&mut self, target: &Target, x: f64, y: f64) {
        if x == 0.0 && y == 0.0 {
            if !self.takes_sign(target, x, y) {
                self.kill();
            }
            return;
        }
        if x == 0.0 || !x.is_finite() {
            // Its product is what it was, for which the format may have a number or NaN.
            let layout = &target.layout;
            let made = layout.encode(x, Rounding::NearestEven, Overflow::Ieee);
            let made = layout.decode(made);
            let is_explained = match () {
                () if made.is_nan() => y.is_nan(),
                () if x.is_nan() => y == made,
                () => y.abs() == made.abs() && self.takes_sign(target, x, y),
            };
            if !is_explained {
                self.kill();
            }
            return;
        }
        let Some(bounds) = target.bounds(y) else {
            return self.kill();
        };
        if !y.is_nan() && !self.takes_sign(target, x, y) {
            return self.kill();
        }
        self.pairs += u64::from(y != 0.0 && y.is_finite());
        let magnitude = x.abs();
        if !self.plain.is_empty() && !bounds.surely_hold(self.plain, magnitude) {
            bounds.narrow(&mut self.plain, magnitude);
        }
        if target.is_single() {
            // Rounded to FP32 and no further, it is a product without error.
            self.single = NOTHING;
        } else if !self.single.is_empty() {
            let is_sure = !bounds.are_small() && bounds.surely_hold(self.single, magnitude);
            if !is_sure {
                bounds.in_single().narrow(&mut self.single, magnitude);
            }
        }
    }

    /// Whether the signs go together as those before did.
    fn takes_sign(&mut self, target: &Target, x: f64, y: f64) -> bool {
        let has_sign = y != 0.0 || target.has_negative_zero;
        let turns = x.is_sign_negative() != y.is_sign_negative();
        !has_sign || *self.turns.get_or_insert(turns) == turns
    }

    /// Adds what another part of the tensor shows.
    pub(in super::super) fn merge(&mut self, other: &Self) {
        self.plain.meet(other.plain);
        self.single.meet(other.single);
        self.pairs += other.pairs;
        match (self.turns, other.turns) {
            (Some(mine), Some(theirs)) if mine != theirs => self.kill(),
            (mine, theirs) => self.turns = mine.or(theirs),
        }
    }

    /// The factors that explain everything; none where 1 does.
    pub(in super::super) fn found(&self, is_single_target: bool) -> Vec<Found> {
        if self.pairs < LEAST_PAIRS {
            return Vec::new();
        }
        let sign = if self.turns == Some(true) { -1.0 } else { 1.0 };
        let mut found = Vec::new();
        for (interval, in_single) in [(self.plain, false), (self.single, true)] {
            let holds_one = sign > 0.0 && interval.low <= 1.0 && 1.0 <= interval.high;
            if interval.is_empty() || holds_one || (in_single && is_single_target) {
                continue;
            }
            let bits = if in_single { 24 } else { 53 };
            if let Some(factor) = simplest(interval, bits) {
                let (low, high) = (sign * interval.low, sign * interval.high);
                found.push(Found {
                    factor: sign * factor,
                    low: low.min(high),
                    high: low.max(high),
                    in_single,
                });
            }
        }
        found
    }
}

/// Whether a layout's numbers have factors here: those with a zero, narrower than FP64.
pub(in super::super) fn is_target(layout: &FloatLayout) -> bool {
    layout.bits() <= 32 && layout.classify(0) == Class::Zero
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Dtype;

    fn bf16() -> &'static FloatLayout {
        Dtype::BF16.format().layout().expect("a float")
    }

    fn target() -> Target {
        Target::of(bf16())
    }

    fn rounded(value: f64) -> f64 {
        let code = bf16().encode(value, Rounding::NearestEven, Overflow::Ieee);
        bf16().decode(code)
    }

    fn numbers() -> impl Iterator<Item = f64> {
        let codes = (0..20_000u64).map(|at| at.wrapping_mul(0x9e37_79b9) >> 7 & 0xffff);
        let numbers = codes.map(|code| bf16().decode(code));
        numbers.filter(|x| x.is_finite() && x.abs() < 1e30)
    }

    fn found(product: impl Fn(f64) -> f64) -> Vec<Found> {
        let mut factor = Factor::default();
        numbers().for_each(|x| factor.add(&target(), x, product(x)));
        factor.found(false)
    }

    #[test]
    fn a_power_of_two_is_found_as_one() {
        for factor in [0.5, 8.0, -0.25] {
            let found = found(|x| rounded(x * factor));
            assert_eq!(found[0].factor, factor);
            assert!(!found[0].in_single);
        }
    }

    #[test]
    fn a_plain_product_and_one_in_single_are_told_apart() {
        // 0.9 has 53 bits and a BF16 number 8: the product is within an ULP of FP64, and no
        // midpoint is that close.
        let plain = found(|x| rounded(x * 0.9));
        assert!(plain[0].low <= 0.9 && 0.9 <= plain[0].high);
        let nine = 0.9f32;
        let single = found(|x| rounded(f64::from(x as f32 * nine)));
        let last = single.last().expect("a factor");
        assert!(last.in_single && last.low <= f64::from(nine) && f64::from(nine) <= last.high);
    }

    #[test]
    fn one_wrong_number_leaves_no_factor() {
        let wrong = found(|x| {
            let y = rounded(x * 0.75);
            if x == 3.0 {
                f64::from(f32::from_bits((y as f32).to_bits() + 0x1_0000))
            } else {
                y
            }
        });
        assert_eq!(numbers().filter(|x| *x == 3.0).count(), 0);
        assert_eq!(wrong.len(), 2);
        let mut factor = Factor::default();
        numbers().for_each(|x| factor.add(&target(), x, rounded(x * 0.75)));
        factor.add(&target(), 3.0, rounded(2.25 * (1.0 + 1.0 / 128.0)));
        assert!(factor.found(false).is_empty());
    }

    #[test]
    fn ends_of_the_interval_hold_and_what_is_beyond_does_not() {
        let explains = |s: f64, x: f64, y: f64| rounded(x * s) == y;
        for (x, y) in [(1.5, 3.0), (1.0, 1.0078125), (3.0, 1.0), (7.0, 0.0)] {
            let bounds = target().bounds(y).expect("finite");
            let mut interval = EVERYTHING;
            bounds.narrow(&mut interval, x);
            let Interval { low, high } = interval;
            assert!(low == 0.0 || explains(low, x, y), "{x} {y}");
            assert!(explains(high, x, y), "{x} {y}");
            // Products of doubles are rounded, so a few steps beyond are needed.
            assert!(low == 0.0 || !explains(low * (1.0 - 1e-15), x, y));
            assert!(!explains(high * (1.0 + 1e-15), x, y));
        }
    }

    #[test]
    fn parts_meet_in_any_order() {
        let (mut first, mut second, mut whole) = <(Factor, Factor, Factor)>::default();
        for (at, x) in numbers().enumerate() {
            let y = rounded(x * 0.9);
            whole.add(&target(), x, y);
            if at % 3 == 0 { &mut first } else { &mut second }.add(&target(), x, y);
        }
        second.merge(&first);
        assert_eq!(second.found(false), whole.found(false));
    }

    #[test]
    fn what_is_not_finite_becomes_what_the_format_has_for_it() {
        let found = |dtype: Dtype, pairs: &[(f64, f64)]| {
            let layout = dtype.format().layout().expect("a float");
            let mut factor = Factor::default();
            let target = Target::of(layout);
            pairs.iter().for_each(|(x, y)| factor.add(&target, *x, *y));
            factor.found(false).first().map(|found| found.factor)
        };
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let twice = [(1.0, 2.0), (3.0, 6.0)];
        let with = |pair| [&twice[..], &[pair]].concat();
        assert_eq!(found(Dtype::F8E4M3, &with((inf, nan))), Some(2.0));
        assert_eq!(found(Dtype::F8E4M3, &with((inf, 448.0))), None);
        assert_eq!(found(Dtype::F4, &with((inf, 6.0))), Some(2.0));
        assert_eq!(found(Dtype::F4, &with((inf, -6.0))), None);
        assert_eq!(found(Dtype::F4, &with((nan, 6.0))), Some(2.0));
        assert_eq!(found(Dtype::F16, &with((inf, inf))), Some(2.0));
        assert_eq!(found(Dtype::F16, &with((nan, inf))), None);
    }

    #[test]
    fn overflow_and_signs_narrow_too() {
        let mut factor = Factor::default();
        factor.add(&target(), 1.0, 2.0);
        factor.add(&target(), 2.0, 4.0);
        factor.add(&target(), 1e38, f64::INFINITY);
        assert!(factor.is_dead(), "twice 1e38 is finite");
        let mut factor = Factor::default();
        factor.add(&target(), 1.0, -2.0);
        factor.add(&target(), 1.0, 2.0);
        assert!(factor.is_dead());
    }
}
