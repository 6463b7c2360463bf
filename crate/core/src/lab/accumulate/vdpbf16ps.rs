//! The AVX-512 instruction VDPBF16PS on 512-bit registers.
//!
//! A register holds 32 BF16 numbers, two for each of 16 FP32 sums. To its sum a lane adds first the
//! product of the odd elements, then that of the even ones, each by a fused multiply-add that
//! rounds once, takes subnormal numbers for zero and returns zero for them. A short last register
//! is filled with zeros. The lanes are added in FP32 by halves: i and i + 8, i and i + 4, and so on.

use super::to_bf16;

const LANES: usize = 16;
const ELEMENTS: usize = 2 * LANES;

pub(super) fn dot(weights: &[f32], inputs: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for (weights, inputs) in weights.chunks(ELEMENTS).zip(inputs.chunks(ELEMENTS)) {
        let (weights, inputs) = (register(weights), register(inputs));
        let pairs = weights.as_chunks::<2>().0.iter();
        let pairs = pairs.zip(inputs.as_chunks::<2>().0);
        for (sum, ([even, odd], [even_input, odd_input])) in sums.iter_mut().zip(pairs) {
            *sum = multiply_add(*odd, *odd_input, *sum);
            *sum = multiply_add(*even, *even_input, *sum);
        }
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}

/// Up to 32 numbers as the instruction sees them.
fn register(numbers: &[f32]) -> [f32; ELEMENTS] {
    let mut elements = [0.0; ELEMENTS];
    for (element, number) in elements.iter_mut().zip(numbers) {
        *element = flushed(to_bf16(*number));
    }
    elements
}

/// a·b + sum, rounded once; the operands are flushed already, and so is the result.
fn multiply_add(a: f32, b: f32, sum: f32) -> f32 {
    let product = a * b;
    // A product of two BF16 numbers is exact in FP32 where it is normal there.
    flushed(match product.is_normal() {
        true => product + sum,
        false => libm::fmaf(a, b, sum),
    })
}

/// Zero of the same sign for a subnormal number.
fn flushed(number: f32) -> f32 {
    match number.is_subnormal() {
        true => 0.0f32.copysign(number),
        false => number,
    }
}
