//! Integers of 32 and 64 bits: a census by sign, bit length and leading bits.

use serde::{Deserialize, Serialize};

use super::tables::Tables;
use super::wide_float::TileSums;
use super::{Census, ExactSum};
use crate::format::{Dtype, Encoding};
use crate::simd::powers;
use crate::simd::words;
use crate::simd::{BestF64, BestU32, BestU64};

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
    /// Smallest nonzero magnitude; `u64::MAX` where there is none.
    pub min_magnitude: u64,
    /// Σxᵏ at index k − 1, of values rounded to double precision.
    pub sums: [ExactSum; 4],
}

/// Integers with the same sign, bit length and eight bits after the first one.
/// Magnitudes below 512 have a cell each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegerCell {
    /// Whether the values are below zero.
    pub negative: bool,
    /// Smallest magnitude of the cell.
    pub low: u64,
    /// Largest magnitude of the cell.
    pub high: u64,
}

impl IntegerCell {
    /// Packs sign, bit length (7 bits) and the eight bits after the leading one.
    fn code(negative: bool, magnitude: u64) -> u16 {
        let length = 64 - magnitude.leading_zeros();
        let aligned = magnitude.checked_shl(64 - length).unwrap_or(0);
        let following = (aligned >> 55) as u16 & 0xff;
        u16::from(negative) << 15 | (length as u16) << 8 | following
    }

    /// The values that a code of the census stands for.
    pub fn from_code(code: u16) -> Self {
        let length = u32::from(code >> 8 & 0x7f);
        if length == 0 {
            return Self {
                negative: false,
                low: 0,
                high: 0,
            };
        }
        let aligned = 1 << 63 | u64::from(code & 0xff) << 55;
        let low = aligned >> (64 - length);
        let width = if length > 9 { 1 << (length - 9) } else { 1 };
        Self {
            negative: code >> 15 == 1,
            low,
            high: low + (width - 1),
        }
    }

    /// ⌊log2⌋ of the magnitudes; `None` for zero.
    pub fn binade(self) -> Option<u32> {
        self.low.checked_ilog2()
    }

    /// Smallest and largest value.
    pub fn bounds(self) -> (i128, i128) {
        let (low, high) = (i128::from(self.low), i128::from(self.high));
        if self.negative {
            (-high, -low)
        } else {
            (low, high)
        }
    }
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
            min_magnitude: u64::MAX,
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
        self.min_magnitude = self.min_magnitude.min(other.min_magnitude);
        for (mine, theirs) in self.sums.iter_mut().zip(&other.sums) {
            mine.merge(theirs);
        }
    }

    /// Looks at one tile of little-endian words.
    pub(crate) fn look(&mut self, dtype: Dtype, tables: &mut Tables, tile: &[u8]) {
        let values: Vec<i128> = values(dtype, tile).collect();
        let signs_and_magnitudes = values.iter().map(|&x| (x < 0, x.unsigned_abs() as u64));
        let codes = signs_and_magnitudes
            .clone()
            .map(|(sign, x)| IntegerCell::code(sign, x));
        tables.count_codes(values.len() as u64, codes);
        self.elements += values.len() as u64;
        self.min = values.iter().copied().fold(self.min, i128::min);
        self.max = values.iter().copied().fold(self.max, i128::max);
        let nonzero = signs_and_magnitudes.map(|(_, x)| x).filter(|&x| x != 0);
        self.min_magnitude = nonzero.fold(self.min_magnitude, u64::min);
        let seen = match dtype.bits() {
            32 => words::look::<BestU32>(tile),
            _ => words::look::<BestU64>(tile),
        };
        for (mine, theirs) in self.ones.iter_mut().zip(seen.ones) {
            *mine += theirs;
        }
        self.add_sums(&values);
    }

    fn add_sums(&mut self, values: &[i128]) {
        let layout = Dtype::F64.format().layout().expect("F64 is a float");
        let doubles: Vec<u8> = values
            .iter()
            .flat_map(|&x| (x as f64).to_le_bytes())
            .collect();
        let range = powers::range::<powers::F64, BestF64>(&doubles);
        TileSums::of(layout, &doubles, values.len() as u64, &range).add_to(&mut self.sums);
    }
}

fn values(dtype: Dtype, tile: &[u8]) -> impl Iterator<Item = i128> + '_ {
    let signed = dtype.format().encoding == Encoding::Signed;
    let width = dtype.bits() as usize / 8;
    tile.chunks_exact(width).map(move |word| {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(word);
        let code = u64::from_le_bytes(bytes);
        if signed {
            i128::from(crate::format::sign_extend(code, width as u32 * 8))
        } else {
            i128::from(code)
        }
    })
}
