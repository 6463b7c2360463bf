//! The dense tables that a scan counts in, and their harvest into a census.

use super::Census;
use crate::format::Dtype;
use crate::simd::census::{self, TABLES, Table};

/// Elements after which the 32-bit counters are harvested, well before they overflow.
const HARVEST_AFTER: u64 = 1 << 31;

/// Interleaved counters for one stream of codes.
pub(crate) struct Tables {
    tables: Box<[Table; TABLES]>,
    counted: u64,
    harvest: Census,
}

impl Tables {
    pub(crate) fn new() -> Self {
        let tables = vec![[0; 1 << 16]; TABLES].into_boxed_slice();
        let tables = tables.try_into().expect("as many tables as were just made");
        Self {
            tables,
            counted: 0,
            harvest: Census::default(),
        }
    }

    /// Counts elements of a type of at most 16 bits; `bytes` holds whole groups.
    pub(crate) fn count(&mut self, dtype: Dtype, bytes: &[u8]) {
        let elements = bytes.len() as u64 * 8 / u64::from(dtype.bits());
        self.counting(elements, dtype.bits(), |tables| match dtype.bits() {
            16 => census::count_u16(tables, bytes),
            6 => census::count_codes(tables, sextets(bytes)),
            _ => census::count_u8(tables, bytes),
        });
    }

    /// Counts the top 16 bits of 32- or 64-bit words.
    pub(crate) fn count_tops(&mut self, word_bits: u32, bytes: &[u8]) {
        let elements = bytes.len() as u64 * 8 / u64::from(word_bits);
        self.counting(elements, 16, |tables| match word_bits {
            32 => census::count_top_of_u32(tables, bytes),
            _ => census::count_top_of_u64(tables, bytes),
        });
    }

    /// Counts `elements` codes that were computed one by one.
    pub(crate) fn count_codes(&mut self, elements: u64, codes: impl Iterator<Item = u16>) {
        self.counting(elements, 16, |tables| census::count_codes(tables, codes));
    }

    /// Everything counted since the last call; the tables are empty again.
    pub(crate) fn take(&mut self, code_bits: u32) -> Census {
        self.harvest_now(code_bits);
        std::mem::take(&mut self.harvest)
    }

    fn counting(
        &mut self,
        elements: u64,
        code_bits: u32,
        count: impl FnOnce(&mut [Table; TABLES]),
    ) {
        count(&mut self.tables);
        self.counted += elements;
        if self.counted >= HARVEST_AFTER {
            self.harvest_now(code_bits);
        }
    }

    fn harvest_now(&mut self, code_bits: u32) {
        if self.counted == 0 {
            return;
        }
        self.counted = 0;
        let sums = self.sum_and_clear(if code_bits <= 8 { 1 << 8 } else { 1 << 16 });
        let sums = if code_bits == 4 {
            split_bytes(&sums)
        } else {
            sums
        };
        let cells = sums
            .into_iter()
            .enumerate()
            .map(|(code, count)| (code as u16, count));
        self.harvest.merge(&Census::from_sorted(cells));
    }

    /// Counts of the first `cells` codes over all tables.
    fn sum_and_clear(&mut self, cells: usize) -> Vec<u64> {
        let mut sums = vec![0; cells];
        for table in self.tables.iter_mut() {
            for (sum, count) in sums.iter_mut().zip(table.iter_mut()) {
                *sum += u64::from(std::mem::take(count));
            }
        }
        sums
    }
}

/// Counts of nibbles from counts of bytes.
fn split_bytes(bytes: &[u64]) -> Vec<u64> {
    let mut nibbles = vec![0; 16];
    for (byte, count) in bytes.iter().enumerate() {
        nibbles[byte & 15] += count;
        nibbles[byte >> 4] += count;
    }
    nibbles
}

/// Codes of 6 bits, four to three bytes, the first in the lowest bits.
fn sextets(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    bytes.as_chunks::<3>().0.iter().flat_map(|&[a, b, c]| {
        let four = u32::from_le_bytes([a, b, c, 0]);
        (0..4).map(move |at| (four >> (6 * at)) as u16 & 63)
    })
}
