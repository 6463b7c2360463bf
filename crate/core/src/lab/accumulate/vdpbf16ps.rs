//! The AVX-512 instruction VDPBF16PS on 512-bit registers.
//!
//! A register holds 32 BF16 numbers, two for each of 16 FP32 sums. To its sum a lane adds first the
//! product of the odd elements, then that of the even ones, each by a fused multiply-add that
//! rounds once, takes subnormal numbers for zero and returns zero for them. A short last register
//! is filled with zeros. The lanes are added in FP32 by halves: i and i + 8, i and i + 4, and so on.

use super::to_bf16;
use super::wide::sum;

const LANES: usize = 16;
const ELEMENTS: usize = 2 * LANES;

pub(super) fn dots<const T: usize>(weights: &[f32], inputs: &[[f32; T]]) -> [f32; T] {
    let mut sums = [[0.0; T]; LANES];
    for (weights, inputs) in weights.chunks(ELEMENTS).zip(inputs.chunks(ELEMENTS)) {
        add_registers(&mut sums, weights, inputs);
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] = sum(sums[lane], sums[lane + half]);
        }
    }
    sums[0]
}

/// Adds the products of up to 32 elements; zeros are behind them.
fn add_registers<const T: usize>(
    sums: &mut [[f32; T]; LANES],
    weights: &[f32],
    inputs: &[[f32; T]],
) {
    let operand = |number: f32| flushed(to_bf16(number));
    for (lane, sums) in sums.iter_mut().enumerate() {
        for element in [2 * lane + 1, 2 * lane] {
            let weight = weights.get(element).copied().map_or(0.0, operand);
            let inputs = inputs
                .get(element)
                .map_or([0.0; T], |inputs| inputs.map(operand));
            for (sum, input) in sums.iter_mut().zip(inputs) {
                *sum = multiply_add(weight, input, *sum);
            }
        }
    }
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
