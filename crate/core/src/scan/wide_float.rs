//! FP32, FP64 and the parts of complex numbers: a census of the top 16 bits, and
//! exact extremes, counts and power sums by tile.

use serde::{Deserialize, Serialize};

use super::tables::Tables;
use super::tile_sums::TileSums;
use super::{Census, ExactSum};
use crate::format::{Class, FloatLayout};
use floatscope_simd::words::{self, WordsSeen};

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
        // −0 and +0 are one extreme, whichever came first.
        self.min = self.min.min(seen.min + 0.0);
        self.max = self.max.max(seen.max + 0.0);
        TileSums::of_floats(layout, tile, seen.min, seen.max).add_to(&mut self.sums);
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
        32 => words::look_at_u32(tile),
        _ => words::look_at_u64(tile),
    }
}
