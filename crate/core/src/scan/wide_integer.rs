//! Integers of 32 and 64 bits: a census by sign, bit length and leading bits.

use floatscope_simd::integers;
pub use floatscope_simd::integers::IntegerCell;
use serde::{Deserialize, Serialize};

use super::tables::Tables;
use super::tile_sums::TileSums;
use super::{Census, ExactSum};
use crate::format::{Dtype, Encoding};

/// What is known of a stream of 32- or 64-bit integers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WideInteger {
    /// Counts of [`IntegerCell`]s.
    pub cells: Census,
    /// Words with each bit set, least significant bit first.
    pub ones: Vec<u64>,
    /// Elements seen.
    pub elements: u64,
    /// Smallest value; `i128::MAX` where there is none.
    pub min: i128,
    /// Largest value; `i128::MIN` where there is none.
    pub max: i128,
    /// Smallest nonzero magnitude; none where all are zero.
    pub min_magnitude: Option<u64>,
    /// Σxᵏ at index k − 1, of values rounded to double precision.
    pub sums: [ExactSum; 4],
}

impl WideInteger {
    /// Nothing seen yet.
    pub(crate) fn new(dtype: Dtype) -> Self {
        Self {
            cells: Census::default(),
            ones: vec![0; dtype.bits() as usize],
            elements: 0,
            min: i128::MAX,
            max: i128::MIN,
            min_magnitude: None,
            sums: Default::default(),
        }
    }

    /// Adds what another part of the tensor shows.
    pub fn merge(&mut self, other: &Self) {
        self.cells.merge(&other.cells);
        for (mine, theirs) in self.ones.iter_mut().zip(&other.ones) {
            *mine += theirs;
        }
        self.elements += other.elements;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.see_magnitude(other.min_magnitude);
        for (mine, theirs) in self.sums.iter_mut().zip(&other.sums) {
            mine.merge(theirs);
        }
    }

    /// Looks at one tile of little-endian words.
    pub(crate) fn look(&mut self, dtype: Dtype, tables: &mut Tables, tile: &[u8]) {
        let signed = dtype.format().encoding == Encoding::Signed;
        let tables = tables.for_codes(tile.len() as u64 * 8 / u64::from(dtype.bits()));
        let Some(seen) = integers::look(dtype.bits(), signed, tables, tile) else {
            return;
        };
        for (mine, theirs) in self.ones.iter_mut().zip(seen.ones) {
            *mine += theirs;
        }
        self.see_magnitude(seen.min_magnitude);
        self.elements += seen.elements;
        self.min = self.min.min(seen.min);
        self.max = self.max.max(seen.max);
        TileSums::about(seen.pivot, seen.elements, seen.sums).add_to(&mut self.sums);
    }

    fn see_magnitude(&mut self, magnitude: Option<u64>) {
        self.min_magnitude = self.min_magnitude.into_iter().chain(magnitude).min();
    }
}
