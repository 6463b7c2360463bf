//! What a person sees.

use serde_json::json;

use super::*;
use crate::checkpoints::{file, normal};
use crate::support::{Outcome, Scratch, container};

#[test]
fn all_lists_what_is_the_same() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    let rows = |outcome: &Outcome| -> Vec<String> {
        let lines = outcome
            .stdout
            .lines()
            .skip_while(|line| !line.starts_with("tensor "));
        let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        lines.skip(1).map(name).collect()
    };
    // What nothing explains comes first.
    assert_eq!(rows(&diff_of(&a, &b, &[])), ["other", "cut"]);
    assert_eq!(rows(&diff_of(&a, &b, &["--all"])), ["same", "cut", "other"]);
    assert_eq!(rows(&diff_of(&a, &a, &[])), Vec::<String>::new());
    assert_eq!(rows(&diff_of(&a, &a, &["--all"])), ["same", "cut", "other"]);
}

#[test]
fn a_single_pair_is_shown_from_near() {
    let scratch = Scratch::new();
    let mut values = normal(300, 1);
    let a = scratch.singles("a", &[("w", values.clone())]);
    values[17] = 2.5;
    let b = scratch.singles("b", &[("w", values)]);
    let outcome = diff_of(&a, &b, &[]);
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let at = |begin: &str| {
        let found = lines.iter().position(|line| line.starts_with(begin));
        found.unwrap_or_else(|| panic!("{begin} is not in {}", outcome.stdout))
    };
    let bins = at("ULPs of F32 between them");
    assert!(
        lines[bins + 1].starts_with(' ') && lines[bins + 1].ends_with(" 299"),
        "{}",
        outcome.stdout
    );
    assert!(
        lines[bins + 2].contains('-') && lines[bins + 2].ends_with(" 1"),
        "{}",
        outcome.stdout
    );
    let worst = at("The largest differences");
    assert!(
        lines[worst + 2].starts_with("[17]") && lines[worst + 2].contains(" 2.5 "),
        "{}",
        outcome.stdout
    );
    assert_eq!(lines.len(), worst + 3);
}

/// Shapes that do not match are shown where nothing else is to be.
#[test]
fn two_shapes_are_shown() {
    let scratch = Scratch::new();
    let of = |name: &str, shape: Vec<u64>| {
        scratch.write(name, file(&[("w", "F32", shape, vec![0; 24])]))
    };
    let outcome = diff_of(&of("a", vec![2, 3]), &of("b", vec![6]), &[]);
    assert!(
        outcome
            .stdout
            .contains("Shapes differ: w: F32 2×3 in A, F32 6 in B"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn names_cannot_steer_the_terminal() {
    let scratch = Scratch::new();
    let hostile = ["\x1b[2Jgone\u{202e}\r\n", "\x07bell", "\x1b]0;title\x07"];
    let of = |seed: u64, prefix: &str| -> Vec<(String, Vec<f32>)> {
        let name = |(at, name): (u64, &&str)| (format!("{prefix}{name}"), normal(20, seed + at));
        (0..).zip(&hostile).map(name).collect()
    };
    let write = |file: &str, tensors: &[(String, Vec<f32>)]| {
        let tensors: Vec<(&str, Vec<f32>)> = tensors
            .iter()
            .map(|(name, values)| (name.as_str(), values.clone()))
            .collect();
        scratch.singles(file, &tensors)
    };
    let a = write("a", &of(1, ""));
    for (name, tensors) in [
        ("other", of(9, "")),
        ("renamed", of(1, "\x1b[1m.")),
        ("alone", of(1, "x")),
    ] {
        let outcome = diff_of(&a, &write(name, &tensors), &["--all"]);
        assert_eq!(outcome.status, Some(0));
        assert!(
            outcome.stdout.contains(r"\u{1b}[2Jgone\u{202e}\r\n"),
            "{}",
            outcome.stdout
        );
        assert!(
            !outcome.stdout.contains(['\x1b', '\r', '\u{202e}', '\x07']),
            "{}",
            outcome.stdout
        );
    }
    let short = container(
        &json!({"\x1b[2J": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}),
        &[0; 7],
    );
    let outcome = diff_of(&a, &scratch.write("short", short), &[]);
    assert!(
        !outcome.stderr.contains('\x1b') && outcome.status == Some(2),
        "{}",
        outcome.stderr
    );
}
