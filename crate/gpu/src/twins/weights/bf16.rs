//! BF16: the upper half of an FP32 number.

/// A little-endian BF16 number.
pub fn widened(bytes: [u8; 2]) -> f32 {
    f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)
}
