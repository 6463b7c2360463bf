//! What scripts ask of a scan: when it fails, and which parts of the report they get.

use crate::checkpoints::{file, mixed, run};
use crate::support::{Scratch, scan, test_data};

#[test]
fn what_is_not_wanted_fails() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let cases = [
        (
            "bf16",
            1,
            "--fail-on bf16: found in 2 tensors, the first is coat",
        ),
        ("nan", 1, "--fail-on nan: found in odd"),
        ("inf", 1, "--fail-on inf: found in odd"),
        ("overflow:f16", 1, "--fail-on overflow:f16: found in odd"),
        ("int4,nf4", 0, ""),
        ("int4,nan", 1, "--fail-on nan: found in odd"),
    ];
    for (words, status, says) in cases {
        let outcome = run(&path, &["--fail-on", words]);
        assert_eq!(outcome.status, Some(status), "{words}: {outcome:?}");
        let says = if says.is_empty() {
            String::new()
        } else {
            format!("floatscope: {says}\n")
        };
        assert_eq!(outcome.stderr, says, "{words}");
        assert!(
            outcome.stdout.contains("coat"),
            "the table is written all the same"
        );
    }
    let good = [
        "--tensor",
        "native",
        "--fail-on",
        "nan,inf,overflow:f16,bf16",
    ];
    assert_eq!(run(&path, &good).status, Some(0));
}

#[test]
fn integers_do_not_overflow_fp16() {
    let scratch = Scratch::new();
    let bytes = 70_000u32.to_le_bytes().to_vec();
    let path = scratch.write("i.safetensors", file(&[("i", "U32", vec![1], bytes)]));
    assert_eq!(run(&path, &["--fail-on", "overflow:f16"]).status, Some(0));
    let edge: Vec<u8> = [65504f32, -65504.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let path = scratch.write("f.safetensors", file(&[("f", "F32", vec![2], edge)]));
    assert_eq!(run(&path, &["--fail-on", "overflow:f16"]).status, Some(0));
}

#[test]
fn what_is_wrong_with_the_input_beats_what_is_found() {
    let outcome = scan([
        test_data("malformed/dtype_lower_case.safetensors").as_os_str(),
        "--fail-on".as_ref(),
        "not_float,inconclusive,constant,native".as_ref(),
    ]);
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
}

#[test]
fn words_that_are_none_are_answered_with_those_that_are() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let complaint = |arguments: &[&str]| {
        let outcome = run(&path, arguments);
        assert_eq!(outcome.status, Some(2), "{outcome:?}");
        assert_eq!(outcome.stdout, "");
        outcome.stderr
    };
    let labels = complaint(&["--fail-on", "f16,fp16"]);
    for word in ["fp16", "native", "mxfp4", "nan", "inf", "overflow:f16"] {
        assert!(labels.contains(word), "{labels}");
    }
    assert!(complaint(&["--only", "stats,verdicts"]).contains("stats, ancestry or casts"));
    let contradiction = complaint(&["--only", "stats", "--fail-on", "f16"]);
    assert!(
        contradiction.contains("--only leaves out"),
        "{contradiction}"
    );
    assert_eq!(
        run(&path, &["--only", "stats", "--fail-on", "nan"]).status,
        Some(0)
    );
}

#[test]
fn only_the_wanted_parts_are_told() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let keys = |only: &str| {
        let report = run(&path, &["--only", only, "--json", "-"]).json();
        let tensor = report["tensors"][0].as_object().expect("an object");
        (
            report.get("ancestry").is_some(),
            tensor.keys().cloned().collect::<Vec<_>>(),
        )
    };
    let (has_sums, stats) = keys("stats");
    assert!(!has_sums);
    assert!(stats.iter().any(|key| key == "stats") && stats.iter().any(|key| key == "bits"));
    assert!(
        !stats
            .iter()
            .any(|key| key == "ancestry" || key == "witnesses"),
        "{stats:?}"
    );
    let (has_sums, ancestry) = keys("ancestry");
    assert!(has_sums);
    assert!(ancestry.iter().any(|key| key == "ancestry"));
    assert!(
        !ancestry
            .iter()
            .any(|key| key == "stats" || key == "exponents"),
        "{ancestry:?}"
    );
    let (_, both) = keys("ancestry,stats");
    assert_eq!(both.len() + 5, stats.len() + ancestry.len());
    let stats = run(&path, &["--only", "stats"]).stdout;
    assert!(
        !stats.contains("erdict") && stats.contains("mean"),
        "{stats}"
    );
    let ancestry = run(&path, &["--only", "ancestry"]).stdout;
    assert!(
        ancestry.contains("verdict") && !ancestry.contains("mean"),
        "{ancestry}"
    );
    let titles = |only| {
        let csv = run(&path, &["--only", only, "--csv", "-"]).stdout;
        csv.split("\r\n").next().expect("titles").to_owned()
    };
    assert!(titles("stats").contains("mean") && !titles("stats").contains("label"));
    assert!(titles("ancestry").contains("label") && !titles("ancestry").contains("mean"));
}
