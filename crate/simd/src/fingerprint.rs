//! A fingerprint of bytes that adds up, whoever read them and in which order.
//!
//! NH of UMAC (Black et al. 1999): within a block of [`BLOCK`] bytes the sum of products
//! of keyed words, which differs between two different blocks but for a chance of 2^-32;
//! sums are mixed with the block's number and added up.

use crate::Products;

/// Bytes of a block.
pub const BLOCK: usize = 1024;

const VECTORS: usize = BLOCK / 16;

/// Keys: the fractional parts of multiples of the golden ratio, mixed.
static KEYS: [[u8; 16]; VECTORS] = keys();

const fn keys() -> [[u8; 16]; VECTORS] {
    let mut keys = [[0; 16]; VECTORS];
    let mut at = 0;
    while at < BLOCK {
        keys[at / 16][at % 16] = (mix(at as u64 + 1) >> 56) as u8;
        at += 1;
    }
    keys
}

/// The sum over blocks, of which the first is the tensor's block number `first`.
/// A short last block is taken with zeros behind it.
#[inline(never)]
pub fn of_blocks(first: u64, bytes: &[u8]) -> u64 {
    blocks::<crate::BestU32>(first, bytes)
}

/// [`of_blocks`] with the vectors of a backend.
#[inline(always)]
pub fn blocks<W: Products>(first: u64, bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut sum = 0u64;
    let mut number = first;
    for block in blocks {
        sum = sum.wrapping_add(of_block::<W>(number, block));
        number += 1;
    }
    if !rest.is_empty() {
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        sum = sum.wrapping_add(of_block::<W>(number, &last));
    }
    sum
}

/// Words four apart are multiplied, so that vectors need no shuffles.
#[inline(always)]
fn of_block<W: Products>(number: u64, block: &[u8; BLOCK]) -> u64 {
    let vectors = block.as_chunks::<16>().0;
    let mut sums = W::no_sums();
    for (pair, keys) in vectors.chunks_exact(2).zip(KEYS.chunks_exact(2)) {
        let keyed = |at: usize| W::load(&pair[at]).sub(W::load(&keys[at]));
        sums = keyed(0).add_products(keyed(1), sums);
    }
    mix(W::total(sums) ^ mix(number.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

/// The finaliser of SplitMix64 (Steele et al. 2014).
const fn mix(mut x: u64) -> u64 {
    x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| (mix(at as u64) & 0xff) as u8).collect()
    }

    #[test]
    fn backends_agree() {
        let all = bytes(7 * BLOCK + 5);
        assert_eq!(of_blocks(3, &all), blocks::<crate::PortableU32>(3, &all));
    }

    #[test]
    fn cuts_on_blocks_change_nothing() {
        let all = bytes(5 * BLOCK + 17);
        let (head, tail) = all.split_at(3 * BLOCK);
        let sum = of_blocks(0, head).wrapping_add(of_blocks(3, tail));
        assert_eq!(sum, of_blocks(0, &all));
    }

    #[test]
    fn any_changed_bit_and_any_swap_shows() {
        let all = bytes(2 * BLOCK);
        let print = of_blocks(0, &all);
        for bit in 0..all.len() * 8 {
            let mut changed = all.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(of_blocks(0, &changed), print, "bit {bit}");
        }
        let swapped = [&all[BLOCK..], &all[..BLOCK]].concat();
        assert_ne!(of_blocks(0, &swapped), print);
    }
}
