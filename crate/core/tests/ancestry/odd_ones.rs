//! Tensors that are no weights: constants, tables, masks.

use floatscope_core::ancestry::Label;
use floatscope_core::format::Dtype;

use super::random::Random;
use super::tensor::*;

const FLOATS: [Dtype; 4] = [Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::F64];

#[test]
fn constants() {
    for dtype in FLOATS {
        for (value, zero_rows) in [(0.0, 10), (1.0, 0), (-0.5, 0)] {
            let found = figures(dtype, 30, &[value; 300]);
            assert_eq!(found.ancestry.label, Label::Constant, "{dtype}");
            let rows = found.rows.expect("rows of floats");
            assert_eq!((rows.count, rows.constant, rows.zero), (10, 10, zero_rows));
            assert!(rows.ancestry.is_empty());
        }
    }
}

/// Of a large tensor a sample is kept, which one other value seldom is in.
#[test]
fn nearly_constant() {
    for dtype in FLOATS {
        let mut values = vec![1.0; 1_000_000];
        values[17_000] = 0.3;
        let found = verdict(dtype, values.len(), &values);
        assert_eq!(found.label, Label::Inconclusive, "{dtype}: {found:#?}");
    }
}

#[test]
fn nothing() {
    for dtype in FLOATS {
        let found = figures_of_bytes(dtype, &[0, 3], &[]);
        assert_eq!(found.ancestry.label, Label::Empty);
        assert_eq!(found.wasted_bytes, 0);
    }
}

#[test]
fn what_is_no_float() {
    for dtype in [Dtype::I32, Dtype::U8, Dtype::Bool, Dtype::C64] {
        let bytes = vec![1; 16 * dtype.bits() as usize / 8];
        let found = figures_of_bytes(dtype, &[16], &bytes);
        assert_eq!(found.ancestry.label, Label::NotFloat, "{dtype}");
        assert!(found.rows.is_none() && found.witnesses.is_empty());
    }
}

#[test]
fn values_that_are_not_finite() {
    let cases = [
        vec![f64::NAN; 1000],
        [f64::INFINITY, f64::NEG_INFINITY].repeat(500),
        // One number is in every format, and proves none.
        [f64::INFINITY, 1.0].repeat(500),
        [f64::NAN, f64::INFINITY, -0.5, 0.0].repeat(250),
    ];
    for dtype in FLOATS {
        for (at, values) in cases.iter().enumerate() {
            let found = verdict(dtype, 100, values);
            assert_eq!(found.label, Label::Inconclusive, "{dtype}, case {at}");
        }
    }
}

/// Infinities have short mantissas, which are no BF16 values.
#[test]
fn infinities_among_native_values() {
    let mut values = super::random::normal(40_000, 0.02, 7);
    for (at, value) in values.iter_mut().enumerate() {
        if at % 10 != 0 {
            *value = f64::INFINITY;
        }
    }
    let found = figures(Dtype::F32, 200, &values);
    assert_eq!(found.ancestry.label, Label::Native);
    assert_eq!(found.rows.expect("rows").ancestry, [(Label::Native, 200)]);
}

/// Two magnitudes beside the largest are on some lattice, in every block the same.
#[test]
fn three_magnitudes_again_and_again() {
    let mut random = Random::new(8);
    let largest = f64::from(f32::MAX);
    let levels = [largest, largest * 0.75, largest * 0.5];
    for dtype in FLOATS {
        let values: Vec<f64> = (0..100)
            .map(|_| levels[random.next() as usize % 3] * (random.uniform() - 0.5).signum())
            .collect();
        let found = verdict(dtype, 100, &values);
        assert_eq!(found.label, Label::Inconclusive, "{dtype}: {found:#?}");
    }
}

#[test]
fn tables_of_integers() {
    let tables: [Vec<f64>; 4] = [
        (0..256).map(f64::from).collect(),
        (0..256).map(|k| f64::from(k) / 256.0).collect(),
        (-100..100).map(f64::from).collect(),
        (0..200).map(|k| f64::from(k) * 0.5).collect(),
    ];
    for (at, table) in tables.iter().enumerate() {
        for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
            let values = table.repeat(40);
            let found = verdict(dtype, table.len(), &values);
            assert_eq!(
                found.label,
                Label::FewLevels,
                "table {at}, {dtype}: {:#?}",
                found.evidence
            );
        }
    }
}

#[test]
fn random_integers() {
    let mut random = Random::new(1);
    let values: Vec<f64> = (0..40_000)
        .map(|_| f64::from(random.next() as i8))
        .collect();
    for dtype in [Dtype::BF16, Dtype::F32] {
        let found = verdict(dtype, 200, &values);
        assert_eq!(
            found.label,
            Label::FewLevels,
            "{dtype}: {:#?}",
            found.evidence
        );
    }
}

#[test]
fn ternary_weights() {
    let mut random = Random::new(2);
    for scale in [1.0, 0.037] {
        let mut draw = || ((random.next() % 3) as f64 - 1.0) * scale;
        let values: Vec<f64> = (0..40_000).map(|_| draw()).collect();
        for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
            let found = verdict(dtype, 200, &values);
            assert_eq!(
                found.label,
                Label::FewLevels,
                "{scale}, {dtype}: {:#?}",
                found.evidence
            );
        }
    }
}

/// The witnesses are counts, whatever the verdict.
#[test]
fn witnesses_are_counted() {
    let mut values = vec![0.01; 1000];
    values.extend([1e-11, 3e-8, 1e-6, 70_000.0, 2.0, 0.0]);
    let found = figures(Dtype::F32, values.len(), &values).witnesses;
    let counts: Vec<(&str, u64)> = found
        .iter()
        .map(|one| (one.threshold, one.observed))
        .collect();
    assert_eq!(
        counts,
        [("1e-10", 1), ("2^-24", 2), ("2^-17", 3), ("65504", 1)]
    );
}

/// FP8 has few codes, of which narrower formats use some.
#[test]
fn fp8_that_holds_less() {
    let mut random = Random::new(3);
    let mut codes = |mask: u8| -> Vec<u8> {
        let draw = || (random.normal() * 20.0) as i8;
        let codes = std::iter::repeat_with(draw).take(20_000);
        codes
            .map(|code| (code as u8).wrapping_add(0x28) & mask)
            .collect()
    };
    for (mask, label) in [(0xff, Label::Native), (0xfe, Label::F8E5m2)] {
        let found = figures_of_bytes(Dtype::F8E4M3, &[100, 200], &codes(mask)).ancestry;
        assert_eq!(found.label, label, "{:#?}", found.evidence);
    }
}
