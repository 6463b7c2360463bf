//! Fingerprints and containment against their definitions.

use floatscope_simd::containment::{Contained, contained_in_f32};
use floatscope_simd::fingerprint::{BLOCK, of_blocks};
use proptest::prelude::*;

/// The finaliser of SplitMix64.
fn mix(x: u64) -> u64 {
    let mut x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Of word `at`: a byte from each number.
fn key(at: usize) -> u32 {
    let byte = |of: usize| (mix((4 * at + of) as u64 + 1) >> 56) as u32;
    (0..4).map(|of| byte(of) << (8 * of)).sum()
}

/// NH: in each eight words the keyed ones four apart are multiplied.
fn naive_block(number: u64, block: &[u8]) -> u64 {
    let word = |at: usize| {
        let byte = |of: usize| u32::from(block.get(4 * at + of).copied().unwrap_or(0)) << (8 * of);
        (0..4).map(byte).sum::<u32>()
    };
    let keyed = |at: usize| u64::from(word(at).wrapping_sub(key(at)));
    let pairs = (0..BLOCK / 4).filter(|at| at % 8 < 4);
    let sum = pairs.fold(0u64, |sum, at| {
        sum.wrapping_add(keyed(at).wrapping_mul(keyed(at + 4)))
    });
    mix(sum ^ mix(number.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

fn naive_print(first: u64, bytes: &[u8]) -> u64 {
    let blocks = bytes.chunks(BLOCK).zip(first..);
    blocks.fold(0, |sum: u64, (block, number)| {
        sum.wrapping_add(naive_block(number, block))
    })
}

/// A value is held by a format if the format has its significant bits and its range.
fn naive_contained(word: u32) -> Contained {
    let value = f32::from_bits(word);
    if value == 0.0 || !value.is_finite() {
        return Contained {
            neutral: 1,
            ..Contained::default()
        };
    }
    let magnitude = f64::from(value.abs());
    let ten_bits = word.trailing_zeros() >= 13;
    let is_small = magnitude < libm::ldexp(1.0, -14);
    let is_outside = ten_bits && (is_small || magnitude > 65_504.0);
    let is_multiple = libm::ldexp(magnitude, 24).fract() == 0.0;
    Contained {
        neutral: 0,
        bf16: u64::from(word.trailing_zeros() >= 16),
        ten_bits: u64::from(ten_bits),
        outside: u64::from(is_outside),
        outside_f16: u64::from(is_outside && is_small && is_multiple),
    }
}

fn sum(all: Contained, one: Contained) -> Contained {
    Contained {
        neutral: all.neutral + one.neutral,
        bf16: all.bf16 + one.bf16,
        ten_bits: all.ten_bits + one.ten_bits,
        outside: all.outside + one.outside,
        outside_f16: all.outside_f16 + one.outside_f16,
    }
}

/// Words with so many low bits cleared: random, tiny, huge, special.
fn word() -> impl Strategy<Value = u32> {
    let tops = prop_oneof![
        4 => any::<u32>(),
        2 => (90u32..115).prop_map(|exponent| exponent << 23),
        1 => (140u32..=255).prop_map(|exponent| exponent << 23),
        1 => Just(0u32),
    ];
    (tops, any::<u32>(), 0..24u32, any::<bool>()).prop_map(|(top, low, zeros, is_negative)| {
        let word = top | (low & 0x007f_ffff) >> zeros << zeros;
        word ^ u32::from(is_negative) << 31
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn fingerprints_are_as_defined(
        bytes in prop::collection::vec(any::<u8>(), 0..4 * BLOCK),
        first in prop_oneof![0..9u64, any::<u64>().prop_map(|first| first / 2)],
    ) {
        prop_assert_eq!(of_blocks(first, &bytes), naive_print(first, &bytes));
    }

    #[test]
    fn containment_is_as_defined(words in prop::collection::vec(word(), 0..600)) {
        let bytes: Vec<u8> = words.iter().copied().flat_map(u32::to_le_bytes).collect();
        let expected = words.iter().copied().map(naive_contained).fold(Contained::default(), sum);
        prop_assert_eq!(contained_in_f32(&bytes), expected);
    }
}

/// More words than the sums of a batch hold at once, and a part of one.
#[test]
fn batches_add_up() {
    let words = (0..200_000u32).map(|at| at.wrapping_mul(0x9e37_79b9) >> (at % 3) << (at % 20));
    let words: Vec<u32> = words.collect();
    let mut bytes: Vec<u8> = words.iter().copied().flat_map(u32::to_le_bytes).collect();
    bytes.extend([1, 2, 3]);
    let expected = words
        .into_iter()
        .map(naive_contained)
        .fold(Contained::default(), sum);
    assert_eq!(contained_in_f32(&bytes), expected);
}
