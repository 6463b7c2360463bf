//! Conversions of single values.

use super::random::Random;

/// ⌊log2|x|⌋ of a number that is not zero.
pub(crate) fn binade(x: f64) -> i32 {
    libm::ilogb(x)
}

fn step(x: f64, mantissa_bits: i32, min_exponent: i32) -> f64 {
    libm::ldexp(1.0, binade(x).max(min_exponent) - mantissa_bits)
}

/// To the nearest value with so many bits of mantissa, ties to even.
pub(crate) fn nearest(x: f64, mantissa_bits: i32, min_exponent: i32) -> f64 {
    if x == 0.0 {
        return x;
    }
    let step = step(x, mantissa_bits, min_exponent);
    (x / step).round_ties_even() * step
}

pub(crate) fn bf16(x: f64) -> f64 {
    nearest(x, 7, -126)
}

pub(crate) fn f16(x: f64) -> f64 {
    nearest(x, 10, -14)
}

/// Ties away from zero, as the hardware rounds.
pub(crate) fn tf32(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let step = step(x, 10, -126);
    (x / step).round() * step
}

pub(crate) fn bf16_truncated(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let step = step(x, 7, -126);
    (x / step).trunc() * step
}

/// Up or down by chance.
pub(crate) fn bf16_stochastic(random: &mut Random) -> impl FnMut(f64) -> f64 {
    |x| {
        if x == 0.0 {
            return x;
        }
        let step = step(x, 7, -126);
        (x / step + random.uniform()).floor() * step
    }
}

/// A small float that clamps.
#[derive(Clone, Copy)]
pub(crate) struct Small {
    pub(crate) mantissa_bits: i32,
    pub(crate) min_exponent: i32,
    pub(crate) largest: f64,
}

impl Small {
    pub(crate) fn nearest(self, x: f64) -> f64 {
        nearest(x, self.mantissa_bits, self.min_exponent).clamp(-self.largest, self.largest)
    }

    /// Binade of the largest value.
    pub(crate) fn top(self) -> i32 {
        binade(self.largest)
    }
}

const fn small(mantissa_bits: i32, min_exponent: i32, largest: f64) -> Small {
    Small {
        mantissa_bits,
        min_exponent,
        largest,
    }
}

pub(crate) const E4M3: Small = small(3, -6, 448.0);
pub(crate) const E5M2: Small = small(2, -14, 57_344.0);
pub(crate) const E3M2: Small = small(2, -2, 28.0);
pub(crate) const E2M3: Small = small(3, 0, 7.5);
pub(crate) const E2M1: Small = small(1, 0, 6.0);
