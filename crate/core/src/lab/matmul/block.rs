//! Blocks of rows: what one worker multiplies at a time.

use serde::{Deserialize, Serialize};

use crate::format::Dtype;

/// Consecutive rows of one tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Names the block when its reduction comes back.
    pub id: u64,
    /// Index of the file.
    pub file: usize,
    /// Index of the tensor among those that are multiplied.
    pub tensor: usize,
    /// First byte in the file.
    pub begin: u64,
    /// Type of the weights: BF16, F16 or F32.
    pub dtype: Dtype,
    /// Whole rows.
    pub rows: u64,
    /// Elements of a row.
    pub columns: u64,
}

impl Block {
    /// Bytes of a row.
    pub fn row_bytes(&self) -> u64 {
        self.columns * u64::from(self.dtype.bits() / 8)
    }

    /// First byte after it in the file.
    pub fn end(&self) -> u64 {
        self.begin + self.rows * self.row_bytes()
    }
}
