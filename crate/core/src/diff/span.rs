//! Which elements of which two tensors two stretches of bytes hold.

use serde::{Deserialize, Serialize};

use crate::checkpoint::TensorInfo;
use crate::format::{Dtype, Encoding};
use crate::scan::{Matrix, TILE, bytes_of};

/// Cuts are whole rows where rows and tiles meet within so many bytes.
const ROWS_CAP_BYTES: u64 = 256 << 20;

/// Rows of a band of squares, as casts have them.
const BAND: u64 = crate::scan::SQUARE;

/// One of the two checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// What counts as close: |a − b| ≤ `absolute` + `relative`·|b|.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// `rtol` of NumPy and PyTorch.
    pub relative: f64,
    /// Their `atol`.
    pub absolute: f64,
    /// Whether NaN is close to NaN.
    pub equal_nan: bool,
}

impl Default for Tolerance {
    /// That of NumPy and PyTorch.
    fn default() -> Self {
        Self {
            relative: 1e-5,
            absolute: 1e-8,
            equal_nan: false,
        }
    }
}

/// Elements of two tensors of one shape, side by side.
///
/// Complex numbers are taken part by part, as a last axis of two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairSpan {
    /// The element type in A: never complex.
    pub a: Dtype,
    /// The element type in B: never complex.
    pub b: Dtype,
    /// Rows and columns of both.
    pub matrix: Matrix,
    /// Whether pieces are whole rows, so that rows can be told apart.
    pub has_rows: bool,
    /// Index of the first element: a multiple of [`TILE`].
    pub first: u64,
    /// Number of elements.
    pub elements: u64,
    /// What counts as close.
    pub tolerance: Tolerance,
}

impl PairSpan {
    /// Two whole tensors; `None` where their shapes differ or one of them alone is complex.
    pub fn whole(a: &TensorInfo, b: &TensorInfo, tolerance: Tolerance) -> Option<Self> {
        let is_complex = |dtype: Dtype| matches!(dtype.format().encoding, Encoding::Complex(_));
        let parts = is_complex(a.dtype);
        if a.shape != b.shape || parts != is_complex(b.dtype) {
            return None;
        }
        let part = |dtype| if parts { Dtype::F32 } else { dtype };
        let mut matrix = Matrix::of(&a.shape);
        matrix.columns *= 1 + u64::from(parts);
        let mut span = Self {
            a: part(a.dtype),
            b: part(b.dtype),
            matrix,
            has_rows: false,
            first: 0,
            elements: matrix.elements(),
            tolerance,
        };
        let dimensions = a.shape.iter().filter(|axis| **axis != 1).count();
        span.has_rows = dimensions > 1 && span.rows_unit().is_some();
        Some(span)
    }

    /// A part of it.
    pub fn part(&self, first: u64, elements: u64) -> Self {
        Self {
            first,
            elements,
            ..*self
        }
    }

    /// The type on one side.
    pub fn dtype(&self, side: Side) -> Dtype {
        match side {
            Side::A => self.a,
            Side::B => self.b,
        }
    }

    /// Bytes on one side.
    pub fn bytes(&self, side: Side) -> u64 {
        bytes_of(self.dtype(side), self.elements)
    }

    /// Elements between which it may be cut.
    pub(super) fn unit(&self) -> u64 {
        match self.has_rows {
            true => self.rows_unit().unwrap_or(TILE),
            false => TILE,
        }
    }

    /// Whether pieces are whole bands of squares, too.
    pub(super) fn has_bands(&self) -> bool {
        self.has_rows && self.unit_of(self.tile_rows().max(BAND)).is_some()
    }

    /// Rows of whole tiles, or all of it where that is less; whole bands where that is not too much.
    fn rows_unit(&self) -> Option<u64> {
        let rows = self.tile_rows();
        self.unit_of(rows.max(BAND)).or_else(|| self.unit_of(rows))
    }

    /// So many rows that tiles end where they do: a power of two.
    fn tile_rows(&self) -> u64 {
        TILE >> self
            .matrix
            .columns
            .max(1)
            .trailing_zeros()
            .min(TILE.ilog2())
    }

    /// Elements of so many rows, unless their bytes are too many.
    fn unit_of(&self, rows: u64) -> Option<u64> {
        // At least one, so that a tensor without elements has no piece.
        let all = self.matrix.elements().max(1);
        let unit = self.matrix.columns.checked_mul(rows)?.min(all).max(1);
        let bytes = bytes_of(self.a, unit).max(bytes_of(self.b, unit));
        (bytes <= ROWS_CAP_BYTES).then_some(unit)
    }
}
