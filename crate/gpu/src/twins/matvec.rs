//! The matrix-vector product: 64 threads take eight columns in turn, and then halves are added.

use crate::twins::product;

const THREADS: usize = 64;

/// Σ `weights`\[k\] · `inputs`\[k\].
pub fn dot(weights: &[f32], inputs: &[f32]) -> f32 {
    let mut sums: Vec<f32> = (0..THREADS)
        .map(|thread| of_thread(thread, weights, inputs))
        .collect();
    while sums.len() > 1 {
        let (lower, upper) = sums.split_at(sums.len() / 2);
        sums = lower
            .iter()
            .zip(upper)
            .map(|(lower, upper)| lower + upper)
            .collect();
    }
    sums[0]
}

fn of_thread(thread: usize, weights: &[f32], inputs: &[f32]) -> f32 {
    let eights = |numbers: &[f32]| -> Vec<f32> {
        let eights = numbers.chunks(8).skip(thread).step_by(THREADS);
        eights.flatten().copied().collect()
    };
    product::dot(&eights(weights), &eights(inputs))
}
