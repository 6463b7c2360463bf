//! The census by block against one that counts every block by itself, and the plain census against
//! the sum.

use std::collections::BTreeMap;

use super::*;
use crate::scan::{Observations, Scanner};

/// Xorshift64* (Vigna 2016).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

/// Codes whose magnitudes change from stretch to stretch: zeros, one code only, one binade, any.
fn codes(dtype: Dtype, count: usize, seed: u64) -> Vec<u16> {
    let mut state = seed;
    let mantissa_bits = dtype.format().layout().expect("a float").mantissa_bits;
    let mut codes = Vec::with_capacity(count);
    while codes.len() < count {
        let (kind, length) = (next(&mut state) % 6, 1 + next(&mut state) % 100);
        let same = next(&mut state) as u16;
        let exponent = (next(&mut state) as u16 & 0x7fff) >> mantissa_bits << mantissa_bits;
        codes.extend((0..length).map(|_| match kind {
            0 => 0,
            1 => 0x8000,
            2 => same,
            3 => next(&mut state) as u16,
            _ => exponent | next(&mut state) as u16 & (0x8000 | ((1 << mantissa_bits) - 1)),
        }));
    }
    codes.truncate(count);
    codes
}

/// By the definition: ⌊log2⌋ of the largest magnitude of each block, as a number.
fn naive(dtype: Dtype, columns: usize, codes: &[u16]) -> BTreeMap<Option<i32>, BTreeMap<u16, u64>> {
    let mut all = BTreeMap::<_, BTreeMap<u16, u64>>::new();
    for block in codes.chunks(columns).flat_map(|row| row.chunks(BLOCK)) {
        let values = block
            .iter()
            .map(|code| dtype.format().decode(u64::from(*code)).abs());
        let is_finite = values.clone().all(f64::is_finite);
        let largest = values.fold(0.0, f64::max);
        // Zeros, which go with what is smallest.
        let least = if dtype == Dtype::F16 { -24 } else { -127 };
        let binade = match largest {
            0.0 => least,
            _ => (libm::log2(largest).floor() as i32).max(least),
        };
        let census = all.entry(is_finite.then_some(binade)).or_default();
        block
            .iter()
            .for_each(|code| *census.entry(*code).or_default() += 1);
    }
    all
}

fn scan(span: Span, bytes: &[u8], chunk: usize, for_casts: bool) -> Observations {
    let mut scanner = Scanner::new();
    scanner.watch_casts(for_casts);
    scanner.begin(span);
    bytes.chunks(chunk).for_each(|chunk| scanner.feed(chunk));
    scanner.finish().expect("a span was begun")
}

fn check(dtype: Dtype, shape: [u64; 2], chunks: &[usize]) -> usize {
    let span = Span::whole(dtype, &shape);
    let codes = codes(dtype, span.elements as usize, shape[0] * 1000 + shape[1]);
    let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes()).collect();
    let expected = naive(dtype, span.matrix.columns as usize, &codes);
    for &chunk in chunks {
        let seen = scan(span, &bytes, chunk, true);
        let ours: BTreeMap<Option<i32>, BTreeMap<u16, u64>> = seen
            .blocks
            .each(dtype)
            .map(|(binade, census)| (binade, census.cells().collect()))
            .collect();
        assert_eq!(
            seen.blocks.each(dtype).count(),
            ours.len(),
            "a binade occurs twice"
        );
        assert!(ours == expected, "{dtype} {shape:?} in chunks of {chunk}");
        let plain = scan(span, &bytes, chunk, false);
        assert!(
            plain.streams == seen.streams,
            "{dtype} {shape:?}: another plain census"
        );
        assert_eq!(plain.blocks, BlockCensus::default());
        assert_eq!(plain.elements, seen.elements);
    }
    expected.len()
}

#[test]
fn blocks_of_small_tensors_are_counted_as_defined() {
    for columns in [1, 3, 31, 32, 33, 64, 100, 127, 1000] {
        for dtype in [Dtype::BF16, Dtype::F16] {
            check(dtype, [7, columns], &[1, 3, 63, 64, 1 << 20]);
        }
    }
}

#[test]
fn blocks_of_large_tensors_are_counted_as_defined() {
    for (rows, columns) in [
        (17_000, 1),
        (6000, 3),
        (700, 33),
        (513, 64),
        (300, 100),
        (5, 5000),
        (1, 40_001),
    ] {
        for dtype in [Dtype::BF16, Dtype::F16] {
            check(dtype, [rows, columns], &[3, 8191, 1 << 20]);
        }
    }
}

/// There are tables for 32 binades at a time.
#[test]
fn more_binades_than_tables_are_counted_as_defined() {
    assert!(check(Dtype::BF16, [3000, 33], &[70_001, 1 << 20]) > 200);
    assert!(check(Dtype::BF16, [1, 90_000], &[1 << 20]) > 200);
    // 24 − 10 binades of subnormal numbers, 30 of normal ones, and blocks that are not finite.
    assert!(check(Dtype::F16, [3000, 33], &[1 << 20]) > 32);
}

#[test]
fn a_span_that_was_left_leaves_no_counts() {
    let span = Span::whole(Dtype::BF16, &[100, 300]);
    let bytes = vec![0x3c; span.bytes() as usize];
    for part in [70, 50_001] {
        let mut scanner = Scanner::new();
        scanner.begin(span);
        scanner.feed(&bytes[..part]);
        scanner.begin(span);
        scanner.feed(&bytes);
        assert!(scanner.finish() == Some(scan(span, &bytes, bytes.len(), true)));
    }
}

/// Each part counts its own binades; together they are counted once.
#[test]
fn parts_add_up() {
    let span = Span::whole(Dtype::F16, &[400, 64]);
    let codes = codes(Dtype::F16, 25_600, 5);
    let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes()).collect();
    let mut sum = Observations::empty(Dtype::F16, span.matrix);
    for first in [20_480, 0, 4096] {
        let end = [4096, 20_480, 25_600]
            .into_iter()
            .find(|end| *end > first)
            .expect("an end");
        let part = Span {
            first,
            elements: end - first,
            ..span
        };
        let part = scan(
            part,
            &bytes[2 * first as usize..2 * end as usize],
            1000,
            true,
        );
        sum.merge(&part).expect("parts of one tensor");
    }
    let whole = scan(span, &bytes, bytes.len(), true);
    assert!(sum.blocks == whole.blocks && sum.streams == whole.streams && sum.peaks == whole.peaks);
    assert_eq!(sum.blocks.sum().total(), 25_600);
}
