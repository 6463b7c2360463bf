//! Native values, however they were rounded once, are never called anything else.

use floatscope_core::ancestry::Label;
use floatscope_core::format::Dtype;

use super::random::{Random, heavy_tailed, normal};
use super::round::*;
use super::tensor::*;

const COUNT: usize = 131_072;

#[track_caller]
fn assert_native(dtype: Dtype, columns: usize, values: &[f64]) {
    let found = verdict(dtype, columns, values);
    let path = dtype.name().to_ascii_lowercase();
    assert_eq!(
        (found.label, found.path),
        (Label::Native, path),
        "{:#?}",
        found.evidence
    );
}

/// Not enough to know, or native.
#[track_caller]
fn assert_no_alarm(dtype: Dtype, columns: usize, values: &[f64]) {
    let found = verdict(dtype, columns, values);
    let is_quiet = matches!(found.label, Label::Native | Label::Inconclusive);
    assert!(is_quiet, "{:?}: {:#?}", found.label, found.evidence);
}

#[test]
fn rounded_to_nearest() {
    for (seed, sigma) in [0.01, 0.02, 0.08, 1.0].into_iter().enumerate() {
        let values = normal(COUNT, sigma, seed as u64);
        for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
            assert_native(dtype, 512, &values);
        }
    }
    assert_native(Dtype::BF16, 384, &heavy_tailed(COUNT / 384 * 384, 0.02, 5));
}

#[test]
fn truncated_and_by_chance() {
    let values = normal(COUNT, 0.02, 6);
    let truncated: Vec<f64> = values.iter().map(|x| bf16_truncated(*x)).collect();
    assert_native(Dtype::BF16, 512, &truncated);
    let mut random = Random::new(7);
    let stochastic: Vec<f64> = values
        .iter()
        .copied()
        .map(bf16_stochastic(&mut random))
        .collect();
    assert_native(Dtype::BF16, 512, &stochastic);
}

#[test]
fn fp64_is_native_as_well() {
    let mut random = Random::new(8);
    let values: Vec<f64> = (0..20_000).map(|_| random.normal() * 0.02).collect();
    assert_native(Dtype::F64, 200, &values);
}

/// Of few values nothing is known, and nothing is claimed.
#[test]
fn few_values_raise_no_alarm() {
    for seed in 0..40 {
        for count in [2, 3, 16, 100, 768, 1000] {
            let values = normal(count, 0.02, 100 + seed);
            for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
                assert_no_alarm(dtype, count, &values);
            }
        }
    }
}

/// Eight mantissa fields in use are no FP8: these are all that there are near one.
#[test]
fn norms_near_one_raise_no_alarm() {
    for (seed, width) in (0..8).flat_map(|seed| [0.002, 0.005, 0.02, 0.1].map(|w| (seed, w))) {
        let values: Vec<f64> = normal(4096, width, 200 + seed)
            .iter()
            .map(|x| 1.0 + x)
            .collect();
        assert_no_alarm(Dtype::BF16, 4096, &values);
        assert_no_alarm(Dtype::F32, 4096, &values);
        // Most of them not trained at all.
        let mostly: Vec<f64> = values
            .iter()
            .enumerate()
            .map(|(at, x)| if at % 16 == 0 { *x } else { 1.0 })
            .collect();
        assert_no_alarm(Dtype::BF16, 4096, &mostly);
        assert_no_alarm(Dtype::F32, 4096, &mostly);
    }
}

/// Repeated rows are one row's worth of evidence.
#[test]
fn repeated_rows_raise_no_alarm() {
    for seed in 0..6 {
        let values = normal(256, 0.02, 300 + seed).repeat(400);
        for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
            assert_no_alarm(dtype, 256, &values);
        }
    }
}

/// What is met again and again because whole rows are is no small set of numbers.
#[test]
fn repeated_rows_of_any_length_are_native() {
    for (columns, distinct, rows) in [(256, 15, 1172), (105, 9, 4000), (29, 41, 15_000)] {
        let period = normal(columns * distinct, 0.02, 310 + columns as u64);
        let values = period.repeat(rows / distinct);
        for dtype in [Dtype::F16, Dtype::F32] {
            assert_native(dtype, columns, &values);
        }
    }
    // Some codes of BF16 have none of 8,192 values, and others sixty times as many.
    let values = normal(16 * 512, 0.02, 330).repeat(60);
    assert_native(Dtype::BF16, 512, &values);
}

/// Eight values lie on some lattice of 255 steps by chance, and many columns have eight.
#[test]
fn short_columns_raise_no_alarm() {
    for seed in 0..60 {
        let (rows, columns) = if seed % 2 == 0 { (8, 512) } else { (3, 8192) };
        let mut random = Random::new(340 + seed);
        let mut round = bf16_stochastic(&mut random);
        let values: Vec<f64> = normal(rows * columns, 0.022, 400 + seed)
            .iter()
            .map(|x| round(x.clamp(-0.012, 0.012)))
            .collect();
        assert_no_alarm(Dtype::BF16, columns, &values);
    }
}

/// Ones, and a few numbers that are met again, say nothing of all the others.
#[test]
fn a_few_numbers_that_repeat_raise_no_doubt() {
    let few = normal(8, 0.05, 320);
    let values: Vec<f64> = normal(1 << 14, 0.05, 321)
        .iter()
        .enumerate()
        .map(|(at, x)| match at * 7919 % 50 {
            0..30 => 1.0,
            30 => 1.0 + few[at / 50 % 8],
            _ => 1.0 + x,
        })
        .map(|x| f64::from(x as f32))
        .collect();
    assert_native(Dtype::F32, 128, &values);
}

#[test]
fn pruned_tensors_are_native() {
    // By magnitude: nothing small is left.
    let large: Vec<f64> = normal(COUNT, 0.02, 400)
        .iter()
        .map(|x| if x.abs() < 0.01 { 0.0 } else { *x })
        .collect();
    let mut random = Random::new(401);
    let by_chance: Vec<f64> = normal(COUNT, 0.02, 402)
        .iter()
        .map(|x| if random.uniform() < 0.5 { 0.0 } else { *x })
        .collect();
    for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
        assert_no_alarm(dtype, 512, &large);
        assert_native(dtype, 512, &by_chance);
    }
}

/// Random numbers on ±1 and ±1/2 are made as multiples of 2^-24 and lie on FP16's grid.
#[test]
fn uniform_initialisation_raises_no_alarm() {
    for (seed, bound) in [1.0, 0.5, 0.25, 0.044].into_iter().enumerate() {
        let mut random = Random::new(500 + seed as u64);
        let mut draw = || {
            let from_zero_to_one = (random.next() >> 40) as f64 / f64::from(1 << 24);
            f64::from((from_zero_to_one as f32).mul_add(2.0 * bound, -bound))
        };
        let values: Vec<f64> = (0..COUNT).map(|_| draw()).collect();
        for dtype in [Dtype::BF16, Dtype::F32] {
            assert_no_alarm(dtype, 512, &values);
        }
    }
}

/// Rows of very different widths, as embeddings have them.
#[test]
fn rows_of_many_widths_are_native() {
    let mut values = normal(COUNT, 0.02, 600);
    for (at, row) in values.chunks_mut(512).enumerate() {
        let factor = libm::exp2((at % 13) as f64 - 6.0);
        row.iter_mut()
            .for_each(|x| *x = f64::from((*x * factor * 1.1) as f32));
    }
    assert_native(Dtype::BF16, 512, &values);
    assert_native(Dtype::F32, 512, &values);
}

/// A clipping bound holds many values of one code, even or odd.
#[test]
fn clipped_weights_are_native() {
    for (seed, bound) in [0.03, 0.030_03, 0.030_15, 0.0303].into_iter().enumerate() {
        let bound = bf16(bound);
        let values = normal(COUNT, 0.02, 700 + seed as u64);
        let values: Vec<f64> = values.iter().map(|x| x.clamp(-bound, bound)).collect();
        assert_native(Dtype::BF16, 512, &values);
    }
}

/// Enough of them that FP16's grid would speak, were they not made on it.
#[test]
fn many_uniform_numbers_raise_no_alarm() {
    let mut random = Random::new(800);
    let mut draw = || (random.next() >> 40) as f64 / f64::from(1 << 24) - 0.5;
    let values: Vec<f64> = (0..3_000_000).map(|_| draw()).collect();
    assert_no_alarm(Dtype::BF16, 1000, &values);
}

/// A row of few values that is repeated is no table.
#[test]
fn repeated_handfuls_raise_no_alarm() {
    let row: [f64; 6] = [0.0123, -0.0211, 0.0302, -0.0141, 0.0257, -0.0309];
    for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
        assert_no_alarm(dtype, 6, &row.map(|x| f64::from(x as f32)).repeat(2000));
    }
}

/// Differences of larger BF16 values lie on FP16's grid, and rarely on its odd multiples.
#[test]
fn differences_never_went_through_fp16() {
    let base = normal(COUNT * 4, 0.02, 900);
    let noise = normal(COUNT * 4, 0.002, 901);
    let pairs = base.iter().zip(noise);
    let values: Vec<f64> = pairs.map(|(x, y)| bf16(x + y) - bf16(*x)).collect();
    let found = verdict(Dtype::BF16, 512, &values);
    assert!(
        !matches!(found.label, Label::F16 | Label::Tf32),
        "{found:#?}"
    );
}

/// A norm of ones but for a few values that were trained: the ones hold nothing narrower.
#[test]
fn ones_do_not_outvote_what_was_trained() {
    for (seed, apart) in [(0, 25), (1, 40), (2, 100)] {
        let values = normal(4096, 0.02, 1000 + seed);
        let values = values.iter().enumerate();
        let values: Vec<f64> = values
            .map(|(at, x)| if at % apart == 0 { 1.0 + x } else { 1.0 })
            .map(|x| f64::from(x as f32))
            .collect();
        assert_no_alarm(Dtype::F32, 4096, &values);
    }
}

/// Down to 2^-17 FP16 holds every BF16 value: that all of them are on its grid says nothing.
#[test]
fn values_that_fp16_holds_raise_no_alarm() {
    let least = libm::ldexp(1.0, -17);
    let values = normal(COUNT, 0.0002, 1100);
    let values: Vec<f64> = values
        .into_iter()
        .map(|x| if x.abs() < least { 0.0 } else { x })
        .collect();
    assert_no_alarm(Dtype::BF16, 512, &values);
}

#[test]
fn many_small_tensors_raise_no_alarm() {
    for seed in 0..300 {
        let values = normal(5000, 0.02, 2000 + seed);
        assert_no_alarm(Dtype::BF16, 100, &values);
    }
}

/// Sixteen steps of FP16 are too few to tell BF16's from FP16's own.
#[test]
fn tight_fp16_values_stay_open() {
    let noise = normal(COUNT, 0.001, 31);
    let values: Vec<f64> = noise.iter().map(|x| 1.0 + x).collect();
    let found = verdict(Dtype::F16, 512, &values);
    assert_eq!(found.label, Label::Inconclusive, "{:#?}", found.evidence);
}

/// A row of few values that is met again and again is one row, and no table.
#[test]
fn one_row_of_few_values_stays_open() {
    let mut random = Random::new(32);
    let levels = [-0.0713, -0.0391, 0.0, 0.0391, 0.0713];
    let row: Vec<f64> = (0..64)
        .map(|_| levels[random.next() as usize % 5])
        .collect();
    for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
        let found = verdict(dtype, 64, &row.repeat(500));
        let other: Vec<f64> = (0..32_000)
            .map(|_| levels[random.next() as usize % 5])
            .collect();
        let table = verdict(dtype, 64, &other);
        assert_eq!(
            found.label,
            Label::Inconclusive,
            "{dtype}: {:#?}",
            found.evidence
        );
        assert_eq!(
            table.label,
            Label::FewLevels,
            "{dtype}: {:#?}",
            table.evidence
        );
    }
}
