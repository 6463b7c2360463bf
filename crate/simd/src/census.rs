//! The census: one increment an element, spread over interleaved tables.
//!
//! An increment of a counter that was just incremented waits for the store
//! before it. Neighbouring elements therefore count in different tables, which
//! keeps a padded or nearly constant tensor from falling to a fraction of the
//! speed. All kernels count in [`TABLES`] tables where they are given so many, else
//! in the first, which is better for little data.

/// Interleaved tables of a large tensor.
pub const TABLES: usize = 4;

/// Codes of 16 bits.
const CODES: usize = 1 << 16;

/// Counters between one table and the next that nobody uses. Without them the
/// same code's counters lie a multiple of 4 KiB apart, and processors, which tell
/// a load from an earlier store by the low 12 bits of the address, would wait for
/// a neighbour's store: a quarter of the speed where most elements are equal.
const APART: usize = 272;

/// Cells that a harvest skips together when all are empty.
const STRIDE: usize = 32;

/// Counters for the codes of 16 bits; those beyond 2^16 stay zero.
pub type Table = [u32; CODES + APART];

/// Tables that have counted nothing.
pub fn tables() -> Box<[Table]> {
    vec![[0; CODES + APART]; TABLES].into_boxed_slice()
}

/// Adds a table that has counted nothing.
pub(crate) fn add_table(tables: &mut Vec<Table>) {
    tables.resize(tables.len() + 1, [0; CODES + APART]);
}

/// Counts little-endian 16-bit codes. A last odd byte is left out.
#[inline(never)]
pub fn count_u16(tables: &mut [Table], bytes: &[u8]) {
    count_words::<2, 16>(tables, bytes, |word| u16::from_le_bytes(*word));
}

/// Counts the upper 16 bits of little-endian 32-bit words.
#[inline(never)]
pub fn count_top_of_u32(tables: &mut [Table], bytes: &[u8]) {
    let top = |word: &[u8; 4]| (u32::from_le_bytes(*word) >> 16) as u16;
    count_words::<4, 32>(tables, bytes, top);
}

/// Counts the upper 16 bits of little-endian 64-bit words.
#[inline(never)]
pub fn count_top_of_u64(tables: &mut [Table], bytes: &[u8]) {
    let top = |word: &[u8; 8]| (u64::from_le_bytes(*word) >> 48) as u16;
    count_words::<8, 64>(tables, bytes, top);
}

/// Counts codes of 6 bits, four to three bytes, the first in the lowest bits.
#[inline(never)]
pub fn count_sextets(tables: &mut [Table], bytes: &[u8]) {
    let groups = bytes.as_chunks::<3>().0.iter();
    let codes = groups.flat_map(|&[a, b, c]| {
        let four = u32::from_le_bytes([a, b, c, 0]);
        (0..4).map(move |at| (four >> (6 * at)) as u16 & 63)
    });
    count_codes(tables, codes);
}

/// Counts codes that are computed one by one.
pub(crate) fn count_codes(tables: &mut [Table], codes: impl Iterator<Item = u16>) {
    if let Some(tables) = tables.first_chunk_mut() {
        count_in::<TABLES>(tables, codes);
    } else if let Some(table) = tables.first_chunk_mut() {
        count_in::<1>(table, codes);
    }
}

/// Occupied codes in order, summed over the tables; these are zero again.
#[inline(never)]
pub fn drain(tables: &mut [Table]) -> Vec<(u16, u64)> {
    let mut cells = Vec::new();
    for first in (0..CODES).step_by(STRIDE) {
        let stride = first..first + STRIDE;
        // Without an early exit the comparison is a few vector instructions.
        let bits = |table: &Table| table[stride.clone()].iter().fold(0, |all, n| all | n);
        if tables.iter().fold(0, |all, table| all | bits(table)) == 0 {
            continue;
        }
        for code in stride {
            let counts = tables
                .iter_mut()
                .map(|table| std::mem::take(&mut table[code]));
            let count = counts.map(u64::from).sum();
            if count > 0 {
                cells.push((code as u16, count));
            }
        }
    }
    cells
}

/// Counts a code of each word of `WIDTH` bytes, `STEP` bytes at a time: so many
/// are unrolled.
#[inline(always)]
fn count_words<const WIDTH: usize, const STEP: usize>(
    tables: &mut [Table],
    bytes: &[u8],
    code: impl Fn(&[u8; WIDTH]) -> u16,
) {
    if let Some(tables) = tables.first_chunk_mut() {
        count_steps::<TABLES, WIDTH, STEP>(tables, bytes, code);
    } else if let Some(table) = tables.first_chunk_mut() {
        count_steps::<1, WIDTH, STEP>(table, bytes, code);
    }
}

#[inline(always)]
fn count_steps<const N: usize, const WIDTH: usize, const STEP: usize>(
    tables: &mut [Table; N],
    bytes: &[u8],
    code: impl Fn(&[u8; WIDTH]) -> u16,
) {
    let (steps, tail) = bytes.as_chunks::<STEP>();
    for step in steps {
        count_in(tables, step.as_chunks().0.iter().map(&code));
    }
    count_in(tables, tail.as_chunks().0.iter().map(&code));
}

#[inline(always)]
fn count_in<const N: usize>(tables: &mut [Table; N], codes: impl Iterator<Item = u16>) {
    for (at, code) in codes.enumerate() {
        tables[at % N][usize::from(code)] += 1;
    }
}
