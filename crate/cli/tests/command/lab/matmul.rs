//! `floatscope lab matmul`: how far outputs are apart under two models of accumulation.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Outcome, Scratch, container, floatscope, outcome, test_data};

fn matmul(path: &Path, more: &[&str]) -> Outcome {
    outcome(floatscope().args(["lab", "matmul"]).arg(path).args(more))
}

/// Two layers of FP32 ones: 300 products a sum.
fn ones(scratch: &Scratch) -> std::path::PathBuf {
    let data = 1.0f32.to_le_bytes().repeat(2 * 2 * 300 + 3);
    let entry = |shape: Value, begin: u64, end: u64| json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, end]});
    let header = json!({
        "layers.0.up.weight": entry(json!([2, 300]), 0, 2400),
        "layers.1.up.weight": entry(json!([2, 300]), 2400, 4800),
        "norm": entry(json!([3]), 4800, 4812),
    });
    scratch.write("model.safetensors", container(&header, &data))
}

#[test]
fn the_table_says_what_changes_and_where() {
    let scratch = Scratch::new();
    let path = ones(&scratch);
    let seen = matmul(&path, &[]);
    assert_eq!((seen.status, &*seen.stderr), (Some(0), ""));
    let lines: Vec<&str> = seen.stdout.lines().collect();
    assert!(
        lines[0].starts_with("Summing in BF16 instead of FP32 in eight parts changes ")
            && lines[0].contains(" of 64 outputs rounded to BF16. Most sensitive: "),
        "{}",
        lines[0]
    );
    assert!(lines[2].starts_with("a  f32: "));
    assert!(lines[3].starts_with("b  bf16: "));
    assert!(lines[4].starts_with("16 tokens, seed 0. The processor multiplies"));
    let pool = lines
        .iter()
        .find(|line| line.starts_with("layers.*.up.weight"));
    assert!(pool.is_some_and(|line| line.contains("2 tensors")));
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("layers.1.up.weight  F32    2×300"))
    );
    assert!(!seen.stdout.contains("not finite"));
    let last = "Left out: 1 tensor: a matrix has 2 dimensions, this has 1.";
    assert_eq!(lines.last(), Some(&last));
}

#[test]
fn the_json_names_models_probe_and_device() {
    let scratch = Scratch::new();
    let path = ones(&scratch);
    let options = [
        "--a",
        "f32_tiles/64",
        "--b",
        "tensor_core",
        "--tokens",
        "3",
        "--seed",
        "9",
    ];
    let seen = matmul(
        &path,
        &[&options[..], &["--device", "cpu", "--json", "-"]].concat(),
    );
    assert_eq!((seen.status, &*seen.stderr), (Some(0), ""));
    let report = seen.json();
    assert_eq!(report["schema"], "floatscope.matmul/1");
    assert_eq!(report["a"]["model"], "f32_tiles/64");
    assert_eq!(report["b"]["model"], "tensor_core");
    assert_eq!((&report["tokens"], &report["seed"]), (&json!(3), &json!(9)));
    assert_eq!(report["device"]["kind"], "cpu");
    assert_eq!(report["device"]["asked"], "cpu");
    assert_eq!(report["total"]["outputs"], 12);
    assert_eq!(report["skipped"][0]["name"], "norm");
    let file = scratch.path("out.json");
    let into = matmul(
        &path,
        &[
            &options[..],
            &["--device", "cpu", "--json"],
            &[file.to_str().expect("a plain path")],
        ]
        .concat(),
    );
    assert!(
        into.stdout
            .starts_with("Summing in a Hopper tensor core instead of")
    );
    assert_eq!(
        fs::read_to_string(file).expect("it was written"),
        seen.stdout
    );
}

#[test]
fn a_pattern_takes_some_tensors() {
    let scratch = Scratch::new();
    let path = ones(&scratch);
    let seen = matmul(&path, &["--tensor", "layers.1.*", "--json", "-"]);
    let report = seen.json();
    assert_eq!(report["tensors"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["skipped"], json!([]));
    let none = matmul(&path, &["--tensor", "layer.*"]);
    assert_eq!((none.status, &*none.stdout), (Some(2), ""));
    assert_eq!(
        none.stderr,
        "floatscope: --tensor layer.*: matches none of 3 tensors\n"
    );
}

#[test]
fn threads_change_nothing() {
    let path = test_data("fixtures/ragged.safetensors");
    let by = |threads: &str| matmul(&path, &["--threads", threads, "--json", "-"]).stdout;
    let one = by("1");
    assert!(one.contains("floatscope.matmul/1"));
    assert_eq!(by("2"), one);
    assert_eq!(by("5"), one);
}

#[test]
fn shards_are_one_checkpoint() {
    let seen = matmul(&test_data("fixtures/sharded"), &["--json", "-"]);
    let index = test_data("fixtures/sharded/model.safetensors.index.json");
    let by_index = matmul(&index, &["--json", "-"]);
    assert_eq!((seen.status, by_index.status), (Some(0), Some(0)));
    let [a, b] = [seen.json(), by_index.json()];
    assert_eq!(a["tensors"], b["tensors"]);
    assert!(a["checkpoint"]["files"].as_array().map_or(0, Vec::len) > 1);
}

#[cfg(not(feature = "gpu"))]
#[test]
fn a_graphics_card_is_not_pretended() {
    let scratch = Scratch::new();
    let seen = matmul(&ones(&scratch), &["--device", "gpu"]);
    assert_eq!((seen.status, &*seen.stdout), (Some(2), ""));
    let says = "floatscope: --device gpu: this build multiplies on the processor only\n";
    assert_eq!(seen.stderr, says);
}

#[test]
fn what_is_wrong_is_named() {
    let scratch = Scratch::new();
    let path = ones(&scratch);
    let wrong = [
        (["--a", "fp32"], "it must be one of f32, f32_sequential"),
        (
            ["--b", "f32_tiles"],
            "f32_tiles takes the products of a tile: f32_tiles/256",
        ),
        (["--tokens", "0"], "0 is not in 1..=1024"),
        (["--tokens", "1025"], "1025 is not in 1..=1024"),
    ];
    for (options, says) in wrong {
        let seen = matmul(&path, &options);
        assert_eq!((seen.status, &*seen.stdout), (Some(2), ""));
        assert!(seen.stderr.contains(says), "{}", seen.stderr);
    }
    let nowhere = scratch.path("nowhere.safetensors");
    let seen = matmul(&nowhere, &["--json", "-"]);
    assert_eq!(seen.status, Some(2));
    assert!(
        seen.stderr.contains("no such file or directory"),
        "{}",
        seen.stderr
    );
    assert_eq!(
        seen.json()["problems"][0]["what"],
        "no such file or directory"
    );
    // A file that was cut: the tensor that lacks bytes is named, the other is multiplied.
    let bytes = fs::read(&path).expect("it is there");
    let cut = scratch.write("cut.safetensors", &bytes[..bytes.len() - 1000]);
    let seen = matmul(&cut, &["--json", "-"]);
    assert_eq!(seen.status, Some(2));
    let report = seen.json();
    assert_eq!(report["tensors"][0]["name"], "layers.0.up.weight");
    assert!(!seen.complaints().is_empty());
    let over = matmul(&path, &["--json", path.to_str().expect("a plain path")]);
    assert_eq!(over.status, Some(2));
    assert_eq!(fs::read(&path).expect("it is there"), bytes);
}
