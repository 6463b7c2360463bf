//! A TPU's matrix unit.
//!
//! Weights stand still in an array of cells, inputs pass them from the side, and partial sums flow
//! down a column, one product being added in each cell; below the array accumulators add what
//! comes out of it for the next stretch of weights. Operands are BF16, products of two of them are
//! exact in FP32, and sums are FP32.

use super::to_bf16;

pub(super) fn dot(weights: &[f32], inputs: &[f32], depth: u32) -> f32 {
    let depth = depth as usize;
    let columns = weights.chunks(depth).zip(inputs.chunks(depth));
    columns.fold(0.0, |sum, (weights, inputs)| sum + column(weights, inputs))
}

fn column(weights: &[f32], inputs: &[f32]) -> f32 {
    let pairs = weights.iter().zip(inputs);
    pairs.fold(0.0, |sum, (weight, input)| {
        sum + to_bf16(*weight) * to_bf16(*input)
    })
}
