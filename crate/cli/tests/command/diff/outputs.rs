//! Where reports go, and where they must not.

use serde_json::{Value, json};

use super::*;
use crate::checkpoints::{cut, normal};
use crate::support::{Scratch, floatscope, outcome};

#[test]
fn reports_go_to_files_and_to_standard_output() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    let options = ["--json", "--csv", "--markdown"];
    let mut command = floatscope();
    command.arg("diff").args([&a, &b]);
    for option in options {
        command.arg(option).arg(scratch.path(&option[2..]));
    }
    let table = outcome(&mut command);
    assert_eq!((table.status, &*table.stderr), (Some(0), ""));
    assert_eq!(
        table.stdout,
        diff_of(&a, &b, &[]).stdout,
        "the table is there as well"
    );
    let mut texts = Vec::new();
    for option in options {
        let alone = diff_of(&a, &b, &[option, "-"]);
        assert_eq!((alone.status, &*alone.stderr), (Some(0), ""));
        let written = std::fs::read_to_string(scratch.path(&option[2..]));
        assert_eq!(written.expect("it was written"), alone.stdout, "{option}");
        texts.push(alone.stdout);
    }
    let report: Value = serde_json::from_str(&texts[0]).expect("JSON");
    assert_eq!(
        (&report["schema"], &report["a"]["name"]),
        (&json!("floatscope.diff/1"), &json!("a.safetensors"))
    );
    assert_eq!(report["pairs"]["compared"], 3);
    assert!(
        texts[1].starts_with("name,name_b,") && texts[1].lines().count() == 4,
        "{}",
        texts[1]
    );
    assert!(texts[2].starts_with(&format!(
        "**{}**\n",
        report["headline"].as_str().expect("text")
    )));
}

#[test]
fn outputs_keep_out_of_each_others_way() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    for (one, other) in [
        ("--json", "--csv"),
        ("--csv", "--markdown"),
        ("--json", "--markdown"),
    ] {
        let outcome = diff_of(&a, &b, &[one, "-", other, "-"]);
        let says = format!("{one} - and {other} -: only one of them can be standard output\n");
        assert_eq!(refusal(&outcome), says);
        let target = scratch.path("report");
        let target = target.to_str().expect("it is UTF-8");
        let outcome = diff_of(&a, &b, &[one, target, other, target]);
        assert_eq!(
            refusal(&outcome),
            format!("{target}: cannot be written: it is what {one} writes\n")
        );
    }
    let absent = scratch.path("absent/report");
    let outcome = diff_of(&a, &b, &["--json", absent.to_str().expect("it is UTF-8")]);
    assert!(
        refusal(&outcome).contains("absent/report: cannot be written: "),
        "{}",
        outcome.stderr
    );
}

#[test]
fn nothing_that_is_read_is_written_over() {
    let scratch = Scratch::new();
    let [a, b] = two(&scratch);
    scratch.write("config.json", "{}");
    scratch.write("renames", "same same");
    let renames = scratch.path("renames");
    for option in ["--json", "--csv", "--markdown"] {
        for input in [&a, &b, &scratch.path("config.json"), &renames] {
            let before = std::fs::read(input).expect("it can be read");
            let paths = [
                a.as_os_str(),
                b.as_os_str(),
                "--rename".as_ref(),
                renames.as_os_str(),
            ];
            let outcome = diff(
                paths
                    .into_iter()
                    .chain([option.as_ref(), input.as_os_str()]),
            );
            assert!(
                refusal(&outcome).contains(": cannot be written: it is"),
                "{}",
                outcome.stderr
            );
            assert_eq!(
                std::fs::read(input).expect("it can be read"),
                before,
                "{option} {input:?}"
            );
        }
    }
}

#[test]
fn threads_write_the_same_bytes() {
    let scratch = Scratch::new();
    let many = |seed: u64| -> Vec<(String, Vec<f32>)> {
        (0..5)
            .map(|at| (format!("t{at}"), normal(300_000, seed + at)))
            .collect()
    };
    let named = |many: &[(String, Vec<f32>)], name: &str| {
        let tensors: Vec<(&str, Vec<f32>)> = many
            .iter()
            .map(|(name, values)| (name.as_str(), values.clone()))
            .collect();
        scratch.singles(name, &tensors)
    };
    let (first, mut second) = (many(1), many(1));
    second[1].1[200_000] += 1.0;
    second[3].1 = cut(&second[3].1);
    second[4].1 = normal(300_000, 77);
    let (a, b) = (named(&first, "a"), named(&second, "b"));
    for options in [
        &["--json", "-"][..],
        &["--csv", "-"],
        &["--markdown", "-"],
        &[],
    ] {
        let of = |threads: &str| {
            let outcome = diff_of(&a, &b, &[options, &["--threads", threads]].concat());
            assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
            outcome.stdout
        };
        let one = of("1");
        assert!(one == of("2") && one == of("3"), "{options:?}");
    }
    for threads in ["0", "-1", "many"] {
        refusal(&diff_of(&a, &b, &[&format!("--threads={threads}")]));
    }
}
