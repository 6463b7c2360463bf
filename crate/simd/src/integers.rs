//! One look at a tile of 32- or 64-bit integers: cells by leading bits, extremes,
//! and power sums about a value of the tile.

use crate::census::{self, Table};
use crate::powers::{self, Frame};
use crate::words::{self, WordsSeen};
use crate::{BestF64, BestU32, BestU64, TILE, Words};

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
    #[inline(always)]
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

/// What one tile of integers shows.
#[derive(Debug, Clone, PartialEq)]
pub struct IntegersSeen {
    /// Number of them; not zero.
    pub elements: u64,
    /// Smallest value.
    pub min: i128,
    /// Largest value.
    pub max: i128,
    /// Smallest nonzero magnitude; none where all are zero.
    pub min_magnitude: Option<u64>,
    /// The value next to zero where all have one sign, else zero.
    pub pivot: i128,
    /// Σ(x − pivot)ᵏ at index k − 1.
    pub sums: [f64; 4],
    /// Words with each bit set, least significant bit first.
    pub ones: [u64; 64],
}

/// Looks at up to [`TILE`] integers of 32 or 64 bits and counts their
/// [`IntegerCell`]s. Nothing is seen where there are none.
#[inline(never)]
pub fn look(bits: u32, signed: bool, tables: &mut [Table], tile: &[u8]) -> Option<IntegersSeen> {
    match (bits, signed) {
        (32, true) => look_at(tables, tile, i32::from_le_bytes),
        (32, false) => look_at(tables, tile, u32::from_le_bytes),
        (_, true) => look_at(tables, tile, i64::from_le_bytes),
        (_, false) => look_at(tables, tile, u64::from_le_bytes),
    }
}

fn look_at<T: Whole, const WIDTH: usize>(
    tables: &mut [Table],
    tile: &[u8],
    read: impl Fn([u8; WIDTH]) -> T + Copy,
) -> Option<IntegersSeen> {
    let values = tile.as_chunks::<WIDTH>().0.iter().map(|&word| read(word));
    let (min, max) = (values.clone().min()?, values.clone().max()?);
    let magnitudes = values.clone().map(Whole::sign_and_magnitude);
    census::count_codes(
        tables,
        magnitudes
            .clone()
            .map(|(sign, x)| IntegerCell::code(sign, x)),
    );
    let nonzero = magnitudes.map(|(_, x)| x).filter(|&x| x != 0);
    let pivot = pivot(min, max);
    let WordsSeen { ones, .. } = words::look::<T::Words>(tile);
    Some(IntegersSeen {
        elements: values.len() as u64,
        min: min.into(),
        max: max.into(),
        min_magnitude: nonzero.min(),
        pivot: pivot.into(),
        sums: sums(values, pivot),
        ones,
    })
}

/// Differences from the pivot are integers, so nothing is rounded before they are small.
fn sums<T: Whole>(values: impl ExactSizeIterator<Item = T>, pivot: T) -> [f64; 4] {
    let mut differences = [[0; 8]; TILE];
    let differences = &mut differences[..values.len()];
    for (slot, x) in differences.iter_mut().zip(values) {
        *slot = x.minus(pivot).to_le_bytes();
    }
    powers::power_sums::<powers::F64, BestF64>(differences.as_flattened(), Frame::PLAIN)
}

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
