//! Where a product that is added at once, without being rounded first, gives the same sum.
//!
//! It does where FP32 has the product, for then there is nothing to round. A product of a
//! number of p significant bits and one of q has p + q of them at most, and FP32 has room for
//! 24; its lowest bit must be no lower than 2⁻¹⁴⁹, and it must be below 2¹²⁸.
//!
//! So BF16 by BF16 (8 + 8 bits), BF16 by FP16 (8 + 11) and FP16 by FP16 (11 + 11) are exact
//! while exponents are not extreme. Where they are, the bits could differ indeed: a product
//! that has bits below 2⁻¹⁴⁹ is less than 2^(p+q−150), and rounding it first can turn a sum
//! that is less than 2^(p+q−125) to its other neighbour: 2⁻¹⁰⁹ for BF16 by BF16, 2⁻¹⁰³ for
//! FP16's precision on both sides; and a product of 2¹²⁸ or more is infinite, while its sum with
//! one of the other sign may be a number. Trained weights hold such numbers now and then, so bounds
//! are compared and nothing is left to luck.

/// Bounds on what some numbers are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// The most significant bits that a number has.
    bits: u32,
    /// No bit of a number is lower than 2 to this.
    lowest: i32,
    /// Numbers are less than 2 to one more than this.
    highest: i32,
}

impl Extent {
    /// Of any FP16 codes. Infinity and NaN make the same of a product either way.
    pub(super) const F16: Self = Self {
        bits: 11,
        lowest: -24,
        highest: 15,
    };

    /// Of any FP32 numbers: 24 bits leave no room, so there is no look at each.
    pub(super) const F32: Self = Self {
        bits: 24,
        lowest: -149,
        highest: 128,
    };

    /// No numbers, or zeros.
    const NOTHING: Self = Self {
        bits: 1,
        lowest: 128,
        highest: -149,
    };

    /// Of FP32 numbers.
    pub(super) fn of(numbers: &[f32]) -> Self {
        let (mut least, mut most, mut fraction) = (u32::MAX, 0, 1 << 23);
        for number in numbers {
            let magnitude = number.to_bits() & 0x7fff_ffff;
            least = least.min(magnitude.wrapping_sub(1));
            most = most.max(magnitude);
            fraction |= magnitude;
        }
        let bits = 24 - fraction.trailing_zeros();
        Self::between(least.wrapping_add(1), most, bits)
    }

    /// Of BF16 codes, from the least of their magnitudes less one, modulo 2^16, and the largest.
    pub(super) fn of_bf16([least, most]: [u16; 2]) -> Self {
        let [least, most] = [least.wrapping_add(1), most].map(|code| u32::from(code) << 16);
        Self::between(least, most, 8)
    }

    /// From the bits of the least magnitude but zero, of the largest, and the significant bits.
    fn between(least: u32, most: u32, bits: u32) -> Self {
        let exponent = |magnitude: u32| (magnitude >> 23).max(1) as i32 - 127;
        match most {
            0 => Self::NOTHING,
            _ => Self {
                bits,
                lowest: exponent(least) - (bits as i32 - 1),
                highest: exponent(most),
            },
        }
    }

    /// Whether FP32 has every product of a number here and one there.
    pub(super) fn has_exact_products(self, other: Self) -> bool {
        self.bits + other.bits <= 24
            && self.lowest + other.lowest >= -149
            && self.highest + other.highest <= 126
    }
}
