//! Products against their twins, to the bit where products are exact, and against FP64.

use crate::random::{Case, Random, same_bits};
use crate::{open, untried};
use floatscope_core::format::Dtype;
use floatscope_gpu::twins::{self, weights::widened};
use floatscope_gpu::{Gpu, Options, Weights};
use half::{bf16, f16};
use pollster::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;

fn product(gpu: &mut Gpu, case: &Case) -> Vec<f32> {
    let before = gpu.dispatches();
    let outputs = block_on(gpu.product(&case.weights(), &case.inputs, case.tokens));
    let outputs = outputs.expect("the device computes it");
    assert!(gpu.dispatches() > before, "something was handed to the GPU");
    outputs
}

/// By the kernel that so few or so many tokens are for.
fn twin(case: &Case) -> Vec<f32> {
    let dot = match case.tokens {
        0..=16 => twins::matvec::dot,
        _ => twins::product::dot,
    };
    twins::outputs(&case.weights(), &case.inputs, dot)
}

fn ragged() -> impl Strategy<Value = [usize; 3]> {
    let rows = 1usize..300;
    let columns = prop_oneof![1usize..40, 1usize..700];
    let tokens = prop_oneof![Just(1usize), 2usize..17, 17usize..300];
    (rows, columns, tokens).prop_map(|(rows, columns, tokens)| [rows, columns, tokens])
}

#[test]
fn ragged_products_of_16_bits_are_the_twins_to_the_bit() {
    let Some(gpu) = open(&untried()).map(RefCell::new) else {
        return;
    };
    let dtypes = prop_oneof![Just(Dtype::BF16), Just(Dtype::F16)];
    let mut runner = TestRunner::new(Config::with_cases(40));
    let strategy = (dtypes, ragged(), any::<u64>());
    let result = runner.run(&strategy, |(dtype, shape, seed)| {
        let case = Case::new(dtype, shape, seed);
        same_bits(&product(&mut gpu.borrow_mut(), &case), &twin(&case));
        Ok(())
    });
    result.expect("all agree");
}

/// Rounding each product and each sum once: K · u / (1 − K · u) of Σ|w·x|, in whatever order, contracted or not.
#[test]
fn products_of_fp32_are_within_the_bound() {
    let Some(gpu) = open(&untried()).map(RefCell::new) else {
        return;
    };
    let mut runner = TestRunner::new(Config::with_cases(24));
    let result = runner.run(&(ragged(), any::<u64>()), |(shape, seed)| {
        let mut case = Case::new(Dtype::F32, shape, seed);
        let mut random = Random::new(!seed);
        case.inputs
            .iter_mut()
            .for_each(|input| *input = random.number());
        let got = product(&mut gpu.borrow_mut(), &case);
        let [exact, magnitudes] = exact(&case);
        let rounding = case.columns as f64 / f64::from(1 << 24);
        for (at, got) in got.iter().enumerate() {
            let error = (f64::from(*got) - exact[at]).abs();
            let bound = rounding / (1.0 - rounding) * magnitudes[at];
            prop_assert!(
                error <= bound,
                "at {at}: off by {error:e}, {bound:e} are allowed"
            );
        }
        Ok(())
    });
    result.expect("all are near");
}

/// WGSL lets a driver take subnormal numbers for 0: a weight or an input, a product, a sum.
#[test]
fn what_a_driver_may_flush_is_within_its_bound() {
    let Some(mut gpu) = open(&Options::default()) else {
        return;
    };
    let least_normal = f64::from(f32::MIN_POSITIVE);
    for shape in [[40, 30, 1], [40, 30, 20], [9, 700, 3]] {
        let mut case = Case::new(Dtype::F32, shape, 31);
        let mut random = Random::new(37);
        let small: Vec<f32> = (0..case.rows * case.columns)
            .map(|_| f32::from_bits(random.next() & 0x83ff_ffff))
            .collect();
        case.bytes = small
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        case.inputs.iter_mut().for_each(|input| *input %= 2.0);
        let got = product(&mut gpu, &case);
        let [exact, magnitudes] = exact(&case);
        let columns = case.columns as f64;
        let flushed = match gpu.facts().keeps_subnormals {
            // Products round to multiples of the smallest number.
            Some(true) => columns * f64::from(f32::from_bits(1)),
            _ => 3.0 * columns * least_normal * 2.0,
        };
        let rounding = columns / f64::from(1 << 24);
        for (at, got) in got.iter().enumerate() {
            let bound = rounding / (1.0 - rounding) * magnitudes[at] + flushed;
            assert!((f64::from(*got) - exact[at]).abs() <= bound, "at {at}");
        }
    }
}

/// Σ w·x and Σ |w·x| in FP64, in which products of FP32 are exact.
fn exact(case: &Case) -> [Vec<f64>; 2] {
    let weights = widened(case.dtype, &case.bytes);
    let mut sums = [Vec::new(), Vec::new()];
    for inputs in case.inputs.chunks_exact(case.columns) {
        for weights in weights.chunks_exact(case.columns) {
            let pairs = weights.iter().zip(inputs);
            let products = pairs.map(|(w, x)| f64::from(*w) * f64::from(*x));
            sums[0].push(products.clone().sum());
            sums[1].push(products.map(f64::abs).sum());
        }
    }
    sums
}

#[test]
fn long_sums_are_the_twins_and_within_the_bound() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    for tokens in [1, 17] {
        let case = Case::new(Dtype::BF16, [3, 65_535, tokens], 5);
        let got = product(&mut gpu, &case);
        same_bits(&got, &twin(&case));
        let [exact, magnitudes] = exact(&case);
        let rounding = 65_535.0 / f64::from(1 << 24);
        for (at, got) in got.iter().enumerate() {
            assert!((f64::from(*got) - exact[at]).abs() <= rounding * 1.01 * magnitudes[at]);
        }
    }
}

/// All 65,536 codes as weights, by 1: the values are those of the crate `half`.
#[test]
fn every_finite_code_is_read_as_what_it_stands_for() {
    let Some(mut gpu) = open(&Options::default()) else {
        return;
    };
    let keeps_subnormals = gpu.facts().keeps_subnormals.expect("it was tried out");
    let bytes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    for (dtype, value) in [
        (
            Dtype::BF16,
            (|code| bf16::from_bits(code).to_f32()) as fn(u16) -> f32,
        ),
        (Dtype::F16, |code| f16::from_bits(code).to_f32()),
    ] {
        let weights = Weights {
            dtype,
            bytes: &bytes,
            rows: 1 << 16,
            columns: 1,
        };
        for tokens in [1, 17] {
            let inputs = vec![1.0; tokens];
            let got = block_on(gpu.product(&weights, &inputs, tokens)).expect("it fits");
            for (code, got) in (0..=u16::MAX).zip(&got[(tokens - 1) << 16..]) {
                let wanted = value(code);
                let may_vanish = wanted.is_subnormal() && !keeps_subnormals;
                // A sum that begins with +0 is never -0.
                let is_right = got.to_bits() == (wanted + 0.0).to_bits();
                let is_right = is_right || (may_vanish && *got == 0.0);
                assert!(
                    is_right || !wanted.is_finite(),
                    "{} {code:#06x}: {got:e} where {wanted:e} is right",
                    dtype.name()
                );
            }
        }
    }
}

#[test]
fn what_is_cut_into_pieces_is_the_same() {
    let Some(mut whole) = open(&untried()) else {
        return;
    };
    let pieces = Options {
        largest_binding_bytes: 256 << 10,
        ..untried()
    };
    let mut pieces = open(&pieces).expect("it was there a moment ago");
    assert_eq!(pieces.facts().largest_binding_bytes, 256 << 10);
    // 512 columns: 128 rows of 128 KiB in BF16, blocks of 128 tokens.
    for (columns, tokens) in [(512, 300), (500, 300), (512, 1), (500, 5)] {
        let case = Case::new(Dtype::BF16, [1000, columns, tokens], 7);
        let before = pieces.dispatches();
        let got = product(&mut pieces, &case);
        assert!(pieces.dispatches() - before >= 4, "it was cut");
        same_bits(&got, &product(&mut whole, &case));
    }
}

#[test]
fn buffers_grow_and_old_contents_do_no_harm() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    // NaN in every place that the small product's padding will have.
    let nan = Case {
        bytes: vec![0xff; 300 * 64 * 2],
        inputs: vec![f32::NAN; 64 * 20],
        ..Case::new(Dtype::BF16, [300, 64, 20], 1)
    };
    product(&mut gpu, &nan);
    for shape in [[3, 5, 1], [3, 5, 3], [5, 3, 17], [400, 90, 200], [1, 1, 1]] {
        let case = Case::new(Dtype::BF16, shape, 9);
        same_bits(&product(&mut gpu, &case), &twin(&case));
    }
}

#[test]
fn nothing_by_nothing_is_nothing() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let case = Case::new(Dtype::F16, [0, 5, 3], 1);
    let empty = block_on(gpu.product(&case.weights(), &case.inputs, 3));
    assert_eq!(empty, Ok(Vec::new()));
    let no_columns = Case::new(Dtype::F16, [2, 0, 3], 1);
    let zeros = block_on(gpu.product(&no_columns.weights(), &[], 3));
    assert_eq!(zeros, Ok(vec![0.0; 6]));
}
