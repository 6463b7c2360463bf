//! Integers of 32 and 64 bits: a census by sign, bit length and leading bits.

use serde::{Deserialize, Serialize};

use super::tables::Tables;
use super::tile_sums::TileSums;
use super::{Census, ExactSum, TILE};
use crate::format::{Dtype, Encoding};
use crate::simd::words::{self, WordsSeen};
use crate::simd::{BestU32, BestU64, Words};

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
        let seen = match (dtype.bits(), signed) {
            (32, true) => self.look_at(tables, tile, i32::from_le_bytes),
            (32, false) => self.look_at(tables, tile, u32::from_le_bytes),
            (_, true) => self.look_at(tables, tile, i64::from_le_bytes),
            (_, false) => self.look_at(tables, tile, u64::from_le_bytes),
        };
        for (mine, theirs) in self.ones.iter_mut().zip(seen.ones) {
            *mine += theirs;
        }
    }

    fn look_at<T: Whole, const WIDTH: usize>(
        &mut self,
        tables: &mut Tables,
        tile: &[u8],
        read: impl Fn([u8; WIDTH]) -> T + Copy,
    ) -> WordsSeen {
        let values = tile.as_chunks::<WIDTH>().0.iter().map(|&word| read(word));
        let (Some(min), Some(max)) = (values.clone().min(), values.clone().max()) else {
            return words::look::<T::Words>(&[]);
        };
        let magnitudes = values.clone().map(Whole::sign_and_magnitude);
        let count = values.len() as u64;
        tables.count_codes(
            count,
            magnitudes
                .clone()
                .map(|(sign, x)| IntegerCell::code(sign, x)),
        );
        self.see_magnitude(
            magnitudes
                .map(|(_, magnitude)| magnitude)
                .filter(|&x| x != 0)
                .min(),
        );
        self.elements += count;
        self.min = self.min.min(min.into());
        self.max = self.max.max(max.into());
        self.add_sums(values, pivot(min, max));
        words::look::<T::Words>(tile)
    }

    fn see_magnitude(&mut self, magnitude: Option<u64>) {
        self.min_magnitude = self.min_magnitude.into_iter().chain(magnitude).min();
    }

    /// Differences from the pivot are integers, so nothing is rounded before they are small.
    fn add_sums<T: Whole>(&mut self, values: impl ExactSizeIterator<Item = T>, pivot: T) {
        let mut differences = [[0; 8]; TILE as usize];
        let differences = &mut differences[..values.len()];
        for (slot, x) in differences.iter_mut().zip(values) {
            *slot = x.minus(pivot).to_le_bytes();
        }
        TileSums::of_differences(differences.as_flattened(), pivot.into()).add_to(&mut self.sums);
    }
}

/// The value next to zero where all have one sign, else zero.
fn pivot<T: Whole>(min: T, max: T) -> T {
    let zero = T::default();
    if min > zero {
        min
    } else if max < zero {
        max
    } else {
        zero
    }
}

/// An integer of 32 or 64 bits.
trait Whole: Copy + Default + Ord + Into<i128> {
    /// Its words as vectors.
    type Words: Words;
    /// Whether it is below zero, and its magnitude.
    fn sign_and_magnitude(self) -> (bool, u64);
    /// The difference from a number of the same sign, rounded where it is beyond 2^53.
    fn minus(self, other: Self) -> f64;
}

macro_rules! whole {
    ($($type:ty as $words:ty, $magnitude:expr, $double:expr;)*) => {$(
        impl Whole for $type {
            type Words = $words;
            #[inline(always)]
            fn sign_and_magnitude(self) -> (bool, u64) {
                // Unsigned types compare, too.
                #[allow(unused_comparisons)]
                (self < 0, $magnitude(self))
            }
            #[inline(always)]
            fn minus(self, other: Self) -> f64 {
                $double(self.wrapping_sub(other))
            }
        }
    )*};
}

whole! {
    i32 as BestU32, |x: i32| x.unsigned_abs().into(), f64::from;
    u32 as BestU32, u64::from, f64::from;
    i64 as BestU64, i64::unsigned_abs, |x: i64| x as f64;
    u64 as BestU64, u64::from, |x: u64| x as f64;
}
