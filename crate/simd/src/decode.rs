//! Codes as numbers: plain loops, of which compilers make vector code.

/// Little-endian FP16 codes as FP32 numbers. NaN may lose their payload.
#[inline(never)]
pub fn extend_from_f16(bytes: &[u8], out: &mut Vec<f32>) {
    #[cfg(target_arch = "x86_64")]
    if super::avx2::extend_from_f16(bytes, out).is_some() {
        return;
    }
    extend_from_f16_of(bytes, out);
}

#[inline(always)]
pub(crate) fn extend_from_f16_of(bytes: &[u8], out: &mut Vec<f32>) {
    let codes = bytes.as_chunks::<2>().0.iter();
    out.extend(codes.map(|code| from_f16(u16::from_le_bytes(*code))));
}

/// An FP16 code as a number.
#[inline(always)]
pub(crate) fn from_f16(code: u16) -> f32 {
    // 2^112 moves exponents from one bias to the other, and subnormal numbers become normal.
    let bias = f32::from_bits((127 + 112) << 23);
    let code = u32::from(code);
    let (sign, magnitude) = (code >> 15 << 31, (code & 0x7fff) << 13);
    let finite = (f32::from_bits(magnitude) * bias).to_bits();
    let is_finite = magnitude < 0x7c00 << 13;
    f32::from_bits(
        sign | if is_finite {
            finite
        } else {
            magnitude | 0x7f80_0000
        },
    )
}

/// Little-endian BF16 codes as FP32 numbers.
#[inline(never)]
pub fn extend_from_bf16(bytes: &[u8], out: &mut Vec<f32>) {
    #[cfg(target_arch = "x86_64")]
    if super::avx2::extend_from_bf16(bytes, out).is_some() {
        return;
    }
    extend_from_bf16_of(bytes, out);
}

#[inline(always)]
pub(crate) fn extend_from_bf16_of(bytes: &[u8], out: &mut Vec<f32>) {
    let codes = bytes.as_chunks::<2>().0.iter();
    out.extend(codes.map(|code| f32::from_bits(u32::from(u16::from_le_bytes(*code)) << 16)));
}

/// Little-endian FP32 numbers.
#[inline(never)]
pub fn extend_from_f32(bytes: &[u8], out: &mut Vec<f32>) {
    let words = bytes.as_chunks::<4>().0.iter();
    out.extend(words.map(|word| f32::from_le_bytes(*word)));
}

/// Little-endian FP64 numbers.
#[inline(never)]
pub fn extend_from_f64(bytes: &[u8], out: &mut Vec<f64>) {
    let words = bytes.as_chunks::<8>().0.iter();
    out.extend(words.map(|word| f64::from_le_bytes(*word)));
}

/// Codes of up to 8 bits, by a table of their values.
#[inline(never)]
pub fn extend_by_table(codes: &[u8], values: &[f32; 256], out: &mut Vec<f32>) {
    out.extend(codes.iter().map(|code| values[usize::from(*code)]));
}
