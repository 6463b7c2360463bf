//! Where numbers stand among all numbers of their format, and how many places lie between
//! two of them.

use super::{BestU8, Bytes};

/// The numbers of a float format: 1 + `mantissa_bits` digits down to the smallest normal
/// exponent, evenly spaced below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spacing {
    /// Bits of mantissa, 23 at most.
    pub mantissa_bits: u32,
    /// Exponent of the smallest normal number; neither it nor the smallest number is below FP32's.
    pub min_exponent: i32,
}

/// FP32's smallest normal exponent.
pub(crate) const MIN_EXPONENT: i32 = -126;

impl Spacing {
    /// Digits that FP32 has and the format has not.
    pub(crate) fn dropped_bits(self) -> u32 {
        23 - self.mantissa_bits
    }

    /// The exponent field of the smallest normal number as FP32.
    pub(crate) fn least_field(self) -> u32 {
        (self.min_exponent - MIN_EXPONENT + 1) as u32
    }

    /// A power of two whose last digit as FP32 has the worth of the smallest number: what is added to it
    /// is counted in these, or rounded to them. It is no smaller than the smallest normal number.
    pub(crate) fn ruler(self) -> f32 {
        f32::from_bits((self.least_field() + self.dropped_bits()) << 23)
    }
}

/// Bins of distances: 0, 1, 2, 3 to 4, 5 to 8 and so on.
pub const BINS: usize = 34;

/// Counts by bin how many places of the format lie between two numbers, and returns the most. A place
/// is the magnitude of a number's code with its sign, 0 for both zeros. Both slices have one
/// length; numbers are finite and of the format.
#[inline(never)]
pub fn count_distances(a: &[f32], b: &[f32], spacing: Spacing, bins: &mut [u64; BINS]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if let Some(most) = super::avx2::count_distances(a, b, spacing, bins) {
        return most;
    }
    count_distances_as::<BestU8>(a, b, spacing, bins)
}

/// Distances whose exponents are found before any is counted: so few that a byte counts those
/// in one lane of 16.
const BLOCK: usize = 2048;

/// [`count_distances`] with the vectors of a backend.
#[inline(always)]
pub fn count_distances_as<B: Bytes>(
    a: &[f32],
    b: &[f32],
    spacing: Spacing,
    bins: &mut [u64; BINS],
) -> u32 {
    debug_assert_eq!(a.len(), b.len());
    let mut distances = [0; BLOCK];
    let mut most = 0;
    for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
        let most_of_block = find_distances(a, b, spacing, &mut distances);
        distances[a.len()..].fill(0);
        count_block::<B>(&distances, most_of_block, bins);
        bins[0] -= (BLOCK - a.len()) as u64;
        most = most.max(most_of_block);
    }
    most
}

/// [`count_distances`] of distances that are found.
#[inline(always)]
pub(crate) fn count_far<B: Bytes>(found: &[u16], most: u32, bins: &mut [u64; BINS]) {
    let mut distances = [0; BLOCK];
    for found in found.chunks(BLOCK) {
        for (distance, found) in distances.iter_mut().zip(found) {
            *distance = u32::from(*found);
        }
        distances[found.len()..].fill(0);
        count_block::<B>(&distances, most, bins);
        bins[0] -= (BLOCK - found.len()) as u64;
    }
}

/// The distances, of which the largest is returned.
#[inline(always)]
fn find_distances(a: &[f32], b: &[f32], spacing: Spacing, out: &mut [u32; BLOCK]) -> u32 {
    let dropped = spacing.dropped_bits();
    if spacing.min_exponent == MIN_EXPONENT {
        // FP32's own code begins with it, that of a subnormal number too.
        return find_distances_with(a, b, out, |number| magnitude(number) >> dropped);
    }
    let offset = ((spacing.least_field() - 1) << spacing.mantissa_bits) as i32;
    let least_normal = (spacing.least_field() << 23) as i32;
    let ruler = spacing.ruler();
    find_distances_with(a, b, out, |number| {
        let magnitude = magnitude(number);
        let subnormal = (number.abs() + ruler).to_bits() as i32 - ruler.to_bits() as i32;
        let normal = (magnitude >> dropped) - offset;
        if magnitude < least_normal {
            subnormal
        } else {
            normal
        }
    })
}

/// `code` is the magnitude of a number's code.
#[inline(always)]
fn find_distances_with(
    a: &[f32],
    b: &[f32],
    out: &mut [u32; BLOCK],
    code: impl Fn(f32) -> i32,
) -> u32 {
    let place = |number: f32| {
        let sign = number.to_bits() as i32 >> 31;
        (code(number) ^ sign) - sign
    };
    let mut most = 0;
    for (distance, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
        *distance = place(*a).abs_diff(place(*b));
        most = most.max(*distance);
    }
    most
}

#[inline(always)]
fn magnitude(number: f32) -> i32 {
    number.to_bits() as i32 & i32::MAX
}

#[inline(always)]
fn count_block<B: Bytes>(distances: &[u32; BLOCK], most: u32, bins: &mut [u64; BINS]) {
    if most <= 1 {
        // What was rounded to the nearest, mostly.
        let ones = distances.iter().sum::<u32>();
        bins[1] += u64::from(ones);
        bins[0] += BLOCK as u64 - u64::from(ones);
        return;
    }
    let exponents = if most < 1 << FP32_DIGITS {
        each_exponent(distances, exponent_of_small)
    } else {
        each_exponent(distances, exponent)
    };
    let vectors = exponents.as_flattened().chunks_exact(B::LANES);
    // Large distances first: often there are no small ones.
    let mut left = BLOCK as u64;
    for bin in (1..=bin(most)).rev() {
        let wanted = B::splat(EXPONENT_OF_1 + bin as u8 - 1);
        let counts = vectors.clone().map(B::load);
        let count = counts
            .fold(B::splat(0), |counts, x| x.count_equal(wanted, counts))
            .total();
        bins[bin] += count;
        left -= count;
        if left == 0 {
            break;
        }
    }
    bins[0] += left;
}

/// Exponents of distances, a byte each, in some order.
#[inline(always)]
fn each_exponent(distances: &[u32; BLOCK], exponent: impl Fn(u32) -> u32) -> [[u8; 4]; BLOCK / 4] {
    // Four that lie far apart come together in a word: no lanes are moved.
    std::array::from_fn(|at| {
        let of = |quarter| exponent(distances[at + quarter * (BLOCK / 4)]) << (8 * quarter);
        (of(0) | of(1) | of(2) | of(3)).to_le_bytes()
    })
}

/// Digits of FP32's significands: larger integers may be rounded.
const FP32_DIGITS: u32 = 24;

/// The exponent field, as FP32, of a distance rounded up to a power of two; 0 of 0. Compilers know
/// no vectors of leading zeros, but of FP32 numbers.
#[inline(always)]
fn exponent_of_small(distance: u32) -> u32 {
    ((distance as i32 as f32).to_bits() + 0x7f_ffff) >> 23
}

/// The same of any distance.
#[inline(always)]
fn exponent(distance: u32) -> u32 {
    // A 256th, rounded up, lies between the same powers of two.
    let share = (distance.wrapping_sub(1) >> 8) + 1;
    let is_small = distance >> FP32_DIGITS == 0;
    exponent_of_small(if is_small { distance } else { share }) + if is_small { 0 } else { 8 }
}

/// That of 1, of bin 1.
const EXPONENT_OF_1: u8 = 127;

fn bin(distance: u32) -> usize {
    match distance {
        0 => 0,
        _ => 33 - (distance - 1).leading_zeros() as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PortableU8;

    fn power_of_2(exponent: i32) -> f64 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    }

    /// The number of a code, by the definition.
    fn number(code: u32, spacing: Spacing) -> f64 {
        let hidden = 1 << spacing.mantissa_bits;
        let (field, digits) = (code / hidden, code % hidden);
        let last_digit = spacing.min_exponent - spacing.mantissa_bits as i32;
        match field {
            0 => f64::from(digits) * power_of_2(last_digit),
            _ => f64::from(hidden + digits) * power_of_2(last_digit + field as i32 - 1),
        }
    }

    #[test]
    fn places_are_magnitudes_of_codes() {
        for (mantissa_bits, min_exponent) in [
            (23, -126),
            (10, -126),
            (7, -126),
            (10, -14),
            (3, -6),
            (2, -15),
            (1, 0),
            (0, -3),
            (20, -120),
        ] {
            let spacing = Spacing {
                mantissa_bits,
                min_exponent,
            };
            // Every code where there are few, and some thousands around all powers of two.
            let stride = (1usize << mantissa_bits >> 10).max(1);
            let every = (0..u32::MAX)
                .step_by(stride)
                .flat_map(|code| [code, code + 1]);
            let finite = every.take_while(|code| number(*code, spacing) <= f64::from(f32::MAX));
            let codes: Vec<u32> = finite.collect();
            assert!(codes.len() > 100, "{spacing:?}");
            let numbers = codes.iter().map(|code| number(*code, spacing) as f32);
            let numbers: Vec<f32> = numbers.flat_map(|number| [number, -number]).collect();
            let places: Vec<i64> = codes
                .iter()
                .flat_map(|code| [i64::from(*code), -i64::from(*code)])
                .collect();
            // Beside zero, beside its negative, and beside something far away.
            for turned in [0, 1, numbers.len() / 3] {
                let beside = |at: usize| (at + turned) % numbers.len();
                let others: Vec<f32> = match turned {
                    0 => vec![0.0; numbers.len()],
                    _ => (0..numbers.len()).map(|at| numbers[beside(at)]).collect(),
                };
                let expected = (0..numbers.len()).map(|at| match turned {
                    0 => places[at].unsigned_abs(),
                    _ => places[at].abs_diff(places[beside(at)]),
                });
                let expected: Vec<u64> = expected.collect();
                let blocks = numbers.chunks(BLOCK).zip(others.chunks(BLOCK));
                for ((a, b), expected) in blocks.zip(expected.chunks(BLOCK)) {
                    let mut found = [0; BLOCK];
                    let most = find_distances(a, b, spacing, &mut found);
                    let found = found[..a.len()].iter().map(|found| u64::from(*found));
                    assert!(found.eq(expected.iter().copied()), "{spacing:?}");
                    assert_eq!(Some(u64::from(most)), expected.iter().copied().max());
                    assert_counted(a, b, spacing, expected);
                }
            }
        }
    }

    /// The first bin whose largest distance is no smaller.
    fn defined_bin(distance: u64) -> usize {
        let fits = |bin: &usize| *bin > 0 && distance <= 1 << (bin - 1);
        if distance == 0 {
            0
        } else {
            (0..BINS).find(fits).expect("a bin for every distance")
        }
    }

    fn assert_counted(a: &[f32], b: &[f32], spacing: Spacing, distances: &[u64]) {
        let mut expected = [3; BINS];
        for distance in distances {
            expected[defined_bin(*distance)] += 1;
        }
        let most = distances.iter().copied().max().unwrap_or(0);
        for count in [
            count_distances,
            count_distances_as::<PortableU8>,
            count_distances_as::<BestU8>,
        ] {
            let mut bins = [3; BINS];
            let found = count(a, b, spacing, &mut bins);
            assert_eq!(u64::from(found), most, "{} pairs", a.len());
            assert_eq!(bins, expected, "{} pairs", a.len());
        }
    }

    /// By places of FP32.
    fn assert_places_counted(pairs: &[(i32, i32)]) {
        let single = Spacing {
            mantissa_bits: 23,
            min_exponent: MIN_EXPONENT,
        };
        let number = |place: i32| {
            let magnitude = f32::from_bits(place.unsigned_abs());
            if place < 0 { -magnitude } else { magnitude }
        };
        let (a, b): (Vec<f32>, Vec<f32>) =
            pairs.iter().map(|(a, b)| (number(*a), number(*b))).unzip();
        let distance = |(a, b): &(i32, i32)| (i64::from(*a) - i64::from(*b)).unsigned_abs();
        let distances: Vec<u64> = pairs.iter().map(distance).collect();
        assert_counted(&a, &b, single, &distances);
    }

    /// Pairs around every edge of a bin, as far apart as places of FP32 are.
    fn pairs_at_edges() -> Vec<(i32, i32)> {
        let reach = i64::from(f32::MAX.to_bits());
        let edges = (0..=32).flat_map(|k| [-1, 0, 1].map(|more| (1i64 << k) + more));
        let distances = edges.filter(|distance| *distance <= 2 * reach);
        let pairs = distances.flat_map(|distance| {
            let far = (reach as i32, (reach - distance) as i32);
            let near = ((distance / 2) as i32, (distance / 2 - distance) as i32);
            [far, near, (far.1, far.0), (near.1, near.0)]
        });
        pairs.chain([(reach as i32, -reach as i32)]).collect()
    }

    #[test]
    fn distances_are_counted_by_bin() {
        let pairs = pairs_at_edges();
        pairs
            .iter()
            .for_each(|pair| assert_places_counted(&[*pair]));
        assert_places_counted(&pairs);
        let small = |pair: &(i32, i32)| pair.0.abs_diff(pair.1) < 1 << 24;
        let small: Vec<_> = pairs.into_iter().filter(small).collect();
        assert_places_counted(&small);
    }

    #[test]
    fn any_number_of_distances_is_counted() {
        let mut state = 1u32;
        let mut any = |bits: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as i32 >> (24 - bits)
        };
        for length in [0, 1, 31, 33, 2047, 2048, 2049, 4095, 4096] {
            let apart: Vec<_> = (0..length).map(|_| (any(12), any(4))).collect();
            assert_places_counted(&apart);
            let alike: Vec<_> = apart.iter().map(|(a, _)| (*a, *a)).collect();
            assert_places_counted(&alike);
            // As many as there can be in one counter.
            let by_3: Vec<_> = alike.iter().map(|(a, _)| (*a, *a + 3)).collect();
            assert_places_counted(&by_3);
        }
    }
}
