//! Which files a path means, and what is said of those that cannot be used.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Outcome, Scratch, floatscope, names, outcome, scan, test_data};

fn report_of(paths: &[&Path]) -> Outcome {
    outcome(floatscope().arg("scan").args(paths).args(["--json", "-"]))
}

#[test]
fn a_folder_its_index_and_its_shards_are_the_same_tensors() {
    let folder = test_data("fixtures/sharded");
    let index = folder.join("model.safetensors.index.json");
    let shards: Vec<_> = (1..=3)
        .map(|at| folder.join(format!("model-0000{at}-of-00003.safetensors")))
        .collect();
    let shards: Vec<&Path> = shards.iter().map(AsRef::as_ref).collect();
    let by_folder = report_of(&[&folder]);
    assert_eq!((by_folder.status, &*by_folder.stderr), (Some(0), ""));
    let by_folder = by_folder.json();
    assert_eq!(by_folder["checkpoint"]["name"], "sharded");
    for paths in [&[&*index][..], &shards, &[&index, shards[1], &folder]] {
        let outcome = report_of(paths);
        assert_eq!(
            (outcome.status, &*outcome.stderr),
            (Some(0), ""),
            "{paths:?}"
        );
        assert_eq!(outcome.json()["tensors"], by_folder["tensors"], "{paths:?}");
    }
}

#[test]
fn a_folder_without_an_index_is_all_its_tensor_files() {
    let scratch = Scratch::new();
    scratch.checkpoint("b.safetensors", &["two"]);
    scratch.checkpoint("a.safetensors", &["one"]);
    scratch.write("config.json", "{}");
    let outcome = report_of(&[scratch.folder()]);
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    assert_eq!(names(&outcome.json()), ["one", "two"]);
}

#[test]
fn files_beside_an_index_are_left_out_and_named() {
    let scratch = Scratch::new();
    scratch.checkpoint("m-1.safetensors", &["a"]);
    scratch.checkpoint("consolidated.safetensors", &["a"]);
    scratch.index("model.safetensors.index.json", &[("a", "m-1.safetensors")]);
    let outcome = report_of(&[scratch.folder()]);
    assert_eq!(outcome.status, Some(0));
    let left_out = format!(
        "floatscope: {}: left out, not in the index: consolidated.safetensors",
        scratch.folder().display()
    );
    assert_eq!(outcome.complaints(), [left_out]);
    assert_eq!(names(&outcome.json()), ["a"]);
}

#[test]
fn missing_shards_and_tensors_are_told_once() {
    let scratch = Scratch::new();
    scratch.checkpoint("m-1.safetensors", &["a"]);
    scratch.write("m-3.safetensors", "no header");
    let index = scratch.index(
        "model.safetensors.index.json",
        &[
            ("a", "m-1.safetensors"),
            ("absent", "m-1.safetensors"),
            ("b", "m-2.safetensors"),
            ("c", "m-2.safetensors"),
            ("d", "m-3.safetensors"),
        ],
    );
    let outcome = report_of(&[scratch.folder()]);
    assert_eq!(outcome.status, Some(2));
    assert_eq!(names(&outcome.json()), ["a"]);
    let complaints = outcome.complaints();
    assert_eq!(complaints.len(), 3, "{complaints:#?}");
    let said = |file: &Path, words: &str| {
        let begin = format!("floatscope: {}: ", file.display());
        complaints
            .iter()
            .any(|line| line.starts_with(&begin) && line.contains(words))
    };
    assert!(
        said(
            &index,
            "the shard \"m-2.safetensors\" with 2 tensors is missing"
        ),
        "{complaints:#?}"
    );
    assert!(said(&index, "tensor \"absent\""), "{complaints:#?}");
    assert!(
        said(&scratch.path("m-3.safetensors"), "header"),
        "{complaints:#?}"
    );
}

#[test]
fn a_shard_that_cannot_be_opened_is_not_called_missing() {
    let scratch = Scratch::new();
    scratch.checkpoint("m-1.safetensors", &["a"]);
    std::fs::create_dir(scratch.path("m-2.safetensors")).expect("a folder can be made");
    let shards = [("a", "m-1.safetensors"), ("b", "m-2.safetensors")];
    scratch.index("model.safetensors.index.json", &shards);
    let outcome = report_of(&[scratch.folder()]);
    assert_eq!(outcome.status, Some(2));
    let shard = scratch.path("m-2.safetensors");
    let says = format!("floatscope: {}: this is no regular file", shard.display());
    assert_eq!(outcome.complaints(), [says]);
    assert_eq!(names(&outcome.json()), ["a"]);
}

#[test]
fn several_indexes_are_not_guessed_at() {
    let scratch = Scratch::new();
    scratch.checkpoint("m.safetensors", &["a"]);
    for name in ["a.safetensors.index.json", "b.safetensors.index.json"] {
        scratch.index(name, &[("a", "m.safetensors")]);
    }
    let outcome = scan([scratch.folder()]);
    assert_eq!(outcome.status, Some(2));
    assert_eq!(outcome.complaints().len(), 1);
    assert!(
        outcome
            .stderr
            .contains("several indexes, name one: a.safetensors.index.json, b."),
        "{}",
        outcome.stderr
    );
    scratch.index("model.safetensors.index.json", &[("a", "m.safetensors")]);
    assert_eq!(scan([scratch.folder()]).status, Some(0));
}

#[test]
fn what_is_no_file_with_tensors_is_told_in_one_line() {
    let scratch = Scratch::new();
    let cases = [
        (
            scratch.folder().to_owned(),
            "the folder holds no .safetensors file",
        ),
        (scratch.path("absent.safetensors"), "o such file"),
        (scratch.path("absent.index.json"), "o such file"),
        // What is named like a file is none of a hub's business.
        ("absent/pytorch_model.bin".into(), "o such file"),
    ];
    for (path, says) in cases {
        only_complaint(&path, says);
    }
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_broken_links_are_told_in_one_line() {
    let scratch = Scratch::new();
    let pipe = scratch.path("pipe.safetensors");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    let endless = scratch.path("loop.safetensors");
    std::os::unix::fs::symlink(&endless, &endless).expect("a link can be made");
    for path in [&pipe, Path::new("/dev/null"), &endless] {
        let says = if path == endless {
            "symbolic links"
        } else {
            "this is no regular file"
        };
        only_complaint(path, says);
    }
}

fn only_complaint(path: &Path, says: &str) {
    let outcome = scan([path]);
    assert_eq!(
        (outcome.status, &*outcome.stdout),
        (Some(2), ""),
        "{outcome:?}"
    );
    let complaints = outcome.complaints();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    let begin = format!("floatscope: {}: ", path.display());
    assert!(complaints[0].starts_with(&begin), "{complaints:?}");
    assert!(
        complaints[0].contains(says),
        "{says:?} is not in {complaints:?}"
    );
    assert!(!complaints[0].contains("os error"), "{complaints:?}");
}

#[test]
fn a_file_named_twice_is_scanned_once() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let roundabout = scratch.folder().join(".").join("c.safetensors");
    let outcome = report_of(&[&path, &roundabout, scratch.folder()]);
    assert_eq!(names(&outcome.json()), ["a"]);
}

/// A sparse file of zeros that nobody can scan in the time it takes to cut it.
#[cfg(unix)]
#[test]
fn a_file_that_shrinks_under_the_scan_does_not_kill_the_command() {
    const BYTES: u64 = 64 << 30;
    let scratch = Scratch::new();
    let header = serde_json::json!({
        "zeros": {"dtype": "U8", "shape": [BYTES], "data_offsets": [0, BYTES]}
    });
    let path = scratch.write("c.safetensors", crate::support::container(&header, &[]));
    let file = std::fs::File::options()
        .write(true)
        .open(&path)
        .expect("it opens");
    let header_bytes = file.metadata().expect("it has a size").len();
    file.set_len(header_bytes + BYTES)
        .expect("a sparse file can be made");
    let mut command = floatscope();
    let command = command.arg("scan").arg(&path);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the command starts");
    std::thread::sleep(Duration::from_millis(300));
    file.set_len(header_bytes + 1000)
        .expect("a file can be cut");
    let output = child.wait_with_output().expect("the command ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(2),
        "{:?}: {stderr}",
        output.status
    );
    let begin = format!("floatscope: {}: ", path.display());
    assert!(stderr.starts_with(&begin), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty());
}
