//! The largest magnitude among some numbers. Plain loops: compilers make vector code of them.
//!
//! Without its sign bit a float is larger where its code is. Only a NaN is larger than an infinity.

/// Of FP32 numbers; a NaN where there is one.
#[inline(never)]
pub fn largest_f32(bytes: &[u8]) -> f32 {
    let words = bytes.as_chunks::<4>().0.iter();
    let magnitudes = words.map(|word| i32::from_le_bytes(*word) & i32::MAX);
    f32::from_bits(magnitudes.fold(0, Ord::max) as u32)
}

/// Of FP64 numbers; a NaN where there is one.
#[inline(never)]
pub fn largest_f64(bytes: &[u8]) -> f64 {
    let words = bytes.as_chunks::<8>().0.iter();
    let magnitudes = words.map(|word| i64::from_le_bytes(*word) & i64::MAX);
    f64::from_bits(magnitudes.fold(0, Ord::max) as u64)
}

/// The code of the largest magnitude among codes of up to 8 bits, a byte each. `None` where
/// negative zero occurs and is a NaN, which it is unless there are two zeros.
#[inline(never)]
pub fn largest_code(codes: &[u8], bits: u32, has_two_zeros: bool) -> Option<u8> {
    let sign = 1u8 << (bits - 1);
    let most = codes
        .iter()
        .fold(0, |most: u8, code| most.max(code & (sign - 1)));
    let has_nan = || codes.iter().fold(false, |any, code| any | (*code == sign));
    (has_two_zeros || !has_nan()).then_some(most)
}

/// The largest magnitude of each `run` of FP32 numbers, the last of which may be short; a NaN counts
/// as an infinity.
#[inline(never)]
pub fn largest_of_runs_f32(numbers: &[f32], run: usize, out: &mut Vec<f64>) {
    #[cfg(target_arch = "x86_64")]
    if super::avx2::largest_of_runs(numbers, run, out).is_some() {
        return;
    }
    largest_of_runs_in_single(numbers, run, out);
}

#[inline(always)]
pub(crate) fn largest_of_runs_in_single(numbers: &[f32], run: usize, out: &mut Vec<f64>) {
    out.extend(numbers.chunks(run).map(|numbers| {
        let magnitudes = numbers
            .iter()
            .map(|number| number.to_bits() as i32 & i32::MAX);
        let most = magnitudes.fold(0, Ord::max);
        f64::from(f32::from_bits(
            most.min(f32::INFINITY.to_bits() as i32) as u32
        ))
    }));
}

/// Of FP64 numbers, likewise.
#[inline(never)]
pub fn largest_of_runs_f64(numbers: &[f64], run: usize, out: &mut Vec<f64>) {
    out.extend(numbers.chunks(run).map(|numbers| {
        let magnitudes = numbers
            .iter()
            .map(|number| number.to_bits() as i64 & i64::MAX);
        let most = magnitudes.fold(0, Ord::max);
        f64::from_bits(most.min(f64::INFINITY.to_bits() as i64) as u64)
    }));
}
