//! `floatscope lab rotary`: what rounding the rotary frequencies does.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Outcome, Scratch, floatscope, outcome};

const LLAMA: &str = r#"{"head_dim": 64, "rope_theta": 10000.0, "max_position_embeddings": 2048}"#;

fn rotary(path: &Path, more: &[&str]) -> Outcome {
    outcome(floatscope().args(["lab", "rotary"]).arg(path).args(more))
}

#[test]
fn a_config_and_its_folder_give_the_same_table() {
    let scratch = Scratch::new();
    let config = scratch.write("config.json", LLAMA);
    let seen = rotary(&config, &[]);
    assert_eq!((seen.status, &*seen.stderr), (Some(0), ""));
    let lines: Vec<&str> = seen.stdout.lines().collect();
    let says = "Rounded to BF16, 31 of 32 rotary frequencies move, by up to 0.37 %. At position 2,047, the last, the worst \
        angle is off by 0.894 radians, which is less than a quarter turn. Position 0 never differs.";
    assert_eq!(lines[0], says);
    assert!(lines[1].starts_with("Rounded to FP16, 31 of 32"));
    assert_eq!(lines[2], "head_dim 64, rope_theta 10,000, 2,048 positions");
    let last = "2,047 0.894 0 0.325 0";
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        lines.iter().any(|line| words(line) == last),
        "{}",
        seen.stdout
    );
    assert!(seen.stdout.ends_with("--all lists the other 22, too.\n"));
    assert!(!seen.stdout.contains('\x1b'));
    assert_eq!(rotary(scratch.folder(), &[]).stdout, seen.stdout);
    let all = rotary(&config, &["--all"]);
    assert_eq!(all.stdout.lines().count(), lines.len() + 22);
}

#[test]
fn quarter_turns_are_counted() {
    let scratch = Scratch::new();
    let long = r#"{"head_dim": 128, "rope_parameters": {"rope_theta": 500000, "rope_type": "longrope"}, "max_position_embeddings": 131072}"#;
    let config = scratch.write("config.json", long);
    let seen = rotary(&config, &["--json", "-"]);
    assert_eq!((seen.status, &*seen.stderr), (Some(0), ""));
    let report = seen.json();
    assert_eq!(report["schema"], "floatscope.rotary/1");
    assert_eq!(report["last_position"], 131_071);
    assert_eq!(report["scaling"]["applied"], false);
    assert_eq!(report["frequencies"].as_array().map(Vec::len), Some(64));
    let bf16 = &report["bf16"];
    let first = bf16["first_turned"].as_u64().expect("a position");
    assert!((805..131_071).contains(&first), "{first}");
    let angles = bf16["angles"].as_array().expect("angles");
    assert_eq!(angles.last().expect("the last")["turned"], bf16["turned"]);
    let note =
        "Scaling of type \"longrope\" is not applied: only the unscaled frequencies are shown.";
    assert_eq!(report["notes"][0], note);
    assert!(rotary(&config, &[]).stdout.contains(note));
}

#[test]
fn json_in_a_file_leaves_the_table_and_the_config() {
    let scratch = Scratch::new();
    let config = scratch.write("config.json", LLAMA);
    let json = scratch.path("rotary.json");
    let seen = rotary(&config, &["--json", json.to_str().expect("a plain path")]);
    assert!(seen.stdout.starts_with("Rounded to BF16"));
    let written: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(written, rotary(&config, &["--json", "-"]).json());
    let refused = rotary(&config, &["--json", config.to_str().expect("a plain path")]);
    assert_eq!(refused.status, Some(2));
    assert_eq!(fs::read_to_string(config).unwrap(), LLAMA);
}

#[test]
fn what_is_wrong_is_named() {
    let scratch = Scratch::new();
    let cases = [
        (
            "{",
            "no JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "{\"head_dim\": 64, \"rope_theta\": NaN}",
            "no JSON: expected value at line 1 column 32: \"rope_theta\": NaN}",
        ),
        ("{}", "there is neither head_dim nor hidden_size"),
        (
            "{\"head_dim\": 63}",
            "head_dim is 63: it must be an even number from 2 to 1,048,576",
        ),
        (
            "{\"head_dim\": \"\u{202e}\"}",
            "head_dim is \"\\u{202e}\": it must be an even number from 2 to 1,048,576",
        ),
    ];
    for (text, expected) in cases {
        let config = scratch.write("config.json", text);
        let seen = rotary(&config, &[]);
        assert_eq!((seen.status, &*seen.stdout), (Some(2), ""), "{text}");
        let expected = format!("floatscope: {}: {}\n", config.display(), expected);
        assert_eq!(seen.stderr, expected);
    }
    let nowhere = scratch.path("nowhere.json");
    let seen = rotary(&nowhere, &[]);
    assert_eq!(seen.status, Some(2));
    let expected = format!(
        "floatscope: {}: no such file or directory\n",
        nowhere.display()
    );
    assert_eq!(seen.stderr, expected);
}
