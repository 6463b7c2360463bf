//! Row by row: which rows are constant, and which hold values of a narrower float.

use serde::{Deserialize, Serialize};

use super::Matrix;
use crate::format::{Dtype, FloatLayout, Specials};
use floatscope_simd::containment;

/// Values of a row that may need more bits than the row's class has: one in twenty.
const STRAYS: u64 = 20;

/// Elements that are looked at before a row is given up as holding nothing narrower.
const STEP: usize = 1024;

/// Rows by what they hold. Every row that is not constant is in one class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    columns: u64,
    /// Rows of zeros.
    pub zero: u64,
    /// Rows of one value, zeros among them.
    pub constant: u64,
    /// FP32 only: rows of which BF16 holds 95 % of the nonzero values.
    pub bf16: RowClass,
    /// FP32 only: other rows of which ten bits of mantissa hold 95 %.
    pub ten_bits: RowClass,
    /// FP32 only: rows that need more.
    pub wider: u64,
    /// FP32 only: rows of one value, or of none that is finite and not zero.
    pub alike: RowClass,
    /// Rows of which some elements are still missing.
    cut: Vec<(u64, Row)>,
}

/// Sums over the rows of a class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowClass {
    /// Rows.
    pub rows: u64,
    /// Values with at most ten bits of mantissa, nonzero, below 2^-14 or above 65504.
    pub outside: u64,
    /// Of these, those that FP16 holds.
    pub outside_f16: u64,
}

/// What was seen of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    elements: u64,
    /// Code of the first element seen.
    first: u64,
    varies: bool,
    is_nonzero: bool,
    /// Zeros, infinities and NaN; FP32 only.
    neutral: u64,
    over_bf16: u64,
    over_ten_bits: u64,
    outside: u64,
    outside_f16: u64,
}

/// Follows rows through a span.
pub(crate) struct RowFollower {
    columns: u64,
    element_bytes: usize,
    /// The bits of a code that are all zero in a zero.
    telling: u64,
    row: Row,
    /// Index of the row, and elements of it that lie before the next byte.
    at: (u64, u64),
}

impl RowFollower {
    /// From element `first` of a tensor on.
    pub(crate) fn new(matrix: Matrix, first: u64, dtype: Dtype) -> Self {
        let is_nan = |layout: &FloatLayout| layout.specials == Specials::NegativeZeroNan;
        let has_negative_zero = !dtype.format().layout().is_some_and(is_nan);
        let sign = 1 << (dtype.bits() - 1);
        let columns = matrix.columns.max(1);
        Self {
            columns,
            element_bytes: dtype.bits() as usize / 8,
            telling: if has_negative_zero { !sign } else { !0 },
            row: Row::default(),
            at: (first / columns, first % columns),
        }
    }

    /// Looks at the next elements.
    pub(crate) fn look(&mut self, rows: &mut Rows, mut bytes: &[u8]) {
        rows.columns = self.columns;
        while !bytes.is_empty() {
            let left = (self.columns - self.at.1).saturating_mul(self.element_bytes as u64);
            let here = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let (part, rest) = bytes.split_at(here);
            self.row
                .look(part, self.element_bytes, self.columns, self.telling);
            self.at.1 += (here / self.element_bytes) as u64;
            if self.at.1 == self.columns {
                self.end_row(rows);
                self.at = (self.at.0 + 1, 0);
            }
            bytes = rest;
        }
    }

    /// The span is over.
    pub(crate) fn finish(mut self, rows: &mut Rows) {
        self.end_row(rows);
    }

    fn end_row(&mut self, rows: &mut Rows) {
        let row = std::mem::take(&mut self.row);
        if row.elements > 0 {
            rows.take(self.at.0, row);
        }
    }
}

impl Rows {
    /// Adds what another part of the tensor shows.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.columns = self.columns.max(other.columns);
        self.zero += other.zero;
        self.constant += other.constant;
        self.wider += other.wider;
        for (mine, theirs) in [
            (&mut self.bf16, &other.bf16),
            (&mut self.ten_bits, &other.ten_bits),
            (&mut self.alike, &other.alike),
        ] {
            mine.rows += theirs.rows;
            mine.outside += theirs.outside;
            mine.outside_f16 += theirs.outside_f16;
        }
        for (index, row) in &other.cut {
            self.take(*index, row.clone());
        }
    }

    /// Takes a row or a part of one, and classes it when it is complete.
    fn take(&mut self, index: u64, mut row: Row) {
        if let Some(at) = self.cut.iter().position(|cut| cut.0 == index) {
            row.merge(&self.cut.swap_remove(at).1);
        }
        if row.elements < self.columns {
            let place = self.cut.partition_point(|cut| cut.0 < index);
            self.cut.insert(place, (index, row));
            return;
        }
        self.zero += u64::from(!row.is_nonzero);
        let is_constant = !row.varies || !row.is_nonzero;
        self.constant += u64::from(is_constant);
        let most = (row.elements - row.neutral) / STRAYS;
        let has_values = row.neutral < row.elements;
        let class = if is_constant || !has_values {
            &mut self.alike
        } else if row.over_bf16 <= most {
            &mut self.bf16
        } else if row.over_ten_bits <= most {
            &mut self.ten_bits
        } else {
            self.wider += 1;
            return;
        };
        class.rows += 1;
        class.outside += row.outside;
        class.outside_f16 += row.outside_f16;
    }
}

impl Row {
    fn look(&mut self, bytes: &[u8], element_bytes: usize, columns: u64, telling: u64) {
        let before = self.elements;
        self.elements += (bytes.len() / element_bytes) as u64;
        if before == 0 {
            self.first = code_of(&bytes[..element_bytes]);
        }
        if !(self.varies && self.is_nonzero) {
            self.compare(bytes, element_bytes, telling);
        }
        if element_bytes == 4 {
            self.contain(bytes, columns);
        }
    }

    /// Stops where nothing can change any more: in most rows at the second element.
    fn compare(&mut self, bytes: &[u8], element_bytes: usize, telling: u64) {
        // Equal to itself moved by one element: all of it is one value.
        let is_constant = bytes[element_bytes..] == bytes[..bytes.len() - element_bytes];
        let different = if is_constant {
            &bytes[..element_bytes]
        } else {
            bytes
        };
        for element in different.chunks_exact(element_bytes) {
            let code = code_of(element);
            self.varies |= code != self.first;
            self.is_nonzero |= code & telling != 0;
            if self.varies && self.is_nonzero {
                return;
            }
        }
    }

    fn contain(&mut self, bytes: &[u8], columns: u64) {
        for step in bytes.chunks(4 * STEP) {
            // More strays than any number of values allows: the row is
            // classed, whatever follows, and its counts are not asked for.
            if self.over_ten_bits > columns / STRAYS {
                return;
            }
            let seen = containment::contained_in_f32(step);
            let values = step.len() as u64 / 4 - seen.neutral;
            self.neutral += seen.neutral;
            self.over_bf16 += values - seen.bf16;
            self.over_ten_bits += values - seen.ten_bits;
            self.outside += seen.outside;
            self.outside_f16 += seen.outside_f16;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.varies |= other.varies || self.first != other.first;
        self.elements += other.elements;
        self.is_nonzero |= other.is_nonzero;
        self.neutral += other.neutral;
        self.over_bf16 += other.over_bf16;
        self.over_ten_bits += other.over_ten_bits;
        self.outside += other.outside;
        self.outside_f16 += other.outside_f16;
    }
}

fn code_of(element: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..element.len()].copy_from_slice(element);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_negative_zero_that_is_nan_is_no_zero() {
        let matrix = Matrix {
            rows: 2,
            columns: 2,
        };
        let zero_rows = |dtype| {
            let mut rows = Rows::default();
            let mut follower = RowFollower::new(matrix, 0, dtype);
            follower.look(&mut rows, &[0, 0, 0, 0x80]);
            follower.finish(&mut rows);
            rows.zero
        };
        assert_eq!([Dtype::F8E4M3, Dtype::F8E5M2].map(zero_rows), [2, 2]);
        let without = [Dtype::F8E4M3Fnuz, Dtype::F8E5M2Fnuz];
        assert_eq!(without.map(zero_rows), [1, 1]);
    }
}
