//! What narrower formats would lose, as the command tells it.

use serde_json::{Value, json};

use crate::support::{Outcome, Scratch, container, floatscope, outcome, test_data};

const KEYS: [&str; 20] = [
    "tf32",
    "f16",
    "bf16",
    "f8_e4m3",
    "f8_e5m2",
    "f8_e4m3fnuz",
    "f8_e5m2fnuz",
    "f8_e4m3/tensor",
    "f8_e4m3/row",
    "f8_e4m3/128x128",
    "mxfp8_e4m3",
    "mxfp8_e5m2",
    "mxfp6_e2m3",
    "mxfp6_e3m2",
    "mxfp4",
    "mxint8",
    "nvfp4",
    "int8/row",
    "int4/128",
    "nf4/64",
];

/// Two matrices, one of them hard on INT4; a vector, integers.
fn mixed(scratch: &Scratch) -> std::path::PathBuf {
    let header = json!({
        "soft": {"dtype": "F32", "shape": [4, 64], "data_offsets": [0, 1024]},
        "hard": {"dtype": "BF16", "shape": [2, 64], "data_offsets": [1024, 1280]},
        "norm": {"dtype": "F32", "shape": [2], "data_offsets": [1280, 1288]},
        "ids": {"dtype": "I32", "shape": [2], "data_offsets": [1288, 1296]},
    });
    let soft = (0..256).flat_map(|at| ((at % 15 - 7) as f32).to_le_bytes());
    // 1, and much that is far below it.
    let hard =
        (0..128u16).flat_map(|at| if at % 64 == 0 { 0x3f80u16 } else { 0x3b00 + at }.to_le_bytes());
    let norm = [70_000f32, 1e-9].into_iter().flat_map(f32::to_le_bytes);
    let data: Vec<u8> = soft.chain(hard).chain(norm).chain([1; 8]).collect();
    scratch.write("mixed.safetensors", container(&header, &data))
}

fn run(path: &std::path::Path, arguments: &[&str]) -> Outcome {
    outcome(floatscope().arg("scan").arg(path).args(arguments))
}

fn report(path: &std::path::Path, arguments: &[&str]) -> Value {
    let outcome = run(path, &[&["--json", "-"], arguments].concat());
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    outcome.json()
}

fn keys(casts: &Value) -> Vec<&str> {
    casts
        .as_object()
        .expect("casts by key")
        .keys()
        .map(|key| &**key)
        .collect()
}

fn tensor<'a>(report: &'a Value, name: &str) -> &'a Value {
    let tensors = report["tensors"].as_array().expect("a list");
    tensors
        .iter()
        .find(|tensor| tensor["name"] == name)
        .expect("a tensor of this name")
}

fn sorted(mut keys: Vec<&str>) -> Vec<&str> {
    keys.sort_unstable();
    keys
}

#[test]
fn all_casts_are_told_unless_some_are_chosen() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let all = report(&path, &[]);
    assert_eq!(sorted(keys(&all["casts"])), sorted(KEYS.to_vec()));
    for name in ["soft", "hard", "norm"] {
        assert_eq!(
            sorted(keys(&tensor(&all, name)["casts"])),
            sorted(KEYS.to_vec())
        );
    }
    assert_eq!(tensor(&all, "ids")["casts"], Value::Null);
    assert_eq!(all["recommendations"].as_array().map(Vec::len), Some(3));
    let some = report(&path, &["--cast", "int4/128,f16", "--cast", "nf4/64"]);
    assert_eq!(sorted(keys(&some["casts"])), ["f16", "int4/128", "nf4/64"]);
    for key in ["f16", "int4/128", "nf4/64"] {
        assert_eq!(some["casts"][key], all["casts"][key]);
        assert_eq!(
            tensor(&some, "hard")["casts"][key],
            tensor(&all, "hard")["casts"][key]
        );
    }
    assert_eq!(all["casts"]["f16"]["overflow"], 1);
    assert_eq!(all["casts"]["f16"]["underflow"], 1);
    assert_eq!(all["casts"]["f16"]["tensors"], 3);
}

#[test]
fn an_unknown_cast_is_refused_and_the_known_ones_named() {
    let outcome = run(
        &test_data("fixtures/dtypes.safetensors"),
        &["--cast", "f16,int3"],
    );
    assert_eq!((outcome.status, &*outcome.stdout), (Some(2), ""));
    for key in KEYS.iter().chain(&["int3"]) {
        assert!(outcome.stderr.contains(key), "{}", outcome.stderr);
    }
}

#[test]
fn casts_that_only_leaves_out_cannot_be_asked_about() {
    let path = test_data("fixtures/dtypes.safetensors");
    for (option, arguments) in [
        ("--cast", &["--cast", "f16"][..]),
        ("--saturate", &["--saturate"]),
    ] {
        for part in ["stats", "stats,ancestry"] {
            let outcome = run(&path, &[&["--only", part], arguments].concat());
            assert_eq!((outcome.status, &*outcome.stdout), (Some(2), ""));
            let says = format!("{option} is about casts, which --only leaves out");
            assert!(outcome.stderr.contains(&says), "{}", outcome.stderr);
        }
        let outcome = run(&path, &[&["--only", "casts"], arguments].concat());
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    }
}

#[test]
fn casts_alone_or_all_but_casts() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let all = report(&path, &[]);
    let casts = report(&path, &["--only", "casts"]);
    assert_eq!(casts["casts"], all["casts"]);
    assert_eq!(casts["recommendations"], all["recommendations"]);
    for (ours, whole) in casts["tensors"]
        .as_array()
        .into_iter()
        .flatten()
        .zip(all["tensors"].as_array().into_iter().flatten())
    {
        assert_eq!(ours["casts"], whole["casts"]);
        assert_eq!((ours.get("stats"), ours.get("ancestry")), (None, None));
    }
    let rest = report(&path, &["--only", "stats,ancestry"]);
    assert_eq!(
        (rest.get("casts"), rest.get("recommendations")),
        (None, None)
    );
    assert_eq!(tensor(&rest, "hard").get("casts"), None);
    assert_eq!(
        tensor(&rest, "hard")["stats"],
        tensor(&all, "hard")["stats"]
    );
}

#[test]
fn eight_bits_saturate_when_told() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let (plain, saturated) = (report(&path, &[]), report(&path, &["--saturate"]));
    for key in KEYS {
        let of = |report: &Value| tensor(report, "norm")["casts"][key].clone();
        let without_a_scale = key.starts_with("f8_") && !key.contains('/');
        assert_eq!(of(&plain) != of(&saturated), without_a_scale, "{key}");
    }
    let of = |report: &Value| tensor(report, "norm")["casts"]["f8_e4m3"].clone();
    // 70000 becomes NaN, and 1e-9 is the only finite value; or 448.
    assert_eq!(
        (&of(&plain)["overflow"], &of(&saturated)["overflow"]),
        (&json!(1), &json!(1))
    );
    let error = of(&plain)["max_abs_error"].as_f64().expect("an error");
    assert!((error - 1e-9).abs() < 1e-15, "{error}");
    assert_eq!(of(&saturated)["max_abs_error"], 69_552.0);
}

/// Every figure of a cast has a column, and the same digits there.
#[test]
fn csv_has_every_cast_of_the_json() {
    let path = test_data("fixtures/dtypes.safetensors");
    let json_text = run(&path, &["--only", "casts", "--json", "-"]).stdout;
    let json: Value = serde_json::from_str(&json_text).expect("a report");
    let csv = run(&path, &["--only", "casts", "--csv", "-"]);
    assert_eq!((csv.status, &*csv.stderr), (Some(0), ""));
    let mut rows = csv.stdout.split_terminator("\r\n");
    let titles: Vec<&str> = rows.next().expect("titles").split(',').collect();
    let fields = [
        "exact",
        "overflow",
        "underflow",
        "subnormal",
        "max_abs_error",
        "mse",
        "sqnr_db",
        "bytes",
    ];
    let expected = KEYS
        .iter()
        .flat_map(|key| fields.map(|field| format!("{key}_{field}")));
    assert!(titles[6..].iter().copied().eq(expected), "{titles:?}");
    let mut figures = 0;
    for tensor in json["tensors"].as_array().expect("a list") {
        let parts = if tensor["dtype"] == "C64" { 2 } else { 1 };
        for row in rows.by_ref().take(parts) {
            let mut cells = row.split(',').skip(6);
            for (key, field) in KEYS.iter().flat_map(|key| fields.map(|field| (key, field))) {
                let cell = cells.next().expect("a cell for every figure");
                let read = match &tensor["casts"][key][field] {
                    Value::Null => json!(null),
                    Value::String(_) => cell.into(),
                    _ => serde_json::from_str(cell).expect("the cell is a number"),
                };
                let of = || format!("{}: {key} {field}", tensor["name"]);
                assert_eq!(read, tensor["casts"][key][field], "{}", of());
                if cell.is_empty() {
                    continue;
                }
                figures += 1;
                // Digit for digit.
                let is_there = [
                    format!("\"{field}\":{cell}"),
                    format!("\"{field}\":\"{cell}\""),
                ];
                assert!(
                    is_there.iter().any(|text| json_text.contains(text)),
                    "{}",
                    of()
                );
            }
            assert_eq!(cells.next(), None);
        }
    }
    assert_eq!(rows.next(), None);
    assert!(figures > 1000, "{figures}");
    let one = run(&path, &["--only", "casts", "--cast", "mxfp4", "--csv", "-"]);
    let titles = one.stdout.lines().next().expect("titles");
    assert!(titles.ends_with("part,mxfp4_exact,mxfp4_overflow,mxfp4_underflow,mxfp4_subnormal,mxfp4_max_abs_error,mxfp4_mse,mxfp4_sqnr_db,mxfp4_bytes"), "{titles}");
}

#[test]
fn the_table_has_the_totals_and_of_one_cast_the_tensors_by_what_they_lose() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let all = run(&path, &["--only", "casts"]);
    assert_eq!((all.status, &*all.stderr), (Some(0), ""));
    assert!(
        all.stdout
            .contains("What narrower formats would lose, 3 tensors of floats"),
        "{}",
        all.stdout
    );
    let totals = all
        .stdout
        .split("What narrower formats")
        .nth(1)
        .expect("totals");
    let firsts: Vec<&str> = totals
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let places = KEYS.map(|key| firsts.iter().position(|first| *first == key));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{totals}"
    );
    assert!(
        totals.contains("8-bit quality: ")
            && totals.contains("In FP16 1 value of 1 tensor (norm) would overflow"),
        "{totals}"
    );

    let one = run(&path, &["--only", "casts", "--cast", "int4/128"]);
    let ranking = one
        .stdout
        .split("What narrower formats")
        .nth(1)
        .expect("totals");
    let firsts = ranking
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = firsts
        .filter(|first| ["soft", "hard", "norm", "ids"].contains(first))
        .collect();
    let json = report(&path, &["--cast", "int4/128"]);
    let mut expected = ["soft", "hard", "norm"].map(|name| {
        let sqnr = &tensor(&json, name)["casts"]["int4/128"]["sqnr_db"];
        (sqnr.as_f64().unwrap_or(f64::INFINITY), name)
    });
    expected.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(names, expected.map(|(_, name)| name), "{ranking}");
    assert!(expected[0].0 < expected[1].0);
    // Of one cast there is nothing to choose.
    assert!(!ranking.contains("quality"), "{ranking}");
    assert!(ranking.contains("lossless"), "{ranking}");
}

#[test]
fn without_floats_the_table_has_no_casts() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let table = run(&path, &[]);
    assert_eq!(
        (table.status, table.stdout.contains("narrower")),
        (Some(0), false)
    );
    let json = report(&path, &[]);
    assert_eq!(
        (&json["casts"], &json["tensors"][0]["casts"]),
        (&json!({}), &Value::Null)
    );
}

/// A tensor that several threads share, of a type and shape that no count settles.
#[test]
fn the_number_of_threads_changes_no_byte_of_the_casts() {
    let scratch = Scratch::new();
    let header = json!({
        "large": {"dtype": "BF16", "shape": [2000, 1500], "data_offsets": [0, 6_000_000]},
        "long": {"dtype": "F32", "shape": [3, 409_600], "data_offsets": [6_000_000, 10_915_200]},
    });
    let data = (0..10_915_200u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 & 0xbf);
    let path = scratch.write(
        "large.safetensors",
        container(&header, &data.collect::<Vec<u8>>()),
    );
    let with = |threads: &str| {
        let outcome = run(
            &path,
            &["--only", "casts", "--json", "-", "--threads", threads],
        );
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        outcome.stdout
    };
    let one = with("1");
    assert!(one.contains("\"nvfp4\""));
    for threads in ["2", "5"] {
        assert!(with(threads) == one, "{threads} threads");
    }
}
