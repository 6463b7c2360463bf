//! The census by block: codes of BF16 and FP16 counted apart for each binade of the
//! largest magnitude in their block of 32.
//!
//! A power-of-two scale depends on that binade alone, so every cast to an MX format follows
//! from these counts. Their sum is the plain census.

use serde::{Deserialize, Serialize};

use super::peaks::{PeakFollower, SQUARE};
use super::{Census, Span};
use crate::format::Dtype;
use floatscope_simd::blocks::{BLOCK, Half, NOT_FINITE, Pool, each_block};

/// Up to so many elements are sorted: tables for them would take longer to empty.
const SMALL: u64 = 1 << 14;
/// Elements after which the 32-bit counters are harvested, well before they overflow.
const HARVEST_AFTER: u64 = 1 << 31;

/// Counts by the binade of the block's largest magnitude, in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCensus(Vec<(u8, Census)>);

impl BlockCensus {
    /// Adds what another part of the tensor shows.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (binade, census) in &other.0 {
            self.add(*binade, census);
        }
    }

    fn add(&mut self, binade: u8, census: &Census) {
        match self.0.binary_search_by_key(&binade, |known| known.0) {
            Ok(at) => self.0[at].1.merge(census),
            Err(at) => self.0.insert(at, (binade, census.clone())),
        }
    }

    /// All counts together.
    pub(crate) fn sum(&self) -> Census {
        let mut sum = Census::default();
        self.0.iter().for_each(|(_, census)| sum.merge(census));
        sum
    }

    /// ⌊log2⌋ of the largest magnitude of the blocks, and their codes; `None` for blocks with an
    /// infinity or a NaN, −127 for BF16 blocks of zeros and subnormal numbers.
    pub fn each(&self, dtype: Dtype) -> impl Iterator<Item = (Option<i32>, &Census)> {
        let half = half_of(dtype).expect("only 16-bit floats are counted by block");
        self.0.iter().map(move |(binade, census)| {
            let is_finite = *binade != NOT_FINITE;
            (is_finite.then(|| half.exponent(*binade)), census)
        })
    }
}

/// Whether elements of this type are counted by block.
pub(crate) fn half_of(dtype: Dtype) -> Option<Half> {
    match dtype {
        Dtype::BF16 => Some(Half::Bf16),
        Dtype::F16 => Some(Half::F16),
        _ => None,
    }
}

/// Counts the codes of spans, one after another.
#[derive(Default)]
pub(crate) struct BlockCounter {
    pool: Pool,
    /// (binade, code) of small spans; as wide as what is sorted elsewhere, for each sort is code to download.
    sorted: Vec<u64>,
    counted: u64,
    largest: Vec<u16>,
    seen: BlockCensus,
    at: Place,
}

struct Place {
    half: Half,
    columns: u64,
    /// Column of the next block.
    column: u64,
    is_small: bool,
    /// The beginning of a block whose end has not come yet.
    held: Vec<u8>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            half: Half::Bf16,
            columns: 1,
            column: 0,
            is_small: true,
            held: Vec::new(),
        }
    }
}

impl BlockCounter {
    /// Starts a span, which must begin with a block, and forgets an unfinished one.
    pub(crate) fn begin(&mut self, half: Half, span: &Span) {
        self.take();
        let columns = span.matrix.columns.max(1);
        self.at = Place {
            half,
            columns,
            column: span.first % columns,
            is_small: span.elements <= SMALL,
            held: Vec::new(),
        };
    }

    /// Counts whole codes.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], peaks: &mut PeakFollower) {
        while !bytes.is_empty() {
            let of_row = (self.at.columns - self.at.column).saturating_mul(2);
            let of_row = usize::try_from(of_row).unwrap_or(usize::MAX);
            let block = of_row.min(2 * BLOCK);
            if !self.at.held.is_empty() || bytes.len() < block {
                let missing = (block - self.at.held.len()).min(bytes.len());
                self.at.held.extend_from_slice(&bytes[..missing]);
                bytes = &bytes[missing..];
                if self.at.held.len() == block {
                    let held = std::mem::take(&mut self.at.held);
                    self.count(&held, peaks);
                }
                continue;
            }
            let whole = match bytes.len() < of_row {
                true => bytes.len() / block * block,
                false => of_row,
            };
            self.count(&bytes[..whole], peaks);
            bytes = &bytes[whole..];
        }
    }

    /// Everything counted since the span began.
    pub(crate) fn finish(&mut self, peaks: &mut PeakFollower) -> BlockCensus {
        let held = std::mem::take(&mut self.at.held);
        if !held.is_empty() {
            self.count(&held, peaks);
        }
        self.take()
    }

    /// Whole blocks of one row, or its end.
    fn count(&mut self, mut bytes: &[u8], peaks: &mut PeakFollower) {
        let elements = bytes.len() as u64 / 2;
        let column = self.at.column;
        self.at.column = (column + elements) % self.at.columns;
        self.largest.clear();
        if self.at.is_small {
            let (sorted, largest) = (&mut self.sorted, &mut self.largest);
            each_block(self.at.half, bytes, |binade, block, magnitude| {
                let codes = block.as_chunks::<2>().0;
                let key =
                    |code: &[u8; 2]| u64::from(binade) << 16 | u64::from(u16::from_le_bytes(*code));
                sorted.extend(codes.iter().map(key));
                largest.push(magnitude);
            });
        } else {
            self.counted += elements;
            if self.counted > HARVEST_AFTER {
                self.harvest();
            }
            loop {
                let counted = self.pool.count(self.at.half, bytes, &mut self.largest);
                bytes = &bytes[counted..];
                if bytes.is_empty() {
                    break;
                }
                self.harvest();
            }
        }
        self.tell_peaks(column, elements, peaks);
    }

    /// One peak for the blocks of a square that stand side by side.
    fn tell_peaks(&self, mut column: u64, mut left: u64, peaks: &mut PeakFollower) {
        let mut blocks = self.largest.as_slice();
        while !blocks.is_empty() {
            let to_edge = (SQUARE - column % SQUARE) / BLOCK as u64;
            let count = (to_edge.max(1) as usize).min(blocks.len());
            let (of_square, rest) = blocks.split_at(count);
            let most = of_square
                .iter()
                .fold(0, |most: u16, magnitude| most.max(*magnitude));
            let here = ((count * BLOCK) as u64).min(left);
            peaks.add(here, value_of(self.at.half, most));
            (column, left, blocks) = (column + here, left - here, rest);
        }
    }

    fn harvest(&mut self) {
        self.counted = 0;
        for (binade, cells) in self.pool.drain() {
            self.seen
                .add(binade, &Census::from_sorted(cells.into_iter()));
        }
    }

    fn take(&mut self) -> BlockCensus {
        self.harvest();
        self.sorted.sort_unstable();
        for of_binade in self.sorted.chunk_by(|a, b| a >> 16 == b >> 16) {
            let cells = of_binade.chunk_by(|a, b| a == b);
            let cells = cells.map(|same| (same[0] as u16, same.len() as u64));
            self.seen
                .add((of_binade[0] >> 16) as u8, &Census::from_sorted(cells));
        }
        self.sorted.clear();
        std::mem::take(&mut self.seen)
    }
}

/// A magnitude; +∞ for a NaN, too.
fn value_of(half: Half, magnitude: u16) -> f32 {
    let dtype = match half {
        Half::Bf16 if magnitude > 0x7f80 => return f32::INFINITY,
        Half::Bf16 => return f32::from_bits(u32::from(magnitude) << 16),
        Half::F16 if magnitude >= 0x7c00 => return f32::INFINITY,
        Half::F16 => Dtype::F16,
    };
    dtype.format().decode(u64::from(magnitude)) as f32
}

#[cfg(test)]
mod tests;
