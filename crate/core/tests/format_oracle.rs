//! Every row of the table of formats against the outside oracle.
//!
//! `data/formats.json` and `data/decode.bin` are written by
//! `tests/oracle/make_format_tables.py` from NumPy, ml_dtypes and gfloat; types
//! that Rust has itself (integers, f32, f64) are compared with Rust's own. The
//! tests loop over [`FORMATS`], so a row without an oracle fails.

use std::num::FpCategory;

use floatscope_core::format::{Class, Encoding, FORMATS, FloatLayout, Format, TF32};
use serde_json::Value;

static ROWS: &str = include_str!("data/formats.json");
static VALUES: &[u8] = include_bytes!("data/decode.bin");

/// The oracle's row of a format.
fn oracle(name: &str) -> Value {
    let rows: Vec<Value> = serde_json::from_str(ROWS).expect("the oracle's rows are JSON");
    let row = rows.into_iter().find(|row| row["name"] == name);
    row.unwrap_or_else(|| panic!("{name} has no row in data/formats.json: extend the oracle"))
}

fn integer(row: &Value, key: &str) -> u64 {
    row[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{row} has no {key}"))
}

/// A limit that the oracle gives as the bits of an `f64`.
fn limit(row: &Value, key: &str) -> f64 {
    let text = row[key].as_str().expect("limits are hexadecimal strings");
    f64::from_bits(u64::from_str_radix(&text[2..], 16).expect("hexadecimal"))
}

/// The oracle's value of every code, in the order of codes.
fn values(row: &Value) -> Vec<f64> {
    let place = &row["values"];
    let (offset, count) = (
        integer(place, "offset") as usize,
        integer(place, "count") as usize,
    );
    let width = integer(place, "width") as usize / 8;
    let bytes = &VALUES[offset..offset + count * width];
    bytes.chunks_exact(width).map(widen).collect()
}

fn widen(bytes: &[u8]) -> f64 {
    match *bytes {
        [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
        _ => f64::from_le_bytes(bytes.try_into().expect("four or eight bytes")),
    }
}

/// The oracle's class of every code, in the order of codes.
fn classes(row: &Value) -> Vec<Class> {
    let runs = row["classes"].as_array().expect("classes are runs");
    let run = |run: &Value| {
        let count = run[1].as_u64().expect("a run has a length") as usize;
        std::iter::repeat_n(class(run[0].as_str().expect("a run has a class")), count)
    };
    runs.iter().flat_map(run).collect()
}

fn class(name: &str) -> Class {
    match name {
        "zero" => Class::Zero,
        "subnormal" => Class::Subnormal,
        "normal" => Class::Normal,
        "infinite" => Class::Infinite,
        "nan" => Class::Nan,
        other => panic!("no class is called {other}"),
    }
}

/// Equal to the bit, with every NaN the same.
fn assert_same(ours: f64, theirs: f64, place: &str) {
    let same = ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan());
    assert!(same, "{place}: ours {ours:e}, oracle {theirs:e}");
}

fn assert_every_code(format: &Format) {
    let row = oracle(format.name);
    let (values, classes) = (values(&row), classes(&row));
    assert_eq!(values.len(), 1 << format.bits, "{}", format.name);
    assert_eq!(classes.len(), values.len(), "{}", format.name);
    for (code, (value, class)) in (0u64..).zip(values.into_iter().zip(classes)) {
        let place = format!("{} {code:#x}", format.name);
        assert_same(format.decode(code), value, &place);
        assert_eq!(format.classify(code), class, "{place}");
    }
}

/// Field widths and limits of a layout, `name` being the oracle's row for it.
fn assert_limits(layout: &FloatLayout, name: &str) {
    let row = oracle(name);
    assert_eq!(Value::from(layout.signed), row["signed"], "{name}");
    assert_eq!(
        u64::from(layout.exponent_bits),
        integer(&row, "exponent_bits"),
        "{name}"
    );
    assert_eq!(
        u64::from(layout.mantissa_bits),
        integer(&row, "mantissa_bits"),
        "{name}"
    );
    assert_eq!(u64::from(layout.bits()), integer(&row, "bits"), "{name}");
    assert_eq!(
        layout.decode(layout.max_finite_code()),
        limit(&row, "max"),
        "{name}"
    );
    assert_eq!(
        Value::from(layout.max_exponent()),
        row["exponent_max"],
        "{name}"
    );
    assert_eq!(
        Value::from(layout.min_exponent()),
        row["exponent_min_normal"],
        "{name}"
    );
    let smallest = &row["exponent_min_subnormal"];
    assert_eq!(
        Value::from(layout.min_subnormal_exponent()),
        *smallest,
        "{name}"
    );
}

/// Smallest normal and smallest nonzero value, found by looking at every code.
fn assert_smallest(format: &Format) {
    let row = oracle(format.name);
    let smallest = |wanted: &[Class]| {
        let codes =
            (0..1u64 << format.bits).filter(|&code| wanted.contains(&format.classify(code)));
        codes
            .map(|code| format.decode(code).abs())
            .fold(f64::INFINITY, f64::min)
    };
    assert_eq!(
        smallest(&[Class::Normal]),
        limit(&row, "min_normal"),
        "{}",
        format.name
    );
    let nonzero = smallest(&[Class::Subnormal, Class::Normal]);
    assert_eq!(nonzero, limit(&row, "min_subnormal"), "{}", format.name);
}

/// Codes that hit every exponent field with the mantissas at its edges and some within.
fn edge_codes(layout: &FloatLayout) -> impl Iterator<Item = u64> {
    let (width, bits) = (layout.mantissa_bits, layout.bits());
    let ones = (1u64 << width) - 1;
    let mantissas = [
        0,
        1,
        2,
        ones / 3,
        ones >> 1,
        (ones >> 1) + 1,
        ones - 1,
        ones,
    ];
    let tops = 0..1u64 << (bits - width);
    tops.flat_map(move |top| mantissas.map(|mantissa| (top << width) | mantissa))
}

fn assert_category(format: &Format, code: u64, category: FpCategory) {
    let class = match category {
        FpCategory::Nan => Class::Nan,
        FpCategory::Infinite => Class::Infinite,
        FpCategory::Zero => Class::Zero,
        FpCategory::Subnormal => Class::Subnormal,
        FpCategory::Normal => Class::Normal,
    };
    assert_eq!(format.classify(code), class, "{} {code:#x}", format.name);
}

/// Compares a 32-bit or TF32 layout with Rust's `f32`; a TF32 code is the top of an `f32`.
fn assert_as_f32(format: &Format, layout: &FloatLayout) {
    for code in edge_codes(layout) {
        let theirs = f32::from_bits((code as u32) << (32 - layout.bits()));
        assert_same(
            format.decode(code),
            f64::from(theirs),
            &format!("{} {code:#x}", format.name),
        );
        assert_category(format, code, theirs.classify());
    }
}

fn assert_as_f64(format: &Format, layout: &FloatLayout) {
    for code in edge_codes(layout) {
        let theirs = f64::from_bits(code);
        assert_same(
            format.decode(code),
            theirs,
            &format!("{} {code:#x}", format.name),
        );
        assert_category(format, code, theirs.classify());
    }
}

/// An integer type of Rust as the oracle: all codes up to 16 bits, the edges beyond.
fn assert_integer(format: &Format) {
    for code in integer_codes(format.bits) {
        let theirs = rust_integer(format, code) as f64;
        assert_same(
            format.decode(code),
            theirs,
            &format!("{} {code:#x}", format.name),
        );
        let class = if code == 0 {
            Class::Zero
        } else {
            Class::Normal
        };
        assert_eq!(format.classify(code), class, "{} {code:#x}", format.name);
    }
}

fn integer_codes(bits: u32) -> Vec<u64> {
    if bits <= 16 {
        return (0..1 << bits).collect();
    }
    let mask = u64::MAX >> (64 - bits);
    let powers = (0..bits).map(|bit| 1u64 << bit);
    powers
        .flat_map(|power| [power - 1, power, power + 1, !power & mask])
        .collect()
}

fn rust_integer(format: &Format, code: u64) -> i128 {
    match (format.encoding, format.bits) {
        (Encoding::Unsigned, _) => i128::from(code),
        (_, 8) => i128::from(code as u8 as i8),
        (_, 16) => i128::from(code as u16 as i16),
        (_, 32) => i128::from(code as u32 as i32),
        (_, 64) => i128::from(code as i64),
        (_, bits) => panic!("{} has {bits} bits: Rust has no such integer", format.name),
    }
}

fn rows() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().chain([&TF32])
}

#[test]
fn every_code_of_up_to_16_bits_is_the_oracles() {
    for format in rows().filter(|format| format.bits <= 16) {
        match format.encoding {
            Encoding::Float(_) | Encoding::Bool => assert_every_code(format),
            _ => assert_integer(format),
        }
    }
}

#[test]
fn wide_codes_are_rusts() {
    for format in rows().filter(|format| format.bits > 16) {
        match format.encoding {
            Encoding::Float(layout) if format.bits <= 32 => assert_as_f32(format, &layout),
            Encoding::Float(layout) => assert_as_f64(format, &layout),
            Encoding::Complex(layout) => {
                assert_eq!(format.bits, 2 * layout.bits());
                assert_eq!(
                    layout,
                    *FORMATS
                        .iter()
                        .find(|row| row.name == "F32")
                        .unwrap()
                        .layout()
                        .unwrap()
                );
            }
            _ => assert_integer(format),
        }
    }
}

#[test]
fn limits_are_the_oracles() {
    for format in rows() {
        match format.encoding {
            Encoding::Float(layout) => assert_limits(&layout, format.name),
            Encoding::Complex(layout) => assert_limits(&layout, "F32"),
            _ => {}
        }
    }
}

#[test]
fn smallest_values_are_the_oracles() {
    let is_float = |format: &&Format| matches!(format.encoding, Encoding::Float(_));
    for format in rows().filter(|format| format.bits <= 19).filter(is_float) {
        assert_smallest(format);
    }
}

#[test]
fn the_oracle_has_no_row_that_we_lack() {
    let oracle: Vec<Value> = serde_json::from_str(ROWS).unwrap();
    for row in oracle {
        assert!(rows().any(|format| row["name"] == format.name), "{row}");
    }
}
