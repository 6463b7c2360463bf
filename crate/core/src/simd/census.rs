//! The census: one increment an element, spread over interleaved tables.
//!
//! An increment of a counter that was just incremented waits for the store
//! before it. Neighbouring elements therefore count in different tables, which
//! keeps a padded or nearly constant tensor from falling to a fraction of the
//! speed. All kernels work on any number of tables, one for little data.

/// Interleaved tables of a large tensor.
pub const TABLES: usize = 4;

/// Codes of 16 bits.
pub const CODES: usize = 1 << 16;

/// Counters between one table and the next that nobody uses. Without them the
/// same code's counters lie a multiple of 4 KiB apart, and processors, which tell
/// a load from an earlier store by the low 12 bits of the address, would wait for
/// a neighbour's store: a quarter of the speed where most elements are equal.
const APART: usize = 272;

/// Counters for the codes of 16 bits; those from [`CODES`] on stay zero.
pub type Table = [u32; CODES + APART];

/// Tables that have counted nothing.
pub fn tables<const N: usize>() -> Box<[Table; N]> {
    let tables = vec![[0; CODES + APART]; N].into_boxed_slice();
    tables.try_into().expect("as many tables as were just made")
}

/// Counts little-endian 16-bit codes. A last odd byte is left out.
pub fn count_u16<const N: usize>(tables: &mut [Table; N], bytes: &[u8]) {
    count_words::<N, 2, 16>(tables, bytes, |word| u16::from_le_bytes(*word));
}

/// Counts the upper 16 bits of little-endian 32-bit words.
pub fn count_top_of_u32<const N: usize>(tables: &mut [Table; N], bytes: &[u8]) {
    let top = |word: &[u8; 4]| (u32::from_le_bytes(*word) >> 16) as u16;
    count_words::<N, 4, 32>(tables, bytes, top);
}

/// Counts the upper 16 bits of little-endian 64-bit words.
pub fn count_top_of_u64<const N: usize>(tables: &mut [Table; N], bytes: &[u8]) {
    let top = |word: &[u8; 8]| (u64::from_le_bytes(*word) >> 48) as u16;
    count_words::<N, 8, 64>(tables, bytes, top);
}

/// Counts codes that were computed one by one.
pub fn count_codes<const N: usize>(tables: &mut [Table; N], codes: impl Iterator<Item = u16>) {
    for (at, code) in codes.enumerate() {
        tables[at % N][usize::from(code)] += 1;
    }
}

/// Counts a code of each word of `WIDTH` bytes, `STEP` bytes at a time: so many
/// are unrolled.
fn count_words<const N: usize, const WIDTH: usize, const STEP: usize>(
    tables: &mut [Table; N],
    bytes: &[u8],
    code: impl Fn(&[u8; WIDTH]) -> u16,
) {
    let (steps, tail) = bytes.as_chunks::<STEP>();
    for step in steps {
        count_codes(tables, step.as_chunks().0.iter().map(&code));
    }
    count_codes(tables, tail.as_chunks().0.iter().map(&code));
}
