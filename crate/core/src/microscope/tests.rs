use super::*;

fn seen(text: &str) -> Microscope {
    Microscope::of(text, None).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn look(text: &str, name: &str) -> Look {
    let looks = seen(text).formats;
    let found = looks.into_iter().find(|look| look.name == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn code(text: &str, name: &str) -> String {
    look(text, name).stored.expect("a code").code
}

#[test]
fn a_tenth_in_every_format() {
    let codes = [
        ("F64", "0x3fb999999999999a"),
        ("F32", "0x3dcccccd"),
        ("TF32", "0x1ee66"),
        ("BF16", "0x3dcd"),
        ("F16", "0x2e66"),
        ("F8_E5M2", "0x2e"),
        ("F8_E4M3", "0x1d"),
        ("F6_E3M2", "0x02"),
        ("F6_E2M3", "0x01"),
        ("F4", "0x0"),
    ];
    for (name, expected) in codes {
        assert_eq!(code("0.1", name), expected, "{name}");
    }
}

#[test]
fn a_code_is_taken_apart() {
    let look = look("0.1", "BF16");
    let stored = look.stored.unwrap();
    let fields = [stored.sign, stored.exponent, stored.mantissa];
    assert_eq!(fields, ["0", "01111011", "1001101"]);
    assert_eq!(stored.class, Kind::Normal);
    assert_eq!(stored.value, Number::Real(0.100_097_656_25));
    let (below, above) = (stored.below.unwrap(), stored.above.unwrap());
    assert_eq!((&*below.code, &*above.code), ("0x3dcc", "0x3dce"));
    assert_eq!(below.value, Number::Real(0.099_609_375));
    assert_eq!(look.outcome, Outcome::Rounded);
    // One step is 2^-11: 2^-4 in steps of 2^-7.
    assert_eq!(look.error, Some(0.100_097_656_25 - 0.1));
    assert_eq!(look.ulps, Some((0.100_097_656_25 - 0.1) * 2048.0));
}

#[test]
fn every_float_has_its_place() {
    let names: Vec<_> = seen("1").formats.iter().map(|look| look.name).collect();
    assert_eq!(names[..5], ["F64", "F32", "TF32", "BF16", "F16"]);
    assert_eq!(names[5..7], ["F8_E5M2", "F8_E4M3"]);
    assert_eq!(names.len(), floats().count());
}

#[test]
fn outcomes_are_told_apart() {
    let outcome = |text, name| look(text, name).outcome;
    assert_eq!(outcome("1", "F4"), Outcome::Exact);
    assert_eq!(outcome("65520", "F16"), Outcome::Overflow);
    assert_eq!(outcome("65519", "F16"), Outcome::Rounded);
    assert_eq!(outcome("464", "F8_E4M3"), Outcome::Rounded);
    assert_eq!(outcome("465", "F8_E4M3"), Outcome::Overflow);
    assert_eq!(outcome("7", "F4"), Outcome::Overflow);
    assert_eq!(outcome("1e-8", "F16"), Outcome::Underflow);
    assert_eq!(outcome("inf", "F16"), Outcome::Exact);
    assert_eq!(outcome("inf", "F8_E4M3"), Outcome::Overflow);
    assert_eq!(outcome("nan", "F16"), Outcome::Exact);
    assert_eq!(outcome("nan", "F4"), Outcome::None);
    assert_eq!(outcome("0", "F8_E8M0"), Outcome::None);
    assert_eq!(outcome("-2", "F8_E8M0"), Outcome::None);
    assert_eq!(outcome("-0", "F8_E4M3FNUZ"), Outcome::Exact);
    assert!(look("nan", "F4").stored.is_none());
    assert_eq!(look("7", "F4").error, Some(-1.0));
}

#[test]
fn neighbours_cross_zero_and_end_where_the_format_ends() {
    let beside = |text, name| {
        let stored = look(text, name).stored.unwrap();
        let code = |neighbour: Option<Neighbour>| neighbour.map(|neighbour| neighbour.code);
        (code(stored.below), code(stored.above))
    };
    let some = |code: &str| Some(code.to_owned());
    assert_eq!(beside("0", "F16"), (some("0x8001"), some("0x0001")));
    assert_eq!(beside("-0", "F16"), (some("0x8001"), some("0x0001")));
    assert_eq!(beside("-1", "F16"), (some("0xbc01"), some("0xbbff")));
    assert_eq!(beside("65504", "F16"), (some("0x7bfe"), some("0x7c00")));
    assert_eq!(beside("inf", "F16"), (some("0x7bff"), None));
    assert_eq!(beside("-inf", "F16"), (None, some("0xfbff")));
    assert_eq!(beside("448", "F8_E4M3"), (some("0x7d"), None));
    assert_eq!(beside("240", "F8_E4M3FNUZ"), (some("0x7e"), None));
    assert_eq!(beside("0", "F8_E4M3FNUZ"), (some("0x81"), some("0x01")));
    assert_eq!(beside("nan", "F16"), (None, None));
    assert_eq!(beside("f8_e8m0:0x00", "F8_E8M0"), (None, some("0x01")));
    assert_eq!(beside("2^127", "F8_E8M0"), (some("0xfd"), None));
    assert_eq!(
        beside("f64:0x7fefffffffffffff", "F64").1,
        some("0x7ff0000000000000")
    );
}

/// Below is smaller, above is larger, and nothing lies between, for every code of up to 16 bits.
#[test]
fn neighbours_are_next_to_each_other() {
    for (format, layout) in floats().filter(|(format, _)| format.bits <= 16) {
        let decode = |code| layout.decode(code);
        let mut values: Vec<f64> = (0..1 << format.bits)
            .map(decode)
            .filter(|x| !x.is_nan())
            .collect();
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| a == b);
        for code in 0..1 << format.bits {
            let stored = Stored::of(layout, code);
            let Ok(at) = values.binary_search_by(|x| {
                x.partial_cmp(&decode(code))
                    .unwrap_or(std::cmp::Ordering::Less)
            }) else {
                assert!(stored.below.is_none() && stored.above.is_none());
                continue;
            };
            let value =
                |neighbour: Option<Neighbour>| neighbour.map(|neighbour| neighbour.value.to_f64());
            let below = at.checked_sub(1).map(|at| values[at]);
            assert_eq!(value(stored.below), below, "{} {code:#x}", format.name);
            assert_eq!(
                value(stored.above),
                values.get(at + 1).copied(),
                "{} {code:#x}",
                format.name
            );
        }
    }
}

#[test]
fn half_a_step_is_the_most_that_rounding_costs() {
    for text in [
        "0.1", "-3.3", "1e-7", "2.5e-5", "17.3", "1e30", "65519.9", "4.1e-40", "3e-310",
    ] {
        for look in seen(text).formats {
            let bound = if look.name == "F8_E8M0" {
                f64::INFINITY
            } else {
                0.5
            };
            if let Some(ulps) = look.ulps {
                assert!(ulps.abs() <= bound, "{text} {} {ulps}", look.name);
            }
        }
    }
}

#[test]
fn codes_are_read_in_their_format() {
    for text in [
        "bf16:0x3f80",
        "BFloat16: 0x3F80",
        "bf16:0b0_01111111_0000000",
    ] {
        let input = seen(text).input;
        assert_eq!(
            (input.format, input.number()),
            (Some("BF16"), 1.0),
            "{text}"
        );
    }
    let one = [
        ("fp16", "0x3c00"),
        ("float8_e4m3fn", "0x38"),
        ("e5m2", "0x3c"),
        ("FP8 E4M3 FNUZ", "0x40"),
        ("float8_e8m0fnu", "0x7f"),
        ("fp4", "0b0010"),
        ("e2m1", "0x2"),
        ("tf32", "0x1fc00"),
        ("float64", "0x3ff0000000000000"),
    ];
    for (name, code) in one {
        let input = Microscope::of(code, Some(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .input;
        assert_eq!(input.number(), 1.0, "{name}");
    }
    // A NaN keeps its bits in its own format.
    assert_eq!(code("f16:0x7c01", "F16"), "0x7c01");
    assert_eq!(code("f16:0x7c01", "BF16"), "0x7fc0");
}

#[test]
fn numbers_are_read() {
    let cases = [
        ("0.1", 0.1),
        (" -1e-8 ", -1e-8),
        ("−5", -5.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("+1E3", 1000.0),
        ("2^-24", 1.0 / 16_777_216.0),
        ("-2^3", -8.0),
        ("2^-1074", 5e-324),
        ("Infinity", f64::INFINITY),
        ("-∞", f64::NEG_INFINITY),
    ];
    for (text, value) in cases {
        assert_eq!(seen(text).input.number(), value, "{text}");
    }
    assert!(seen("NaN").input.number().is_nan());
    assert_eq!(
        seen("1e400").input.note,
        Some("Beyond FP64’s largest number; taken for infinity.")
    );
    assert_eq!(
        seen("-1e-400").input.note,
        Some("Too small for FP64; taken for zero.")
    );
    for text in ["0e5", "-0.0", "inf", "nan", "1e5"] {
        assert_eq!(seen(text).input.note, None, "{text}");
    }
}

#[test]
fn nonsense_is_refused_with_its_place() {
    let cases = [
        (
            "",
            "a number should be here: 0.1, -1e-8, 2^-24, inf, nan or bf16:0x3f80 (character 1)",
        ),
        (
            "abc",
            "a number should be here: 0.1, -1e-8, 2^-24, inf, nan or bf16:0x3f80 (character 1)",
        ),
        ("1.5x", "“x” is no part of a number (character 4)"),
        ("-1,5", "“,” is no part of a number (character 3)"),
        ("1é", "“é” is no part of a number (character 2)"),
        (
            "1e",
            "here the exponent’s digits should follow (character 3)",
        ),
        (
            "2^x",
            "here an integer should follow, as in 2^-24 (character 3)",
        ),
        (
            "2^5000",
            "FP64 has powers of two from 2^-1074 to 2^1023 (character 3)",
        ),
        ("0x3f80", "a code needs its format, as in bf16:0x3f80"),
        ("bf16:0x3fg0", "“g” is no hexadecimal digit (character 10)"),
        (
            "bf16:0x",
            "here the code’s digits should begin (character 8)",
        ),
        ("bf16:0x10000", "a code of BF16 has 16 bits, this one more"),
        (
            "bf16:1.5",
            "behind the format a code should follow, as in bf16:0x3f80 (character 6)",
        ),
        (
            "i8:0x7f",
            "I8 is no float: only floats’ codes are taken apart",
        ),
        (
            "f64:0x10000000000000000",
            "a code has 64 bits at most (character 23)",
        ),
    ];
    for (text, expected) in cases {
        let error = Microscope::of(text, None).expect_err(text);
        assert_eq!(error.to_string(), expected, "{text}");
    }
    let error = Microscope::of("bf17:0x1", None)
        .expect_err("no such format")
        .to_string();
    assert!(
        error.starts_with("no format is called “bf17”: there are F64, F32, TF32, BF16, F16, "),
        "{error}"
    );
}

#[test]
fn facts_are_the_formats() {
    let facts = FormatFacts::all();
    let of = |name| {
        facts
            .iter()
            .find(|facts| facts.name == name)
            .expect("a row")
    };
    let f16 = of("F16");
    assert_eq!(f16.largest, Number::Real(65504.0));
    assert_eq!(f16.smallest_normal, Some(1.0 / 16384.0));
    assert_eq!(f16.smallest_subnormal, Some(1.0 / 16_777_216.0));
    assert_eq!(f16.epsilon, Some(1.0 / 1024.0));
    assert_eq!((f16.precision, f16.bias), (Some(11), Some(15)));
    let scale = of("F8_E8M0");
    assert_eq!(
        (scale.smallest_subnormal, scale.infinity, scale.nan),
        (None, Some(false), Some(true))
    );
    assert_eq!(scale.epsilon, Some(1.0));
    assert_eq!(scale.smallest_normal, Some(power_of_two(-127)));
    assert_eq!(of("U64").largest, Number::Integer(u64::MAX.into()));
    assert_eq!(of("I8").largest, Number::Integer(127));
    assert_eq!(facts.len(), FORMATS.len() + 1);
}
