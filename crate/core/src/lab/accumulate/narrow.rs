//! Sums that are rounded to 16 bits after each addition, and what rounds to 16 bits.

/// Beyond the largest number and half a step: what rounds to FP16's infinity.
const F16_OVERFLOW: f32 = 65_520.0;
/// 2⁻¹⁴, the smallest normal number of FP16.
const F16_LEAST_NORMAL: f32 = 6.103_515_6e-5;
/// 2⁻¹: one step of FP32 there is FP16's smallest number, 2⁻²⁴.
const F16_RULER: f32 = 0.5;

/// The nearest BF16 number, to nearest even, infinity where it lies half a step beyond the largest.
/// NaN stays NaN.
#[inline]
pub fn to_bf16(number: f32) -> f32 {
    let rounded = nearest_even(number.to_bits(), 16);
    // Left to itself, a NaN's payload could carry into the sign.
    if number.is_nan() { number } else { rounded }
}

/// The nearest FP16 number, to nearest even, infinity from 65,520 on. NaN stays NaN.
#[inline]
pub fn to_f16(number: f32) -> f32 {
    let magnitude = number.abs();
    // All three, so that vectors can choose.
    let subnormal = magnitude + F16_RULER - F16_RULER;
    let normal = nearest_even(magnitude.to_bits(), 13);
    let finite = if magnitude < F16_LEAST_NORMAL {
        subnormal
    } else {
        normal
    };
    let rounded = if magnitude < F16_OVERFLOW {
        finite
    } else {
        f32::INFINITY
    };
    if number.is_nan() {
        number
    } else {
        rounded.copysign(number)
    }
}

/// Rounds away the last bits of a significand; a carry goes into the exponent, where it is right.
#[inline(always)]
fn nearest_even(bits: u32, dropped: u32) -> f32 {
    let below_half = (1 << (dropped - 1)) - 1;
    let odd = bits >> dropped & 1;
    f32::from_bits(bits.wrapping_add(below_half + odd) >> dropped << dropped)
}

/// FP32 products, each added in FP32 to a sum that is then rounded.
#[inline(always)]
pub(super) fn rounded_sum<const T: usize>(
    weights: &[f32],
    inputs: &[[f32; T]],
    round: impl Fn(f32) -> f32,
) -> [f32; T] {
    let mut sums = [0.0; T];
    for (weight, inputs) in weights.iter().zip(inputs) {
        for (sum, input) in sums.iter_mut().zip(inputs) {
            *sum = round(*sum + weight * input);
        }
    }
    sums
}
