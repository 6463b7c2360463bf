//! What looks like a history and is none: products, averages, parts, short rows.

use floatscope_core::ancestry::{Granularity, Label};
use floatscope_core::format::Dtype;

use super::groups::*;
use super::random::{Random, normal};
use super::round::*;
use super::tensor::*;

const COLUMNS: usize = 512;
const COUNT: usize = 512 * COLUMNS;

/// Weight decay and rescaling in BF16 leave codes that no value has.
#[test]
fn products_with_a_constant_are_no_conversion() {
    for (at, factor) in [0.6, 0.9, 0.97, 1.1, 2.0 / 3.0].into_iter().enumerate() {
        for count in [64 * COLUMNS, COUNT, 4 * COUNT] {
            let values = normal(count, 0.02, 70 + at as u64);
            let values: Vec<f64> = values
                .iter()
                .map(|x| bf16(bf16(*x) * bf16(factor)))
                .collect();
            let found = verdict(Dtype::BF16, COLUMNS, &values);
            let is_quiet = matches!(found.label, Label::Arithmetic | Label::Inconclusive);
            assert!(is_quiet, "{factor} {count}: {:#?}", found.evidence);
        }
    }
}

/// The mean of eight fades among its smallest values alone.
#[test]
fn close_averages_of_eight_are_no_tf32() {
    for (count, noise) in [
        (COUNT, 0.0001),
        (COUNT, 0.00014),
        (COUNT, 0.0002),
        (COUNT / 2, 0.0001),
        (COUNT / 2, 0.00014),
        (COUNT / 2, 0.0002),
    ] {
        let base = normal(count, 0.02, 80);
        let mut sum = vec![0.0; base.len()];
        for seed in 0..8 {
            let near = base.iter().zip(normal(base.len(), noise, 81 + seed));
            for (sum, (x, y)) in sum.iter_mut().zip(near) {
                *sum += bf16(x + y) / 8.0;
            }
        }
        for columns in [COLUMNS, 1000] {
            let values = &sum[..sum.len() / columns * columns];
            let found = verdict(Dtype::BF16, columns, values);
            let is_conversion = matches!(found.label, Label::F16 | Label::Tf32);
            assert!(!is_conversion, "{noise}: {:#?}", found.evidence);
        }
    }
}

/// So few values have too few small ones for that to show.
#[test]
fn short_averages_of_eight_are_no_tf32() {
    for seed in 0..12 {
        let base = normal(7 * 1024, 0.02, 1000 + 10 * seed);
        let mut sum = vec![0.0; base.len()];
        for part in 1..9 {
            let near = base
                .iter()
                .zip(normal(base.len(), 0.0002, 1000 + 10 * seed + part));
            for (sum, (x, y)) in sum.iter_mut().zip(near) {
                *sum += bf16(x + y) / 8.0;
            }
        }
        let found = verdict(Dtype::BF16, 1024, &sum);
        let is_conversion = matches!(found.label, Label::F16 | Label::Tf32);
        assert!(!is_conversion, "{seed}: {:#?}", found.evidence);
    }
}

/// Averages of tight values are multiples of one power of two, and no table.
#[test]
fn averages_of_norms_are_no_table() {
    let base = normal(COUNT / 2, 0.05, 90);
    let near = normal(COUNT / 2, 0.001, 91);
    let pairs = base.iter().zip(near);
    let values: Vec<f64> = pairs
        .map(|(x, y)| (bf16(0.3 + x) + bf16(0.3 + x + y)) / 2.0)
        .collect();
    for dtype in [Dtype::F32, Dtype::F16] {
        let found = verdict(dtype, COLUMNS, &values);
        let is_quiet = matches!(
            found.label,
            Label::Native | Label::Inconclusive | Label::Arithmetic
        );
        assert!(is_quiet, "{dtype}: {found:#?}");
    }
}

/// A band of rows that was rounded twice does not make the rest less native, nor is it.
#[test]
fn a_quarter_of_the_rows_is_a_mixture() {
    for stop in [f16 as fn(f64) -> f64, tf32] {
        let mut values = normal(2 * COUNT, 0.02, 100);
        let quarter = values.len() / 4;
        values[..quarter].iter_mut().for_each(|x| *x = stop(*x));
        let found = figures(Dtype::BF16, COLUMNS, &values);
        assert_eq!(found.ancestry.label, Label::Mixed, "{:#?}", found.ancestry);
        let rows = found.rows.expect("rows of floats").ancestry;
        assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [768, 256]);
    }
}

/// FP32 of which some rows lie on a lattice and the others use every bit.
#[test]
fn some_rows_on_a_lattice_are_a_mixture() {
    for (at, format) in [E2M1, E4M3].into_iter().enumerate() {
        for part in [28, 64, 256] {
            let native = normal(COUNT / 4, 0.02, 110 + at as u64);
            let coarse = by_group(&native, 128, (1, 32), microscaled(format));
            let values: Vec<f64> = (0..native.len())
                .map(|at| {
                    if at / 128 % 512 < part {
                        coarse[at]
                    } else {
                        native[at]
                    }
                })
                .collect();
            let found = verdict(Dtype::F32, 128, &values);
            assert_eq!(found.label, Label::Mixed, "{part}: {found:#?}");
        }
    }
}

/// A table of sines begins with a row of zeros and ones.
#[test]
fn a_row_of_zeros_and_ones_is_no_bf16() {
    let values: Vec<f64> = (0..7 * 64)
        .map(|at| {
            let (row, column) = (f64::from(at / 64), at % 64);
            let angle = row * libm::pow(10_000.0, -f64::from(column / 2 * 2) / 64.0);
            if column % 2 == 0 {
                libm::sin(angle)
            } else {
                libm::cos(angle)
            }
        })
        .collect();
    let found = figures(Dtype::F32, 64, &values);
    assert_eq!(found.ancestry.label, Label::Native, "{:#?}", found.ancestry);
}

/// A column is one row: each of its values alone would say nothing.
#[test]
fn columns_of_one_value_are_one_row() {
    let values: Vec<f64> = normal(20_000, 0.05, 120)
        .iter()
        .map(|x| bf16(0.3 + x))
        .collect();
    let found = figures(Dtype::F32, 1, &values);
    assert_eq!(
        (found.ancestry.label, &found.ancestry.path[..]),
        (Label::Bf16, "bf16>f32")
    );
    assert_eq!(found.rows.expect("rows of floats").count, 1);
}

/// Multiples of FP16's smallest number went through FP16.
#[test]
fn subnormal_fp16_is_no_table() {
    for sigma in [1e-6, 4e-5] {
        let values: Vec<f64> = normal(COUNT, sigma, 130).iter().map(|x| f16(*x)).collect();
        for dtype in [Dtype::BF16, Dtype::F32] {
            let found = verdict(dtype, COLUMNS, &values);
            assert_eq!(found.label, Label::F16, "{dtype}: {found:#?}");
        }
    }
}

/// Weight decay in BF16: within a group the codes that are left out look like those of
/// integers, but all groups leave out the same ones.
#[test]
fn decayed_norms_lie_on_no_lattice() {
    for (at, factor) in [0.9, 0.95, 0.97].into_iter().enumerate() {
        let values: Vec<f64> = normal(512 * 768, 0.03, 140 + at as u64)
            .iter()
            .map(|x| bf16(bf16(1.0 + x) * bf16(factor)))
            .collect();
        let found = verdict(Dtype::BF16, 768, &values);
        let is_quiet = matches!(found.label, Label::Arithmetic | Label::Inconclusive);
        assert!(is_quiet && found.scale.is_none(), "{factor}: {found:#?}");
    }
}

#[test]
fn tight_values_times_a_number_are_no_mixture() {
    let base: Vec<f64> = normal(384 * COLUMNS, 0.05, 145)
        .iter()
        .map(|x| bf16(0.3 + x))
        .collect();
    for (dtype, factor) in [(Dtype::BF16, 3.0), (Dtype::F32, 0.7), (Dtype::F32, 1.3)] {
        let values: Vec<f64> = base.iter().map(|x| x * factor).collect();
        let found = verdict(dtype, COLUMNS, &values);
        let is_quiet = matches!(found.label, Label::Arithmetic | Label::Inconclusive);
        assert!(is_quiet, "{dtype} {factor}: {found:#?}");
    }
}

/// One scale for the tensor is not one for each square.
#[test]
fn squares_that_share_a_scale_do_not_add_up() {
    for seed in 150..154 {
        let values: Vec<f64> = normal(384 * COLUMNS, 0.03, seed)
            .iter()
            .map(|x| 1.0 + x)
            .collect();
        let values = by_group(&values, COLUMNS, (ALL, ALL), integers(127.0));
        let found = verdict(Dtype::BF16, COLUMNS, &values);
        let is_tensor = found.granularity.is_none_or(|of| of == Granularity::Tensor);
        assert!(is_tensor, "{found:#?}");
    }
}

/// Means of two BF16 values have so few codes that each is met again and again.
#[test]
fn averages_are_never_native() {
    let base = normal(COUNT, 0.02, 155);
    let pairs = base.iter().zip(normal(COUNT, 0.0001, 156));
    let values: Vec<f64> = pairs.map(|(x, y)| (bf16(*x) + bf16(x + y)) / 2.0).collect();
    for dtype in [Dtype::F16, Dtype::F32] {
        let found = verdict(dtype, COLUMNS, &values);
        let is_quiet = matches!(found.label, Label::Arithmetic | Label::Inconclusive);
        assert!(is_quiet, "{dtype}: {found:#?}");
    }
}

/// What was rounded to a coarser format lies on its grid, in steps that are the same for
/// all groups: integers with an offset of nobody's.
#[test]
fn a_format_s_own_grid_is_no_lattice_with_offsets() {
    let base = normal(256 * COLUMNS, 0.03, 160);
    let coarse: Vec<f64> = base.iter().map(|x| f16(1.0 + x)).collect();
    let products: Vec<f64> = base.iter().map(|x| bf16(1.0 + x) * 0.7).collect();
    let clipped: Vec<f64> = base.iter().map(|x| bf16(x.clamp(-0.02, 0.02))).collect();
    for values in [coarse, products, clipped] {
        for (dtype, columns) in [
            (Dtype::F32, COLUMNS),
            (Dtype::F16, 8192),
            (Dtype::BF16, 16_384),
        ] {
            let found = verdict(dtype, columns, &values);
            assert!(found.scale.is_none(), "{dtype}: {found:#?}");
        }
    }
}

/// Few numbers stay few where all of them occur equally often, and in a table that
/// happens to end where FP16 ends.
#[test]
fn few_numbers_are_never_native() {
    let numbers = normal(1000, 0.05, 170);
    let equally: Vec<f64> = (0..8000).map(|at| numbers[at * 7919 % 8000 / 8]).collect();
    let found = verdict(Dtype::F32, 80, &equally);
    assert_eq!(found.label, Label::Inconclusive, "{found:#?}");
    // 0.7 in FP32 is an odd multiple of 2^-24.
    let mut random = Random::new(171);
    let step = f64::from(0.7f32);
    let table: Vec<f64> = (0..8000)
        .map(|_| f64::from((step * (1.0 + (random.uniform() * 999.0).floor())) as f32))
        .collect();
    let found = verdict(Dtype::F32, 80, &table);
    assert_eq!(found.label, Label::FewLevels, "{found:#?}");
}
