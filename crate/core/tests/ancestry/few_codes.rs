//! Lattices of which a part of the codes is in use: pruned, uniform and small tensors.

use floatscope_core::ancestry::{Granularity, Label, Scale};
use floatscope_core::format::Dtype;

use super::groups::*;
use super::random::{Random, normal};
use super::round::*;
use super::tensor::*;

const COLUMNS: usize = 384;
const STORES: [Dtype; 3] = [Dtype::BF16, Dtype::F16, Dtype::F32];

/// Normal values of which the smaller half is zero.
fn pruned(count: usize, sigma: f64, seed: u64) -> Vec<f64> {
    let values = normal(count, sigma, seed).into_iter();
    let kept = |x: f64| if x.abs() < 0.674 * sigma { 0.0 } else { x };
    values.map(kept).collect()
}

#[track_caller]
fn assert_microscaled(values: &[f64], columns: usize, label: Label) {
    for dtype in STORES {
        let found = verdict(dtype, columns, values);
        let path = format!("{}>{}", label.name(), dtype.name().to_ascii_lowercase());
        let granularity = Some(Granularity::Block(32));
        let expected = (label, &path[..], granularity, Some(Scale::PowerOfTwo));
        assert_eq!(told(&found), expected, "{:#?}", found.evidence);
    }
}

/// Without small values nothing shows how deep the format reaches: only where it ends.
#[test]
fn pruned_microscaled_blocks() {
    for (at, (format, label)) in [
        (E2M1, Label::Mxfp4),
        (E2M3, Label::Mxfp6E2m3),
        (E4M3, Label::Mxfp8E4m3),
    ]
    .into_iter()
    .enumerate()
    {
        for sigma in [0.01, 0.02, 0.027] {
            let values = pruned(200 * COLUMNS, sigma, 60 + at as u64);
            let values = by_group(&values, COLUMNS, (1, 32), microscaled(format));
            assert_microscaled(&values, COLUMNS, label);
        }
    }
}

/// The largest values of all blocks are nearly the same, and none is at its format's end.
#[test]
fn uniform_e2m3_is_no_e4m3() {
    let mut random = Random::new(63);
    let values: Vec<f64> = (0..100 * COLUMNS)
        .map(|_| (random.uniform() - 0.5) * 0.11)
        .collect();
    let values = by_group(&values, COLUMNS, (1, 32), microscaled(E2M3));
    assert_microscaled(&values, COLUMNS, Label::Mxfp6E2m3);
}

/// Nine magnitudes are few, but two bits are fewer than chance leaves.
#[test]
fn microscaled_fp4_in_a_small_tensor() {
    for (rows, columns) in [(1, 1536), (32, 32)] {
        let values = normal(rows * columns, 0.03, 64);
        let values = by_group(&values, columns, (1, 32), microscaled(E2M1));
        assert_microscaled(&values, columns, Label::Mxfp4);
    }
}

/// Two blocks of INT4 fit one lattice of INT8 by chance.
#[test]
fn a_few_blocks_of_int4_are_no_int8() {
    for seed in 40..50 {
        let values = normal(1000, 10.0, 1200 + seed);
        let values = by_group(&values, 1000, (1, 128), integers(7.0));
        let found = verdict(Dtype::BF16, 1000, &values);
        let granularity = Some(Granularity::Block(128));
        let expected = (Label::Int4, "int4>bf16", granularity, Some(Scale::Real));
        assert_eq!(told(&found), expected, "{seed}: {:#?}", found.evidence);
    }
}

/// Nearly all values are a few steps from zero: all squares use the same few integers.
#[test]
fn outliers_make_no_int4_of_int8() {
    let mut random = Random::new(1270);
    let values: Vec<f64> = normal(256 * 256, 0.01, 1271)
        .iter()
        .map(|x| {
            if random.uniform() < 1e-4 {
                x * 100.0
            } else {
                *x
            }
        })
        .collect();
    let values = by_group(&values, 256, (ALL, ALL), integers(127.0));
    let found = verdict(Dtype::F32, 256, &values);
    let granularity = Some(Granularity::Tensor);
    let expected = (Label::Int8, "int8>f32", granularity, Some(Scale::Real));
    assert_eq!(told(&found), expected, "{:#?}", found.evidence);
}

/// Seven magnitudes in all, of which one is met once or twice.
#[test]
fn microscaled_fp4_of_tight_values() {
    let values: Vec<f64> = normal(384 * COLUMNS, 0.066, 66)
        .iter()
        .map(|x| 0.3 + x)
        .collect();
    let values = by_group(&values, COLUMNS, (1, 32), microscaled(E2M1));
    assert_microscaled(&values, COLUMNS, Label::Mxfp4);
}

/// FP8 values of which none is subnormal lie on FP8's own grid still.
#[test]
fn values_without_a_scale_reach_their_smallest_steps() {
    for (format, label, width) in [(E4M3, Label::F8E4m3, 0.02), (E5M2, Label::F8E5m2, 1.0)] {
        // Hardly one in ten thousand is subnormal in E5M2: all that is kept is asked.
        let values = normal(1000 * COLUMNS, width, 65);
        let values: Vec<f64> = values.iter().map(|x| format.nearest(*x)).collect();
        for dtype in [Dtype::F32, Dtype::F64] {
            let found = verdict(dtype, COLUMNS, &values);
            let told = (found.label, found.granularity, found.scale);
            let expected = (label, Some(Granularity::Element), Some(Scale::None));
            assert_eq!(told, expected, "{dtype}: {:#?}", found.evidence);
        }
    }
}

/// BF16 tells codes apart up to 128, and there are 255: one scale fits all the same.
#[test]
fn integers_with_a_zero_point_for_a_tensor() {
    let normal_values = normal(1536, 0.08, 66);
    let widths = normal(256, 0.5, 67);
    let rows = normal(256 * 1500, 0.03, 68);
    let of_rows: Vec<f64> = rows
        .iter()
        .enumerate()
        .map(|(at, x)| x * libm::exp(widths[at / 1500]))
        .collect();
    for (values, columns) in [(normal_values, 1536), (of_rows, 1500)] {
        let values = by_group(&values, columns, (ALL, ALL), with_zero_point(255.0));
        let found = verdict(Dtype::BF16, columns, &values);
        let expected = (
            Label::Int8,
            "int8>bf16",
            Some(Granularity::Tensor),
            Some(Scale::Real),
        );
        assert_eq!(told(&found), expected, "{:#?}", found.evidence);
    }
}

/// Five steps of 2^-10 are a scale like any other: in BF16 all products lie on the grid
/// of 2^-10 as well, which has more steps than INT8 has codes.
#[test]
fn a_grid_that_rounding_made_is_no_table() {
    let scale = 5.0 / 1024.0;
    let codes = normal(200_000, 32.0, 69);
    let values: Vec<f64> = codes
        .iter()
        .map(|code| code.round().clamp(-127.0, 127.0) * scale)
        .collect();
    let found = verdict(Dtype::BF16, 500, &values);
    let expected = (Label::Int8, Some(Granularity::Tensor), Some(Scale::Real));
    let told = (found.label, found.granularity, found.scale);
    assert_eq!(told, expected, "{:#?}", found.evidence);
}
