//! Where numbers stand among all numbers of their format, and how many places lie between
//! two of them.

/// The numbers of a float format: 1 + `mantissa_bits` digits down to the smallest normal
/// exponent, evenly spaced below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spacing {
    /// Bits of mantissa, 23 at most.
    pub mantissa_bits: u32,
    /// Exponent of the smallest normal number; neither it nor the smallest number is below FP32's.
    pub min_exponent: i32,
}

/// Appends the place of each number in the order of the format: the magnitude of its code
/// with the number's sign, 0 for both zeros. Numbers are finite and of the format.
#[inline(never)]
pub fn places(numbers: &[f32], spacing: Spacing, out: &mut Vec<i32>) {
    let dropped = 23 - spacing.mantissa_bits;
    let least_field = (spacing.min_exponent + 127) as u32;
    let offset = ((least_field - 1) << spacing.mantissa_bits) as i32;
    let least_normal = (least_field << 23) as i32;
    // Its last digit has the worth of the smallest number: what is added to it is counted in these.
    let ruler = f32::from_bits((least_field + dropped) << 23);
    out.extend(numbers.iter().map(|number| {
        let bits = number.to_bits() as i32;
        let magnitude = bits & i32::MAX;
        let subnormal = (number.abs() + ruler).to_bits() as i32 - ruler.to_bits() as i32;
        let normal = (magnitude >> dropped) - offset;
        let code = if magnitude < least_normal {
            subnormal
        } else {
            normal
        };
        let sign = bits >> 31;
        (code ^ sign) - sign
    }));
}

/// Bins of distances: 0, 1, 2, 3 to 4, 5 to 8 and so on.
pub const BINS: usize = 34;

/// Counts the distances |a − b| by bin, and returns the largest. Both slices have one length.
#[inline(never)]
pub fn count_distances(a: &[i32], b: &[i32], bins: &mut [u64; BINS]) -> u32 {
    let mut most = 0;
    for (a, b) in a.iter().zip(b) {
        let distance = a.abs_diff(*b);
        most = most.max(distance);
        bins[bin(distance)] += 1;
    }
    most
}

fn bin(distance: u32) -> usize {
    match distance {
        0 => 0,
        _ => 33 - (distance - 1).leading_zeros() as usize,
    }
}
