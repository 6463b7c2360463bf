//! Kernels of the casts: the best backend of this target and its scalar twin agree to the bit, sums
//! included; largest magnitudes and blocks are as defined.

use floatscope_simd::blocks::{BLOCK, Half, NOT_FINITE, Pool, each_block};
use floatscope_simd::casts::{
    Float, Seen, Target, cast, cast_f32, cast_f64, zeros_and_squares, zeros_and_squares_f32,
};
use floatscope_simd::decode::extend_from_f16;
use floatscope_simd::peaks::*;
use floatscope_simd::{BestReal32, BestReal64, PortableReal32, PortableReal64, Reals, Rows};
use proptest::prelude::*;

/// Sixteen levels, evenly spaced: what a row of edges needs, and no more.
fn levels() -> Rows {
    std::array::from_fn(|at| {
        let middle = (at as f32 - 32.0) / 32.0;
        let edge = (middle * 8.0 - 0.5).round() / 8.0 + 1.0 / 16.0;
        [edge, edge - 1.0 / 16.0, edge + 1.0 / 16.0, 0.0]
    })
}

fn targets(rows: &Rows) -> Vec<Target<'_>> {
    let mut all = vec![
        Target::FloatAway { mantissa_bits: 10 },
        Target::ScaledIntegers,
        Target::ScaledLevels { half: 32.0, rows },
    ];
    for (mantissa_bits, min_exponent, largest) in [
        (10, -14, 65_504.0),
        (7, -126, 3e38),
        (3, -6, 448.0),
        (2, -14, 57_344.0),
        (3, 0, 7.5),
        (2, -2, 28.0),
        (1, 0, 6.0),
        (3, -7, 240.0),
    ] {
        let float = Float {
            mantissa_bits,
            min_exponent,
        };
        all.push(Target::Float(float));
        all.push(Target::SharedFloat { float, largest });
        for largest in [None, Some(largest)] {
            all.push(Target::ScaledFloat { float, largest });
        }
    }
    for (step, largest) in [(1.0, 127.0), (1.0, 7.0), (1.0 / 64.0, 127.0 / 64.0)] {
        all.push(Target::SharedMultiples { step, largest });
    }
    all
}

/// Bits of the sums too.
fn bits(seen: Seen) -> [u64; 6] {
    let Seen {
        exact,
        zeros,
        subnormal,
        overflow,
        max_error,
        squares,
    } = seen;
    [
        exact,
        zeros,
        subnormal,
        overflow,
        max_error.to_bits(),
        squares.to_bits(),
    ]
}

/// What each number becomes, one at a time, by the twin.
fn one_by_one<R: Reals>(numbers: &[R::Lane], run: usize, scales: &[f32], target: &Target) -> Seen {
    let mut all = Seen::default();
    for (numbers, scale) in numbers.chunks(run).zip(scales) {
        for number in numbers {
            let one = cast::<R>(&[*number], 1, &[*scale], target);
            all.exact += one.exact;
            all.zeros += one.zeros;
            all.subnormal += one.subnormal;
            all.overflow += one.overflow;
            all.max_error = all.max_error.max(one.max_error);
            all.squares += one.squares;
        }
    }
    all
}

fn check<Best: Reals, Twin: Reals<Lane = Best::Lane>>(
    numbers: &[Best::Lane],
    run: usize,
    scales: &[f32],
    widest: impl Fn(&[Best::Lane], usize, &[f32], &Target) -> Seen,
) -> Result<(), TestCaseError> {
    let rows = levels();
    for target in targets(&rows) {
        let best = cast::<Best>(numbers, run, scales, &target);
        let twin = cast::<Twin>(numbers, run, scales, &target);
        // With the widest vectors of this processor.
        let widest = widest(numbers, run, scales, &target);
        prop_assert_eq!(bits(widest), bits(twin), "{:?}", target);
        prop_assert_eq!(bits(best), bits(twin), "{:?}", target);
        let single = one_by_one::<Twin>(numbers, run, scales, &target);
        prop_assert_eq!(bits(best)[..5].to_vec(), bits(single)[..5].to_vec());
        prop_assert!((best.squares - single.squares).abs() <= single.squares * 1e-13);
    }
    let (best, twin) = (
        zeros_and_squares::<Best>(numbers),
        zeros_and_squares::<Twin>(numbers),
    );
    prop_assert_eq!((best.0, best.1.to_bits()), (twin.0, twin.1.to_bits()));
    let values = numbers.iter().map(|number| (*number).into());
    let zeros = values.clone().filter(|x: &f64| *x == 0.0).count() as u64;
    let squares: f64 = values.map(|x| x * x).sum();
    prop_assert_eq!(best.0, zeros);
    prop_assert!((best.1 - squares).abs() <= squares * 1e-13);
    Ok(())
}

/// Zeros of either sign, halves and ties, subnormal numbers, numbers of every size below 2^60: with their scales they overflow nowhere.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        2 => Just(0.0),
        2 => Just(-0.0),
        6 => (-64..64i32).prop_map(|x| f64::from(x) / 8.0),
        6 => -1.0..1.0f64,
        3 => (-149..60i32, 1.0..2.0f64).prop_map(|(exponent, x)| libm::ldexp(x, exponent)),
        1 => (0..64u32).prop_map(|code| f64::from(f32::from_bits(code))),
        1 => (0..1024u32, -12..12i32).prop_map(|(x, exponent)| -libm::ldexp(f64::from(x), exponent)),
    ]
}

/// Some of them zero, which leaves a run out.
fn scale() -> impl Strategy<Value = f32> {
    prop_oneof![1 => Just(0.0), 6 => (-30..30i32).prop_map(|exponent| libm::ldexpf(1.0, exponent)),
        2 => 0.001..1000f32]
}

/// Runs of any length, the last of them short, and a scale for each.
fn runs() -> impl Strategy<Value = (Vec<f64>, usize, Vec<f32>)> {
    (
        prop::collection::vec(number(), 0..150),
        prop_oneof![1..9usize, 1..140usize],
    )
        .prop_flat_map(|(numbers, run)| {
            let scales = prop::collection::vec(scale(), numbers.len().div_ceil(run));
            (Just(numbers), Just(run), scales)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..Default::default() })]

    #[test]
    fn casts_of_32_bits_agree_to_the_bit((numbers, run, scales) in runs()) {
        let numbers: Vec<f32> = numbers.iter().map(|x| *x as f32).collect();
        check::<BestReal32, PortableReal32>(&numbers, run, &scales, cast_f32)?;
        // With the widest vectors of this processor.
        let (widest, twin) = (zeros_and_squares_f32(&numbers), zeros_and_squares::<PortableReal32>(&numbers));
        prop_assert_eq!((widest.0, widest.1.to_bits()), (twin.0, twin.1.to_bits()));
    }

    #[test]
    fn casts_of_64_bits_agree_to_the_bit((numbers, run, scales) in runs()) {
        check::<BestReal64, PortableReal64>(&numbers, run, &scales, cast_f64)?;
    }

    #[test]
    fn runs_have_their_largest(words in prop::collection::vec(any::<u32>(), 1..90), run in 1..40usize) {
        let largest = |values: &[f64]| values.iter().fold(0.0, |most: f64, x| match x.is_nan() {
            true => f64::INFINITY,
            false => most.max(x.abs()),
        });
        let single: Vec<f32> = words.iter().map(|word| f32::from_bits(*word)).collect();
        let double: Vec<f64> = words.iter().map(|word| f64::from_bits(u64::from(*word).rotate_left(32) | 5)).collect();
        let (mut of_single, mut of_double) = (vec![7.0], vec![7.0]);
        largest_of_runs_f32(&single, run, &mut of_single);
        largest_of_runs_f64(&double, run, &mut of_double);
        let as_double: Vec<f64> = single.iter().map(|x| f64::from(*x)).collect();
        let expected: Vec<f64> = as_double.chunks(run).map(largest).collect();
        prop_assert_eq!(&of_single[1..], &expected[..]);
        prop_assert_eq!(of_single[0], 7.0);
        let expected: Vec<f64> = double.chunks(run).map(largest).collect();
        prop_assert_eq!(&of_double[1..], &expected[..]);
        let bytes: Vec<u8> = single.iter().flat_map(|x| x.to_le_bytes()).collect();
        let all = largest_f32(&bytes);
        prop_assert_eq!(if all.is_nan() { f64::INFINITY } else { all.into() }, largest(&as_double));
        let bytes: Vec<u8> = double.iter().flat_map(|x| x.to_le_bytes()).collect();
        let all = largest_f64(&bytes);
        prop_assert_eq!(if all.is_nan() { f64::INFINITY } else { all }, largest(&double));
    }

    #[test]
    fn codes_have_their_largest(codes in prop::collection::vec(any::<u8>(), 0..70), bits in 4..=8u32) {
        let codes: Vec<u8> = codes.iter().map(|code| code & (u8::MAX >> (8 - bits))).collect();
        let sign = 1 << (bits - 1);
        let most = codes.iter().map(|code| code & !sign).max().unwrap_or(0);
        prop_assert_eq!(largest_code(&codes, bits, true), Some(most));
        let expected = (!codes.contains(&sign)).then_some(most);
        prop_assert_eq!(largest_code(&codes, bits, false), expected);
    }

    #[test]
    fn pools_count_blocks_as_defined(
        rows in prop::collection::vec((0..4u16, prop::collection::vec(any::<u16>(), 0..200)), 1..5),
        is_bf16 in any::<bool>(),
    ) {
        let half = if is_bf16 { Half::Bf16 } else { Half::F16 };
        let (mut pool, mut expected) = (Pool::default(), std::collections::BTreeMap::new());
        let mut counted = Vec::new();
        for (kind, mut codes) in rows {
            // All alike, few bits, any.
            match kind {
                0 => codes.fill(0xbc01),
                1 => codes.iter_mut().for_each(|code| *code &= 0x83ff),
                _ => {}
            }
            let row: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes()).collect();
            let (mut left, mut largest) = (&row[..], Vec::new());
            loop {
                left = &left[pool.count(half, left, &mut largest)..];
                if left.is_empty() {
                    break;
                }
                counted.extend(pool.drain());
            }
            let naive: Vec<u16> = codes.chunks(BLOCK).map(|block| block.iter().map(|code| code & 0x7fff).max().unwrap_or(0)).collect();
            prop_assert_eq!(&largest, &naive);
            each_block(half, &row, |binade, block, _| {
                for code in block.chunks(2) {
                    *expected.entry((binade, u16::from_le_bytes([code[0], code[1]]))).or_insert(0) += 1;
                }
            });
        }
        counted.extend(pool.drain());
        prop_assert!(pool.drain().iter().all(|(_, cells)| cells.is_empty()));
        let mut ours = std::collections::BTreeMap::new();
        for (binade, cells) in counted {
            cells.iter().for_each(|(code, count)| *ours.entry((binade, *code)).or_insert(0) += count);
        }
        prop_assert_eq!(ours, expected);
    }
}

/// Exponents that the codes' numbers have, and what has none.
#[test]
fn binades_are_the_exponents_of_magnitudes() {
    for (half, least) in [(Half::Bf16, -127), (Half::F16, -24)] {
        for code in 0..=u16::MAX {
            let bytes = code.to_le_bytes();
            each_block(half, &bytes, |binade, block, magnitude| {
                assert_eq!((block, magnitude), (&bytes[..], code & 0x7fff));
                let (mut single, bits) = (Vec::new(), u32::from(code) << 16);
                extend_from_f16(&bytes, &mut single);
                let x = if half == Half::Bf16 {
                    f32::from_bits(bits)
                } else {
                    single[0]
                };
                if !x.is_finite() {
                    return assert_eq!(binade, NOT_FINITE);
                }
                let exponent = if x == 0.0 {
                    least
                } else {
                    libm::log2(f64::from(x).abs()).floor() as i32
                };
                assert_eq!(half.exponent(binade), exponent.max(least), "{code:#06x}");
            });
        }
    }
}

/// FP16's codes are multiples of 2^-24 up to 65504.
#[test]
fn every_fp16_code_is_decoded() {
    for code in 0..=u16::MAX {
        let mut out = vec![1.0];
        extend_from_f16(&code.to_le_bytes(), &mut out);
        let (exponent, fraction) = (i32::from(code >> 10 & 31), f64::from(code & 1023));
        let magnitude = match exponent {
            31 if fraction != 0.0 => f64::NAN,
            31 => f64::INFINITY,
            0 => libm::ldexp(fraction, -24),
            _ => libm::ldexp(1024.0 + fraction, exponent - 25),
        };
        let expected = if code >> 15 == 1 {
            -magnitude
        } else {
            magnitude
        } as f32;
        assert!(
            out[1].to_bits() == expected.to_bits() || (out[1].is_nan() && expected.is_nan()),
            "{code:#06x}"
        );
        assert_eq!(out.len(), 2);
    }
}
