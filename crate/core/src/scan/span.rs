//! Which elements of which tensor a stretch of bytes holds.

use serde::{Deserialize, Serialize};

use crate::format::Dtype;

/// A tensor seen as rows: everything before the last axis is flattened. A vector
/// is one row, and so is a column: axes of one element at the end are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// Product of all axes but the last.
    pub rows: u64,
    /// Length of the last axis of more than one element.
    pub columns: u64,
}

impl Matrix {
    /// The rows of a tensor of this shape.
    pub fn of(shape: &[u64]) -> Self {
        let longer = shape.iter().rposition(|axis| *axis != 1);
        let shape = &shape[..longer.map_or(0, |at| at + 1)];
        let (columns, axes) = shape.split_last().unwrap_or((&1, &[]));
        Self {
            rows: axes.iter().fold(1, |rows, axis| rows.saturating_mul(*axis)),
            columns: *columns,
        }
    }

    /// Number of elements.
    pub fn elements(&self) -> u64 {
        self.rows.saturating_mul(self.columns)
    }
}

/// A run of elements of one tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The element type.
    pub dtype: Dtype,
    /// The tensor's rows and columns.
    pub matrix: Matrix,
    /// Index of the span's first element in the tensor: a multiple of [`TILE`](super::TILE), but in a sample,
    /// whose stretches are whole rows and count as a tensor of their own.
    pub first: u64,
    /// Number of elements. Where it is not the tensor's last span, a multiple of
    /// [`TILE`](super::TILE), but in a sample.
    pub elements: u64,
}

impl Span {
    /// A whole tensor.
    pub fn whole(dtype: Dtype, shape: &[u64]) -> Self {
        let matrix = Matrix::of(shape);
        Self {
            dtype,
            matrix,
            first: 0,
            elements: matrix.elements(),
        }
    }

    /// Bytes of the span.
    pub fn bytes(&self) -> u64 {
        bytes_of(self.dtype, self.elements)
    }
}

/// Bytes of so many elements, which must fill whole bytes.
pub(crate) fn bytes_of(dtype: Dtype, elements: u64) -> u64 {
    let bits = u64::from(dtype.bits());
    elements / 8 * bits + elements % 8 * bits / 8
}
