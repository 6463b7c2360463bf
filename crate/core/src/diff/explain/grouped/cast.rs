//! A cast whose scales groups of values share, carried out and compared.

use std::ops::Range;

use super::Sides;
use crate::cast::{CASTS, Codes, Rule, Scale, ScaleRule, nearest_nf4};
use crate::diff::ulp::spacing;
use crate::format::{FloatLayout, Overflow, Rounding};
use floatscope_simd::rounding;

/// Exponents of two with which products neither overflow nor become subnormal.
const EASY: Range<i32> = -100..100;

/// A cast of the table, ready to be carried out.
pub(super) struct Casting {
    /// Its place in the table.
    pub(super) index: usize,
    rule: Rule,
    scales: ScaleRule,
}

/// What is computed on the way.
#[derive(Default)]
pub(super) struct Room {
    codes: Vec<f32>,
    made: Vec<f32>,
    rounded: Vec<f32>,
}

impl Casting {
    pub(super) fn of(index: usize) -> Self {
        let cast = &CASTS[index];
        Self {
            index,
            rule: Rule::of(cast),
            // None of those tried here depends on the tensor.
            scales: ScaleRule::of(cast, 0.0),
        }
    }

    /// Whether a group becomes what the other side has, rounded to its type.
    pub(super) fn explains(
        &self,
        stretches: impl Iterator<Item = Range<usize>> + Clone,
        sides: Sides,
        to: &FloatLayout,
        room: &mut Room,
    ) -> bool {
        let peaks = stretches
            .clone()
            .map(|stretch| largest(sides.of(stretch).0));
        let scale = self.scales.scale(peaks.fold(0.0, f64::max));
        // The first value by itself: hardly any group survives it.
        let parts = stretches.flat_map(|stretch| [stretch.start..stretch.start + 1, stretch]);
        for part in parts {
            let (x, y) = sides.of(part);
            if !self.turns(scale, x, y, to, room) {
                return false;
            }
        }
        true
    }

    /// Whether the values of a group with this scale become those.
    fn turns(&self, scale: Scale, x: &[f32], y: &[f32], to: &FloatLayout, room: &mut Room) -> bool {
        if scale == Scale::Zero {
            return y.iter().all(|y| *y == 0.0);
        }
        if self.cast(scale, x, to, room) {
            // Whatever the sign of a zero: integer codes have none, and not all kernels keep it.
            let both = room.rounded.iter().zip(y);
            return both.fold(true, |all, (made, y)| all & (made == y));
        }
        x.iter().zip(y).all(|(x, y)| {
            let cast = self.rule.scaled(f64::from(*x), scale).value;
            let code = to.encode(cast, Rounding::NearestEven, Overflow::Ieee);
            let made = to.decode(code);
            made == f64::from(*y) || (made.is_nan() && y.is_nan())
        })
    }

    /// Casts, and rounds to the other side's type; `false` where the definition has to.
    fn cast(&self, scale: Scale, x: &[f32], to: &FloatLayout, room: &mut Room) -> bool {
        let (down, up) = match scale {
            Scale::Real(scale) if EASY.contains(&libm::ilogbf(scale)) => (None, scale),
            Scale::PowerOfTwo(exponent) if EASY.contains(&exponent) => {
                let power = |exponent| crate::format::power_of_two(exponent) as f32;
                (Some(power(-exponent)), power(exponent))
            }
            _ => return false,
        };
        let Room {
            codes,
            made,
            rounded,
        } = room;
        codes.clear();
        match down {
            Some(down) => codes.extend(x.iter().map(|x| x * down)),
            None => codes.extend(x.iter().map(|x| x / up)),
        }
        made.clear();
        match CASTS[self.index].codes {
            Codes::Format(dtype) => {
                let Some(spacing) = dtype.format().layout().and_then(spacing) else {
                    return false;
                };
                rounding::round(codes, spacing, rounding::Rounding::NearestEven, made);
            }
            Codes::Integers(..) => made.extend(codes.iter().map(|code| whole(*code))),
            Codes::SixtyFourths => made.extend(codes.iter().map(|code| whole(code * 64.0) / 64.0)),
            Codes::Nf4 => made.extend(codes.iter().map(|code| nearest_nf4(*code))),
            Codes::Tf32 => return false,
        }
        let (least, largest) = (self.rule.least as f32, self.rule.largest as f32);
        for code in made.iter_mut() {
            *code = code.max(least).min(largest) * up;
        }
        let Some(spacing) = spacing(to) else {
            return false;
        };
        rounded.clear();
        rounding::round(made, spacing, rounding::Rounding::NearestEven, rounded);
        let largest = to.decode(to.max_finite_code()) as f32;
        let within = |all, made: &f32| all & (made.abs() <= largest);
        rounded.iter().fold(true, within)
    }
}

/// The nearest integer of a small number, ties to even.
fn whole(number: f32) -> f32 {
    // A sum of this size has no room for fractions.
    const ROUNDER: f32 = 1.5 * (1 << 23) as f32;
    number + ROUNDER - ROUNDER
}

/// The largest magnitude; infinite where one is no finite number.
fn largest(numbers: &[f32]) -> f64 {
    let magnitude = |number: &f32| number.to_bits() & (u32::MAX >> 1);
    let largest = numbers.iter().map(magnitude).fold(0, u32::max);
    let largest = f32::from_bits(largest);
    match largest.is_finite() {
        true => f64::from(largest),
        false => f64::INFINITY,
    }
}
