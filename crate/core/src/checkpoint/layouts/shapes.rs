//! What the shapes of codes and scales say of each other.

use super::fit::Found;
use crate::ancestry::Granularity::{self, *};
use crate::format::{Dtype, Encoding};

/// Over which codes of a weight one scale holds, by both shapes.
pub(super) fn granularity(codes: &[u64], scales: &[u64]) -> Option<Granularity> {
    let [stack @ .., rows, columns] = codes else {
        return (scales.iter().all(|&size| size == 1)).then_some(Tensor);
    };
    if scales.iter().all(|&size| size == 1) {
        return Some(Tensor);
    }
    let (scale_rows, scale_columns) = match scales {
        [leading @ .., scale_rows, scale_columns] if leading == stack => {
            (*scale_rows, *scale_columns)
        }
        [leading @ .., scale_rows] if leading == stack => (*scale_rows, 1),
        leading if leading == stack => (1, 1),
        _ => return None,
    };
    match (scale_rows, scale_columns) {
        (1, 1) => Some(Tensor),
        (1, n) if n == *columns => Some(Column),
        (n, groups) if n == *rows => by_inputs(*columns, groups),
        (0, _) | (_, 0) => None,
        (n, m) => [128, 64, 32, 256, 16].into_iter().find_map(|size| {
            let fits = |length: u64, count| length.div_ceil(u64::from(size)) == count;
            (fits(*rows, n) && fits(*columns, m)).then_some(Square(size))
        }),
    }
}

/// So many inputs in so many groups of one size; one group is a whole row.
pub(super) fn by_inputs(inputs: u64, groups: u64) -> Option<Granularity> {
    match groups {
        1 => Some(Row),
        _ => Some(Block(u16::try_from(exact(inputs, groups)?).ok()?)),
    }
}

/// The shape when each element of the last axis holds so many codes.
pub(super) fn widened(shape: &[u64], codes: u64) -> Vec<u64> {
    let mut shape = shape.to_vec();
    if let Some(last) = shape.last_mut() {
        *last = last.saturating_mul(codes);
    }
    shape
}

pub(super) fn is_float(dtype: Dtype) -> bool {
    matches!(dtype.format().encoding, Encoding::Float(_))
}

/// The quotient, if there is one without remainder.
pub(super) fn exact(dividend: u64, divisor: u64) -> Option<u64> {
    (divisor > 0 && dividend > 0 && dividend.is_multiple_of(divisor)).then(|| dividend / divisor)
}

/// Bits of a code and its group, where a row has so many words of 32 bits and so
/// many groups. 4 bits in groups of 128 take what 8 bits in groups of 64 take:
/// unless the bits are known, a width that the model has elsewhere decides, and
/// then what is usual, which is 4.
pub(super) fn split(
    words: u64,
    groups: u64,
    known: Option<u64>,
    found: &Found,
) -> Option<(u64, Granularity)> {
    let fits = |bits: u64| {
        let inputs = exact(words.saturating_mul(32), bits)?;
        let by = by_inputs(inputs, groups)?;
        let is_usual = matches!(by, Row | Block(32 | 64 | 128)) || known.is_some();
        is_usual.then_some((inputs, (bits, by)))
    };
    if let Some(bits) = known {
        return Some(fits(bits)?.1);
    }
    let candidates = [4, 8, 3, 2, 6, 5];
    let mut fitting = candidates.into_iter().filter_map(fits);
    let elsewhere = fitting
        .clone()
        .find(|(inputs, _)| (found.is_width)(*inputs));
    Some(elsewhere.or_else(|| fitting.next())?.1)
}
