//! The pairs that FP32 does not hold: FP64, and integers on either side. One by one.

use super::PairSpan;
use super::counts::{count_codes, count_distance};
use super::difference::Difference;
use super::explain::Explainer;
use super::numbers::{Value, value_at};
use super::ulp::Ruler;
use super::worst::Element;
use crate::format::power_of_two;
use crate::scan::integer_and_exponent;

/// Magnitudes beyond 2^±this are summed at another scale, so that squares neither overflow nor vanish.
const SAFE_EXPONENT: i32 = 200;

/// Quotients are summed at this scale, so that a tile of them overflows only where one of them does.
const RELATIVE_EXPONENT: i32 = 12;
const RELATIVE_SCALE: f64 = power_of_two(-RELATIVE_EXPONENT);

/// A tile on its way.
pub(super) struct Wide<'a> {
    pub(super) span: &'a PairSpan,
    pub(super) ruler: Option<Ruler>,
    pub(super) explainers: Option<&'a [Explainer; 2]>,
    pub(super) seen: &'a mut Difference,
}

impl Wide<'_> {
    /// Adds a tile.
    pub(super) fn add(&mut self, bytes: [&[u8]; 2], count: usize, first: u64) {
        let (a, b) = (self.span.a, self.span.b);
        let values = |at| [value_at(a, bytes[0], at), value_at(b, bytes[1], at)];
        let pairs: Vec<[Value; 2]> = (0..count).map(values).collect();
        if a == b {
            count_codes(self.seen, a, bytes, count, first);
        } else {
            let differs = |[a, b]: &&[Value; 2]| a.differs(*b);
            self.seen.differing += pairs.iter().filter(differs).count() as u64;
        }
        for (index, [a, b]) in (first..).zip(&pairs) {
            self.add_pair(index, *a, *b);
        }
        let reals = pairs.iter().map(|pair| pair.map(Value::to_f64));
        let finite: Vec<[f64; 2]> = reals
            .clone()
            .filter(|[a, b]| a.is_finite() && b.is_finite())
            .collect();
        self.sum(&finite);
        match self.explainers {
            Some([forth, back]) => {
                let [left, right] = &mut self.seen.explained;
                forth.add_each(left, reals.clone().map(|[a, b]| (a, b)));
                back.add_each(right, reals.map(|[a, b]| (b, a)));
            }
            None => {
                let is_kept = |[a, b]: &[Value; 2]| {
                    let same_sign = a.to_f64().is_sign_negative() == b.to_f64().is_sign_negative();
                    a.is_nan() && b.is_nan() || a.equals(*b) && same_sign
                };
                let all = pairs.iter().all(is_kept);
                self.seen
                    .explained
                    .iter_mut()
                    .for_each(|left| left.exact &= all);
            }
        }
    }

    fn add_pair(&mut self, index: u64, a: Value, b: Value) {
        let seen = &mut *self.seen;
        let both_nan = a.is_nan() && b.is_nan();
        let is_equal = a.equals(b);
        seen.both_nan += u64::from(both_nan);
        seen.equal += u64::from(is_equal);
        if let Some(ruler) = self.ruler {
            count_distance(seen, ruler.distance(a, b));
        }
        let [x, y] = [a.to_f64(), b.to_f64()];
        let tolerance = &self.span.tolerance;
        let is_close = match y.is_finite() {
            true => (x - y).abs() <= tolerance.absolute + tolerance.relative * y.abs(),
            false => x == y || (both_nan && tolerance.equal_nan),
        };
        seen.not_close += u64::from(!is_close);
        if a.differs(b) {
            seen.first = Some(seen.first.map_or(index, |first| first.min(index)));
            let element = Element::of(index, a, b);
            if element.difference > seen.worst.threshold() {
                seen.worst.add(element);
            }
        }
    }

    /// Sums of pairs that are finite.
    fn sum(&mut self, pairs: &[[f64; 2]]) {
        let largest = |side: usize| {
            pairs
                .iter()
                .fold(0.0f64, |most, pair| most.max(pair[side].abs()))
        };
        // Each side at its own scale: one may be far from the other.
        let [in_a, in_b] = [0, 1].map(|side| exponent_of(largest(side)));
        let gap = pairs
            .iter()
            .fold(0.0f64, |most, [a, b]| most.max((a - b).abs()));
        // And differences at theirs, which is that of the sides where they overflow.
        let (in_gap, overflows) = match gap.is_finite() {
            true => (exponent_of(gap), false),
            false => (exponent_of(f64::MAX), true),
        };
        let [scale_a, scale_b, scale] =
            [in_a, in_b, in_gap].map(|exponent| power_of_two(-exponent));
        let mut sums = [0.0; 5];
        let mut relative = 0.0;
        let seen = &mut *self.seen;
        for &[a, b] in pairs {
            let difference = (a - b).abs();
            seen.max_absolute = seen.max_absolute.max(difference);
            if b != 0.0 {
                let quotient = difference / b.abs();
                seen.nonzero_b += 1;
                seen.max_relative = seen.max_relative.max(quotient);
                relative += quotient * RELATIVE_SCALE;
            }
            let d = match overflows {
                true => (a * scale - b * scale).abs(),
                false => difference * scale,
            };
            let [a, b] = [a * scale_a, b * scale_b];
            for (sum, term) in sums.iter_mut().zip([a * a, b * b, a * b, d, d * d]) {
                *sum += term;
            }
        }
        seen.finite += pairs.len() as u64;
        let of = &mut seen.sums;
        of.squares_a.add_product(sums[0], 1, 2 * in_a);
        of.squares_b.add_product(sums[1], 1, 2 * in_b);
        of.products.add_product(sums[2], 1, in_a + in_b);
        of.absolute.add_product(sums[3], 1, in_gap);
        of.squares.add_product(sums[4], 1, 2 * in_gap);
        match relative.is_finite() {
            true => of.relative.add_product(relative, 1, RELATIVE_EXPONENT),
            false => of.has_infinite_relative = true,
        }
    }
}

/// The exponent that numbers up to this magnitude are scaled by.
fn exponent_of(largest: f64) -> i32 {
    let (integer, exponent) = integer_and_exponent(largest);
    if integer == 0 {
        return 0;
    }
    let exponent = exponent + integer.ilog2() as i32;
    match exponent.abs() <= SAFE_EXPONENT {
        true => 0,
        false => exponent.clamp(-1000, 1000),
    }
}
