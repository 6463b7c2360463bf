//! BF16 after each add: the FP32 sum is rounded to the nearest BF16 number, ties to even.

/// Σ `weights`\[k\] · `inputs`\[k\].
pub fn dot(weights: &[f32], inputs: &[f32]) -> f32 {
    let pairs = weights.iter().zip(inputs);
    pairs.fold(0.0, |sum, (weight, input)| to_bf16(sum + weight * input))
}

/// The nearest BF16 number, ties to even. A NaN stays one.
pub fn to_bf16(number: f32) -> f32 {
    let bits = number.to_bits();
    let rounded = match number.is_nan() {
        true => bits | 0x0040_0000,
        false => bits + 0x7fff + (bits >> 16 & 1),
    };
    f32::from_bits(rounded & 0xffff_0000)
}
