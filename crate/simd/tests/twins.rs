//! The best backend of this target, its scalar twin and the plain definition say
//! the same of any words: ragged lengths, NaN payloads, −0, subnormals.

use floatscope_simd::census::{self, TABLES, Table};
use floatscope_simd::powers::{F32, F64, Frame, Source, power_sums};
use floatscope_simd::words::{WordsSeen, look};
use floatscope_simd::{
    BACKEND, BestF64, BestU32, BestU64, PortableF64, PortableU32, PortableU64, Words,
};
use proptest::prelude::*;

#[test]
fn the_backend_is_the_targets() {
    let simd128 = cfg!(all(target_arch = "wasm32", target_feature = "simd128"));
    let expected = match cfg!(target_arch = "x86_64") {
        _ if simd128 => "simd128",
        true => "sse2",
        false => "portable",
    };
    assert_eq!(BACKEND, expected);
}

/// Words that are hard, and any others.
fn word(bits: u32) -> impl Strategy<Value = u64> {
    let sign = 1u64 << (bits - 1);
    let (mantissa_bits, infinity) = match bits {
        32 => (23, u64::from(f32::INFINITY.to_bits())),
        _ => (52, f64::INFINITY.to_bits()),
    };
    let any_sign = move |magnitude: u64| prop_oneof![Just(magnitude), Just(magnitude | sign)];
    let magnitude = prop_oneof![
        Just(0),
        Just(1),
        Just(infinity),
        Just(infinity - 1),
        Just(sign - 1),
        // Subnormals and NaN payloads.
        1..1u64 << mantissa_bits,
        (1..1u64 << mantissa_bits).prop_map(move |payload| infinity | payload),
        0..sign,
    ];
    magnitude.prop_flat_map(any_sign)
}

/// Up to so many words: blocks of eight vectors, single vectors and a tail.
fn words(bits: u32, most: usize) -> impl Strategy<Value = Vec<u64>> {
    let mixed = prop::collection::vec(word(bits), 0..most);
    let alike = (word(bits), 0..most).prop_map(|(word, count)| vec![word; count]);
    let zeros_and = (0..most, word(bits)).prop_map(|(count, last)| {
        let mut words = vec![0; count];
        words.push(last);
        words
    });
    prop_oneof![6 => mixed, 1 => alike, 1 => zeros_and]
}

fn bytes_of(words: &[u64], bits: u32) -> Vec<u8> {
    let width = bits as usize / 8;
    let bytes = words
        .iter()
        .flat_map(|word| word.to_le_bytes().into_iter().take(width));
    bytes.collect()
}

fn float(word: u64, bits: u32) -> f64 {
    match bits {
        32 => f32::from_bits(word as u32).into(),
        _ => f64::from_bits(word),
    }
}

/// What the words show, by the definition.
fn naive_look(words: &[u64], bits: u32) -> WordsSeen {
    let sign = 1u64 << (bits - 1);
    let magnitudes = || words.iter().map(|word| word & !sign);
    let floats = || words.iter().map(|&word| float(word, bits));
    WordsSeen {
        max_magnitude: magnitudes().max().unwrap_or(0),
        min_magnitude: magnitudes().filter(|&x| x != 0).min().unwrap_or(u64::MAX),
        min: floats().fold(f64::INFINITY, f64::min),
        max: floats().fold(f64::NEG_INFINITY, f64::max),
        zeros: words.iter().filter(|&&word| word == 0).count() as u64,
        negative_zeros: words.iter().filter(|&&word| word == sign).count() as u64,
        ones: std::array::from_fn(|plane| words.iter().map(|word| word >> plane & 1).sum()),
    }
}

/// Extremes have no meaning where a word is a NaN: such a tile is looked at again without it.
fn without_extremes(seen: WordsSeen, words: &[u64], bits: u32) -> WordsSeen {
    if words.iter().any(|&word| float(word, bits).is_nan()) {
        WordsSeen {
            min_magnitude: 0,
            min: 0.0,
            max: 0.0,
            ..seen
        }
    } else {
        seen
    }
}

fn check_look<Best: Words, Twin: Words>(words: &[u64]) -> Result<(), TestCaseError> {
    let bits = Best::BITS;
    let bytes = bytes_of(words, bits);
    let expected = without_extremes(naive_look(words, bits), words, bits);
    let best = without_extremes(look::<Best>(&bytes), words, bits);
    let twin = without_extremes(look::<Twin>(&bytes), words, bits);
    prop_assert_eq!(&best, &expected);
    prop_assert_eq!(&twin, &expected);
    Ok(())
}

/// Finite numbers of ordinary and of extreme size.
fn finite(bits: u32, most: usize) -> impl Strategy<Value = Vec<u64>> {
    let finite = move |word: &u64| float(*word, bits).is_finite();
    prop::collection::vec(word(bits).prop_filter("finite", finite), 0..most)
}

fn frames() -> impl Strategy<Value = Frame> {
    let frame = (-2.0..2.0, -200..200i32).prop_map(|(pivot, exponent)| Frame {
        pivot,
        scale: libm::ldexp(1.0, exponent),
    });
    prop_oneof![Just(Frame::PLAIN), frame]
}

/// Bits of the sums; every NaN is one, for its payload is the processor's.
fn bits_of(sums: [f64; 4]) -> [u64; 4] {
    sums.map(|sum| if sum.is_nan() { f64::NAN } else { sum }.to_bits())
}

/// The fixed order of lanes, spelled out: two accumulators of two lanes each for
/// FP32, one for FP64, and what does not fill a vector comes last.
fn naive_sums(numbers: &[f64], per_vector: usize, frame: Frame) -> [f64; 4] {
    let framed = |x: f64| x * frame.scale - frame.pivot;
    let whole = numbers.len() / per_vector * per_vector;
    std::array::from_fn(|k| {
        let power = |x: f64| match (framed(x), k) {
            (d, 0) => d,
            (d, 1) => d * d,
            (d, 2) => d * d * d,
            (d, _) => (d * d) * (d * d),
        };
        let mut lanes = [0.0; 4];
        for (at, &x) in numbers[..whole].iter().enumerate() {
            lanes[at % per_vector] += power(x);
        }
        let body = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
        numbers[whole..].iter().fold(body, |sum, &x| sum + power(x))
    })
}

fn check_sums<S: Source>(words: &[u64], bits: u32, frame: Frame) -> Result<(), TestCaseError> {
    let bytes = bytes_of(words, bits);
    let numbers: Vec<f64> = words.iter().map(|&word| float(word, bits)).collect();
    let expected = bits_of(naive_sums(&numbers, 16 / S::WIDTH, frame));
    prop_assert_eq!(bits_of(power_sums::<S, BestF64>(&bytes, frame)), expected);
    prop_assert_eq!(
        bits_of(power_sums::<S, PortableF64>(&bytes, frame)),
        expected
    );
    Ok(())
}

/// The sum over the tables of each code's count, where there is one.
fn counts(tables: &[Table]) -> Vec<(u16, u64)> {
    let sum = |code: u16| {
        tables
            .iter()
            .map(|table| u64::from(table[usize::from(code)]))
            .sum()
    };
    let all = (0..=u16::MAX).map(|code| (code, sum(code)));
    all.filter(|cell| cell.1 > 0).collect()
}

type Kernel = fn(&mut [Table], &[u8]);

fn check_census(tables: usize, bytes: &[u8]) -> Result<(), TestCaseError> {
    let by_definition = |width: usize| {
        let mut table = census::tables();
        for word in bytes.chunks_exact(width) {
            let top = [word[width - 2], word[width - 1]];
            table[0][usize::from(u16::from_le_bytes(top))] += 1;
        }
        counts(&table)
    };
    let kernels: [(usize, Kernel); 3] = [
        (2, census::count_u16),
        (4, census::count_top_of_u32),
        (8, census::count_top_of_u64),
    ];
    let mut table = census::tables();
    for (width, count) in kernels {
        count(&mut table[..tables], bytes);
        let expected = by_definition(width);
        prop_assert_eq!(counts(&table), expected.clone(), "{} bytes", width);
        prop_assert_eq!(census::drain(&mut table[..tables]), expected);
        prop_assert!(
            table.as_flattened().iter().all(|&count| count == 0),
            "not drained"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn looks_at_32_bits_agree(words in words(32, 200)) {
        check_look::<BestU32, PortableU32>(&words)?;
    }

    #[test]
    fn looks_at_64_bits_agree(words in words(64, 100)) {
        check_look::<BestU64, PortableU64>(&words)?;
    }

    #[test]
    fn sums_of_32_bits_agree_to_the_bit(words in finite(32, 40), frame in frames()) {
        check_sums::<F32>(&words, 32, frame)?;
    }

    #[test]
    fn sums_of_64_bits_agree_to_the_bit(words in finite(64, 40), frame in frames()) {
        check_sums::<F64>(&words, 64, frame)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn codes_are_counted_wherever_they_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check_census(1, &bytes)?;
        check_census(TABLES, &bytes)?;
    }
}

#[test]
fn a_full_tile_does_not_overflow_its_counters() {
    let most = |bits: u32| bytes_of(&[u64::MAX; 4096], bits);
    assert_eq!(look::<BestU32>(&most(32)).ones[..32], [4096; 32]);
    assert_eq!(look::<BestU64>(&most(64)).ones, [4096; 64]);
    let zeros = [0; 4096 * 8];
    assert_eq!(look::<BestU32>(&zeros[..4096 * 4]).zeros, 4096);
    assert_eq!(look::<BestU64>(&zeros).zeros, 4096);
}
