//! Values that were converted one by one on their way.

use floatscope_core::ancestry::Label;
use floatscope_core::format::Dtype;

use super::random::{Random, heavy_tailed, normal};
use super::round::*;
use super::tensor::*;

const COUNT: usize = 200_000;
const COLUMNS: usize = 500;

fn weights(seed: u64) -> Vec<f64> {
    normal(COUNT, 0.02, seed)
}

/// A conversion of single values.
type Stop = fn(f64) -> f64;

fn through(stops: &[Stop], values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    for stop in stops {
        values.iter_mut().for_each(|x| *x = stop(*x));
    }
    values
}

#[test]
fn fp16_before_bf16() {
    for seed in 0..3 {
        let found = verdict(Dtype::BF16, COLUMNS, &through(&[f16, bf16], &weights(seed)));
        assert_told(&found, Label::F16, "f16>bf16");
    }
    let heavy = through(&[f16], &heavy_tailed(COUNT, 0.02, 4));
    assert_told(
        &verdict(Dtype::BF16, COLUMNS, &heavy),
        Label::F16,
        "f16>bf16",
    );
}

/// What FP16 flushed leaves no value off the grid; parity and the gap are enough.
#[test]
fn fp16_without_subnormals_before_bf16() {
    let flush = |x: f64| {
        if x.abs() < libm::ldexp(1.0, -14) {
            0.0
        } else {
            x
        }
    };
    let values = through(&[f16, flush], &weights(5));
    assert_told(
        &verdict(Dtype::BF16, COLUMNS, &values),
        Label::F16,
        "f16>bf16",
    );
    assert_told(
        &verdict(Dtype::F32, COLUMNS, &values),
        Label::F16,
        "f16>f32",
    );
}

#[test]
fn bf16_through_fp16() {
    let values = through(&[bf16, f16], &normal(800_000, 0.008, 6));
    let found = verdict(Dtype::BF16, COLUMNS, &values);
    assert_told(&found, Label::F16, "bf16>f16>bf16");
}

#[test]
fn tf32_before_bf16() {
    let found = verdict(Dtype::BF16, COLUMNS, &through(&[tf32], &weights(7)));
    assert_told(&found, Label::Tf32, "tf32>bf16");
}

#[test]
fn averages_are_arithmetic() {
    let base = weights(8);
    let near = |seed: u64, width: f64| -> Vec<f64> {
        let noise = normal(COUNT, width, seed);
        base.iter().zip(noise).map(|(x, y)| bf16(x + y)).collect()
    };
    for (seed, width) in [(9, 0.0002), (11, 0.001)] {
        let (one, other) = (near(seed, width), near(seed + 1, width));
        let mean: Vec<f64> = one.iter().zip(&other).map(|(x, y)| (x + y) / 2.0).collect();
        for dtype in [Dtype::BF16, Dtype::F32] {
            let found = verdict(dtype, COLUMNS, &mean).label;
            let is_right = matches!(
                found,
                Label::Arithmetic | Label::Inconclusive | Label::Native | Label::Unexplained
            );
            assert!(is_right, "{dtype}: {found:?}");
        }
        assert_eq!(
            verdict(Dtype::BF16, COLUMNS, &mean).label,
            Label::Arithmetic
        );
    }
}

/// Training that adds small steps to BF16 values and rounds each time.
#[test]
fn updates_in_bf16_are_no_conversion() {
    let mut values = through(&[bf16], &weights(13));
    for step in 0..6 {
        let steps = normal(COUNT, 0.0003, 20 + step);
        values
            .iter_mut()
            .zip(steps)
            .for_each(|(x, step)| *x = bf16(*x + step));
    }
    let found = verdict(Dtype::BF16, COLUMNS, &values).label;
    let is_right = matches!(
        found,
        Label::Arithmetic | Label::Inconclusive | Label::Native | Label::Unexplained
    );
    assert!(is_right, "{found:?}");
}

#[test]
fn fp32_that_holds_less() {
    let values = weights(30);
    let cases: [(&[Stop], Label, &str, u64); 5] = [
        (&[bf16], Label::Bf16, "bf16>f32", 2),
        (&[f16], Label::F16, "f16>f32", 2),
        (&[tf32], Label::Tf32, "tf32>f32", 0),
        (&[f16, bf16], Label::F16, "f16>bf16>f32", 2),
        (&[tf32, bf16], Label::Tf32, "tf32>bf16>f32", 2),
    ];
    for (stops, label, path, wasted) in cases {
        let found = figures(Dtype::F32, COLUMNS, &through(stops, &values));
        assert_told(&found.ancestry, label, path);
        assert_eq!(found.wasted_bytes, wasted * COUNT as u64, "{path}");
    }
}

#[test]
fn fp32_that_holds_an_average() {
    let near = through(&[bf16], &weights(31));
    let other: Vec<f64> = near
        .iter()
        .zip(normal(COUNT, 0.0002, 32))
        .map(|(x, y)| bf16(x + y))
        .collect();
    let mean: Vec<f64> = near.iter().zip(other).map(|(x, y)| (x + y) / 2.0).collect();
    let found = verdict(Dtype::F32, COLUMNS, &mean);
    assert_eq!(found.label, Label::Arithmetic, "{:#?}", found.evidence);
}

#[test]
fn other_stores_that_hold_less() {
    let values = weights(33);
    let found = verdict(Dtype::F16, COLUMNS, &through(&[bf16], &values));
    assert_told(&found, Label::Bf16, "bf16>f16");
    let found = figures(Dtype::F64, COLUMNS, &values);
    assert_told(&found.ancestry, Label::F32, "f32>f64");
    assert_eq!(found.wasted_bytes, 4 * COUNT as u64);
    for (stop, label, path) in [
        (bf16 as Stop, Label::Bf16, "bf16>f64"),
        (f16, Label::F16, "f16>f64"),
    ] {
        let found = verdict(Dtype::F64, COLUMNS, &through(&[stop], &values));
        assert_told(&found, label, path);
    }
}

/// Overflow in FP16 leaves infinities, which are FP16's as well.
#[test]
fn infinities_do_not_hide_fp16() {
    let mut values = through(&[f16], &weights(34));
    values
        .iter_mut()
        .step_by(5000)
        .for_each(|x| *x = f64::INFINITY);
    assert_told(
        &verdict(Dtype::F32, COLUMNS, &values),
        Label::F16,
        "f16>f32",
    );
    assert_told(
        &verdict(Dtype::BF16, COLUMNS, &values),
        Label::F16,
        "f16>bf16",
    );
    let nan: Vec<f64> = values
        .iter()
        .map(|x| if x.is_infinite() { f64::NAN } else { *x })
        .collect();
    assert_told(&verdict(Dtype::F32, COLUMNS, &nan), Label::F16, "f16>f32");
}

/// Half of the rows went another way.
#[test]
fn rows_of_two_kinds_are_mixed() {
    let mut values = weights(35);
    let rows = COUNT / COLUMNS;
    for (at, row) in values.chunks_mut(COLUMNS).enumerate() {
        if at % 4 != 0 {
            row.iter_mut().for_each(|x| *x = f16(*x));
        }
    }
    let found = figures(Dtype::F32, COLUMNS, &values);
    assert_eq!(found.ancestry.label, Label::Mixed);
    let told = found.rows.expect("rows of floats");
    let quarter = rows as u64 / 4;
    assert_eq!(
        told.ancestry,
        [(Label::Native, quarter), (Label::F16, 3 * quarter)]
    );
    assert_eq!((told.count, told.examined), (rows as u64, rows as u64));
    assert_eq!(found.wasted_bytes, 0);
}

/// What is shown by thousands of values has its odds.
#[test]
fn a_narrower_float_has_odds() {
    let values = through(&[bf16], &weights(36));
    let found = verdict(Dtype::F32, COLUMNS, &values);
    assert!(found.log10_odds > 100.0, "{found:#?}");
    let found = verdict(Dtype::F64, COLUMNS, &weights(37));
    assert!(found.log10_odds > 100.0, "{found:#?}");
}

/// Nor does a bound to which values are clipped hide FP16.
#[test]
fn clipping_does_not_hide_fp16() {
    for (seed, bound) in [(38, bf16(0.03)), (39, bf16(0.0301))] {
        let values: Vec<f64> = weights(seed)
            .iter()
            .map(|x| f16(*x).clamp(-bound, bound))
            .collect();
        assert_told(
            &verdict(Dtype::BF16, COLUMNS, &values),
            Label::F16,
            "f16>bf16",
        );
    }
}

/// Where both hold all values but a handful, FP16 and TF32 cannot be told apart.
#[test]
fn a_handful_of_small_values_does_not_decide() {
    let mut values = through(&[tf32], &weights(40));
    // Well above FP16's subnormal numbers, so that none of them is missed.
    values
        .iter_mut()
        .for_each(|x| *x = tf32(x.signum() * 0.01 + *x));
    let least = libm::ldexp(1.0, -14);
    for small in [&[][..], &[0.5], &[0.5, -0.25, 0.75]] {
        values
            .iter_mut()
            .zip(small)
            .for_each(|(x, share)| *x = share * least);
        let found = verdict(Dtype::F32, COLUMNS, &values);
        assert_eq!(found.label, Label::Inconclusive, "{found:#?}");
    }
}

/// A label speaks for nearly all values, not for four fifths of them.
#[test]
fn a_part_of_the_values_is_no_whole() {
    let part = |stop: Stop, values: &[f64]| -> Vec<f64> {
        let values = values.iter().enumerate();
        let stopped = values.map(|(at, x)| if at % 5 == 0 { *x } else { stop(*x) });
        stopped.collect()
    };
    let values = through(&[bf16], &normal(800_000, 0.008, 41));
    let found = verdict(Dtype::BF16, COLUMNS, &part(f16, &values));
    assert_ne!(found.label, Label::F16, "{found:#?}");
    for dtype in [Dtype::F16, Dtype::F32] {
        let found = verdict(dtype, COLUMNS, &part(bf16, &weights(42)));
        assert_ne!(found.label, Label::Bf16, "{found:#?}");
    }
}

/// The mean of eight has nearly the parity of FP16, and another profile.
#[test]
fn averages_of_eight_are_no_fp16() {
    let base = normal(2 * COUNT, 0.02, 43);
    let mut sum = vec![0.0; base.len()];
    for seed in 0..8 {
        let noise = normal(base.len(), 0.0004, 50 + seed);
        let near = base.iter().zip(noise).map(|(x, y)| bf16(x + y));
        sum.iter_mut()
            .zip(near)
            .for_each(|(sum, x)| *sum += x / 8.0);
    }
    let found = figures(Dtype::BF16, COLUMNS, &sum);
    let is_conversion = matches!(found.ancestry.label, Label::F16 | Label::Tf32);
    assert!(!is_conversion, "{:?}", found.parity);
}

/// Values of one binade that went through FP16, too few to move the share of all.
#[test]
fn one_binade_that_was_rounded_twice_is_not_native() {
    let mut random = Random::new(41);
    let native = normal(150_000, 0.02, 41);
    let part = (0..30_000).map(|_| f16(0.25 + 0.25 * random.uniform()));
    let values: Vec<f64> = native.into_iter().chain(part).collect();
    let found = verdict(Dtype::BF16, 500, &values);
    assert_ne!(found.label, Label::Native, "{:#?}", found.evidence);
}
