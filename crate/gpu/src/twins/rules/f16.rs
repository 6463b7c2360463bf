//! FP16 after each add: the FP32 sum is rounded to the nearest FP16 number, ties to even, and is infinite
//! from 65,520 on.

/// Σ `weights`\[k\] · `inputs`\[k\].
pub fn dot(weights: &[f32], inputs: &[f32]) -> f32 {
    let pairs = weights.iter().zip(inputs);
    pairs.fold(0.0, |sum, (weight, input)| to_f16(sum + weight * input))
}

/// The nearest FP16 number, ties to even. A NaN stays one.
pub fn to_f16(number: f32) -> f32 {
    let magnitude = number.abs();
    let rounded = if number.is_nan() {
        return number;
    } else if magnitude >= 65_520.0 {
        f32::INFINITY
    } else if magnitude < 1.0 / 16_384.0 {
        // One step of FP32 just above ½ is FP16's smallest number, 2⁻²⁴.
        magnitude + 0.5 - 0.5
    } else {
        let bits = magnitude.to_bits();
        f32::from_bits((bits + 0xfff + (bits >> 13 & 1)) & !0x1fff)
    };
    rounded.copysign(number)
}
