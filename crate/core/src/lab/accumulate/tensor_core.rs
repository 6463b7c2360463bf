//! A tensor core of NVIDIA's Hopper, BF16 operands and an FP32 accumulator.
//!
//! Products of [`Accumulate::GROUP`] elements and the accumulator are added at once. Each summand is an
//! integer times a power of two: a product's exponent is the sum of its factors', so that its
//! significand lies in [1, 4), and nothing is normalised. All are shifted to the largest exponent,
//! bits beyond [`Accumulate::FRACTION_BITS`] are cut off each, toward zero, and what is left is added
//! exactly. The sum is cut to FP32, toward zero again, and is the next group's accumulator; beyond
//! FP32's range it is infinite. A short last group is filled with zeros. NVIDIA documents none of
//! this; others found it by experiment.

use super::{Accumulate, to_bf16};

const GROUP: usize = Accumulate::GROUP;
const FRACTION_BITS: u32 = Accumulate::FRACTION_BITS;
/// The exponent of subnormal numbers, and of zero.
const LEAST_EXPONENT: i32 = -126;
const F32_FRACTION_BITS: u32 = f32::MANTISSA_DIGITS - 1;
/// A product of two significands of seven bits below the point has so many.
const PRODUCT_FRACTION_BITS: u32 = 14;

pub(super) fn dots<const T: usize>(weights: &[f32], inputs: &[[f32; T]]) -> [f32; T] {
    let mut sums = [0.0; T];
    for (weights, inputs) in weights.chunks(GROUP).zip(inputs.chunks(GROUP)) {
        for (token, sum) in sums.iter_mut().enumerate() {
            let mut pairs = [[0.0; 2]; GROUP];
            for (pair, (weight, inputs)) in pairs.iter_mut().zip(weights.iter().zip(inputs)) {
                *pair = [to_bf16(*weight), to_bf16(inputs[token])];
            }
            *sum = add_group(*sum, &pairs);
        }
    }
    sums
}

fn add_group(sum: f32, pairs: &[[f32; 2]; GROUP]) -> f32 {
    let is_finite = |[weight, input]: &[f32; 2]| weight.is_finite() && input.is_finite();
    if !sum.is_finite() || !pairs.iter().all(is_finite) {
        // FP64 has room for all products, so that only what is not finite makes the sum so.
        let products = pairs
            .iter()
            .map(|[weight, input]| f64::from(*weight) * f64::from(*input));
        return products.fold(f64::from(sum), |sum, product| sum + product) as f32;
    }
    let products = pairs.map(Summand::product);
    let sum = Summand::accumulator(sum);
    let exponents = products.iter().map(|product| product.exponent);
    let largest = exponents.fold(sum.exponent, i32::max);
    let aligned = products.iter().map(|product| product.aligned(largest));
    let total = sum.aligned(largest) + aligned.sum::<i64>();
    toward_zero(total, largest)
}

/// `significand` × 2^(`exponent` − [`FRACTION_BITS`]).
#[derive(Clone, Copy)]
struct Summand {
    significand: i64,
    exponent: i32,
}

impl Summand {
    /// Of a finite FP32 number: its exponent, and its significand with 23 bits below the point.
    fn accumulator(number: f32) -> Self {
        let (significand, exponent) = parts(number);
        Self {
            significand: significand << (FRACTION_BITS - F32_FRACTION_BITS),
            exponent,
        }
    }

    /// Of two finite BF16 numbers.
    fn product([weight, input]: [f32; 2]) -> Self {
        // Of a BF16 number the last 16 bits are zero: seven stay below the point.
        let [(weight, one), (input, other)] = [weight, input].map(parts);
        let product = (weight >> 16) * (input >> 16);
        Self {
            significand: product << (FRACTION_BITS - PRODUCT_FRACTION_BITS),
            // Zero is nobody's largest.
            exponent: match product {
                0 => LEAST_EXPONENT,
                _ => one + other,
            },
        }
    }

    /// The significand under the largest exponent, what does not fit cut off toward zero.
    fn aligned(self, largest: i32) -> i64 {
        let places = (largest - self.exponent).min(63) as u32;
        let magnitude = self.significand.unsigned_abs() >> places;
        magnitude as i64 * self.significand.signum()
    }
}

/// A finite number's significand, 23 bits below the point, and exponent.
fn parts(number: f32) -> (i64, i32) {
    let bits = number.to_bits();
    let field = (bits >> F32_FRACTION_BITS & 0xff) as i32;
    let fraction = i64::from(bits & ((1 << F32_FRACTION_BITS) - 1));
    let hidden = i64::from(field != 0) << F32_FRACTION_BITS;
    let significand = hidden | fraction;
    let exponent = field.max(1) - 127;
    match number.is_sign_negative() {
        true => (-significand, exponent),
        false => (significand, exponent),
    }
}

/// `total` × 2^(`exponent` − [`FRACTION_BITS`]) cut to FP32; infinity beyond its range.
fn toward_zero(total: i64, exponent: i32) -> f32 {
    let magnitude = total.unsigned_abs();
    let length = (u64::BITS - magnitude.leading_zeros()) as i32;
    // Of the last bit that FP32 keeps, over 2^(`exponent` − FRACTION_BITS).
    let by_length = length - f32::MANTISSA_DIGITS as i32;
    let by_range = LEAST_EXPONENT - F32_FRACTION_BITS as i32 - (exponent - FRACTION_BITS as i32);
    let dropped = by_length.max(by_range).clamp(0, 63);
    let kept = magnitude >> dropped << dropped;
    // At most 24 significant bits, none below FP32's last: every step is exact but an overflow.
    let value = libm::ldexp(kept as f64, exponent - FRACTION_BITS as i32) as f32;
    if total < 0 { -value } else { value }
}
