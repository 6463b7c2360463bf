//! Numbers rounded to the numbers of a format.

use super::places::Spacing;

/// Which of two neighbours a number between them becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// The nearer one; of two equally near the even one.
    NearestEven,
    /// The nearer one; of two equally near the larger in magnitude.
    NearestAway,
    /// The smaller in magnitude.
    TowardZero,
}

/// Appends each number rounded to the format as if its exponents went on above the largest;
/// beyond FP32's range that is an infinity, which rounding toward zero never reaches. Signs
/// are kept, that of zero too. Numbers are finite.
#[inline(never)]
pub fn round(numbers: &[f32], spacing: Spacing, rounding: Rounding, out: &mut Vec<f32>) {
    let dropped = 23 - spacing.mantissa_bits;
    let half = (1u32 << dropped) >> 1;
    let has_even = spacing.mantissa_bits > 0;
    let (bias, odd) = match rounding {
        Rounding::TowardZero => (0, 0),
        Rounding::NearestEven if half > 0 && has_even => (half - 1, 1),
        // With one digit none is even: the larger is taken.
        _ => (half, 0),
    };
    let least_field = (spacing.min_exponent + 127) as u32;
    let least_normal = least_field << 23;
    // Its last digit has the worth of the smallest number: an addition rounds to multiples of that.
    let ruler = f32::from_bits((least_field + dropped) << 23);
    let step = f32::from_bits(ruler.to_bits() + 1) - ruler;
    out.extend(numbers.iter().map(|number| {
        let magnitude = number.to_bits() & 0x7fff_ffff;
        let normal = (magnitude + bias + (magnitude >> dropped & odd)) & !((1 << dropped) - 1);
        let nearest = number.abs() + ruler - ruler;
        let beyond = number.abs() - nearest;
        let subnormal = match rounding {
            Rounding::NearestEven => nearest,
            Rounding::NearestAway if beyond + beyond >= step => nearest + step,
            Rounding::TowardZero if beyond < 0.0 => nearest - step,
            _ => nearest,
        };
        let rounded = if magnitude < least_normal {
            subnormal.to_bits()
        } else {
            normal
        };
        f32::from_bits(rounded | number.to_bits() & 0x8000_0000)
    }));
}
