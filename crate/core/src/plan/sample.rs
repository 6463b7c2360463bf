//! A sample in place of every byte: rows of each tensor, spread over it in strata.
//!
//! The sampled rows, one stretch behind the other, are looked at as a tensor of their own, so
//! that every observer sees whole rows and blocks. Where a stretch lies within its stratum is
//! drawn from the tensor's name: page and command read the same bytes.

use std::collections::BTreeMap;

use super::cut::Piece;
use crate::checkpoint::TensorInfo;
use crate::estimate::Share;
use crate::format::Dtype;
use crate::report::pattern_of;
use crate::scan::{Matrix, Span, TILE, bytes_of};

/// How much a sample reads, in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSize {
    /// About so many bytes. A checkpoint that has no more is read whole.
    pub bytes: u64,
    /// About so many stretches: from far away each is a request.
    pub stretches: u64,
}

impl Default for SampleSize {
    /// 8 MiB in a thousand stretches.
    fn default() -> Self {
        Self {
            bytes: 8 << 20,
            stretches: 1024,
        }
    }
}

/// Smaller tensors are read whole.
const SMALL_BYTES: u64 = 16 << 10;
/// Stretches of a tensor: beyond this many, longer ones tell as much.
const MOST_STRETCHES: u64 = 8;
/// Fewer do not show how much they differ.
const FEWEST_STRETCHES: u64 = 2;
/// Of longer rows parts are read.
const LONG_ROW_BYTES: u64 = 64 << 10;

/// What is read of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// All of it: its figures are exact.
    Whole,
    /// A sample.
    Some(Sampled),
    /// Nothing: others of its kind stand for it.
    Nothing,
}

/// Stretches of equal length, one in each stratum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// Index of each stretch's first element in the tensor.
    pub firsts: Vec<u64>,
    /// Elements of a stretch.
    pub elements: u64,
    /// The stretches as one tensor.
    pub matrix: Matrix,
    /// Whether they are parts of rows too long to be read whole.
    pub is_cut: bool,
}

impl Sampled {
    /// Elements of all stretches, of those that the tensor has.
    pub(crate) fn share(&self, of: u64) -> Share {
        Share {
            elements: self.elements * self.firsts.len() as u64,
            of,
        }
    }

    /// Bytes of all stretches.
    pub fn bytes(&self, dtype: Dtype) -> u64 {
        bytes_of(dtype, self.elements * self.firsts.len() as u64)
    }

    /// The stretches as pieces of a plan.
    pub(super) fn pieces(&self, index: usize, tensor: &TensorInfo) -> Vec<Piece> {
        let numbered = (0..).zip(&self.firsts);
        let piece = |(at, first): (u64, &u64)| Piece {
            tensor: index,
            begin: tensor.begin + bytes_of(tensor.dtype, *first),
            span: Span {
                dtype: tensor.dtype,
                matrix: self.matrix,
                first: at * self.elements,
                elements: self.elements,
            },
        };
        numbered.map(piece).collect()
    }
}

/// What is read of each tensor; all of it where that is no more than the sample.
pub fn choose(tensors: &[&TensorInfo], size: SampleSize) -> Vec<Choice> {
    let bytes = |tensor: &&&TensorInfo| tensor.bytes();
    let total = tensors
        .iter()
        .fold(0u64, |sum, t| sum.saturating_add(t.bytes()));
    if total <= size.bytes {
        return vec![Choice::Whole; tensors.len()];
    }
    let is_kept = kept(tensors, size.stretches / FEWEST_STRETCHES);
    let read = || tensors.iter().zip(&is_kept).filter(|t| *t.1).map(|t| t.0);
    let large = || read().filter(|tensor| tensor.bytes() > SMALL_BYTES);
    let small = read().filter(|tensor| tensor.bytes() <= SMALL_BYTES);
    let (small_count, small_bytes) = small.fold((0, 0), |(n, sum), t| (n + 1, sum + bytes(&t)));
    let each = (size.stretches.saturating_sub(small_count) / (large().count() as u64).max(1))
        .clamp(FEWEST_STRETCHES, MOST_STRETCHES);
    // A tensor of four times the size has twice the share. In integers, whose sum has no order.
    let weight = |tensor: &TensorInfo| u128::from(tensor.bytes().isqrt());
    let weights: u128 = large().map(|tensor| weight(tensor)).sum();
    let left = u128::from(size.bytes.saturating_sub(small_bytes));
    let numbered = tensors.iter().zip(is_kept);
    let choice = |(tensor, is_kept): (&&TensorInfo, bool)| {
        if !is_kept {
            return Choice::Nothing;
        }
        match tensor.bytes() > SMALL_BYTES {
            true => stretches(tensor, each, (left * weight(tensor) / weights) as u64),
            false => Choice::Whole,
        }
    };
    numbered.map(choice).collect()
}

/// Which tensors are read at all: where there are too many, some of each pattern.
fn kept(tensors: &[&TensorInfo], most: u64) -> Vec<bool> {
    if tensors.len() as u64 <= most {
        return vec![true; tensors.len()];
    }
    let mut patterns: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, tensor) in tensors.iter().enumerate() {
        let pattern = pattern_of(&tensor.name);
        patterns.entry(pattern).or_default().push(index);
    }
    // By layer, however the files are cut.
    for members in patterns.values_mut() {
        members.sort_by_key(|index| (tensors[*index].name.len(), &tensors[*index].name));
    }
    let of_quota = |quota: u64| -> u64 {
        let sizes = patterns.values().map(|members| members.len() as u64);
        sizes.map(|members| members.min(quota)).sum()
    };
    // The largest quota that fits, by doubling and halving; one of each pattern at least.
    let (mut fits, mut step) = (1, tensors.len().next_power_of_two() as u64);
    while step > 0 {
        if of_quota(fits + step) <= most {
            fits += step;
        }
        step /= 2;
    }
    let mut kept = vec![false; tensors.len()];
    for (pattern, members) in &patterns {
        let all = members.len() as u64;
        let quota = all.min(fits);
        for (_, place) in strata(pattern, all, quota, 1) {
            kept[members[place as usize]] = true;
        }
    }
    kept
}

/// Stretches of a tensor that have about so many bytes in all; the whole tensor where they are half of it.
fn stretches(tensor: &TensorInfo, count: u64, bytes: u64) -> Choice {
    let whole = Matrix::of(&tensor.shape);
    let dtype = tensor.dtype;
    let row_bytes = bytes_of(dtype, whole.columns);
    let is_cut = whole.rows == 1 || row_bytes > LONG_ROW_BYTES;
    // What a stretch is a multiple of: whole rows or tiles, of whole bytes.
    let unit = match is_cut {
        true => TILE,
        false => whole.columns * rows_together(dtype, whole.columns),
    };
    let units_wanted = bytes / count / bytes_of(dtype, unit).max(1);
    let per_stretch = units_wanted.max(1);
    let (line, lines) = match is_cut {
        true => (whole.columns / unit, whole.rows),
        false => (whole.elements() / unit, 1),
    };
    let there_are = line.saturating_mul(lines);
    if there_are / 2 < per_stretch * count || line < per_stretch {
        return Choice::Whole;
    }
    let elements = per_stretch * unit;
    let first = |(begin, place): (u64, u64)| match is_cut {
        true => {
            let place = within_row(place, begin, line, per_stretch);
            (place / line) * whole.columns + (place % line) * unit
        }
        false => place * unit,
    };
    let places = strata(&tensor.name, there_are, count, per_stretch);
    let matrix = match (is_cut, whole.rows) {
        (true, 1) => Matrix {
            rows: 1,
            columns: elements * count,
        },
        (true, _) => Matrix {
            rows: count,
            columns: elements,
        },
        (false, _) => Matrix {
            rows: elements / whole.columns * count,
            columns: whole.columns,
        },
    };
    Choice::Some(Sampled {
        firsts: places.map(first).collect(),
        elements,
        matrix,
        is_cut,
    })
}

/// A part of a row does not run into the next: it moves back to where it fits, or where its stratum begins behind
/// that, on to the next row. A stratum is at least two stretches long, so that one of them is in it.
fn within_row(place: u64, stratum: u64, line: u64, stretch: u64) -> u64 {
    let row = place / line * line;
    let last = row + line - stretch;
    match place {
        place if place <= last => place,
        _ if last >= stratum => last,
        _ => row + line,
    }
}

/// Rows that are read together: as many as are whole blocks of a tensor that is one line of blocks, where these
/// are few, and whole bytes in any case.
fn rows_together(dtype: Dtype, columns: u64) -> u64 {
    let blocks = 64 >> columns.trailing_zeros().min(6);
    if bytes_of(dtype, columns.saturating_mul(blocks)) <= SMALL_BYTES {
        return blocks;
    }
    let bits = u64::from(dtype.bits()) * (columns % 8);
    let mut rows = [1, 2, 4].into_iter();
    let whole = rows.find(|rows| (rows * bits).is_multiple_of(8));
    whole.unwrap_or(8)
}

/// Of each of `count` equal parts of `0..length` its beginning, and that of a stretch of so many places in it.
fn strata(name: &str, length: u64, count: u64, stretch: u64) -> impl Iterator<Item = (u64, u64)> {
    let seed = seed(name);
    let edge = move |at: u64| (u128::from(length) * u128::from(at) / u128::from(count)) as u64;
    (0..count).map(move |at| {
        let (begin, end) = (edge(at), edge(at + 1));
        let room = (end - begin).saturating_sub(stretch) + 1;
        (begin, begin + mixed(seed.wrapping_add(at)) % room)
    })
}

/// FNV-1a.
fn seed(name: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// SplitMix64's output function.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
