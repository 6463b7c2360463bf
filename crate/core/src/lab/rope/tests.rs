use super::*;

fn of(text: &str) -> Rope {
    Rope::parse(text.as_bytes()).expect("a config")
}

fn error(text: &str) -> String {
    Rope::parse(text.as_bytes()).expect_err("nothing to go by")
}

const LLAMA: &str = r#"{"hidden_size": 2048, "num_attention_heads": 32, "max_position_embeddings": 131072, "rope_theta": 5e5"#;

/// Llama's with more entries.
fn llama(more: &str) -> String {
    format!("{LLAMA}, {more}}}")
}

#[test]
fn old_and_new_spellings_say_the_same() {
    let old = of(&llama(r#""rope_scaling": {"type": "linear", "factor": 4}"#));
    assert_eq!((old.head_dim, old.rotary_dim), (64, 64));
    assert_eq!((old.theta, old.positions), (500_000.0, 131_072));
    assert_eq!(
        (&*old.scaling.kind, old.scaling.factor),
        ("linear", Some(4.0))
    );
    assert_eq!(old.notes, [""; 0]);
    let new = r#"{"head_dim": 64, "hidden_size": 7, "max_position_embeddings": 131072,
        "rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500000}}"#;
    assert_eq!(of(new), old);
}

#[test]
fn what_is_nested_goes_first() {
    let nested = r#"{"head_dim": 32, "rope_theta": 7, "text_config": {"head_dim": 128, "max_position_embeddings": 10,
        "rope_parameters": {"full_attention": {"rope_theta": 1e6, "partial_rotary_factor": 0.5}, "sliding_attention": {}}}}"#;
    let rope = of(nested);
    assert_eq!((rope.head_dim, rope.rotary_dim, rope.theta), (128, 64, 1e6));
    assert!(rope.notes[0].starts_with("Shown are the layers with full attention"));
    assert_eq!(
        of(r#"{"head_dim": 8, "text_config": {"head_dim": null}}"#).head_dim,
        8
    );
}

#[test]
fn names_of_other_families_are_known() {
    let neox = of(
        r#"{"hidden_size": 768, "num_attention_heads": 12, "rotary_pct": 0.25, "rotary_emb_base": 10000}"#,
    );
    assert_eq!((neox.head_dim, neox.rotary_dim), (64, 16));
    assert_eq!(
        neox.notes,
        ["There is no max_position_embeddings: 2,048 positions are shown."]
    );
    let deepseek =
        of(r#"{"hidden_size": 7168, "num_attention_heads": 128, "qk_rope_head_dim": 64}"#);
    assert_eq!(deepseek.head_dim, 64);
    assert!(deepseek.notes[0].starts_with("There is no rope_theta: 10,000 is taken"));
}

#[test]
fn other_scalings_are_named_and_not_applied() {
    for kind in ["longrope", "su"] {
        let scaling = format!(r#""rope_scaling": {{"rope_type": "{kind}", "factor": -1}}"#);
        let rope = of(&llama(&scaling));
        assert!(!rope.scaling.applied);
        let says = "is not applied: only the unscaled frequencies are shown.";
        assert_eq!(rope.notes, [format!("Scaling of type \"{kind}\" {says}")]);
    }
    assert!(
        of(&llama(r#""rope_scaling": {"type": "mrope"}"#))
            .scaling
            .applied
    );
    assert!(of(&llama(r#""rope_scaling": null"#)).scaling.applied);
}

#[test]
fn what_is_absurd_is_named() {
    let even = "it must be an even number from 2 to 1,048,576";
    for value in [
        "0", "-64", "63", "64.5", "1048578", "\"64\"", "1e999", "[64]",
    ] {
        let expected = format!("head_dim is {value}: {even}");
        assert_eq!(error(&format!(r#"{{"head_dim": {value}}}"#)), expected);
    }
    let cases = [
        ("{}", "there is neither head_dim nor hidden_size"),
        (
            r#"{"hidden_size": 64}"#,
            "there is neither head_dim nor num_attention_heads",
        ),
        (
            r#"{"hidden_size": 64, "num_attention_heads": 0}"#,
            "num_attention_heads is 0: it must be a whole number from 1 to 9,007,199,254,740,991",
        ),
        (
            r#"{"hidden_size": 6, "num_attention_heads": 2}"#,
            "hidden_size / num_attention_heads is 3: it must be an even number from 2 to 1,048,576",
        ),
        (
            r#"{"head_dim": 64, "rope_theta": -1}"#,
            "rope_theta is -1: it must be a number from 1 to 1,000,000,000,000,000",
        ),
        (
            r#"{"head_dim": 64, "partial_rotary_factor": 1.5}"#,
            "partial_rotary_factor is 1.5: it must be a number above 0 and not above 1",
        ),
        (
            r#"{"head_dim": 64, "partial_rotary_factor": 0.02}"#,
            "partial_rotary_factor leaves 1 of head_dim's 64: it must be an even number from 2 to 64",
        ),
        (
            r#"{"head_dim": 64, "max_position_embeddings": 1}"#,
            "max_position_embeddings is 1: it must be a whole number from 2 to 4,294,967,296",
        ),
        (
            r#"{"head_dim": 64, "rope_scaling": {"type": 3}}"#,
            "type is 3: it must be a string",
        ),
        (
            r#"{"head_dim": 64, "rope_scaling": {"type": "linear"}}"#,
            "the scaling of rotary frequencies has no factor",
        ),
        (
            r#"{"head_dim": 64, "rope_scaling": {"type": "linear", "factor": 0}}"#,
            "factor is 0: it must be a number from 1 to 1,048,576",
        ),
        (
            r#"{"head_dim": 64, "rope_scaling": {"type": "llama3", "low_freq_factor": 4, "high_freq_factor": 4}}"#,
            "high_freq_factor must be larger than low_freq_factor",
        ),
        ("[]", "no JSON object"),
        ("", "no JSON object"),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text), expected, "{text}");
    }
    let nan = error(r#"{"head_dim": 64, "rope_theta": NaN}"#);
    assert!(
        nan.starts_with("no JSON: expected value at line 1"),
        "{nan}"
    );
    assert!(nan.ends_with(": \"rope_theta\": NaN}"), "{nan}");
    assert_eq!(Rope::parse(b"\xff"), Err("no text in UTF-8".to_owned()));
}
