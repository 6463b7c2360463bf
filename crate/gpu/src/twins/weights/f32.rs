//! FP32, as it is.

/// A little-endian FP32 number.
pub fn widened(bytes: [u8; 4]) -> f32 {
    f32::from_le_bytes(bytes)
}
