//! Each model against bits worked out by hand.

use super::*;
use crate::format::{Dtype, FloatLayout, Overflow, Rounding};

/// 2^24: FP32 numbers from here on are even.
const LARGE: f32 = 16_777_216.0;

fn bits(model: Accumulate, weights: &[f32], inputs: &[f32]) -> u32 {
    model.dot(weights, inputs).to_bits()
}

/// Weights that are the products.
fn sum(model: Accumulate, products: &[f32]) -> f32 {
    model.dot(products, &vec![1.0; products.len()])
}

fn power(exponent: i32) -> f32 {
    libm::ldexpf(1.0, exponent)
}

/// So many numbers, zero but for some.
fn sparse(length: usize, some: &[(usize, f32)]) -> Vec<f32> {
    let mut numbers = vec![0.0; length];
    for (at, number) in some {
        numbers[*at] = *number;
    }
    numbers
}

#[test]
fn f32_takes_eight_sums_in_turn_and_then_halves() {
    // Sum 0 swallows the one that comes eight later; sum 1 gathers two ones.
    let in_turn = sparse(19, &[(0, LARGE), (8, 1.0), (1, 1.0), (17, 1.0)]);
    assert_eq!(sum(Accumulate::F32, &in_turn), LARGE + 2.0);
    assert_eq!(sum(Accumulate::F32Sequential, &in_turn), LARGE);
    // (2²⁴ + 1) + (1 + 1) = 2²⁴ + 2, and (1 + 0) + (1 + 1) = 3, which makes 2²⁴ + 5: even is 4.
    let halves = [LARGE, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    assert_eq!(sum(Accumulate::F32, &halves).to_bits(), 0x4b80_0002);
    // The product is rounded before it is added: (1 + 2⁻¹²)² is 1 + 2⁻¹¹ + 2⁻²⁴, and a tie.
    let near_one = 1.0 + power(-12);
    let wanted = 1.0 + power(-11);
    let products = ([near_one, 1.0], [near_one, -wanted]);
    assert_eq!(bits(Accumulate::F32Sequential, &products.0, &products.1), 0);
}

#[test]
fn f32_sequential_loses_small_ones() {
    let products = [LARGE, 1.0, 1.0, 3.0];
    // 2²⁴, 2²⁴, 2²⁴ + 3 → a tie: even is 2²⁴ + 4.
    assert_eq!(
        sum(Accumulate::F32Sequential, &products).to_bits(),
        0x4b80_0002
    );
}

#[test]
fn f32_tiles_start_over() {
    // The second tile gathers two ones; one by one they vanish.
    let products = [LARGE, 1.0, 1.0, 1.0];
    let two = Accumulate::F32Tiles(2);
    assert_eq!(sum(two, &products).to_bits(), 0x4b80_0001);
    assert_eq!(sum(Accumulate::F32Tiles(1), &products), LARGE);
    assert_eq!(sum(Accumulate::F32Tiles(u32::MAX), &products), LARGE);
    assert_eq!(sum(Accumulate::F32Tiles(4), &[0.5; 9]), 4.5);
}

#[test]
fn f32_pairwise_is_a_tree() {
    // ((2²⁴ + 1) + (1 + 1)) + (1 + 1) + 1: the last waits for its level, 2 + 1 = 3, and 2²⁴ + 5 → 4.
    let products = [LARGE, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    assert_eq!(
        sum(Accumulate::F32Pairwise, &products).to_bits(),
        0x4b80_0002
    );
    for length in 0..70 {
        let products: Vec<f32> = (0..length).map(|at| 1.0 / (3 * at + 1) as f32).collect();
        let tree = by_levels(products.clone());
        assert_eq!(sum(Accumulate::F32Pairwise, &products), tree, "{length}");
    }
}

/// The tree as it is told: neighbours, then neighbouring sums.
fn by_levels(mut level: Vec<f32>) -> f32 {
    while level.len() > 1 {
        let next = level
            .chunks(2)
            .map(|pair| pair.iter().copied().reduce(|a, b| a + b));
        level = next.flatten().collect();
    }
    level.first().copied().unwrap_or(0.0)
}

#[test]
fn f64_is_rounded_once() {
    // 2²⁴ + 1 + 2⁻²⁰ is beyond the tie; FP32 would never see it.
    let products = [LARGE, 1.0, power(-20)];
    assert_eq!(sum(Accumulate::F64, &products).to_bits(), 0x4b80_0001);
    assert_eq!(
        sum(Accumulate::F64, &[f32::MAX, f32::MAX, -f32::MAX]),
        f32::MAX
    );
}

#[test]
fn bf16_stops_counting_at_256() {
    assert_eq!(sum(Accumulate::Bf16, &[1.0; 300]).to_bits(), 0x4380_0000);
    // 256 + 1.5 is nearer to 258; 1 + 2⁻⁸ + 2⁻¹⁶ in FP32 is beyond the tie.
    assert_eq!(sum(Accumulate::Bf16, &[256.0, 1.5]).to_bits(), 0x4381_0000);
    assert_eq!(
        sum(Accumulate::Bf16, &[1.0, power(-8) + power(-16)]).to_bits(),
        0x3f81_0000
    );
    // FP32 rounds first: 1 + 2⁻⁸ + 2⁻²⁵ becomes 1 + 2⁻⁸, and that is a tie in BF16.
    assert_eq!(
        sum(Accumulate::Bf16, &[1.0, power(-8) + power(-25)]).to_bits(),
        0x3f80_0000
    );
}

#[test]
fn f16_stops_counting_at_2048_and_overflows() {
    assert_eq!(sum(Accumulate::F16, &[1.0; 3000]).to_bits(), 0x4500_0000);
    assert_eq!(sum(Accumulate::F16, &[65_504.0, 15.0]), 65_504.0);
    assert_eq!(
        sum(Accumulate::F16, &[65_504.0, 16.0, -65_504.0]),
        f32::INFINITY
    );
    // 2⁻²⁵ is a tie with zero, and zero is even.
    assert_eq!(sum(Accumulate::F16, &[power(-25), power(-25)]), 0.0);
    assert_eq!(
        sum(Accumulate::F16, &[power(-25) * 1.5, power(-25)]),
        2.0 * power(-24)
    );
}

#[test]
fn tpu_rounds_operands_and_adds_in_columns() {
    // 1 + 2⁻⁸ is a tie in BF16 and becomes 1.
    let one = 1.0 + power(-8);
    assert_eq!(
        bits(Accumulate::Tpu, &[one, one], &[one, 3.0]),
        4.0f32.to_bits()
    );
    // 127 ones vanish beside 2²⁴; the next column gathers its two.
    let mut products = vec![1.0; 130];
    products[0] = LARGE;
    assert_eq!(sum(Accumulate::Tpu, &products).to_bits(), 0x4b80_0001);
    assert_eq!(sum(Accumulate::Tpu, &products[..129]), LARGE);
}

#[test]
fn vdpbf16ps_takes_odd_elements_first_and_flushes() {
    // 1, 2²⁴ + 1 → 2²⁴, 2²⁴ + 1 → 2²⁴, 2²⁴ − 2²⁴; with the even ones first a one would be left.
    let odd_first = sparse(34, &[(0, LARGE), (1, 1.0), (33, 1.0), (32, -LARGE)]);
    assert_eq!(sum(Accumulate::Vdpbf16ps, &odd_first).to_bits(), 0);
    let odd_last = sparse(34, &[(0, LARGE), (1, 1.0), (33, -LARGE), (34 - 2, 1.0)]);
    assert_eq!(sum(Accumulate::Vdpbf16ps, &odd_last), 1.0);
    let even_last = sparse(2, &[(1, LARGE), (0, -LARGE)]);
    assert_eq!(sum(Accumulate::Vdpbf16ps, &even_last).to_bits(), 0);
    // Lanes by halves: lanes 0 and 8 lose a one, lanes 4 and 12 gather two.
    let lanes = sparse(32, &[(0, LARGE), (16, 1.0), (8, 1.0), (24, 1.0)]);
    assert_eq!(sum(Accumulate::Vdpbf16ps, &lanes).to_bits(), 0x4b80_0001);
    // A subnormal operand is zero, whatever it is multiplied with, and so is a subnormal sum.
    assert_eq!(
        Accumulate::Vdpbf16ps.dot(&[power(-127)], &[power(100)]),
        0.0
    );
    assert_eq!(Accumulate::Vdpbf16ps.dot(&[power(-70)], &[power(-60)]), 0.0);
    // Fused: the product is not flushed before it is added. 2⁻¹²⁶ + 2⁻¹³⁰.
    let fused = Accumulate::Vdpbf16ps.dot(&[power(-70), power(-126)], &[power(-60), 1.0]);
    assert_eq!(fused.to_bits(), 0x0088_0000);
    // An overflowing product, fused with its opposite: 2¹²⁸ − 2¹²⁷.
    let fused = Accumulate::Vdpbf16ps.dot(&[power(64), power(127)], &[power(64), -1.0]);
    assert_eq!(fused, power(127));
}

#[test]
fn tensor_core_cuts_under_the_largest_exponent() {
    let beside_one = |number: f32, count: usize| {
        let mut products = vec![number; count + 1];
        products[0] = 1.0;
        sum(Accumulate::TensorCore, &products).to_bits()
    };
    // 25 bits stay below the one: four times 2⁻²⁵ make a last bit, any number of 2⁻²⁶ nothing.
    assert_eq!(beside_one(power(-25), 4), 0x3f80_0001);
    assert_eq!(beside_one(power(-25), 3), 0x3f80_0000);
    assert_eq!(beside_one(power(-26), 15), 0x3f80_0000);
    // Toward zero: of 1 − 2⁻²⁵, not a tie, and of 1 − 2⁻²⁶ nothing is taken.
    assert_eq!(beside_one(-power(-25), 1), 0x3f7f_ffff);
    assert_eq!(beside_one(-power(-26), 1), 0x3f80_0000);
    // 1.5 · 1.5 = 2.25 has exponent 0: eight times 2⁻²⁵ are kept and make its last bit.
    let mut weights = vec![power(-25); 9];
    let mut inputs = vec![1.0; 9];
    (weights[0], inputs[0]) = (1.5, 1.5);
    assert_eq!(bits(Accumulate::TensorCore, &weights, &inputs), 0x4010_0001);
    // The accumulator is a summand: 2⁻²⁶ eight times is 2⁻²³ after the first group, of which
    // nothing is lost beside a one; in the one's own group each of them is.
    let mut products = vec![0.0; 24];
    products[16] = 1.0;
    products[..8].fill(power(-26));
    assert_eq!(
        sum(Accumulate::TensorCore, &products).to_bits(),
        0x3f80_0001
    );
    products[1] = 1.0;
    products[16] = 0.0;
    assert_eq!(
        sum(Accumulate::TensorCore, &products).to_bits(),
        0x3f80_0000
    );
}

#[test]
fn tensor_core_at_the_ends_of_the_range() {
    let dot = |weights: &[f32], inputs: &[f32]| Accumulate::TensorCore.dot(weights, inputs);
    assert_eq!(dot(&[power(127); 2], &[1.0; 2]), f32::INFINITY);
    assert_eq!(dot(&[power(127), -power(127)], &[2.0, 2.0]), 0.0);
    assert_eq!(dot(&[power(-100)], &[power(-40)]), power(-140));
    assert_eq!(dot(&[-power(-100)], &[power(-49)]), -power(-149));
    assert_eq!(dot(&[power(-100)], &[power(-50)]), 0.0);
    assert_eq!(dot(&[power(-133)], &[1.0]), power(-133));
}

const ALL: [Accumulate; 10] = [
    Accumulate::F32,
    Accumulate::F32Sequential,
    Accumulate::F32Tiles(256),
    Accumulate::F32Pairwise,
    Accumulate::F64,
    Accumulate::Bf16,
    Accumulate::F16,
    Accumulate::Tpu,
    Accumulate::Vdpbf16ps,
    Accumulate::TensorCore,
];

#[test]
fn small_whole_numbers_are_exact_in_every_model() {
    let weights: Vec<f32> = (0..41).map(|at| (at % 7) as f32 - 3.0).collect();
    let inputs: Vec<f32> = (0..41).map(|at| (at % 5) as f32 - 2.0).collect();
    let exact: f32 = weights.iter().zip(&inputs).map(|(a, b)| a * b).sum();
    for model in ALL {
        assert_eq!(model.dot(&weights, &inputs), exact, "{model:?}");
        assert_eq!(bits(model, &[], &[]), 0, "{model:?}");
        assert_eq!(bits(model, &[-0.0], &[1.0]), 0, "{model:?}");
    }
}

#[test]
fn tokens_together_are_each_as_alone() {
    let number = |at: u32| (at.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0;
    for columns in [0, 1, 7, 8, 9, 33, 300] {
        let weights: Vec<f32> = (0..columns).map(number).collect();
        let inputs: Vec<[f32; 8]> = (0..columns)
            .map(|at| std::array::from_fn(|token| number(1000 + 8 * at + token as u32) * 1000.0))
            .collect();
        for model in ALL {
            let together = model.dots(&weights, &inputs);
            for (token, sum) in together.into_iter().enumerate() {
                let own: Vec<f32> = inputs.iter().map(|inputs| inputs[token]).collect();
                assert_eq!(sum.to_bits(), bits(model, &weights, &own), "{model:?}");
            }
        }
    }
}

#[test]
fn what_is_not_finite_stays_so() {
    let infinite = f32::INFINITY;
    for model in ALL {
        let sum = |products: &[f32]| sum(model, products);
        assert_eq!(sum(&[1.0, infinite, 2.0]), infinite, "{model:?}");
        assert_eq!(sum(&[1.0, -infinite]), -infinite, "{model:?}");
        assert!(sum(&[infinite, -infinite]).is_nan(), "{model:?}");
        assert!(
            sum(&[f32::from_bits(0x7fff_ffff), 1.0]).is_nan(),
            "{model:?}"
        );
        assert!(
            sum(&[f32::from_bits(0x7f80_0001); 40]).is_nan(),
            "{model:?}"
        );
        assert!(model.dot(&[infinite], &[0.0]).is_nan(), "{model:?}");
    }
}

#[test]
fn rounding_to_16_bits_is_the_encoder_s() {
    let layout = |dtype: Dtype| *dtype.format().layout().expect("a float");
    let nearest = |layout: &FloatLayout, number: f32| {
        let code = layout.encode(f64::from(number), Rounding::NearestEven, Overflow::Ieee);
        layout.decode(code) as f32
    };
    let (bf16, f16) = (layout(Dtype::BF16), layout(Dtype::F16));
    let lower = [0, 1, 0x0fff, 0x1000, 0x1001, 0x7fff, 0x8000, 0x8001, 0xffff];
    for number in (0..=0xffff).flat_map(|upper: u32| lower.map(|lower| upper << 16 | lower)) {
        let number = f32::from_bits(number);
        if number.is_nan() {
            assert!(to_bf16(number).is_nan() && to_f16(number).is_nan());
            continue;
        }
        let same = |got: f32, wanted: f32| got.to_bits() == wanted.to_bits();
        assert!(same(to_bf16(number), nearest(&bf16, number)), "{number:e}");
        assert!(same(to_f16(number), nearest(&f16, number)), "{number:e}");
    }
}

#[test]
fn keys_are_read_as_they_are_written() {
    for (model, listed) in ALL.iter().zip(MODELS) {
        assert_eq!(model.key(), listed.key);
        assert_eq!(Accumulate::parse(listed.key), Ok(*model));
        assert!(!listed.says.ends_with('.'));
    }
    assert_eq!(
        Accumulate::parse("f32_tiles/7"),
        Ok(Accumulate::F32Tiles(7))
    );
    let sizes = [
        "f32_tiles",
        "f32_tiles/",
        "f32_tiles/0",
        "f32_tiles/+7",
        "f32_tiles/4294967296",
    ];
    for size in sizes {
        let says = Accumulate::parse(size).expect_err("no size");
        assert_eq!(
            says,
            "f32_tiles takes the products of a tile: f32_tiles/256"
        );
    }
    let says = Accumulate::parse("fp32").expect_err("no model");
    assert!(
        says.starts_with("it must be one of f32, f32_sequential, f32_tiles/256"),
        "{says}"
    );
}
