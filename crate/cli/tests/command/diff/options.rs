//! Tolerances, renames, selections, and what is a checkpoint.

use serde_json::json;

use super::*;
use crate::checkpoints::normal;
use crate::support::{Scratch, names, test_data};

#[test]
fn tolerances_are_numbers_that_are_not_negative() {
    let scratch = Scratch::new();
    let a = scratch.singles("a", &[("w", vec![1.0, 2.0, f32::NAN, 0.0])]);
    let b = scratch.singles("b", &[("w", vec![1.125, 2.0, f32::NAN, 0.25])]);
    let not_close = |options: &[&str]| {
        let report = diff_of(&a, &b, &[options, &["--json", "-"]].concat()).json();
        (
            report["tensors"][0]["not_close"].clone(),
            report["tolerance"].clone(),
        )
    };
    let (count, tolerance) = not_close(&[]);
    assert_eq!(
        (count, tolerance),
        (
            json!(3),
            json!({"rtol": 1e-5, "atol": 1e-8, "equal_nan": false})
        )
    );
    assert_eq!(not_close(&["--rtol", "0.5"]).0, 2);
    assert_eq!(not_close(&["--rtol", "1"]).0, 1, "of b, and not of a");
    assert_eq!(not_close(&["--atol", "0.125"]).0, 2);
    assert_eq!(not_close(&["--atol", "0.25", "--rtol", "0"]).0, 1);
    assert_eq!(not_close(&["--atol", "0.25", "--equal-nan"]).0, 0);
    assert_eq!(not_close(&["--rtol", "inf"]).1["rtol"], "Infinity");
    for option in ["--rtol", "--atol"] {
        for value in ["-1", "-1e-9", "nan", "NaN", "much", ""] {
            let outcome = diff_of(&a, &b, &[&format!("{option}={value}")]);
            assert!(
                refusal(&outcome).contains("it must be a number that is not negative"),
                "{}",
                outcome.stderr
            );
        }
    }
}

#[test]
fn a_table_renames() {
    let scratch = Scratch::new();
    let values = normal(20, 1);
    let a = scratch.singles("a", &[("h.0.w", values.clone()), ("x", values.clone())]);
    let b = scratch.singles("b", &[("layers.0.w", values.clone()), ("y", values)]);
    for table in ["h.* layers.*\nx -> y\n", r#"{"x": "y", "h.*": "layers.*"}"#] {
        let table = scratch.write("renames", table);
        let outcome = diff_of(
            &a,
            &b,
            &[
                "--exit-code",
                "--rename",
                table.to_str().expect("it is UTF-8"),
            ],
        );
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        assert!(
            outcome
                .stdout
                .contains("Names: h.* of A is layers.* of B in 1 tensor"),
            "{}",
            outcome.stdout
        );
    }
    let bad: [(&[u8], &str); 6] = [
        (b"x\n", "line 1: two names must stand there, and 1 do"),
        (b"x y\nh.* y\n", "line 2: "),
        (b"{\"x\": 1}", "entry \"x\": a name must stand there"),
        (b"{\"x\": ", "no JSON object of names to names: "),
        (b"# none\n", "it holds no rename"),
        (b"\xff\xfe x", "this is no text in UTF-8"),
    ];
    for (bytes, says) in bad {
        let table = scratch.write("renames", bytes);
        let outcome = diff_of(&a, &b, &["--rename", table.to_str().expect("it is UTF-8")]);
        let begin = format!("{}: {says}", table.display());
        assert!(refusal(&outcome).starts_with(&begin), "{}", outcome.stderr);
    }
    let outcome = diff_of(&a, &b, &["--rename", "/absent/renames"]);
    assert!(
        refusal(&outcome)
            .to_lowercase()
            .starts_with("/absent/renames: no such file"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn some_tensors_are_selected_by_either_name() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    let of = |options: &[&str]| diff_of(&a, &b, &[options, &["--json", "-"]].concat());
    assert_eq!(names(&of(&["--tensor", "*e*"]).json()), ["same", "other"]);
    assert_eq!(
        names(&of(&["--tensor", "cut", "--tensor", "same"]).json()),
        ["same", "cut"]
    );
    assert_eq!(of(&["--tensor", "same", "--exit-code"]).status, Some(0));
    assert_eq!(
        refusal(&of(&["--tensor", "same", "--tensor", "sam"])),
        "--tensor sam: matches none of 6 tensors\n"
    );
}

#[test]
fn a_folder_and_an_index_are_checkpoints_as_well() {
    let folder = test_data("fixtures/sharded");
    let index = folder.join("model.safetensors.index.json");
    for (a, b) in [(&folder, &index), (&index, &folder), (&index, &index)] {
        let outcome = diff_of(a, b, &["--exit-code", "--json", "-"]);
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        let report = outcome.json();
        assert_eq!(report["differ"], false);
        assert_eq!(report["a"]["files"].as_array().map(Vec::len), Some(3));
    }
    let shard = folder.join("model-00001-of-00003.safetensors");
    let outcome = diff_of(&folder, &shard, &["--exit-code"]);
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stdout.contains("only in A"), "{}", outcome.stdout);
}

#[test]
fn the_config_beside_a_checkpoint_is_read() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    let config = scratch.write(
        "config.json",
        r#"{"torch_dtype": "bfloat16", "tie_word_embeddings": true}"#,
    );
    for path in [&a, scratch.folder()] {
        let report = diff_of(path, &b, &["--json", "-", "--tensor", "same"]).json();
        assert_eq!(
            report["a"]["config"],
            json!({"dtype": "bfloat16", "tie_word_embeddings": true}),
            "{path:?}"
        );
        assert_eq!(report["triage"][1]["about"], "config_dtype");
    }
    scratch.write("config.json", "{\"torch_dtype\": ");
    let outcome = diff_of(&a, &b, &["--exit-code"]);
    assert_eq!(outcome.status, Some(2));
    let complaints = outcome.complaints();
    let says = |side: &str| format!("floatscope: {side}: {}: no JSON: ", config.display());
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(
        complaints[0].starts_with(&says("A")) && complaints[1].starts_with(&says("B")),
        "{complaints:?}"
    );
    assert!(
        outcome.stdout.contains("3 tensors"),
        "the weights are compared all the same"
    );
}
