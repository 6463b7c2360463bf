//! Dequantised values: format, granularity and kind of scale.

use floatscope_core::ancestry::{Granularity, Label, Scale};
use floatscope_core::format::Dtype;

use super::groups::*;
use super::random::normal;
use super::round::*;
use super::tensor::*;

const ROWS: usize = 384;
const COLUMNS: usize = 640;

fn weights(seed: u64) -> Vec<f64> {
    normal(ROWS * COLUMNS, 0.02, seed)
}

/// Asserts what is said of a lattice in every store that holds enough of its bits.
#[track_caller]
fn assert_lattice(values: &[f64], label: Label, granularity: Granularity, scale: Scale) {
    for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
        let figures = figures(dtype, COLUMNS, values);
        let found = &figures.ancestry;
        let path = format!("{}>{}", label.name(), dtype.name().to_ascii_lowercase());
        let expected = (label, &path[..], Some(granularity), Some(scale));
        assert_eq!(told(found), expected, "{:#?}", found.evidence);
        assert!(found.log10_odds > 10.0, "{dtype}: {}", found.log10_odds);
        // Never more than the codes and their scales leave.
        let most = u64::from(dtype.bits() - 4) * values.len() as u64 / 8;
        assert!(
            figures.wasted_bytes <= most,
            "{dtype}: {}",
            figures.wasted_bytes
        );
    }
}

#[test]
fn e4m3_by_tensor_row_and_square() {
    let values = weights(1);
    for (size, granularity) in [
        ((ALL, ALL), Granularity::Tensor),
        ((1, ALL), Granularity::Row),
        ((128, 128), Granularity::Square(128)),
        ((1, 128), Granularity::Block(128)),
        ((ALL, 1), Granularity::Column),
    ] {
        let values = by_group(&values, COLUMNS, size, scaled(E4M3));
        assert_lattice(&values, Label::F8E4m3, granularity, Scale::Real);
    }
}

/// A product just below FP16's smallest normal number is rounded up to it, though in all
/// other binades its significand stays below the next power of two.
#[test]
fn the_smallest_normal_number_is_no_significand() {
    let scale = (1.0 - 3.0 / 8192.0) / 1024.0;
    let values = normal(ROWS * COLUMNS, 0.02, 30);
    let values: Vec<f64> = values
        .iter()
        .map(|x| E4M3.nearest(x / scale) * scale)
        .collect();
    let found = verdict(Dtype::F16, COLUMNS, &values);
    let expected = (
        Label::F8E4m3,
        "f8_e4m3>f16",
        Some(Granularity::Tensor),
        Some(Scale::Real),
    );
    assert_eq!(told(&found), expected, "{:#?}", found.evidence);
}

/// Five bits of scale and code together, which BF16 holds as well: FP16 rounded the smallest.
#[test]
fn a_short_scale_is_no_detour_through_bf16() {
    let scale = 1.25 / 4096.0;
    let values: Vec<f64> = normal(ROWS * COLUMNS, 0.01, 31)
        .iter()
        .map(|x| E5M2.nearest(x / scale) * scale)
        .collect();
    let found = verdict(Dtype::F16, COLUMNS, &values);
    let expected = (
        Label::F8E5m2,
        "f8_e5m2>f16",
        Some(Granularity::Tensor),
        Some(Scale::Real),
    );
    assert_eq!(told(&found), expected, "{:#?}", found.evidence);
}

#[test]
fn e5m2_by_row() {
    let values = by_group(&weights(2), COLUMNS, (1, ALL), scaled(E5M2));
    assert_lattice(&values, Label::F8E5m2, Granularity::Row, Scale::Real);
}

#[test]
fn int8_by_row_and_tensor() {
    let values = by_group(&weights(3), COLUMNS, (1, ALL), integers(127.0));
    assert_lattice(&values, Label::Int8, Granularity::Row, Scale::Real);
    let values = by_group(&weights(4), COLUMNS, (ALL, ALL), integers(127.0));
    assert_lattice(&values, Label::Int8, Granularity::Tensor, Scale::Real);
}

#[test]
fn int4_in_groups() {
    for size in [32, 64, 128] {
        let granularity = Granularity::Block(size);
        let size = (1, usize::from(size));
        let symmetric = by_group(&weights(5), COLUMNS, size, integers(7.0));
        assert_lattice(&symmetric, Label::Int4, granularity, Scale::Real);
        let asymmetric = by_group(&weights(6), COLUMNS, size, with_zero_point(15.0));
        assert_lattice(&asymmetric, Label::Int4, granularity, Scale::Real);
    }
}

/// A zero point that is no integer, as HQQ and GGUF's Q4_1 have.
#[test]
fn integers_with_an_offset() {
    for (most, label) in [
        (3.0, Label::Int4),
        (15.0, Label::Int4),
        (255.0, Label::Int8),
    ] {
        let (size, granularity) = match label {
            Label::Int8 => ((1, ALL), Granularity::Row),
            _ => ((1, 64), Granularity::Block(64)),
        };
        let values = by_group(&weights(40), COLUMNS, size, with_offset(most));
        for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32] {
            let figures = figures(dtype, COLUMNS, &values);
            let found = &figures.ancestry;
            let path = format!("{}>{}", label.name(), dtype.name().to_ascii_lowercase());
            let expected = (label, &path[..], Some(granularity), Some(Scale::Real));
            assert_eq!(told(found), expected, "{most} {:#?}", found.evidence);
            assert!(
                found.evidence[0]
                    .says
                    .contains("one real scale and one offset for each")
            );
            // What offsets would take is not known; that BF16 is in a wider coat is.
            assert_eq!(figures.wasted_bytes, 0, "{dtype}");
        }
        if label == Label::Int4 {
            let values: Vec<f64> = values.iter().map(|x| bf16(*x)).collect();
            let figures = figures(Dtype::F32, COLUMNS, &values);
            assert_eq!(figures.ancestry.label, label);
            assert_eq!(figures.wasted_bytes, 2 * values.len() as u64);
        }
    }
}

#[test]
fn nf4_in_blocks() {
    let values = by_group(&weights(7), COLUMNS, (1, 64), nf4);
    assert_lattice(&values, Label::Nf4, Granularity::Block(64), Scale::Real);
}

#[test]
fn nvfp4_in_blocks() {
    let values = weights(8);
    let amax = values.iter().fold(0.0, |most: f64, x| x.abs().max(most));
    let values = by_group(&values, COLUMNS, (1, 16), nvfp4(amax));
    assert_lattice(&values, Label::Nvfp4, Granularity::Block(16), Scale::Real);
}

#[test]
fn microscaled_blocks() {
    for (at, (format, label)) in [
        (E2M1, Label::Mxfp4),
        (E3M2, Label::Mxfp6E3m2),
        (E2M3, Label::Mxfp6E2m3),
        (E4M3, Label::Mxfp8E4m3),
    ]
    .into_iter()
    .enumerate()
    {
        let values = by_group(
            &weights(9 + at as u64),
            COLUMNS,
            (1, 32),
            microscaled(format),
        );
        assert_lattice(&values, label, Granularity::Block(32), Scale::PowerOfTwo);
    }
}

#[test]
fn fp8_without_a_scale() {
    for (format, label, width) in [(E4M3, Label::F8E4m3, 0.05), (E5M2, Label::F8E5m2, 0.001)] {
        let values = normal(ROWS * COLUMNS, width, 20);
        let values: Vec<f64> = values.iter().map(|x| format.nearest(*x)).collect();
        for dtype in [Dtype::BF16, Dtype::F32] {
            let figures = figures(dtype, COLUMNS, &values);
            let path = format!("{}>{}", label.name(), dtype.name().to_ascii_lowercase());
            let expected = (
                label,
                &path[..],
                Some(Granularity::Element),
                Some(Scale::None),
            );
            assert_eq!(
                told(&figures.ancestry),
                expected,
                "{:#?}",
                figures.ancestry.evidence
            );
            // A byte is enough for each.
            let wasted = u64::from(dtype.bits() / 8 - 1) * values.len() as u64;
            assert_eq!(figures.wasted_bytes, wasted);
            assert_eq!(figures.smaller_form.as_deref(), Some(label.title()));
        }
    }
}

/// A lattice that went through FP16 is still the lattice.
#[test]
fn fp16_on_the_way_is_seen() {
    let values = by_group(&weights(30), COLUMNS, (1, 128), integers(7.0));
    let values: Vec<f64> = values.iter().map(|x| f16(*x)).collect();
    let found = verdict(Dtype::BF16, COLUMNS, &values);
    assert_eq!(
        (found.label, found.granularity),
        (Label::Int4, Some(Granularity::Block(128)))
    );
}

#[test]
fn half_of_the_rows_is_a_mixture() {
    let native = weights(31);
    let mut values = by_group(&native, COLUMNS, (1, ALL), integers(127.0));
    for row in (0..ROWS).step_by(2) {
        let places = row * COLUMNS..(row + 1) * COLUMNS;
        values[places.clone()].copy_from_slice(&native[places]);
    }
    for dtype in [Dtype::BF16, Dtype::F32] {
        let found = figures(dtype, COLUMNS, &values);
        assert_eq!(found.ancestry.label, Label::Mixed, "{:#?}", found.ancestry);
        let rows = found.rows.expect("rows of floats").ancestry;
        let [(Label::Native, native), (Label::Int8, int8)] = rows[..] else {
            panic!("rows: {rows:?}");
        };
        assert!(native.abs_diff(int8) <= (native + int8) / 10, "{rows:?}");
        assert_eq!(found.wasted_bytes, 0);
    }
}

/// Of larger tensors a sample is all that is known of places.
#[test]
fn lattices_of_large_tensors() {
    let (rows, columns) = (1100, 768);
    let values = normal(rows * columns, 0.02, 40);
    for (size, granularity) in [
        ((1, ALL), Granularity::Row),
        ((ALL, 1), Granularity::Column),
        ((128, 128), Granularity::Square(128)),
        ((1, 128), Granularity::Block(128)),
    ] {
        let (values, label) = match granularity {
            Granularity::Block(_) => (by_group(&values, columns, size, integers(7.0)), Label::Int4),
            _ => (
                by_group(&values, columns, size, scaled(E4M3)),
                Label::F8E4m3,
            ),
        };
        for dtype in [Dtype::BF16, Dtype::F32] {
            let found = verdict(dtype, columns, &values);
            let what = (found.label, found.granularity);
            assert_eq!(
                what,
                (label, Some(granularity)),
                "{dtype}: {:#?}",
                found.evidence
            );
        }
    }
}

/// bitsandbytes cuts its blocks through the rows.
#[test]
fn nf4_blocks_that_go_on_from_row_to_row() {
    let columns = 600;
    let values = by_group(&normal(300 * columns, 0.02, 41), 64, (1, 64), nf4);
    let found = verdict(Dtype::BF16, columns, &values);
    assert_eq!(
        told(&found),
        (
            Label::Nf4,
            "nf4>bf16",
            Some(Granularity::Block(64)),
            Some(Scale::Real)
        )
    );
}

/// What is found must cost no more than the codes and the scales of the groups.
#[test]
fn the_smaller_form_is_codes_and_scales() {
    let values = weights(42);
    let count = values.len() as u64;
    let int4 = figures(
        Dtype::BF16,
        COLUMNS,
        &by_group(&values, COLUMNS, (1, 128), integers(7.0)),
    );
    // Four bits, and an FP32 for each 128.
    assert_eq!(int4.wasted_bytes, count * 2 - count / 2 - count / 128 * 4);
    assert_eq!(
        int4.smaller_form.as_deref(),
        Some("INT4, one real scale for each 128 values")
    );
    let mxfp4 = figures(
        Dtype::F32,
        COLUMNS,
        &by_group(&values, COLUMNS, (1, 32), microscaled(E2M1)),
    );
    assert_eq!(mxfp4.wasted_bytes, count * 4 - count / 2 - count / 32);
    let native = figures(Dtype::BF16, COLUMNS, &values);
    assert_eq!((native.wasted_bytes, native.smaller_form), (0, None));
}

/// One value that is on no lattice: the verdict stands, but nothing may be thrown away.
#[test]
fn a_stray_value_saves_nothing() {
    let mut values = by_group(&weights(43), COLUMNS, (1, ALL), integers(127.0));
    values.iter_mut().step_by(50_001).for_each(|x| *x *= 1.37);
    let found = figures(Dtype::F32, COLUMNS, &values);
    assert_eq!(found.ancestry.label, Label::Int8);
    assert_eq!(found.wasted_bytes, 0);
}

/// Four significant bits in four binades: one step finer than E2M3 reaches.
#[test]
fn e4m3_blocks_of_narrow_range_are_no_e2m3() {
    let values: Vec<f64> = weights(44)
        .iter()
        .map(|x| (0.125 + x.abs().min(0.04) * 25.0).copysign(*x))
        .collect();
    let values = by_group(&values, COLUMNS, (1, 32), microscaled(E4M3));
    let found = verdict(Dtype::BF16, COLUMNS, &values);
    assert_eq!(found.label, Label::Mxfp8E4m3, "{:#?}", found.evidence);
}

/// Of small values the subnormal codes alone are in use: integers times 2^-9.
#[test]
fn fp8_of_small_values_is_no_table() {
    let values = normal(ROWS * COLUMNS, 0.006, 45);
    let values: Vec<f64> = values.iter().map(|x| E4M3.nearest(*x)).collect();
    let found = verdict(Dtype::BF16, COLUMNS, &values);
    assert_eq!(found.label, Label::F8E4m3, "{:#?}", found.evidence);
}

/// Where FP16 is subnormal it moves the values off their lattice, which is still seen.
#[test]
fn subnormal_fp16_on_the_way_is_seen() {
    let values = normal(ROWS * COLUMNS, 0.0002, 46);
    let values = by_group(&values, COLUMNS, (1, 128), integers(7.0));
    let values: Vec<f64> = values.iter().map(|x| f16(*x)).collect();
    let found = verdict(Dtype::BF16, COLUMNS, &values);
    let expected = (
        Label::Int4,
        "int4>f16>bf16",
        Some(Granularity::Block(128)),
        Some(Scale::Real),
    );
    assert_eq!(told(&found), expected, "{:#?}", found.evidence);
}
