//! FP32 by pairs: neighbours are added, then neighbours of these sums; an odd one goes up as it is.

/// Σ `weights`\[k\] · `inputs`\[k\].
pub fn dot(weights: &[f32], inputs: &[f32]) -> f32 {
    let products = weights
        .iter()
        .zip(inputs)
        .map(|(weight, input)| weight * input);
    let mut level: Vec<f32> = products.collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| pair.iter().copied().reduce(|a, b| a + b).unwrap_or(0.0))
            .collect();
    }
    // A lone −0 becomes +0, as in every sum that begins with it.
    level.first().map_or(0.0, |sum| sum + 0.0)
}
