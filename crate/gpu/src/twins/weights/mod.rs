//! Weights as FP32 numbers.

pub mod bf16;
pub mod f16;
pub mod f32;

use floatscope_core::format::Dtype;

/// Every number of a tensor's bytes.
///
/// # Panics
/// Of another type than BF16, F16 or F32.
pub fn widened(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    match dtype {
        Dtype::BF16 => bytes
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(bf16::widened)
            .collect(),
        Dtype::F16 => bytes
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(f16::widened)
            .collect(),
        Dtype::F32 => bytes
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(f32::widened)
            .collect(),
        _ => panic!("no shader reads {}", dtype.name()),
    }
}
