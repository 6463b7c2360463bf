//! What is refused, in which words, and that nothing hangs on a device that is gone.

use crate::random::{Case, under};
use crate::{open, untried};
use floatscope_core::format::Dtype;
use floatscope_gpu::measure::Work;
use floatscope_gpu::{Gpu, GpuError, Model, Options, Weights, twins};
use pollster::block_on;

fn refused(gpu: &mut Gpu, weights: &Weights<'_>, inputs: &[f32], tokens: usize) -> String {
    let outputs = block_on(gpu.product(weights, inputs, tokens));
    outputs.expect_err("it makes no sense").to_string()
}

#[test]
fn shapes_that_contradict_are_named() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let case = Case::new(Dtype::BF16, [4, 6, 2], 1);
    let weights = case.weights();
    let short = Weights {
        bytes: &case.bytes[1..],
        ..weights
    };
    assert_eq!(
        refused(&mut gpu, &short, &case.inputs, 2),
        "weights: 47 bytes, and the shape has 48"
    );
    assert_eq!(
        refused(&mut gpu, &weights, &case.inputs, 3),
        "inputs: 12 numbers, and the shape has 18"
    );
    let huge = Weights {
        rows: usize::MAX,
        ..weights
    };
    refused(&mut gpu, &huge, &case.inputs, 2);
    let other = Weights {
        dtype: Dtype::F8E4M3,
        ..weights
    };
    assert_eq!(
        refused(&mut gpu, &other, &case.inputs, 2),
        "no shader reads weights in F8_E4M3: BF16, F16 and F32 are read"
    );
    let lengths = block_on(gpu.compare(&[1.0], &[]));
    assert!(matches!(lengths, Err(GpuError::WrongLength { .. })));
}

#[test]
fn rules_are_for_exact_products() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let mut under = |case: &Case| under(&mut gpu, Model::F32Pairwise, case).map(drop);
    let with = |dtype, input| Case {
        inputs: vec![input; 3],
        ..Case::new(dtype, [2, 3, 1], 1)
    };
    let significant = |bits: i32| 1.0 + 2f32.powi(1 - bits);
    let inexact = |dtype| Err(GpuError::Inexact { dtype });
    assert_eq!(under(&with(Dtype::BF16, significant(16))), Ok(()));
    assert_eq!(
        under(&with(Dtype::BF16, significant(17))),
        inexact(Dtype::BF16)
    );
    assert_eq!(under(&with(Dtype::F16, significant(13))), Ok(()));
    assert_eq!(
        under(&with(Dtype::F16, significant(14))),
        inexact(Dtype::F16)
    );
    assert_eq!(under(&with(Dtype::F32, 1.0)), inexact(Dtype::F32));
}

#[test]
fn a_matrix_of_which_no_128_rows_fit_is_refused() {
    let options = Options {
        largest_binding_bytes: 64 << 10,
        ..untried()
    };
    let Some(mut gpu) = open(&options) else {
        return;
    };
    let case = Case::new(Dtype::F32, [2, 129, 1], 1);
    assert_eq!(
        refused(&mut gpu, &case.weights(), &case.inputs, 1),
        "the GPU part takes 65536 bytes in a buffer, and 73728 are needed"
    );
}

#[test]
fn a_closed_device_is_lost_at_once_and_for_ever() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let case = Case::new(Dtype::BF16, [4, 6, 2], 1);
    block_on(gpu.product(&case.weights(), &case.inputs, 2)).expect("it is still there");
    gpu.close();
    for _ in 0..2 {
        let outputs = block_on(gpu.product(&case.weights(), &case.inputs, 2));
        assert!(matches!(outputs, Err(GpuError::Lost { .. })), "{outputs:?}");
        let reduction = block_on(gpu.compare(&[1.0], &[1.0]));
        assert!(
            matches!(reduction, Err(GpuError::Lost { .. })),
            "{reduction:?}"
        );
    }
    let other = open(&untried()).expect("another can be opened");
    assert_eq!(other.dispatches(), 0);
}

#[test]
fn the_multiply_adds_of_the_bench_are_done() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    for rounds in [1, 4, 7] {
        let (_, results) = block_on(gpu.run_peak(2, rounds, 1)).expect("it fits");
        for (thread, result) in (0..).zip(&results) {
            assert_eq!(*result, twins::peak::result(thread, rounds, -1.0, 1.0));
        }
        assert_eq!(results.len(), 512);
    }
    let copy = Work::Copy { bytes: 1 << 20 };
    assert!(block_on(gpu.seconds(copy, 2)).expect("it fits") > 0.0);
}
