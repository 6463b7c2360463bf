//! The census by block: codes counted apart for each binade of the largest magnitude
//! among the [`BLOCK`] codes around them.
//!
//! With a power of two as a scale, what happens to a number depends on nothing else.
//! The counts of all binades together are the plain census.

use super::census::{self, Table};
use super::{BestI16, Shorts};

/// Codes of a block.
pub const BLOCK: usize = 32;

/// Tables that a pool may have, 256 KiB each. A trained tensor has ten binades or so.
const MOST_TABLES: usize = 32;

/// Which 16-bit float codes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Eight bits of exponent.
    Bf16,
    /// Five bits of exponent.
    F16,
}

/// Stands for blocks that hold an infinity or a NaN.
pub const NOT_FINITE: u8 = 255;

impl Half {
    /// The binade of a magnitude, as a small number; for BF16's subnormal numbers, which no
    /// power-of-two scale of 8 bits tells apart, and for zero it is 0.
    #[inline(always)]
    fn binade(self, magnitude: u16) -> u8 {
        match self {
            Half::Bf16 => (magnitude >> 7) as u8,
            Half::F16 if magnitude >= 0x7c00 => NOT_FINITE,
            Half::F16 if magnitude >= 0x400 => (magnitude >> 10) as u8 + 9,
            Half::F16 => magnitude.checked_ilog2().unwrap_or(0) as u8,
        }
    }

    /// ⌊log2⌋ of what [`binade`](Self::binade) numbers so; of zeros and BF16's subnormal numbers −127.
    pub fn exponent(self, binade: u8) -> i32 {
        match self {
            Half::Bf16 => i32::from(binade) - 127,
            Half::F16 => i32::from(binade) - 24,
        }
    }
}

/// Blocks whose largest magnitudes are found together.
const AT_ONCE: usize = 64;

/// Stands for a binade that has no table.
const NO_TABLE: u8 = u8::MAX;

/// Tables, each for a binade.
pub struct Pool {
    tables: Vec<Table>,
    /// How many of them count.
    used: usize,
    /// The table of each binade.
    table_of: [u8; 256],
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            tables: Vec::new(),
            used: 0,
            table_of: [NO_TABLE; 256],
        }
    }
}

impl Pool {
    /// The table of a binade, or nothing when all are in use.
    #[inline(always)]
    fn table(&mut self, binade: u8) -> Option<&mut Table> {
        let mut at = self.table_of[usize::from(binade)];
        if at == NO_TABLE {
            at = self.take_table(binade)?;
        }
        self.tables.get_mut(usize::from(at))
    }

    #[cold]
    fn take_table(&mut self, binade: u8) -> Option<u8> {
        if self.used == MOST_TABLES {
            return None;
        }
        let at = self.used;
        self.used += 1;
        self.table_of[usize::from(binade)] = at as u8;
        if at == self.tables.len() {
            census::add_table(&mut self.tables);
        }
        Some(at as u8)
    }

    /// Counts the blocks of a row, of which the last may be short, and adds the largest
    /// magnitude of each to `largest`. Returns how many bytes were counted: fewer than there are when
    /// there is no table left, and the pool is to be drained.
    #[inline(never)]
    pub fn count(&mut self, half: Half, row: &[u8], largest: &mut Vec<u16>) -> usize {
        let (blocks, rest) = row.as_chunks::<BYTES>();
        let counted = match half {
            Half::Bf16 => self.count_blocks(|most| Half::Bf16.binade(most), blocks, largest),
            Half::F16 => self.count_blocks(|most| Half::F16.binade(most), blocks, largest),
        };
        if counted < blocks.len() {
            return counted * BYTES;
        }
        let counted = counted * BYTES;
        let codes = || {
            rest.as_chunks::<2>()
                .0
                .iter()
                .map(|code| u16::from_le_bytes(*code))
        };
        let Some(magnitude) = codes().map(|code| code & 0x7fff).max() else {
            return counted;
        };
        let Some(table) = self.table(half.binade(magnitude)) else {
            return counted;
        };
        largest.push(magnitude);
        codes().for_each(|code| table[usize::from(code)] += 1);
        row.len()
    }

    /// Whole blocks; returns how many were counted.
    #[inline(always)]
    fn count_blocks(
        &mut self,
        binade: impl Fn(u16) -> u8,
        blocks: &[[u8; BYTES]],
        largest: &mut Vec<u16>,
    ) -> usize {
        let mut counted = 0;
        for some in blocks.chunks(AT_ONCE) {
            let known = largest.len();
            largest.extend(some.iter().map(largest_of::<BestI16>));
            for (at, block) in some.iter().enumerate() {
                let Some(table) = self.table(binade(largest[known + at])) else {
                    largest.truncate(known + at);
                    return counted;
                };
                count_block(table, block);
                counted += 1;
            }
        }
        counted
    }

    /// The occupied codes of each binade, both in ascending order; the tables are empty again.
    pub fn drain(&mut self) -> Vec<(u8, Vec<(u16, u64)>)> {
        let table_of = std::mem::replace(&mut self.table_of, [NO_TABLE; 256]);
        self.used = 0;
        let used = (0..=u8::MAX).zip(table_of);
        used.filter(|(_, at)| *at != NO_TABLE)
            .map(|(binade, at)| {
                let table = std::slice::from_mut(&mut self.tables[usize::from(at)]);
                (binade, census::drain(table))
            })
            .collect()
    }
}

const BYTES: usize = 2 * BLOCK;

/// The largest magnitude.
#[inline(always)]
fn largest_of<S: Shorts>(block: &[u8; BYTES]) -> u16 {
    let vectors = block.as_chunks::<16>().0.iter();
    let magnitudes = vectors.map(|vector| S::load(vector).and(S::splat(i16::MAX)));
    magnitudes.fold(S::splat(0), S::max).largest() as u16
}

/// Whether all codes are the same.
#[inline(always)]
fn is_constant<S: Shorts>(block: &[u8; BYTES]) -> bool {
    let first = S::splat(i16::from_le_bytes([block[0], block[1]]));
    let vectors = block.as_chunks::<16>().0.iter();
    let differ = vectors.map(|vector| S::load(vector).xor(first));
    differ.fold(S::splat(0), S::or).is_zero()
}

/// Codes that are all alike would wait for each other's increments. Where the first two
/// differ nothing else need be asked.
#[inline(always)]
fn count_block(table: &mut Table, block: &[u8; BYTES]) {
    let codes = block.as_chunks::<2>().0;
    if codes[0] == codes[1] && is_constant::<BestI16>(block) {
        table[usize::from(u16::from_le_bytes(codes[0]))] += BLOCK as u32;
        return;
    }
    for code in codes {
        table[usize::from(u16::from_le_bytes(*code))] += 1;
    }
}

/// The binade of each block of a short row, and its codes: for few of them tables are too slow to drain.
pub fn each_block(half: Half, row: &[u8], mut each: impl FnMut(u8, &[u8], u16)) {
    for block in row.chunks(2 * BLOCK) {
        let codes = block
            .as_chunks::<2>()
            .0
            .iter()
            .map(|code| u16::from_le_bytes(*code) & 0x7fff);
        let magnitude = codes.max().unwrap_or(0);
        each(half.binade(magnitude), block, magnitude);
    }
}
