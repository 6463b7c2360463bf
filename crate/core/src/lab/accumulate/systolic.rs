//! A TPU's matrix unit.
//!
//! Weights stand still in an array of cells, inputs pass them from the side, and partial sums flow
//! down a column, one product being added in each cell; below the array accumulators add what
//! comes out of it for the next stretch of weights. Operands are BF16, products of two of them are
//! exact in FP32, and sums are FP32.

use super::to_bf16;
use super::wide::sum;

pub(super) fn dots<const T: usize>(weights: &[f32], inputs: &[[f32; T]], depth: u32) -> [f32; T] {
    let depth = depth as usize;
    let columns = weights.chunks(depth).zip(inputs.chunks(depth));
    columns.fold([0.0; T], |sums, (weights, inputs)| {
        sum(sums, column(weights, inputs))
    })
}

fn column<const T: usize>(weights: &[f32], inputs: &[[f32; T]]) -> [f32; T] {
    let mut sums = [0.0; T];
    for (weight, inputs) in weights.iter().zip(inputs) {
        let weight = to_bf16(*weight);
        for (sum, input) in sums.iter_mut().zip(inputs) {
            *sum += weight * to_bf16(*input);
        }
    }
    sums
}
