//! A fingerprint of bytes that adds up, whoever read them and in which order.
//!
//! NH of UMAC (Black et al. 1999): within a block of [`BLOCK`] bytes the sum of products
//! of keyed words, which differs between two different blocks but for a chance of 2^-32;
//! sums are mixed with the block's number and added up.

/// Bytes of a block.
pub const BLOCK: usize = 1024;

const WORDS: usize = BLOCK / 4;

/// Keys: the fractional parts of multiples of the golden ratio, mixed.
static KEYS: [u32; WORDS] = keys();

const fn keys() -> [u32; WORDS] {
    let mut keys = [0; WORDS];
    let mut at = 0;
    while at < WORDS {
        keys[at] = (mix(at as u64 + 1) >> 32) as u32;
        at += 1;
    }
    keys
}

/// The sum over blocks, of which the first is the tensor's block number `first`.
/// A short last block is taken with zeros behind it.
#[inline(never)]
pub fn of_blocks(first: u64, bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut sum = 0u64;
    let mut number = first;
    for block in blocks {
        sum = sum.wrapping_add(of_block(number, block));
        number += 1;
    }
    if !rest.is_empty() {
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        sum = sum.wrapping_add(of_block(number, &last));
    }
    sum
}

/// Words four apart are multiplied, so that vectors need no shuffles.
fn of_block(number: u64, block: &[u8; BLOCK]) -> u64 {
    let words = block.as_chunks::<4>().0;
    let mut sums = [0u64; 4];
    for (words, keys) in words.chunks_exact(8).zip(KEYS.chunks_exact(8)) {
        let keyed = |at: usize| {
            let word = u32::from_le_bytes(words[at]);
            u64::from(word.wrapping_add(keys[at]))
        };
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum = sum.wrapping_add(keyed(lane) * keyed(lane + 4));
        }
    }
    let sum = sums
        .iter()
        .fold(0, |sum: u64, lane| sum.wrapping_add(*lane));
    mix(sum ^ mix(number.wrapping_add(0x9e37_79b9_7f4a_7c15)))
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
