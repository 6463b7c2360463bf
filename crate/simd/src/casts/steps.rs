//! The steps of a cast, each in its kinds: to the codes' range, to a code, within its limits, and back.

use super::Float;
use crate::{Reals, Rows};

/// Rounds a vector to codes.
pub(super) trait Rounds<R>: Copy {
    /// Whether −x is rounded to −code for every x that there is: then magnitudes alone are rounded. So it is
    /// with integers, too, of which the least has no counterpart: no scale takes a number there.
    const IS_SYMMETRIC: bool = true;
    fn round(self, x: R) -> R;
    /// The smallest normal magnitude.
    fn least_normal(self) -> R;
}

#[derive(Clone, Copy)]
pub(super) struct ToFloat<R> {
    exponent: R,
    least: R,
    lift: R,
    least_normal: R,
}

impl<R: Reals> ToFloat<R> {
    #[inline(always)]
    pub(super) fn of(float: Float) -> Self {
        let bits = R::MANTISSA_BITS;
        let all = (2 * R::BIAS as u64 + 1) << bits;
        let least = ((float.min_exponent + R::BIAS) as u64) << bits;
        let lift = u64::from(bits - float.mantissa_bits) << bits | 1 << (bits - 1);
        Self {
            exponent: R::splat_bits(all),
            least: R::splat_bits(least),
            lift: R::splat_bits(lift),
            least_normal: R::splat_bits(least),
        }
    }
}

impl<R: Reals> Rounds<R> for ToFloat<R> {
    #[inline(always)]
    fn round(self, x: R) -> R {
        let magic = x
            .and(self.exponent)
            .max_bits(self.least)
            .add_bits(self.lift);
        x.add(magic).sub(magic)
    }
    #[inline(always)]
    fn least_normal(self) -> R {
        self.least_normal
    }
}

#[derive(Clone, Copy)]
pub(super) struct ToFloatAway<R> {
    half: R,
    kept: R,
    least_normal: R,
}

impl<R: Reals> ToFloatAway<R> {
    #[inline(always)]
    pub(super) fn new(mantissa_bits: u32) -> Self {
        let dropped = R::MANTISSA_BITS - mantissa_bits;
        Self {
            half: R::splat_bits(1 << (dropped - 1)),
            kept: R::splat_bits(!((1 << dropped) - 1)),
            least_normal: R::splat_bits(((R::BIAS - 126) as u64) << R::MANTISSA_BITS),
        }
    }
}

impl<R: Reals> Rounds<R> for ToFloatAway<R> {
    #[inline(always)]
    fn round(self, x: R) -> R {
        x.add_bits(self.half).and(self.kept)
    }
    #[inline(always)]
    fn least_normal(self) -> R {
        self.least_normal
    }
}

#[derive(Clone, Copy)]
pub(super) struct ToMultiples<R> {
    magic: R,
}

impl<R: Reals> ToMultiples<R> {
    #[inline(always)]
    pub(super) fn new(step: f64) -> Self {
        let one_and_a_half = 3u64 << (R::MANTISSA_BITS - 1);
        Self {
            magic: R::splat(one_and_a_half as f64 * step),
        }
    }
}

impl<R: Reals> Rounds<R> for ToMultiples<R> {
    #[inline(always)]
    fn round(self, x: R) -> R {
        x.add(self.magic).sub(self.magic)
    }
    #[inline(always)]
    fn least_normal(self) -> R {
        R::splat(0.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct ToLevels<'a, R> {
    half: R,
    first: R,
    rows: &'a Rows,
}

impl<'a, R: Reals> ToLevels<'a, R> {
    #[inline(always)]
    pub(super) fn new(half: f64, rows: &'a Rows) -> Self {
        let whole = 1u64 << R::MANTISSA_BITS;
        Self {
            half: R::splat(half),
            first: R::splat(half + whole as f64),
            rows,
        }
    }
}

impl<R: Reals> Rounds<R> for ToLevels<'_, R> {
    const IS_SYMMETRIC: bool = false;
    #[inline(always)]
    fn round(self, x: R) -> R {
        x.pick(x.mul(self.half).add(self.first), self.rows)
    }
    #[inline(always)]
    fn least_normal(self) -> R {
        R::splat(0.0)
    }
}

/// Keeps magnitudes of codes within their range.
pub(super) trait Limits<R: Reals>: Copy {
    fn limit(self, code: R, over: R::Counts) -> (R, R::Counts);
}

#[derive(Clone, Copy)]
pub(super) struct NoLimit;

impl<R: Reals> Limits<R> for NoLimit {
    #[inline(always)]
    fn limit(self, code: R, over: R::Counts) -> (R, R::Counts) {
        (code, over)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Limit<R>(R);

impl<R: Reals> Limit<R> {
    #[inline(always)]
    pub(super) fn at(most: f64) -> Self {
        Self(R::splat(most))
    }
}

impl<R: Reals> Limits<R> for Limit<R> {
    #[inline(always)]
    fn limit(self, code: R, over: R::Counts) -> (R, R::Counts) {
        (code.min(self.0), self.0.count_less(code, over))
    }
}

/// Takes a vector to its codes' range and back.
pub(super) trait Scales<R>: Copy {
    fn of(scale: f32) -> Self;
    fn down(self, x: R) -> R;
    fn up(self, code: R) -> R;
}

#[derive(Clone, Copy)]
pub(super) struct Unscaled;

impl<R: Reals> Scales<R> for Unscaled {
    #[inline(always)]
    fn of(_: f32) -> Self {
        Self
    }
    #[inline(always)]
    fn down(self, x: R) -> R {
        x
    }
    #[inline(always)]
    fn up(self, code: R) -> R {
        code
    }
}

#[derive(Clone, Copy)]
pub(super) struct RealScale<R>(R);

impl<R: Reals> Scales<R> for RealScale<R> {
    #[inline(always)]
    fn of(scale: f32) -> Self {
        Self(R::splat(scale.into()))
    }
    #[inline(always)]
    fn down(self, x: R) -> R {
        x.single().div(self.0).single()
    }
    #[inline(always)]
    fn up(self, code: R) -> R {
        code.mul(self.0).single()
    }
}

#[derive(Clone, Copy)]
pub(super) struct PowerScale<R>(R, R);

impl<R: Reals> Scales<R> for PowerScale<R> {
    #[inline(always)]
    fn of(scale: f32) -> Self {
        let scale = f64::from(scale);
        Self(R::splat(1.0 / scale), R::splat(scale))
    }
    #[inline(always)]
    fn down(self, x: R) -> R {
        x.mul(self.0)
    }
    #[inline(always)]
    fn up(self, code: R) -> R {
        code.mul(self.1)
    }
}
