//! Figures worked out by hand.

use super::*;
use crate::format::Dtype;
use crate::report::Number;

fn job(a: &str, b: &str, tokens: u64) -> Settings {
    let model = |key| Accumulate::parse(key).expect("a model");
    Settings {
        a: model(a),
        b: model(b),
        tokens,
        seed: 0,
    }
}

#[test]
fn figures_are_those_of_the_outputs() {
    let mut seen = Reduction::default();
    // Apart by 2⁻⁸: a tie in BF16, whose even number is 1; then by 4, one BF16 step at 512.
    seen.add(1.0, 1.0 + 1.0 / 256.0, 3.0);
    seen.add(512.0, 516.0, 4.0);
    seen.add(-0.0, 0.0, 0.0);
    seen.add(f32::NAN, f32::NAN, f32::NAN);
    seen.add(2.0, f32::INFINITY, 2.0);
    let figures = Figures::of(&seen);
    let real = |value: f64| Some(Number::Real(value));
    assert_eq!(figures.outputs, 5);
    assert_eq!(figures.reference_rms, real((29.0f64 / 4.0).sqrt()));
    let (sums, rounded) = (&figures.sums, &figures.rounded);
    assert_eq!((sums.equal, sums.both_nan, sums.finite), (1, 1, 3));
    assert_eq!((sums.a_not_finite, sums.b_not_finite), (1, 2));
    assert_eq!(sums.finite_under_one(5), 1);
    assert_eq!(sums.changed(5), 3);
    assert_eq!(sums.max_abs, real(4.0));
    assert_eq!(sums.mean_abs, real((4.0 + 1.0 / 256.0) / 3.0));
    // NaN of both sides is no step; 2⁻⁸ is 2¹⁵ steps of FP32, 4 is 2¹⁶ at 512.
    let bins = |apart: &Apart| apart.ulp.clone();
    assert_eq!(bins(sums), [(0, 2), (16, 1), (17, 1), (67, 1)]);
    assert_eq!(sums.max_ulp, Some(1 << 16));
    assert_eq!((rounded.equal, rounded.max_abs), (2, real(4.0)));
    assert_eq!(rounded.rms, real((16.0f64 / 3.0).sqrt()));
    assert_eq!(
        rounded.relative_rms,
        real((16.0f64 / 3.0 / (29.0 / 4.0)).sqrt())
    );
    assert_eq!(bins(rounded), [(0, 3), (1, 1), (67, 1)]);
}

#[test]
fn no_outputs_have_no_figures() {
    let figures = Figures::of(&Reduction::default());
    assert_eq!(figures.reference_rms, None);
    assert_eq!(
        (figures.sums.equal_share, figures.sums.max_ulp),
        (None, None)
    );
}

#[test]
fn reductions_add_up_in_any_order() {
    let outputs = [
        (1.0, 1.5, 1.0),
        (1e30, -1e-30, 2.0),
        (7.0, 7.0, 1e-20),
        (f32::NAN, 0.0, 5.0),
    ];
    let of = |outputs: &[(f32, f32, f32)]| {
        let mut seen = Reduction::default();
        outputs
            .iter()
            .for_each(|(a, b, reference)| seen.add(*a, *b, *reference));
        seen
    };
    let whole = of(&outputs);
    for cut in 0..=outputs.len() {
        let (left, right) = outputs.split_at(cut);
        let mut merged = of(right);
        merged.merge(&of(left));
        assert_eq!(merged, whole, "{cut}");
    }
}

#[test]
fn the_processor_multiplies_rows_by_tokens() {
    let settings = job("f32_sequential", "bf16", 11);
    let probe = Probe::new(settings.seed, settings.tokens, 2);
    let rows = [1.0f32, 0.0, 2.0, -1.0];
    let bytes: Vec<u8> = rows
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    let whole = Rows {
        dtype: Dtype::F32,
        bytes: &bytes,
        numbers: &rows,
    };
    let seen = Cpu.reduce(&whole, &probe, [settings.a, settings.b]);
    let mut wanted = Reduction::default();
    for row in rows.chunks(2) {
        for x in probe.rows() {
            let sum = row[0] * x[0] + row[1] * x[1];
            wanted.add(sum, crate::lab::to_bf16(sum), sum);
        }
    }
    assert_eq!(seen.outputs(), 22);
    assert_eq!(seen, wanted);
}

/// FP32 numbers, with NaN, infinities, zeros and subnormal numbers among them.
fn any_numbers(count: usize) -> Vec<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    };
    let mut number = || match next() % 2000 {
        0 => f32::from_bits(next() | 0x7f80_0000),
        1..5 => f32::from_bits(next() & 0x807f_ffff),
        5..9 => -0.0,
        _ => f32::from_bits(next() & 0x807f_ffff | (107 + next() % 32) << 23),
    };
    (0..count).map(|_| number()).collect()
}

#[test]
fn the_vector_kernel_adds_as_its_model_does() {
    let numbers = any_numbers(37 * 555);
    let upper = |bytes: [u8; 4]| [bytes[2], bytes[3]];
    let wide: Vec<u8> = numbers.iter().flat_map(|it| it.to_le_bytes()).collect();
    let narrow: Vec<u8> = numbers
        .iter()
        .flat_map(|it| upper(it.to_le_bytes()))
        .collect();
    let cut: Vec<f32> = numbers
        .iter()
        .map(|it| f32::from_bits(it.to_bits() & 0xffff_0000))
        .collect();
    for (dtype, bytes, numbers) in [(Dtype::F32, &wide, &numbers), (Dtype::BF16, &narrow, &cut)] {
        let rows = Rows {
            dtype,
            bytes,
            numbers,
        };
        for tokens in [1, 3, 8, 21] {
            let probe = Probe::new(5, tokens, 555);
            let got = Cpu.outputs(&rows, &probe, Accumulate::F32);
            let mut wanted = vec![0.0; got.len()];
            multiplier::by_definition(&rows, &probe, Accumulate::F32, &mut wanted);
            let mut finite = 0;
            for (got, wanted) in got.iter().zip(&wanted) {
                assert!(got.to_bits() == wanted.to_bits() || got.is_nan() && wanted.is_nan());
                finite += usize::from(got.is_finite());
            }
            assert!((1..got.len()).contains(&finite), "{finite}");
        }
    }
}

#[test]
fn outputs_in_pieces_are_reduced_as_a_whole() {
    // More outputs than are held at once.
    let numbers = any_numbers(3000);
    let bytes: Vec<u8> = numbers.iter().flat_map(|it| it.to_le_bytes()).collect();
    let rows = Rows {
        dtype: Dtype::F32,
        bytes: &bytes,
        numbers: &numbers,
    };
    let probe = Probe::new(0, MOST_TOKENS, 1);
    let models = [Accumulate::F32, Accumulate::Bf16];
    let seen = Cpu.reduce(&rows, &probe, models);
    assert_eq!(seen.outputs(), 3000 * MOST_TOKENS);
    let (first, second) = (rows_of(&rows, 0..1000), rows_of(&rows, 1000..3000));
    let mut wanted = Cpu.reduce(&second, &probe, models);
    wanted.merge(&Cpu.reduce(&first, &probe, models));
    assert_eq!(seen, wanted);
}

fn rows_of<'a>(rows: &Rows<'a>, range: std::ops::Range<usize>) -> Rows<'a> {
    Rows {
        dtype: rows.dtype,
        bytes: &rows.bytes[range.start * 4..range.end * 4],
        numbers: &rows.numbers[range],
    }
}

#[test]
fn settings_are_read_as_a_form_has_them() {
    let read = Settings::parse("f32_tiles/64", "tpu", " 3 ", "18446744073709551615");
    let wanted = Settings {
        a: Accumulate::F32Tiles(64),
        b: Accumulate::Tpu,
        tokens: 3,
        seed: u64::MAX,
    };
    assert_eq!(read, Ok(wanted));
    let refused = |a, tokens, seed| Settings::parse(a, "f64", tokens, seed).unwrap_err();
    assert_eq!(
        refused("f32", "0", "0"),
        "tokens \"0\": a whole number from 1 to 1,024 is expected"
    );
    assert!(refused("f32", "1025", "0").starts_with("tokens \"1025\": "));
    assert!(refused("f32", "1", "-1").starts_with("seed \"-1\": "));
    assert!(refused("f31", "1", "0").starts_with("model a: "));
}
