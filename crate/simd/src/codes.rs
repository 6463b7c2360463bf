//! Codes of one type on two sides, as they are stored: plain loops, of which compilers make
//! vector code.

use super::TILE;
use super::places::{self, BINS};
use super::{BestU8, Bytes};

/// Whether both sides have the same bytes, and as many.
#[inline(never)]
pub fn are_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(are_same) = super::avx2::are_same(a, b) {
        return are_same;
    }
    are_same_of(a, b)
}

#[inline(always)]
pub(crate) fn are_same_of(a: &[u8], b: &[u8]) -> bool {
    // So many before it is asked again whether one differed.
    let ((longs, rest), (longs_b, rest_b)) = (a.as_chunks::<256>(), b.as_chunks::<256>());
    let differ = |a: &[u8], b: &[u8]| {
        let differing = a.iter().zip(b).map(|(a, b)| a ^ b);
        differing.fold(0, |any, differing| any | differing) != 0
    };
    !(longs.iter().zip(longs_b).any(|(a, b)| differ(a, b)) || differ(rest, rest_b))
}

/// Counts the codes that differ, each of so many bytes: 1, 2, 4 or 8. Both sides have one
/// length, [`TILE`] codes at most.
#[inline(never)]
pub fn count_differing(a: &[u8], b: &[u8], bytes: usize) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let Some(count) = super::avx2::count_differing(a, b, bytes) {
        return count;
    }
    count_differing_of(a, b, bytes)
}

#[inline(always)]
pub(crate) fn count_differing_of(a: &[u8], b: &[u8], bytes: usize) -> u64 {
    debug_assert!(a.len() == b.len() && a.len() <= TILE * bytes);
    // Counters are as wide as codes: so many vectors are compared and no lane is moved.
    match bytes {
        1 => {
            let chunks = a.chunks(255).zip(b.chunks(255));
            let count = |(a, b): (&[u8], &[u8])| {
                let differ = a.iter().zip(b).map(|(a, b)| u8::from(a != b));
                u64::from(differ.fold(0, u8::wrapping_add))
            };
            chunks.map(count).sum()
        }
        2 => {
            let differ = pairs(a, b).map(|(a, b)| u16::from(a != b));
            u64::from(differ.fold(0, u16::wrapping_add))
        }
        4 => {
            let both = a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0);
            let differ =
                both.map(|(a, b)| u32::from(u32::from_le_bytes(*a) != u32::from_le_bytes(*b)));
            u64::from(differ.fold(0, u32::wrapping_add))
        }
        _ => {
            let both = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
            both.map(|(a, b)| u64::from(a != b)).sum()
        }
    }
}

/// Counts by bin how many places lie between codes of 16 bits, sign and magnitude, and returns the
/// most. Both sides have one length, [`TILE`] codes at most, of which none is infinite or NaN.
#[inline(never)]
pub fn count_distances(a: &[u8], b: &[u8], bins: &mut [u64; BINS]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if let Some(most) = super::avx2::count_code_distances(a, b, bins) {
        return most;
    }
    count_distances_of::<BestU8>(a, b, bins)
}

/// With the vectors of a backend.
#[inline(always)]
pub(crate) fn count_distances_of<B: Bytes>(a: &[u8], b: &[u8], bins: &mut [u64; BINS]) -> u32 {
    debug_assert!(a.len() == b.len() && a.len() <= 2 * TILE);
    let mut room = [0; TILE];
    let distances = &mut room[..a.len() / 2];
    let mut most = 0;
    for (distance, (a, b)) in distances.iter_mut().zip(pairs(a, b)) {
        // Two places may lie further apart than an i16 says, but no further than a u16.
        let difference = place(a).wrapping_sub(place(b)) as u16;
        *distance = if place(a) < place(b) {
            difference.wrapping_neg()
        } else {
            difference
        };
        most = most.max(*distance);
    }
    if most <= NEAR {
        count_near(distances, most, bins);
    } else {
        places::count_far::<B>(distances, u32::from(most), bins);
    }
    u32::from(most)
}

/// Distances up to this are counted bin by bin.
const NEAR: u16 = 16;

/// Each bin's are those beyond the bins before it that are not beyond it.
#[inline(always)]
fn count_near(distances: &[u16], most: u16, bins: &mut [u64; BINS]) {
    let mut left = distances.len() as u64;
    let largest = [0, 1, 2, 4, 8, 16];
    for (bin, largest) in bins.iter_mut().zip(largest) {
        let mut above = 0;
        if largest < most {
            let is_above = distances
                .iter()
                .map(|distance| u16::from(*distance > largest));
            above = u64::from(is_above.fold(0, u16::wrapping_add));
        }
        *bin += left - above;
        left = above;
    }
}

/// Where a number stands among all of its format.
#[inline(always)]
fn place(code: u16) -> i16 {
    let (sign, magnitude) = (code as i16 >> 15, code as i16 & i16::MAX);
    (magnitude ^ sign) - sign
}

#[inline(always)]
fn pairs(a: &[u8], b: &[u8]) -> impl Iterator<Item = (u16, u16)> {
    let both = a.as_chunks::<2>().0.iter().zip(b.as_chunks::<2>().0);
    both.map(|(a, b)| (u16::from_le_bytes(*a), u16::from_le_bytes(*b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PortableU8;

    fn bytes(count: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn differing_codes_are_counted() {
        for width in [1, 2, 4, 8] {
            for codes in [0, 1, 7, 255, 256, 1001, TILE] {
                let a = bytes(codes * width, 1);
                for every in [1, 2, 300] {
                    let mut b = a.clone();
                    let differing = (0..codes).step_by(every);
                    for code in differing.clone() {
                        b[code * width + code % width] ^= 1 << (code % 8);
                    }
                    let expected = differing.count() as u64;
                    assert_eq!(are_same(&a, &b), expected == 0);
                    assert_eq!(are_same_of(&a, &b), expected == 0);
                    assert!(are_same(&a, &a.clone()) && are_same_of(&a, &a));
                    assert!(!are_same(&a, &a[a.len().min(1)..]) || a.is_empty());
                    assert_eq!(count_differing(&a, &b, width), expected);
                    assert_eq!(count_differing_of(&a, &b, width), expected);
                }
            }
        }
    }

    /// By the definition of places and bins.
    fn defined(a: &[u16], b: &[u16]) -> ([u64; BINS], u32) {
        let place = |code: u16| {
            let magnitude = i32::from(code & 0x7fff);
            if code >> 15 == 1 {
                -magnitude
            } else {
                magnitude
            }
        };
        let (mut bins, mut most) = ([3; BINS], 0);
        for (a, b) in a.iter().zip(b) {
            let distance = place(*a).abs_diff(place(*b));
            most = most.max(distance);
            let fits = |bin: &usize| *bin > 0 && distance <= 1 << (bin - 1);
            let bin = (0..BINS).find(fits).expect("a bin for every distance");
            bins[if distance == 0 { 0 } else { bin }] += 1;
        }
        (bins, most)
    }

    fn assert_counted(a: &[u16], b: &[u16]) {
        let expected = defined(a, b);
        let [a, b] = [a, b].map(|codes| codes.iter().flat_map(|code| code.to_le_bytes()).collect());
        let (a, b): (Vec<u8>, Vec<u8>) = (a, b);
        for count in [
            count_distances,
            count_distances_of::<BestU8>,
            count_distances_of::<PortableU8>,
        ] {
            let mut bins = [3; BINS];
            let most = count(&a, &b, &mut bins);
            assert_eq!((bins, most), expected);
        }
    }

    #[test]
    fn distances_of_codes_are_counted_by_bin() {
        // Every distance there is, and both sides of zero.
        for first in [0, 0x8000, 0x7f7f, 0xff7f, 0x3f80] {
            let all: Vec<u16> = (0..=u16::MAX).collect();
            for some in all.chunks(TILE) {
                assert_counted(&vec![first; some.len()], some);
                assert_counted(some, &vec![first; some.len()]);
            }
        }
        for codes in [0, 1, 15, 17, 4095] {
            let words = |seed| -> Vec<u16> {
                let bytes = bytes(2 * codes, seed);
                let words = bytes.as_chunks::<2>().0.iter();
                words.map(|word| u16::from_le_bytes(*word)).collect()
            };
            assert_counted(&words(1), &words(2));
            assert_counted(&words(3), &words(3));
            for apart in [1, 3, 15, 16, 17] {
                let near = words(4).into_iter().map(|word| word ^ (word & apart));
                assert_counted(&words(4), &near.collect::<Vec<_>>());
            }
        }
    }
}
