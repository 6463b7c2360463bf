//! Products of matrices: the best backend gives the bits of the definition, and the definition
//! those of a sum that is written out.

use floatscope_simd::product::{Elements, Inputs, backend, baseline, portable, product};
use proptest::prelude::*;

const ALL: [Elements; 3] = [Elements::Bf16, Elements::F16, Elements::F32];

#[test]
fn the_backend_is_the_targets() {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        return assert_eq!(backend(), "avx2");
    }
    let simd128 = cfg!(all(target_arch = "wasm32", target_feature = "simd128"));
    let expected = match cfg!(feature = "relaxed") {
        true if simd128 => "relaxed-simd",
        false if simd128 => "simd128",
        _ => "portable",
    };
    assert_eq!(backend(), expected);
}

/// Bits that are hard to multiply, and any others.
fn bits() -> impl Strategy<Value = u32> {
    let magnitude = prop_oneof![
        2 => Just(0),
        1 => Just(1),
        1 => Just(0x7f80_0000), // infinity
        1 => Just(0x7f7f_ffff), // the largest number
        1 => 1..0x80_0000u32,   // subnormal
        1 => 0x7f80_0001..0x7fff_ffffu32, // NaN
        3 => 0..0x7f80_0000u32,
    ];
    // Mostly numbers whose products are neither huge nor tiny.
    let ordinary = 0x3d00_0000..0x4200_0000u32;
    let magnitude = prop_oneof![1 => magnitude, 12 => ordinary];
    (magnitude, any::<bool>()).prop_map(|(bits, sign)| bits | u32::from(sign) << 31)
}

/// Precisions of inputs with which products are exact and others, near the ends of the range and
/// in the middle of it.
#[derive(Debug, Clone, Copy)]
struct Shape {
    tokens: usize,
    columns: usize,
    rows: usize,
    kept: u32,
    scale: f32,
    is_plain: bool,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let tokens = prop_oneof![2 => 0..8usize, 1 => 0..30usize];
    let columns = prop_oneof![4 => 0..40usize, 1 => 1100..1200usize];
    let kept = prop::sample::select(vec![8, 11, 13, 16, 17, 24]);
    let scale = prop::sample::select(vec![0, 0, 0, 110, 90, -90, -100, -110, -120, -126]);
    let rest = (0..20usize, kept, scale, any::<bool>());
    (tokens, columns, rest).prop_map(|(tokens, columns, (rows, kept, scale, is_plain))| Shape {
        tokens,
        columns,
        rows,
        kept,
        scale: libm::ldexpf(1.0, scale),
        is_plain,
    })
}

/// Numbers from bits, repeated where there are fewer.
fn numbers(bits: &[u32], count: usize, shape: Shape) -> Vec<f32> {
    let kept = u32::MAX << (24 - shape.kept);
    let number = |bits: u32| match shape.is_plain {
        // Of one binade and around: no special value comes to hide a difference.
        true => f32::from_bits(bits & 0x807f_ffff & kept | (120 + bits % 13) << 23),
        false => f32::from_bits(bits & kept),
    };
    let bits = bits.iter().cycle().take(count);
    bits.map(|bits| number(*bits) * shape.scale).collect()
}

/// Codes of weights: the upper half of the bits where they have 16.
fn weights(elements: Elements, bits: &[u32], shape: Shape) -> Vec<u8> {
    let all = Shape {
        kept: 24,
        scale: 1.0,
        ..shape
    };
    let values = numbers(bits, shape.rows * shape.columns, all);
    let bytes = values.iter().flat_map(|value| {
        let bytes = value.to_bits().to_le_bytes();
        let first = 4 - elements.bytes();
        bytes.into_iter().skip(first)
    });
    bytes.collect()
}

/// Bits, all NaN being one.
fn to_bits(numbers: &[f32]) -> Vec<u32> {
    let bits = numbers.iter().map(|x| match x.is_nan() {
        true => f32::NAN.to_bits(),
        false => x.to_bits(),
    });
    bits.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_backend_gives_the_bits_of_the_definition(
        shape in shapes(),
        w in prop::collection::vec(bits(), 1..300),
        x in prop::collection::vec(bits(), 1..300),
    ) {
        let inputs = numbers(&x, shape.tokens * shape.columns, shape);
        let inputs = Inputs::new(&inputs, shape.tokens, shape.columns);
        for elements in ALL {
            let weights = weights(elements, &w, shape);
            let mut expected = vec![f32::NAN; shape.tokens * shape.rows];
            portable(elements, &weights, &inputs, &mut expected);
            for backend in [product, baseline] {
                let mut found = vec![f32::NAN; expected.len()];
                backend(elements, &weights, &inputs, &mut found);
                prop_assert_eq!(to_bits(&found), to_bits(&expected), "{:?}", elements);
            }
        }
    }
}

fn product_of(elements: Elements, weights: &[u8], x: &[f32], tokens: usize) -> Vec<f32> {
    let columns = x.len() / tokens;
    let inputs = Inputs::new(x, tokens, columns);
    let rows = weights.len() / (columns * elements.bytes());
    let mut out = vec![0.0; rows * tokens];
    product(elements, weights, &inputs, &mut out);
    out
}

fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn outputs_lie_by_token_and_then_by_row() {
    let weights = f32_bytes(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]);
    let out = product_of(Elements::F32, &weights, &[1.0, 0.0, 0.0, 1.0], 2);
    assert_eq!(out, [1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
}

#[test]
fn codes_are_read_as_what_they_are() {
    // 1.5 and −2 in either format.
    let (bf16, f16) = ([0xc0, 0x3f, 0x00, 0xc0], [0x00, 0x3e, 0x00, 0xc0]);
    assert_eq!(product_of(Elements::Bf16, &bf16, &[1.0, 4.0], 1), [-6.5]);
    assert_eq!(product_of(Elements::F16, &f16, &[1.0, 4.0], 1), [-6.5]);
}

/// Sixteen elements of which each order of sums makes something else.
#[test]
fn eight_partial_sums_are_added_in_their_order() {
    let ulp = f32::EPSILON;
    // s0 = 1 and then 1 + ulp/2 → 1: the ninth element is lost in the first partial sum.
    let mut x = [0.0; 16];
    (x[0], x[8]) = (1.0, ulp / 2.0);
    assert_eq!(
        product_of(Elements::F32, &f32_bytes(&[1.0; 16]), &x, 1),
        [1.0]
    );
    // In different ones they are added to each other first: s1 + s5 = ulp.
    (x[0], x[1], x[5], x[8]) = (1.0, ulp / 2.0, ulp / 2.0, 0.0);
    let out = product_of(Elements::F32, &f32_bytes(&[1.0; 16]), &x, 1);
    assert_eq!(out, [1.0 + ulp]);
    // s0 + s4 = 1, then 1 again: nothing of s4 and s2 is left.
    (x[1], x[5], x[4], x[2]) = (0.0, 0.0, ulp / 2.0, ulp / 2.0);
    assert_eq!(
        product_of(Elements::F32, &f32_bytes(&[1.0; 16]), &x, 1),
        [1.0]
    );
}

/// (1 + ulp)² − (1 + 2 ulp) is 0 when the product is rounded and ulp² when it is not.
#[test]
fn products_are_rounded_before_they_are_added() {
    let a = 1.0 + f32::EPSILON;
    let mut w = [0.0; 16];
    let mut x = [0.0; 16];
    (w[0], x[0]) = (-1.0, 1.0 + 2.0 * f32::EPSILON);
    (w[8], x[8]) = (a, a);
    assert_eq!(product_of(Elements::F32, &f32_bytes(&w), &x, 1), [0.0]);
}

/// 255 · 2⁻⁷⁵ squared has a bit at 2⁻¹⁵⁰, which FP32 has not. Rounded without it, it leads half
/// way between two sums, and on to the lower one, which is even; with it, it leads to the upper one.
#[test]
fn products_that_are_too_small_are_rounded_before_they_are_added() {
    let power = |exponent| libm::ldexpf(1.0, exponent);
    let (mut w, mut x) = ([0.0; 17], [0.0; 17]);
    (w[0], x[0]) = (power(-60), power(-57));
    (w[8], x[8]) = (power(-70), power(-70));
    (w[16], x[16]) = (255.0 * power(-75), 255.0 * power(-75));
    let bf16: Vec<u8> = w
        .iter()
        .flat_map(|w| w.to_le_bytes()[2..].to_vec())
        .collect();
    let expected = power(-117) + 64.0 * power(-140);
    assert_eq!(product_of(Elements::Bf16, &bf16, &x, 1), [expected]);
    assert_eq!(product_of(Elements::F32, &f32_bytes(&w), &x, 1), [expected]);
}

#[test]
fn what_is_empty_is_no_sum_or_zero() {
    let mut out = [1.0; 6];
    product(Elements::Bf16, &[], &Inputs::new(&[], 2, 0), &mut out);
    assert_eq!(out, [0.0; 6]);
    product(Elements::Bf16, &[], &Inputs::new(&[1.0; 4], 2, 2), &mut []);
    product(Elements::Bf16, &[], &Inputs::new(&[], 0, 5), &mut []);
}

#[test]
#[should_panic(expected = "rows of W")]
fn rows_that_are_cut_short_are_refused() {
    let inputs = Inputs::new(&[1.0; 4], 1, 4);
    product(Elements::Bf16, &[0; 6], &inputs, &mut [0.0]);
}
