//! Rules of accumulation: the twins against bits worked out by hand, and the shaders against the twins.

use crate::random::{Case, Random, same_bits, twin_under, under};
use crate::{open, untried};
use floatscope_core::format::Dtype;
use floatscope_gpu::{Model, twins};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;

/// 2²⁴: FP32 numbers from here on are even.
const LARGE: f32 = 16_777_216.0;

/// Σ of products that are these numbers.
fn sum(model: Model, products: &[f32]) -> f32 {
    twins::model::dot(model, products, &vec![1.0; products.len()])
}

#[test]
fn the_twins_add_as_worked_out_by_hand() {
    let ones = [LARGE, 1.0, 1.0, 1.0, 1.0];
    // Each one is half a step, and goes to the even number below.
    assert_eq!(sum(Model::F32Sequential, &ones), LARGE);
    // 2²⁴ + 1 loses the one, 1 + 1 is kept, and 2²⁴ + 2 + 1 is a tie that goes up to the even number.
    assert_eq!(sum(Model::F32Tiles(2), &ones), LARGE + 4.0);
    assert_eq!(sum(Model::F32Tiles(3), &ones), LARGE + 2.0);
    // ((2²⁴ + 1) + (1 + 1)) + 1 is the same, and without the last there is no tie.
    assert_eq!(sum(Model::F32Pairwise, &ones), LARGE + 4.0);
    assert_eq!(sum(Model::F32Pairwise, &ones[..4]), LARGE + 2.0);
    // A sum for each place of eight, then ((2²⁴ + 1) + 1) + (1 + 1) by halves.
    assert_eq!(sum(Model::F32, &ones), LARGE + 2.0);
    // BF16 has 8 bits: 256 + 1 is a tie and goes to 256, 257 + 1 never comes to be.
    assert_eq!(sum(Model::Bf16, &[256.0, 1.0, 1.0]), 256.0);
    assert_eq!(sum(Model::Bf16, &[258.0, 1.0]), 260.0);
    // FP16 has 11, and 2,048 + 1 is a tie; 65,504 + 16 is the first that is infinite.
    assert_eq!(sum(Model::F16, &[2048.0, 1.0, 1.0]), 2048.0);
    assert_eq!(sum(Model::F16, &[65_504.0, 15.0]), 65_504.0);
    assert_eq!(sum(Model::F16, &[65_504.0, 16.0, -16.0]), f32::INFINITY);
    for model in Model::ALL {
        assert_eq!(sum(model, &[]).to_bits(), 0);
        assert_eq!(sum(model, &[-0.0]).to_bits(), 0, "{}", model.key());
        assert_eq!(sum(model, &[1.0, 2.0, 4.0]), 7.0);
    }
}

#[test]
fn the_twins_round_as_half_does() {
    let mut random = Random::new(41);
    for _ in 0..1_000_000 {
        let number = f32::from_bits(random.next());
        if number.is_nan() {
            continue;
        }
        let bf16 = twins::rules::bf16::to_bf16(number);
        assert_eq!(
            bf16.to_bits(),
            half::bf16::from_f32(number).to_f32().to_bits()
        );
        // About FP16's range, where most numbers of FP32 are not.
        let number = f32::from_bits(number.to_bits() & 0x87ff_ffff | 0x3000_0000);
        for number in [number, number * 65_536.0, number / 65_536.0] {
            let f16 = twins::rules::f16::to_f16(number);
            assert_eq!(
                f16.to_bits(),
                half::f16::from_f32(number).to_f32().to_bits()
            );
        }
    }
}

#[test]
fn every_rule_is_its_twin_to_the_bit() {
    let Some(gpu) = open(&untried()).map(RefCell::new) else {
        return;
    };
    let models = prop_oneof![
        Just(Model::F32),
        Just(Model::F32Sequential),
        (1u32..130).prop_map(Model::F32Tiles),
        Just(Model::F32Tiles(u32::MAX)),
        Just(Model::F32Pairwise),
        Just(Model::Bf16),
        Just(Model::F16),
    ];
    let dtypes = prop_oneof![Just(Dtype::BF16), Just(Dtype::F16)];
    let shape = (1usize..200, 1usize..400, 1usize..140);
    let mut runner = TestRunner::new(Config::with_cases(60));
    let strategy = (models, dtypes, shape, any::<u64>());
    let result = runner.run(
        &strategy,
        |(model, dtype, (rows, columns, tokens), seed)| {
            let case = Case::new(dtype, [rows, columns, tokens], seed);
            let got = under(&mut gpu.borrow_mut(), model, &case);
            same_bits(
                &got.expect("its products are exact"),
                &twin_under(model, &case),
            );
            Ok(())
        },
    );
    result.expect("all agree");
}

#[test]
fn a_lone_negative_zero_becomes_zero_under_every_rule() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let case = Case {
        bytes: (-1.0f32).to_le_bytes()[2..].to_vec(),
        inputs: vec![0.0],
        ..Case::new(Dtype::BF16, [1, 1, 1], 1)
    };
    for model in Model::ALL {
        let got = under(&mut gpu, model, &case).expect("it is exact");
        assert_eq!(got[0].to_bits(), 0, "{}", model.key());
    }
}

/// FP16 rounds what is small enough to a zero that keeps its sign, and the padding leaves it so.
#[test]
fn what_vanishes_keeps_its_sign_behind_the_padding() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let tiny = f32::from_bits(1 << 23 | 1 << 31);
    let case = Case {
        bytes: tiny.to_le_bytes()[2..].to_vec(),
        inputs: vec![1.0],
        ..Case::new(Dtype::BF16, [1, 1, 1], 1)
    };
    let got = under(&mut gpu, Model::F16, &case).expect("it is exact");
    assert_eq!(got[0].to_bits(), 1 << 31);
    same_bits(&got, &twin_under(Model::F16, &case));
}

#[test]
fn the_longest_sums_are_the_twins() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let case = Case::new(Dtype::BF16, [2, 1 << 16, 2], 3);
    for model in Model::ALL {
        let got = under(&mut gpu, model, &case).expect("it is exact");
        same_bits(&got, &twin_under(model, &case));
    }
}
