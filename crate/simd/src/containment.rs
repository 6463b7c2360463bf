//! How many FP32 values a narrower float would hold as well.
//!
//! Plain loops without branches: compilers make vector code of them for every target.

/// What values of a stretch have in common with narrower formats. Zeros, infinities and
/// NaN say nothing of it and are counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contained {
    /// Zeros of either sign, infinities and NaN.
    pub neutral: u64,
    /// Other values with 16 low zero bits: BF16 holds them.
    pub bf16: u64,
    /// Other values with 13 low zero bits: ten bits of mantissa are enough.
    pub ten_bits: u64,
    /// Of these, the ones outside the range where FP16 holds them all: below
    /// 2^-14 or above 65504.
    pub outside: u64,
    /// Of these, those that FP16 holds.
    pub outside_f16: u64,
}

/// 2^-14, below which FP16 is subnormal.
const LEAST_NORMAL: u32 = (127 - 14) << 23;
/// 65504.
const LARGEST: u32 = 0x477f_e000;
/// Infinity; NaN lie above.
const INFINITE: u32 = 0x7f80_0000;
/// 2^24: FP16's subnormals become integers.
const TO_INTEGERS: f32 = 16_777_216.0;
/// 1.5·2^23: what is added to it has no room for a fraction.
const ROUNDER: f32 = 12_582_912.0;

/// Looks at little-endian FP32 words; a last part of a word is left out.
#[inline(never)]
pub fn contained_in_f32(bytes: &[u8]) -> Contained {
    let words = bytes.as_chunks::<4>().0;
    let mut all = Contained::default();
    // Sums of a batch fit 32 bits, which makes for twice the lanes.
    for batch in words.chunks(1 << 16) {
        let mut sums = [0u32; 5];
        for word in batch {
            let ones = look(u32::from_le_bytes(*word));
            for (sum, one) in sums.iter_mut().zip(ones) {
                *sum += one;
            }
        }
        all.neutral += u64::from(sums[0]);
        all.bf16 += u64::from(sums[1]);
        all.ten_bits += u64::from(sums[2]);
        all.outside += u64::from(sums[3]);
        all.outside_f16 += u64::from(sums[4]);
    }
    all
}

#[inline(always)]
fn look(word: u32) -> [u32; 5] {
    let magnitude = word & 0x7fff_ffff;
    // Zero wraps around: one comparison leaves out both ends.
    let is_value = u32::from(magnitude.wrapping_sub(1) < INFINITE - 1);
    let ten_bits = u32::from(word & 0x1fff == 0) & is_value;
    let bf16 = u32::from(word & 0xffff == 0) & is_value;
    let small = u32::from(magnitude < LEAST_NORMAL);
    let large = u32::from(magnitude > LARGEST);
    let outside = (small | large) & ten_bits;
    let scaled = f32::from_bits(magnitude) * TO_INTEGERS;
    let whole = u32::from(scaled + ROUNDER - ROUNDER == scaled);
    [
        1 - is_value,
        bf16,
        ten_bits,
        outside,
        outside & small & whole,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition: a value is held if rounding to the format gives it back.
    fn naive(word: u32) -> Contained {
        let value = f32::from_bits(word);
        if value == 0.0 || !value.is_finite() {
            return Contained {
                neutral: 1,
                ..Contained::default()
            };
        }
        let mantissa_zeros = word.trailing_zeros();
        let ten_bits = mantissa_zeros >= 13;
        let magnitude = f64::from(value.abs());
        let is_normal = (1.0 / 16_384.0..=65504.0).contains(&magnitude);
        let outside = ten_bits && !is_normal;
        let steps = magnitude * 16_777_216.0;
        let held = outside && magnitude < 1.0 && steps.fract() == 0.0;
        Contained {
            neutral: 0,
            bf16: u64::from(mantissa_zeros >= 16),
            ten_bits: u64::from(ten_bits),
            outside: u64::from(outside),
            outside_f16: u64::from(held),
        }
    }

    #[test]
    fn every_exponent_and_count_of_zero_bits() {
        for top in 0..=0x1ffu32 {
            for zeros in 0..=23 {
                for mantissa in [0, 1, 3, 5, 0x2a_aaab, 0x55_5555, 0x7f_ffff] {
                    let word = top << 23 | (mantissa << zeros) & 0x7f_ffff;
                    let seen = contained_in_f32(&word.to_le_bytes());
                    assert_eq!(seen, naive(word), "{word:#010x}");
                }
            }
        }
    }
}
