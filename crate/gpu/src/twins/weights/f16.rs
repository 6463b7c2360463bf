//! FP16: five bits of exponent with a bias of 15, ten of mantissa.

/// A little-endian FP16 number.
pub fn widened(bytes: [u8; 2]) -> f32 {
    let half = u32::from(u16::from_le_bytes(bytes));
    let magnitude = half & 0x7fff;
    let bits = match magnitude {
        // A whole multiple of 2⁻²⁴.
        0..0x400 => (magnitude as f32 / 16_777_216.0).to_bits(),
        0x400..0x7c00 => (magnitude << 13) + (112 << 23),
        _ => (magnitude << 13) | 0x7f80_0000,
    };
    f32::from_bits(bits | (half & 0x8000) << 16)
}
