//! What the largest and the smallest numbers of a format, and its zeros, do to a rounded number.

use crate::format::FloatLayout;
use floatscope_simd::rounding;

/// Rounded numbers that the edges of a format change, by their bits.
pub(super) struct Special {
    largest: i32,
    least: i32,
    /// The bits of -0, where the format has none, else of no number.
    zero: u32,
    /// Whether all formats of the way have both zeros.
    pub(super) has_zeros: bool,
}

impl Special {
    /// Becomes a zero of its sign where subnormal numbers are flushed.
    pub(super) const SUBNORMAL: u8 = 1;
    /// Beyond the largest, or a zero of a sign that there is not: left to the definition.
    pub(super) const OTHER: u8 = 2;

    pub(super) fn of(layout: &FloatLayout) -> Self {
        let bits = |number: f64| (number as f32).to_bits() as i32;
        let has_no_sign = layout.nan_code() == Some(1 << (layout.bits() - 1));
        Self {
            largest: bits(layout.decode(layout.max_finite_code())),
            least: bits(libm::ldexp(1.0, layout.min_exponent())),
            zero: if has_no_sign { 1 << 31 } else { u32::MAX },
            has_zeros: !has_no_sign,
        }
    }

    /// The same on a way of which all formats have both zeros, or not all.
    pub(super) fn beside(self, has_zeros: bool) -> Self {
        Self { has_zeros, ..self }
    }

    /// All of them, for the kernel.
    pub(super) fn all(&self) -> rounding::Specials {
        rounding::Specials {
            largest: self.largest,
            least: self.least,
            zero: self.zero,
        }
    }

    /// What is done to a number, as a set.
    pub(super) fn of_number(&self, rounded: f32) -> u8 {
        let bits = rounded.to_bits();
        let magnitude = (bits & (u32::MAX >> 1)) as i32;
        let is_subnormal = (magnitude < self.least) & (magnitude != 0);
        let is_other = (magnitude > self.largest) | (bits == self.zero);
        // A format without -0 makes +0 of a number that is flushed.
        let other = is_other | (is_subnormal & !self.has_zeros & (bits >> 31 != 0));
        (Self::SUBNORMAL * u8::from(is_subnormal)) | (Self::OTHER * u8::from(other))
    }
}
