//! Codes of one format as codes of another that holds them.

use crate::format::{Dtype, power_of_two};

/// Whether FP32 holds a value.
pub(super) fn is_f32(value: f64) -> bool {
    f64::from(value as f32) == value
}

/// The nearest FP32 of an FP64 code.
pub(super) fn f32_of_f64(code: u64) -> u64 {
    u64::from((f64::from_bits(code) as f32).to_bits())
}

/// FP32 that FP16 holds, in FP16; what it does not hold becomes zero.
pub(super) fn f16_of_f32(code: u64) -> u64 {
    let magnitude = f64::from(f32::from_bits(code as u32 & 0x7fff_ffff));
    let sign = code >> 16 & 0x8000;
    let least = power_of_two(-14);
    if magnitude > 65_504.0 || code & 0x1fff != 0 {
        return sign;
    }
    if magnitude < least {
        let steps = magnitude * 16_777_216.0;
        return if steps == steps.round_ties_even() {
            sign | steps as u64
        } else {
            sign
        };
    }
    sign | ((code & 0x7fff_ffff) - (112 << 23)) >> 13
}

/// FP16 that BF16 holds, in BF16; what it does not hold becomes zero.
pub(super) fn bf16_of_f16(code: u64) -> u64 {
    let value = Dtype::F16
        .format()
        .layout()
        .expect("a float type")
        .decode(code) as f32;
    let bits = u64::from(value.to_bits());
    if bits & 0xffff == 0 && value.is_finite() {
        bits >> 16
    } else {
        0
    }
}
