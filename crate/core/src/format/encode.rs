//! From a number to a code of a layout: the one encoder for all.
//!
//! The number is taken from its `f64` as an integer times a power of two, and
//! rounded once, so that no answer depends on a format in between.

use super::{FloatLayout, Specials};

/// Which of the two neighbours a number between them becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// The nearer; of two equally near the even code (of E8M0, which has none, the larger).
    NearestEven,
    /// The nearer; of two equally near the one farther from zero.
    NearestAway,
    /// The one nearer to zero: the bits that do not fit are cut off.
    TowardZero,
    /// The one farther from zero iff the share of the way to it, times 2^64, exceeds these random bits.
    Stochastic(u64),
}

/// What becomes of a number that rounds beyond the largest finite one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// Infinity; NaN where the format has no infinity; the largest number where it has neither.
    /// Toward zero a finite number never leaves the largest, as IEEE 754 has it.
    Ieee,
    /// The largest finite number of its sign, for infinities, too.
    Saturate,
}

const F64_MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const F64_BIAS: i32 = f64::MAX_EXP - 1;

impl FloatLayout {
    /// The code that a value becomes, right-aligned.
    ///
    /// A NaN becomes [`nan_code`](Self::nan_code), whatever its sign and
    /// payload; a format without one has its largest number for it, as NVIDIA's
    /// conversions do. A format without a negative zero has +0 for it. E8M0 has
    /// neither sign nor zero: zero and everything negative is NaN there, and
    /// what is smaller than its smallest number becomes that.
    #[inline]
    pub fn encode(&self, value: f64, rounding: Rounding, overflow: Overflow) -> u64 {
        if value.is_nan() || (!self.signed && value <= 0.0) {
            return self.nan_code().unwrap_or(self.max_finite_code());
        }
        let largest = self.max_finite_code();
        let stays = value.is_finite() && rounding == Rounding::TowardZero;
        let rounded = match self.round_magnitude(value, rounding) {
            rounded if rounded <= largest => rounded,
            _ if stays || overflow == Overflow::Saturate => largest,
            _ => match (self.infinity_code(), self.nan_code()) {
                (Some(infinity), _) => infinity,
                (None, Some(nan)) => return nan,
                (None, None) => largest,
            },
        };
        rounded | self.sign_of(value, rounded)
    }

    /// Whether a finite value is rounded beyond the largest finite number: with
    /// one more binade above, the format would have something larger for it.
    #[inline]
    pub fn overflows(&self, value: f64, rounding: Rounding) -> bool {
        value.is_finite() && self.round_magnitude(value, rounding) > self.max_finite_code()
    }

    /// The code of the format's NaN: positive and quiet where there are several.
    #[inline]
    pub const fn nan_code(&self) -> Option<u64> {
        let all_ones = (1 << (self.exponent_bits + self.mantissa_bits)) - 1;
        match self.specials {
            Specials::Ieee => Some(all_ones - (1 << (self.mantissa_bits - 1)) + 1),
            Specials::AllOnesNan | Specials::ScaleOnly => Some(all_ones),
            Specials::NegativeZeroNan => Some(1 << (self.bits() - 1)),
            Specials::AllFinite => None,
        }
    }

    /// The code of positive infinity.
    #[inline]
    pub const fn infinity_code(&self) -> Option<u64> {
        match self.specials {
            Specials::Ieee => Some(self.exponent_ones() << self.mantissa_bits),
            _ => None,
        }
    }

    /// The sign bit that a value's code gets.
    #[inline]
    fn sign_of(&self, value: f64, magnitude: u64) -> u64 {
        let zero_has_no_sign = self.specials == Specials::NegativeZeroNan && magnitude == 0;
        let negative = value.is_sign_negative() && !zero_has_no_sign;
        u64::from(negative) << (self.bits() - 1)
    }

    /// The code of |`value`| as if exponents went on above the largest; not for NaN.
    ///
    /// In the order of codes a step is a step of the last bit, so a carry out of
    /// the mantissa runs into the exponent and is right there.
    #[inline]
    fn round_magnitude(&self, value: f64, rounding: Rounding) -> u64 {
        let bits = value.abs().to_bits();
        let field = bits >> F64_MANTISSA_BITS;
        let hidden = u64::from(field != 0) << F64_MANTISSA_BITS;
        let significand = hidden | bits & ((1 << F64_MANTISSA_BITS) - 1);
        let exponent = (field as i32).max(1) - F64_BIAS;
        let binade = exponent.max(self.min_exponent());
        let excess = F64_MANTISSA_BITS - self.mantissa_bits + (binade - exponent) as u32;
        let kept = rounding.shift(significand, excess);
        let above = ((binade - self.min_exponent()) as u64) << self.mantissa_bits;
        match self.specials {
            // The least exponent field is a number's own there, not the subnormals'.
            Specials::ScaleOnly => (above + kept).saturating_sub(1),
            _ => above + kept,
        }
    }
}

impl Rounding {
    /// `significand` / 2^`places`, rounded to an integer; `significand` has 53 bits at most.
    #[inline]
    fn shift(self, significand: u64, places: u32) -> u64 {
        // 63 places leave nothing of 53 bits, and less than half: so do more.
        let shift = places.min(63);
        let (kept, unit) = (significand >> shift, 1 << shift);
        let rest = significand & (unit - 1);
        let up = match self {
            Rounding::NearestEven => 2 * rest + (kept & 1) > unit,
            Rounding::NearestAway => 2 * rest >= unit,
            Rounding::TowardZero => false,
            Rounding::Stochastic(random) => exceeds(rest, places, random),
        };
        kept + u64::from(up)
    }
}

/// Whether `rest` / 2^`places` × 2^64 > `random`; `rest` has 53 bits at most.
#[inline]
fn exceeds(rest: u64, places: u32, random: u64) -> bool {
    let (left, right) = (64u32.saturating_sub(places), places.saturating_sub(64));
    // Beyond 53 more places no `rest` exceeds anything but zero.
    u128::from(rest) << left > u128::from(random) << right.min(53)
}
