//! The census: one increment an element, spread over interleaved tables.
//!
//! An increment of a counter that was just incremented waits for the store
//! before it. Neighbouring elements therefore count in different tables, which
//! keeps a constant or padded tensor from falling to a fraction of the speed.
//! All kernels work on any number of tables, one for little data.

/// Interleaved tables of a large tensor.
pub const TABLES: usize = 4;

/// Counters for the 65,536 codes of 16 bits.
pub type Table = [u32; 1 << 16];

/// Counts little-endian 16-bit codes. A last odd byte is left out.
pub fn count_u16<const N: usize>(tables: &mut [Table; N], bytes: &[u8]) {
    let (body, tail) = bytes.as_chunks::<8>();
    for eight in body {
        let four = u64::from_le_bytes(*eight);
        for lane in 0..4 {
            tables[lane % N][usize::from((four >> (16 * lane)) as u16)] += 1;
        }
    }
    for two in tail.as_chunks::<2>().0 {
        tables[0][usize::from(u16::from_le_bytes(*two))] += 1;
    }
}

/// Counts the upper 16 bits of little-endian 32-bit words.
pub fn count_top_of_u32<const N: usize>(tables: &mut [Table; N], bytes: &[u8]) {
    let (body, tail) = bytes.as_chunks::<16>();
    for sixteen in body {
        for (lane, word) in sixteen.as_chunks::<4>().0.iter().enumerate() {
            tables[lane % N][usize::from((u32::from_le_bytes(*word) >> 16) as u16)] += 1;
        }
    }
    for word in tail.as_chunks::<4>().0 {
        tables[0][usize::from((u32::from_le_bytes(*word) >> 16) as u16)] += 1;
    }
}

/// Counts the upper 16 bits of little-endian 64-bit words.
pub fn count_top_of_u64<const N: usize>(tables: &mut [Table; N], bytes: &[u8]) {
    let words = bytes.as_chunks::<8>().0.iter();
    count_codes(
        tables,
        words.map(|word| (u64::from_le_bytes(*word) >> 48) as u16),
    );
}

/// Counts codes that were computed one by one.
pub fn count_codes<const N: usize>(tables: &mut [Table; N], codes: impl Iterator<Item = u16>) {
    for (at, code) in codes.enumerate() {
        tables[at % N][usize::from(code)] += 1;
    }
}
