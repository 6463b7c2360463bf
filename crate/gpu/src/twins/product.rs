//! The tiled product: each output is summed in the order of its columns, from +0.

/// Σ `weights`\[k\] · `inputs`\[k\].
pub fn dot(weights: &[f32], inputs: &[f32]) -> f32 {
    let pairs = weights.iter().zip(inputs);
    pairs.fold(0.0, |sum, (weight, input)| sum + weight * input)
}
