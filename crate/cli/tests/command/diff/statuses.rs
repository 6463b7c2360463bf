//! What the exit status says.

use super::*;
use crate::checkpoints::{f32_bytes, file, normal};
use crate::support::{Scratch, names};

#[test]
fn the_status_tells_whether_they_differ_where_that_is_asked() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    for (b, status) in [(&a, 0), (&b, 1)] {
        let plain = diff_of(&a, b, &[]);
        assert_eq!((plain.status, &*plain.stderr), (Some(0), ""));
        let asked = diff_of(&a, b, &["--exit-code"]);
        assert_eq!((asked.status, &*asked.stderr), (Some(status), ""));
        assert_eq!(asked.stdout, plain.stdout);
    }
    // A name more, another shape, another type: each is a difference.
    let values = normal(6, 1);
    let one = scratch.singles("one", &[("w", values.clone())]);
    let more = scratch.singles("more", &[("w", values.clone()), ("x", vec![])]);
    let shape = scratch.write(
        "shape",
        file(&[("w", "F32", vec![2, 3], f32_bytes(&values))]),
    );
    let wide: Vec<u8> = values
        .iter()
        .flat_map(|value| f64::from(*value).to_le_bytes())
        .collect();
    let wide = scratch.write("wide", file(&[("w", "F64", vec![6], wide)]));
    for other in [&more, &shape, &wide] {
        assert_eq!(
            diff_of(&one, other, &["--exit-code"]).status,
            Some(1),
            "{other:?}"
        );
        assert_eq!(
            diff_of(other, &one, &["--exit-code"]).status,
            Some(1),
            "{other:?}"
        );
    }
}

#[test]
fn what_cannot_be_read_beats_a_difference() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    let mut bytes = std::fs::read(&b).expect("it can be read");
    bytes.truncate(bytes.len() - 10);
    let short = scratch.write("short.safetensors", bytes);
    assert_eq!(diff_of(&a, &short, &["--exit-code"]).status, Some(2));
    let junk = scratch.write("junk.safetensors", "this is no checkpoint at all");
    for (a, b, side) in [(&a, &junk, "B"), (&junk, &a, "A")] {
        let outcome = diff_of(a, b, &["--exit-code"]);
        assert_eq!(outcome.status, Some(2));
        let begin = format!("floatscope: {side}: {}: ", junk.display());
        assert!(outcome.stderr.starts_with(&begin), "{}", outcome.stderr);
    }
    let absent = scratch.path("absent.safetensors");
    for (a, b, side) in [(&a, &absent, "B"), (&absent, &a, "A")] {
        let outcome = diff_of(a, b, &[]);
        assert_eq!((outcome.status, outcome.complaints().len()), (Some(2), 1));
        let begin = format!("floatscope: {side}: {}: no such file", absent.display());
        assert!(
            outcome
                .stderr
                .to_lowercase()
                .starts_with(&begin.to_lowercase()),
            "{}",
            outcome.stderr
        );
    }
}

/// Its header is whole, and a tensor is not: the others are compared.
#[test]
fn a_file_that_ends_early_loses_one_tensor() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    for (short_side, side) in [(0, "A"), (1, "B")] {
        let mut paths = [a.clone(), b.clone()];
        let mut bytes = std::fs::read(&paths[short_side]).expect("it can be read");
        bytes.truncate(bytes.len() - 10);
        paths[short_side] = scratch.write("short.safetensors", bytes);
        let outcome = diff_of(&paths[0], &paths[1], &["--json", "-"]);
        assert_eq!(outcome.status, Some(2));
        let begin = format!("floatscope: {side}: {}: ", paths[short_side].display());
        let complaints = outcome.complaints();
        assert!(
            complaints.iter().all(|line| line.starts_with(&begin)),
            "{complaints:?}"
        );
        assert!(
            complaints[0].contains("the file is cut short"),
            "{complaints:?}"
        );
        assert!(
            complaints[1].contains("tensor \"other\": the file ends"),
            "{complaints:?}"
        );
        let report = outcome.json();
        assert_eq!(names(&report), ["same", "cut"]);
        assert_eq!(report["problems"].as_array().map(Vec::len), Some(2));
        assert_eq!(report["problems"][0]["side"], side.to_lowercase());
    }
}

#[test]
fn wrong_usage_is_status_2() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    for options in [
        &["--tensor", "[a"][..],
        &["--nonsense"],
        &["third"],
        &["--rtol"],
    ] {
        let outcome = diff_of(&a, &b, options);
        assert!(!refusal(&outcome).is_empty(), "{options:?}");
    }
    refusal(&diff([&a]));
    refusal(&diff::<&str>([]));
}
