//! From the largest magnitudes of groups to their scales, where that is easily done.

use std::ops::Range;

/// How a largest magnitude becomes a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scaling {
    /// Divided by the largest code, in FP32.
    Real(f32),
    /// To the power of two that is so many binades below.
    PowerOfTwo(i32),
    /// Divided by 6 times this second scale and rounded to E4M3, then multiplied with it.
    TwoLevels(f32),
}

/// Smaller scales are near FP32's subnormal numbers.
const SMALL: f32 = f32::from_bits((127 - 100) << 23);

/// Adds the scale of each group. A group of zeros has 1, since any would do; 0 stands for those that a kernel
/// cannot take: their largest magnitude is not in `range`, or the scale is very small. Whether there is none of these.
#[inline(never)]
pub fn scales(peaks: &[f64], scaling: Scaling, range: Range<f64>, out: &mut Vec<f32>) -> bool {
    match scaling {
        Scaling::Real(largest) => each(peaks, range, out, |peak| fit(peak as f32 / largest)),
        Scaling::PowerOfTwo(top) => each(peaks, range, out, |peak| {
            let exponent = (peak.to_bits() >> 52) as i32 - 1023;
            let scale = (exponent - top).max(-127);
            // Never above 2^127, since the largest magnitudes are left out.
            f64::from_bits(((scale + 1023) as u64) << 52) as f32
        }),
        Scaling::TwoLevels(second) => {
            let six = 6.0 * second;
            each(peaks, range, out, |peak| {
                fit(to_e4m3(peak as f32 / six) * second)
            })
        }
    }
}

#[inline(always)]
fn each(peaks: &[f64], range: Range<f64>, out: &mut Vec<f32>, scale: impl Fn(f64) -> f32) -> bool {
    let mut is_easy = true;
    out.extend(peaks.iter().map(|&peak| {
        let scale = match peak {
            0.0 => 1.0,
            _ if range.contains(&peak) => scale(peak),
            _ => 0.0,
        };
        is_easy &= scale != 0.0;
        scale
    }));
    is_easy
}

/// A real scale that is not very small, or 0.
#[inline(always)]
fn fit(scale: f32) -> f32 {
    if scale >= SMALL { scale } else { 0.0 }
}

/// The nearest E4M3 number of a positive one, at most 448.
#[inline(always)]
fn to_e4m3(x: f32) -> f32 {
    let exponent = x.to_bits() & (0xff << 23);
    let rounder = f32::from_bits(exponent.max((127 - 6) << 23) + (20 << 23) + (1 << 22));
    (x + rounder - rounder).min(448.0)
}

/// The largest of so many neighbours, anew in each row; none may be NaN.
#[inline(never)]
pub fn largest_together(peaks: &[f64], per_row: usize, together: usize, out: &mut Vec<f64>) {
    for row in peaks.chunks(per_row) {
        out.extend(row.chunks(together).map(largest));
    }
}

/// The largest of some magnitudes, none of them NaN. By their bits, which rise with them: `f64::max`
/// heeds NaN, and is a call in wasm.
#[inline(always)]
pub fn largest(magnitudes: &[f64]) -> f64 {
    let bits = magnitudes.iter().map(|magnitude| magnitude.to_bits());
    f64::from_bits(bits.fold(0, Ord::max))
}
