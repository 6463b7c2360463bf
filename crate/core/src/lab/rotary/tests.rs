use super::*;
use crate::report::to_json;

fn of(text: &str) -> Rotary {
    Rotary::of_config(text.as_bytes()).expect("a config")
}

/// Two frequencies, 1 and 1/100, whose roundings can be worked out by hand.
const TWO: &str = r#"{"head_dim": 4, "rope_theta": 10000, "max_position_embeddings": 200000"#;

/// With more entries.
fn two(more: &str) -> Rotary {
    of(&format!("{TWO}{more}}}"))
}

#[test]
fn a_hundredth_is_rounded_as_worked_out_by_hand() {
    let rotary = two("");
    let [one, hundredth] = rotary.frequencies[..] else {
        panic!("{:?}", rotary.frequencies);
    };
    assert_eq!((one.f32, one.bf16, one.f16), (1.0, 1.0, 1.0));
    assert_eq!((one.relative_error, one.f16_relative_error), (0.0, 0.0));
    // 0x3c23d70a; its lower half is above 0x8000, so that BF16 has 0x3c24, which is 0x28f6 steps of 2^-30 more.
    assert_eq!(hundredth.f32, f64::from(f32::from_bits(0x3c23_d70a)));
    assert_eq!(hundredth.bf16, 1.28125 / 128.0);
    let error = f64::from(0x28f6) / f64::from(1 << 30);
    assert_eq!(hundredth.relative_error, error / hundredth.f32);
    // 1.28 · 1024 = 1310.72.
    assert_eq!(hundredth.f16, 1311.0 / 1024.0 / 128.0);
    let bf16 = &rotary.bf16;
    assert_eq!((bf16.moved, bf16.worst, bf16.turned), (1, Some(1), 1));
    assert_eq!(bf16.largest_relative_error, hundredth.relative_error);
    // (π / 2) / (10486 / 2^30) = 160,845.9….
    assert_eq!(bf16.first_turned, Some(160_846));
    let last = AngleError {
        position: 199_999,
        error: 199_999.0 * error,
        turned: 1,
    };
    assert_eq!(bf16.angles.last(), Some(&last));
    let expected = [
        "Rounded to BF16, 1 of 2 rotary frequencies moves, by up to 0.10 %.",
        "From position 160,846 on some angle is off by more than a quarter turn; at 199,999, the last, 1 of 2 is.",
        "Position 0 never differs.",
    ];
    assert_eq!(bf16.says, expected);
    assert_eq!((rotary.f16.turned, rotary.f16.first_turned), (0, None));
    let second = "At position 199,999, the last, the worst angle is off by 0.427 radians, which is less than a quarter turn.";
    assert_eq!(rotary.f16.says[1], second);
}

#[test]
fn all_positions_are_told_that_a_person_looks_at() {
    let told = |last| positions(last).collect::<Vec<u64>>();
    assert_eq!(told(1), [1]);
    assert_eq!(told(10), [1, 10]);
    assert_eq!(told(8_192), [1, 10, 100, 1_000, 4_096, 8_192]);
    assert_eq!(told(9_999), [1, 10, 100, 1_000, 4_096, 8_192, 9_999]);
}

#[test]
fn the_first_turned_position_is_exact() {
    for error in [
        1.0,
        2.0,
        0.25,
        1e-3,
        FRAC_PI_2,
        FRAC_PI_2 / 7.0,
        FRAC_PI_2 / 1e6,
    ] {
        let first = first_turned(error, 1 << 32).expect("off soon");
        assert!(first as f64 * error > FRAC_PI_2, "{error}");
        assert!((first - 1) as f64 * error <= FRAC_PI_2, "{error}");
    }
    assert_eq!(first_turned(0.0, 1 << 32), None);
    assert_eq!(first_turned(0.1, 15), None);
    assert_eq!(first_turned(0.1, 16), Some(16));
}

#[test]
fn linear_scaling_divides_every_frequency() {
    let rotary = two(r#", "rope_scaling": {"type": "linear", "factor": 4.0}"#);
    let [one, hundredth] = rotary.frequencies[..] else {
        panic!("{:?}", rotary.frequencies);
    };
    assert_eq!(one.f32, 0.25);
    assert_eq!(hundredth.f32, f64::from(0.01f32) / 4.0);
}

#[test]
fn llama3_scaling_divides_long_waves_and_mixes_those_between() {
    let llama3 = |context| {
        let rotary = two(&format!(
            r#", "rope_parameters": {{"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
            "high_freq_factor": 4, "original_max_position_embeddings": {context}}}"#
        ));
        rotary.frequencies[1].f32
    };
    // A wave of 628.3 positions.
    assert_eq!(llama3(600), f64::from(0.01f32 / 8.0));
    assert_eq!(llama3(4_000), f64::from(0.01f32));
    // (1024 / 628.3185 − 1) / 3 = 0.2099155 of it, and an eighth of the rest.
    let expected = 0.01 * (0.209_915_5 + 0.790_084_5 / 8.0);
    assert!((llama3(1_024) / expected - 1.0).abs() < 1e-6);
}

#[test]
fn unknown_scaling_leaves_frequencies_as_they_are() {
    let long = two(r#", "rope_scaling": {"rope_type": "longrope", "factor": 4.0}"#);
    assert_eq!(long.frequencies, two("").frequencies);
    assert_eq!(long.notes.len(), 1);
}

/// Of two frequencies, the first turns 64 / 2π = 10 times in the old context and the second a tenth.
#[test]
fn yarn_divides_what_turns_seldom() {
    let yarn = two(
        r#", "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "beta_fast": 5.0, "beta_slow": 0.5,
        "original_max_position_embeddings": 64}"#,
    );
    let frequencies: Vec<f64> = yarn.frequencies.iter().map(|it| it.f32).collect();
    assert_eq!(frequencies, [1.0, f64::from(0.01f32 / 4.0)]);
    let attention = yarn.scaling.attention_factor.expect("it has one");
    assert!((attention - (0.1 * libm::log(4.0) + 1.0)).abs() < 1e-15);
}

#[test]
fn dynamic_scaling_waits_for_long_texts() {
    let dynamic = two(r#", "rope_scaling": {"rope_type": "dynamic", "factor": 4.0}"#);
    assert_eq!(dynamic.frequencies, two("").frequencies);
    assert!(dynamic.scaling.applied && dynamic.notes[0].starts_with("Dynamic scaling"));
}

#[test]
fn frequencies_that_a_format_has_do_not_move() {
    let one = of(r#"{"head_dim": 2, "max_position_embeddings": 2}"#);
    assert_eq!(
        (one.bf16.moved, one.bf16.worst, one.last_position),
        (0, None, 1)
    );
    assert_eq!(
        one.bf16.says,
        ["Every rotary frequency is a number of BF16: no angle differs."]
    );
}

#[test]
fn the_ends_of_what_is_allowed_are_finite() {
    let far = of(
        r#"{"head_dim": 1048576, "rope_theta": 1e15, "max_position_embeddings": 4294967296,
        "rope_scaling": {"type": "linear", "factor": 1048576}}"#,
    );
    let lowest = far.frequencies.last().expect("half a million");
    assert!(lowest.f32 > 0.0 && lowest.bf16 > 0.0);
    // Below half of FP16's smallest number.
    assert_eq!((lowest.f16, lowest.f16_relative_error), (0.0, -1.0));
    assert_eq!(far.f16.largest_relative_error, 1.0);
    assert!(far.bf16.largest_relative_error <= 1.0 / 256.0);
    assert!(!to_json(&far.bf16).contains("null"));
}

#[test]
fn the_json_has_the_schema_first() {
    let json = to_json(&two(""));
    let begin = r#"{"schema":"floatscope.rotary/1","head_dim":4,"rotary_dim":4,"rope_theta":10000.0,"scaling":{"type":"default","applied":true,"factor":null,"#;
    assert!(json.starts_with(begin), "{json}");
    let frequency = r#"{"index":0,"f32":1.0,"bf16":1.0,"relative_error":0.0,"f16":1.0,"f16_relative_error":0.0}"#;
    assert!(json.contains(frequency), "{json}");
}
