//! Counting pairs of elements, and codes that differ.

use std::ops::Range;

use super::difference::Difference;
use super::numbers::{Value, code_at};
use super::ulp::{Distance, Ruler, bin};
use crate::format::Dtype;
use floatscope_simd::codes;

/// Counts a pair that is not finite on both sides.
pub(super) fn count_pair(
    seen: &mut Difference,
    ruler: &Ruler,
    a: Value,
    b: Value,
    equal_nan: bool,
) {
    let both_nan = a.is_nan() && b.is_nan();
    let is_equal = a.equals(b);
    seen.both_nan += u64::from(both_nan);
    seen.equal += u64::from(is_equal);
    seen.not_close += u64::from(!(is_equal || (both_nan && equal_nan)));
    count_distance(seen, ruler.distance(a, b));
}

/// Counts a distance.
pub(super) fn count_distance(seen: &mut Difference, distance: Distance) {
    seen.ulp[bin(distance)] += 1;
    if let Distance::Steps(steps) = distance {
        seen.max_ulp = seen.max_ulp.max(Some(steps));
    }
}

/// Counts the codes of one type that differ.
pub(super) fn count_codes(
    seen: &mut Difference,
    dtype: Dtype,
    bytes: [&[u8]; 2],
    count: usize,
    first: u64,
) {
    let differing = match dtype.bits() {
        bits @ (8 | 16 | 32 | 64) => codes::count_differing(bytes[0], bytes[1], bits as usize / 8),
        _ => {
            let differs =
                |at: &usize| code_at(dtype, bytes[0], *at) != code_at(dtype, bytes[1], *at);
            (0..count).filter(differs).count() as u64
        }
    };
    seen.differing += differing;
    if differing == 0 || seen.first_codes.is_some_and(|known| known.0 < first) {
        return;
    }
    let codes = |at| bytes.map(|bytes| code_at(dtype, bytes, at));
    let at = (0..count).find(|at| codes(*at)[0] != codes(*at)[1]);
    seen.first_codes = at.map(|at| (first + at as u64, codes(at)[0], codes(at)[1]));
}

pub(super) fn same_codes(dtype: Dtype, [a, b]: [&[u8]; 2], range: Range<usize>) -> bool {
    let bits = dtype.bits() as usize;
    if bits >= 8 {
        let bytes = range.start * bits / 8..range.end * bits / 8;
        return codes::are_same(&a[bytes.clone()], &b[bytes]);
    }
    range
        .into_iter()
        .all(|at| code_at(dtype, a, at) == code_at(dtype, b, at))
}
