//! `floatscope formats`: the table, and one number in every format.

use std::fs;

use serde_json::Value;

use crate::support::{Outcome, Scratch, floatscope, outcome};

fn formats(arguments: &[&str]) -> Outcome {
    outcome(floatscope().arg("formats").args(arguments))
}

/// The words of the line that begins with a name, in the last table that has it.
fn line<'a>(outcome: &'a Outcome, name: &str) -> Vec<&'a str> {
    let mut lines = outcome.stdout.lines().rev();
    let found = lines.find(|line| line.split(' ').next() == Some(name));
    let found = found.unwrap_or_else(|| panic!("no {name} in {}", outcome.stdout));
    found.split_whitespace().collect()
}

fn row<'a>(document: &'a Value, name: &str) -> &'a Value {
    let rows = document["formats"].as_array().expect("a list of formats");
    rows.iter().find(|row| row["name"] == name).expect("a row")
}

#[test]
fn the_table_has_every_format() {
    let outcome = formats(&[]);
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    assert!(!outcome.stdout.contains('\x1b'));
    let f16 = [
        "F16", "16", "1/5/10", "15", "11", "3.3", "65,504", "2^-14", "2^-24",
    ];
    assert_eq!(line(&outcome, "F16")[..9], f16);
    let scale = [
        "F8_E8M0", "8", "0/8/0", "127", "1", "0.3", "1.701e38", "2^-127", "–", "NaN",
    ];
    assert_eq!(line(&outcome, "F8_E8M0")[..10], scale);
    for name in ["TF32", "BOOL", "U64", "C64", "F4"] {
        line(&outcome, name);
    }
}

#[test]
fn the_table_as_json() {
    let document = formats(&["--json", "-"]).json();
    assert_eq!(document["schema"], "floatscope.formats/1");
    let bf16 = row(&document, "BF16");
    assert_eq!((&bf16["bits"], &bf16["bias"]), (&16.into(), &127.into()));
    assert_eq!(
        (&bf16["precision"], &bf16["infinity"]),
        (&8.into(), &true.into())
    );
    assert_eq!(row(&document, "F8_E4M3")["largest"], 448.0);
    assert_eq!(row(&document, "U64")["largest"], "18446744073709551615");
}

#[test]
fn a_number_has_its_line_in_every_format() {
    let outcome = formats(&["0.1"]);
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    assert!(outcome.stdout.contains("BF16         0 01111011 1001101\n"));
    let words = line(&outcome, "BF16");
    assert_eq!(
        words[..6],
        [
            "BF16",
            "0x3dcd",
            "0.10009765625",
            "9.77e-5",
            "0.000977",
            "0.200"
        ]
    );
    let beside = ["0x3dcc", "0.099609375", "0x3dce", "0.1005859375"];
    assert_eq!(words[7..], beside);
    assert_eq!(
        line(&outcome, "F64")[1..4],
        ["0x3fb999999999999a", "0.1", "exact"]
    );
    assert_eq!(line(&outcome, "F4")[1..5], ["0x0", "0", "to", "zero"]);
}

#[test]
fn negative_numbers_need_no_care() {
    let plain = formats(&["-0.1"]);
    assert_eq!(plain.status, Some(0), "{}", plain.stderr);
    assert_eq!(plain.stdout, formats(&["--", "-0.1"]).stdout);
    assert_eq!(line(&plain, "BF16")[1], "0xbdcd");
    for value in ["-inf", "-1e-8", "-2^-24", "-.5"] {
        assert_eq!(formats(&[value]).status, Some(0), "{value}");
    }
    // Options may stand behind them.
    assert_eq!(
        formats(&["-0.1", "--json", "-"]).json()["input"]["value"],
        -0.1
    );
}

#[test]
fn codes_are_read() {
    let by_prefix = formats(&["e4m3:0x7e", "--json", "-"]).json();
    assert_eq!(by_prefix["schema"], "floatscope.microscope/1");
    assert_eq!(by_prefix["input"]["value"], 448.0);
    assert_eq!(by_prefix["input"]["format"], "F8_E4M3");
    let by_option = formats(&["0x7e", "--as", "e4m3", "--json", "-"]).json();
    assert_eq!(by_option["formats"], by_prefix["formats"]);
    let bf16 = row(&by_prefix, "BF16");
    assert_eq!(
        (&bf16["outcome"], &bf16["ulps"]),
        (&"exact".into(), &0.0.into())
    );
    assert_eq!(bf16["stored"]["code"], "0x43e0");
    let f4 = row(&by_prefix, "F4");
    assert_eq!(
        (&f4["outcome"], &f4["error"]),
        (&"overflow".into(), &(-442.0).into())
    );
}

#[test]
fn json_in_a_file_leaves_the_table() {
    let scratch = Scratch::new();
    let path = scratch.path("one.json");
    let outcome = outcome(floatscope().args(["formats", "1", "--json"]).arg(&path));
    assert_eq!(outcome.status, Some(0));
    assert_eq!(line(&outcome, "F32")[1], "0x3f800000");
    let written: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(row(&written, "F32")["stored"]["mantissa"], "0".repeat(23));
}

#[test]
fn nonsense_is_named() {
    let cases: [(&[&str], &str); 7] = [
        (
            &["1.5x"],
            "floatscope: 1.5x: “x” is no part of a number (character 4)\n",
        ),
        (
            &["0x3f80"],
            "floatscope: 0x3f80: a code needs its format, as in bf16:0x3f80\n",
        ),
        (
            &["f16:0x10000"],
            "floatscope: f16:0x10000: a code of F16 has 16 bits, this one more\n",
        ),
        (
            &["i8:0x7f"],
            "floatscope: i8:0x7f: I8 is no float: only floats’ codes are taken apart\n",
        ),
        (
            &["0.1", "--as", "bf16"],
            "floatscope: 0.1: --as is the format of a code, and this is a number\n",
        ),
        (&["--jsn"], "floatscope: there is no option --jsn\n"),
        (
            &["\x1b[2J"],
            "floatscope: \\u{1b}[2J: a number should be here: 0.1, -1e-8, 2^-24, inf, nan or bf16:0x3f80 (character 1)\n",
        ),
    ];
    for (arguments, expected) in cases {
        let outcome = formats(arguments);
        assert_eq!(
            (outcome.status, &*outcome.stdout),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert_eq!(outcome.stderr, expected);
    }
}
