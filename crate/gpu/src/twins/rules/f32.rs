//! FP32 in eight partial sums, taken in turn, and then halves: the order of the CPU's vector kernel.

/// Σ `weights`\[k\] · `inputs`\[k\].
pub fn dot(weights: &[f32], inputs: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    for (column, (weight, input)) in weights.iter().zip(inputs).enumerate() {
        sums[column % 8] += weight * input;
    }
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
}
