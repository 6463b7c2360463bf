//! The dense tables that a scan counts in, and their harvest into a census.

use super::Census;
use floatscope_simd::census::{self, Table};

/// Elements after which the 32-bit counters are harvested, well before they overflow.
const HARVEST_AFTER: u64 = 1 << 31;
/// Up to so many increments go into one table: a harvest that looks at four would
/// cost more than the counting.
const SMALL: u64 = 1 << 16;

/// What an increment of a table counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// One code of up to 16 bits.
    Codes,
    /// Two neighbouring codes of 8 bits: half the increments for the same bytes.
    BytePairs,
    /// Four neighbouring codes of 4 bits.
    NibbleQuads,
}

/// Interleaved counters for one stream of codes.
pub(crate) struct Tables {
    tables: Box<[Table]>,
    in_use: usize,
    increments: u64,
    /// Last bytes without a neighbour.
    odd_bytes: Vec<u8>,
    harvest: Census,
}

impl Tables {
    pub(crate) fn new() -> Self {
        Self {
            tables: census::tables(),
            in_use: 0,
            increments: 0,
            odd_bytes: Vec::new(),
            harvest: Census::default(),
        }
    }

    /// Counts elements of a type of at most 16 bits; `bytes` holds whole groups.
    pub(crate) fn count(&mut self, bits: u32, bytes: &[u8]) {
        match bits {
            6 => {
                let tables = self.for_codes(bytes.len() as u64 / 3 * 4);
                census::count_sextets(tables, bytes);
            }
            _ => self.count_u16(counted(bits), bytes),
        }
    }

    /// Counts the top 16 bits of 32- or 64-bit words.
    pub(crate) fn count_tops(&mut self, word_bits: u32, bytes: &[u8]) {
        let tables = self.for_codes(bytes.len() as u64 * 8 / u64::from(word_bits));
        match word_bits {
            32 => census::count_top_of_u32(tables, bytes),
            _ => census::count_top_of_u64(tables, bytes),
        }
    }

    /// Tables for so many more codes.
    pub(crate) fn for_codes(&mut self, codes: u64) -> &mut [Table] {
        self.spread(Counted::Codes, codes)
    }

    /// Everything counted since the last call; the tables are empty again.
    pub(crate) fn take(&mut self, code_bits: u32) -> Census {
        self.harvest_now(counted(code_bits));
        std::mem::take(&mut self.harvest)
    }

    /// Empties the tables.
    pub(crate) fn forget(&mut self) {
        self.take(16);
    }

    fn count_u16(&mut self, counted: Counted, bytes: &[u8]) {
        let (_, odd) = bytes.as_chunks::<2>();
        self.odd_bytes.extend_from_slice(odd);
        census::count_u16(self.spread(counted, bytes.len() as u64 / 2), bytes);
    }

    /// Where so many increments more should go.
    fn spread(&mut self, counted: Counted, increments: u64) -> &mut [Table] {
        if self.increments + increments > HARVEST_AFTER {
            self.harvest_now(counted);
        }
        self.increments += increments;
        if self.increments > SMALL {
            self.in_use = self.tables.len();
        }
        self.in_use = self.in_use.max(1);
        &mut self.tables[..self.in_use]
    }

    fn harvest_now(&mut self, counted: Counted) {
        if self.increments == 0 && self.odd_bytes.is_empty() {
            return;
        }
        let cells = census::drain(&mut self.tables[..self.in_use]);
        let cells = match counted {
            Counted::Codes => cells,
            Counted::BytePairs => self.bytes_of_pairs(&cells),
            Counted::NibbleQuads => split(&self.bytes_of_pairs(&cells), 4),
        };
        (self.increments, self.in_use) = (0, 0);
        self.odd_bytes.clear();
        self.harvest.merge(&Census::from_sorted(cells.into_iter()));
    }

    /// Both halves of each pair, and the bytes without a neighbour.
    fn bytes_of_pairs(&self, pairs: &[(u16, u64)]) -> Vec<(u16, u64)> {
        let mut bytes = split(pairs, 8);
        for &odd in &self.odd_bytes {
            bytes[usize::from(odd)].1 += 1;
        }
        bytes
    }
}

fn counted(code_bits: u32) -> Counted {
    match code_bits {
        4 => Counted::NibbleQuads,
        8 => Counted::BytePairs,
        _ => Counted::Codes,
    }
}

/// Cells of 2·`bits` as the cells of their halves, empty ones included.
fn split(pairs: &[(u16, u64)], bits: u32) -> Vec<(u16, u64)> {
    let mask = (1 << bits) - 1;
    let mut halves: Vec<(u16, u64)> = (0..=mask).map(|code| (code, 0)).collect();
    for &(pair, count) in pairs {
        halves[usize::from(pair & mask)].1 += count;
        halves[usize::from(pair >> bits)].1 += count;
    }
    halves
}
