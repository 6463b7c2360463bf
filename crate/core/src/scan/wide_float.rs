//! FP32, FP64 and the parts of complex numbers: a census of the top 16 bits, and
//! exact extremes, counts and power sums by tile.

use serde::{Deserialize, Serialize};

use super::exact_sum::integer_and_exponent;
use super::tables::Tables;
use super::{Census, ExactSum};
use crate::format::{Class, FloatLayout, power_of_two};
use crate::simd::powers::{self, PowerSums};
use crate::simd::words::{self, WordsSeen};
use crate::simd::{BestF64, BestU32, BestU64};

/// Tiles whose largest magnitude lies outside 2^±200 are summed at another scale,
/// so that fourth powers neither overflow nor vanish.
const SAFE_EXPONENT: i32 = 200;

/// What is known of a stream of FP32 or FP64 numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WideFloat {
    /// Counts of the top 16 bits: sign, exponent and the upper mantissa bits.
    pub tops: Census,
    /// Words with each bit set, least significant bit first.
    pub ones: Vec<u64>,
    /// Zeros of either sign.
    pub zeros: u64,
    /// Zeros with the sign bit set.
    pub negative_zeros: u64,
    /// Positive infinities.
    pub pos_inf: u64,
    /// Negative infinities.
    pub neg_inf: u64,
    /// Numbers below the smallest normal one, by ⌊log2⌋ above the smallest
    /// subnormal; only those whose top 16 bits are zero but for the sign.
    pub deep: Vec<u64>,
    /// Bits of the smallest nonzero finite magnitude; `u64::MAX` where there is none.
    pub min_magnitude: u64,
    /// Bits of the largest finite magnitude.
    pub max_magnitude: u64,
    /// Smallest finite value; +∞ where there is none.
    pub min: f64,
    /// Largest finite value; −∞ where there is none.
    pub max: f64,
    /// Finite values.
    pub finite: u64,
    /// Σxᵏ over finite values at index k − 1; within a tile in double precision.
    pub sums: [ExactSum; 4],
}

impl WideFloat {
    /// Nothing seen yet.
    pub(crate) fn new(layout: &FloatLayout) -> Self {
        Self {
            tops: Census::default(),
            ones: vec![0; layout.bits() as usize],
            zeros: 0,
            negative_zeros: 0,
            pos_inf: 0,
            neg_inf: 0,
            deep: vec![0; layout.bits() as usize - 16],
            min_magnitude: u64::MAX,
            max_magnitude: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            finite: 0,
            sums: Default::default(),
        }
    }

    /// Adds what another part of the tensor shows.
    pub fn merge(&mut self, other: &Self) {
        self.tops.merge(&other.tops);
        add_all(&mut self.ones, &other.ones);
        add_all(&mut self.deep, &other.deep);
        self.zeros += other.zeros;
        self.negative_zeros += other.negative_zeros;
        self.pos_inf += other.pos_inf;
        self.neg_inf += other.neg_inf;
        self.finite += other.finite;
        self.min_magnitude = self.min_magnitude.min(other.min_magnitude);
        self.max_magnitude = self.max_magnitude.max(other.max_magnitude);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        for (mine, theirs) in self.sums.iter_mut().zip(&other.sums) {
            mine.merge(theirs);
        }
    }

    /// Looks at one tile of little-endian words.
    pub(crate) fn look(&mut self, layout: &FloatLayout, tables: &mut Tables, tile: &[u8]) {
        tables.count_tops(layout.bits(), tile);
        let seen = look_at_words(layout, tile);
        add_all(&mut self.ones, &seen.ones);
        self.zeros += seen.zeros + seen.negative_zeros;
        self.negative_zeros += seen.negative_zeros;
        if seen.max_magnitude <= layout.max_finite_code() {
            self.look_at_finite(layout, &seen, tile);
        } else {
            self.look_at_mixed(layout, tile);
        }
    }

    /// A tile with NaN or infinities: those are counted, the rest closes up.
    fn look_at_mixed(&mut self, layout: &FloatLayout, tile: &[u8]) {
        let width = layout.bits() as usize / 8;
        let mut finite = Vec::with_capacity(tile.len());
        for word in tile.chunks_exact(width) {
            let code = code_of(word);
            match layout.classify(code) {
                Class::Nan => {}
                Class::Infinite if layout.sign_bit(code) => self.neg_inf += 1,
                Class::Infinite => self.pos_inf += 1,
                _ => finite.extend_from_slice(word),
            }
        }
        self.look_at_finite(layout, &look_at_words(layout, &finite), &finite);
    }

    fn look_at_finite(&mut self, layout: &FloatLayout, seen: &WordsSeen, tile: &[u8]) {
        let elements = tile.len() as u64 * 8 / u64::from(layout.bits());
        if elements == 0 {
            return;
        }
        self.finite += elements;
        self.min_magnitude = self.min_magnitude.min(seen.min_magnitude);
        self.max_magnitude = self.max_magnitude.max(seen.max_magnitude);
        if seen.min_magnitude < 1 << self.deep.len() {
            self.count_deep(layout, tile);
        }
        let range = range_of(layout, tile);
        // −0 and +0 are one extreme, whichever came first.
        self.min = self.min.min(range.min + 0.0);
        self.max = self.max.max(range.max + 0.0);
        let tile_sums = TileSums::of(layout, tile, elements, &range);
        tile_sums.add_to(&mut self.sums);
    }

    fn count_deep(&mut self, layout: &FloatLayout, tile: &[u8]) {
        let sign = 1 << (layout.bits() - 1);
        for word in tile.chunks_exact(layout.bits() as usize / 8) {
            let magnitude = code_of(word) & !sign;
            if magnitude != 0 && magnitude < 1 << self.deep.len() {
                self.deep[magnitude.ilog2() as usize] += 1;
            }
        }
    }
}

fn add_all(mine: &mut [u64], theirs: &[u64]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

fn code_of(word: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..word.len()].copy_from_slice(word);
    u64::from_le_bytes(bytes)
}

fn look_at_words(layout: &FloatLayout, tile: &[u8]) -> WordsSeen {
    match layout.bits() {
        32 => words::look::<BestU32>(tile),
        _ => words::look::<BestU64>(tile),
    }
}

fn range_of(layout: &FloatLayout, tile: &[u8]) -> powers::Range {
    match layout.bits() {
        32 => powers::range::<powers::F32, BestF64>(tile),
        _ => powers::range::<powers::F64, BestF64>(tile),
    }
}

/// Power sums of one tile about its own pivot, at its own scale.
///
/// The pivot keeps what is subtracted later from cancelling: where all values of
/// a tile have one sign it is the smallest magnitude cut to 24 bits, else zero,
/// so |x − pivot| ≤ |x|. It has few enough bits for the shift back to be exact.
pub(crate) struct TileSums {
    elements: u64,
    /// The pivot is `pivot_integer` × 2^`pivot_exponent`, before scaling back.
    pivot_integer: i64,
    pivot_exponent: i32,
    /// Values were multiplied by 2^−`scale_exponent`.
    scale_exponent: i32,
    about_pivot: PowerSums,
}

impl TileSums {
    pub(crate) fn of(
        layout: &FloatLayout,
        tile: &[u8],
        elements: u64,
        range: &powers::Range,
    ) -> Self {
        let scale_exponent = scale_exponent(range.max.abs().max(range.min.abs()));
        let scale = power_of_two(-scale_exponent);
        let pivot = cut_to_24_bits(pivot(range) * scale);
        let about_pivot = match layout.bits() {
            32 => powers::power_sums::<powers::F32, BestF64>(tile, pivot, scale),
            _ => powers::power_sums::<powers::F64, BestF64>(tile, pivot, scale),
        };
        let (integer, exponent) = integer_and_exponent(pivot);
        // The low 29 of 53 bits are zero by construction.
        let (pivot_integer, pivot_exponent) = (integer >> 29, exponent + 29);
        Self {
            elements,
            pivot_integer,
            pivot_exponent,
            scale_exponent,
            about_pivot,
        }
    }

    /// Adds Σxᵏ = Σⱼ C(k,j) pivot^(k−j) Σ(x − pivot)ʲ, without rounding.
    pub(crate) fn add_to(&self, sums: &mut [ExactSum; 4]) {
        for (k, sum) in (1..=4).zip(sums) {
            let exponent = k as i32 * self.scale_exponent;
            sum.add_product(self.about_pivot.sums[k - 1], 1, exponent);
            if self.pivot_integer != 0 {
                self.add_shifted(sum, k, exponent);
            }
        }
    }

    /// The terms with j below k.
    fn add_shifted(&self, sum: &mut ExactSum, k: usize, exponent: i32) {
        let mut power = 1i128;
        for j in (0..k).rev() {
            power *= i128::from(self.pivot_integer);
            let shift = exponent + (k - j) as i32 * self.pivot_exponent;
            match j {
                0 => sum.add(power * i128::from(self.elements), shift),
                _ => sum.add_product(self.about_pivot.sums[j - 1], power * BINOMIALS[k][j], shift),
            }
        }
    }
}

const BINOMIALS: [[i128; 5]; 5] = [
    [1, 0, 0, 0, 0],
    [1, 1, 0, 0, 0],
    [1, 2, 1, 0, 0],
    [1, 3, 3, 1, 0],
    [1, 4, 6, 4, 1],
];

fn pivot(range: &powers::Range) -> f64 {
    if range.min > 0.0 {
        range.min
    } else if range.max < 0.0 {
        range.max
    } else {
        0.0
    }
}

fn cut_to_24_bits(value: f64) -> f64 {
    f64::from_bits(value.to_bits() & !((1 << 29) - 1))
}

fn scale_exponent(largest: f64) -> i32 {
    let (integer, exponent) = integer_and_exponent(largest);
    if integer == 0 {
        return 0;
    }
    let exponent = exponent + integer.ilog2() as i32;
    // 2^−exponent itself must be a normal number.
    if exponent.abs() <= SAFE_EXPONENT {
        0
    } else {
        exponent.clamp(-1000, 1000)
    }
}
