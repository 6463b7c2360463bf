//! What the reports say, and that it depends on nothing but the files.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Scratch, container, floatscope, names, outcome, scan, test_data};

fn fixtures() -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(test_data("fixtures")).expect("there are fixtures");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "safetensors"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 5, "{paths:?}");
    paths
}

#[test]
fn every_fixture_has_a_report() {
    for path in fixtures() {
        let outcome = scan([path.as_os_str(), "--json".as_ref(), "-".as_ref()]);
        assert_eq!(
            (outcome.status, &*outcome.stderr),
            (Some(0), ""),
            "{path:?}"
        );
        let report = outcome.json();
        assert_eq!(report["schema"], "floatscope.report/1");
        assert_eq!(report["floatscope"], env!("CARGO_PKG_VERSION"));
        let tensors = report["tensors"].as_array().expect("a list").len();
        assert!(tensors > 0);
        assert_eq!(report["checkpoint"]["tensors"], tensors);
        assert_eq!(
            report["checkpoint"]["files"][0]["name"],
            *path.to_string_lossy()
        );
        assert_eq!(report["problems"], Value::Array(Vec::new()));
    }
}

/// A tensor of 12 MB, which several threads share, between small ones.
fn large(scratch: &Scratch) -> std::path::PathBuf {
    let header = serde_json::json!({
        "first": {"dtype": "F32", "shape": [5], "data_offsets": [0, 20]},
        "large": {"dtype": "F32", "shape": [3, 1_000_003], "data_offsets": [20, 12_000_056]},
        "last": {"dtype": "BF16", "shape": [7], "data_offsets": [12_000_056, 12_000_070]},
    });
    let data = (0..12_000_070u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8);
    scratch.write(
        "large.safetensors",
        container(&header, &data.collect::<Vec<u8>>()),
    )
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let scratch = Scratch::new();
    let mut paths = fixtures();
    paths.push(large(&scratch));
    for path in paths {
        let with = |threads: &str| {
            let outcome = outcome(floatscope().arg("scan").arg(&path).args([
                "--json",
                "-",
                "--threads",
                threads,
            ]));
            assert_eq!(
                outcome.status,
                Some(0),
                "{path:?} with {threads}: {}",
                outcome.stderr
            );
            outcome.stdout
        };
        let one = with("1");
        for threads in ["2", "7"] {
            assert!(with(threads) == one, "{path:?} with {threads} threads");
        }
    }
}

#[test]
fn globs_choose_tensors_by_their_whole_names() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["h.0.w", "h.0.b", "h.1.w", "head"]);
    let chosen = |globs: &[&str]| {
        let mut command = floatscope();
        command.arg("scan").arg(&path).args(["--json", "-"]);
        for glob in globs {
            command.args(["--tensor", glob]);
        }
        let outcome = outcome(&mut command);
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        let mut chosen: Vec<String> = names(&outcome.json())
            .into_iter()
            .map(str::to_owned)
            .collect();
        chosen.sort();
        chosen
    };
    assert_eq!(chosen(&["h.*.w"]), ["h.0.w", "h.1.w"]);
    assert_eq!(chosen(&["h.0.?", "head"]), ["h.0.b", "h.0.w", "head"]);
    assert_eq!(chosen(&["*"]).len(), 4);
}

#[test]
fn sums_are_of_the_chosen_tensors() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a", "b"]);
    let outcome = scan([
        path.as_os_str(),
        "--tensor".as_ref(),
        "b".as_ref(),
        "--json".as_ref(),
        "-".as_ref(),
    ]);
    let checkpoint = &outcome.json()["checkpoint"];
    assert_eq!(checkpoint["parameters"], 3);
    assert_eq!(checkpoint["dtypes"]["U8"]["tensors"], 1);
}

#[test]
fn a_glob_that_matches_nothing_is_an_error() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a", "b"]);
    let outcome = outcome(
        floatscope()
            .arg("scan")
            .arg(&path)
            .args(["--tensor", "b", "--tensor", "l.*"]),
    );
    assert_eq!(outcome.status, Some(2));
    assert_eq!(
        outcome.complaints(),
        ["floatscope: --tensor l.*: matches none of 2 tensors"]
    );
    assert_eq!(outcome.stdout, "");
}

#[test]
fn what_is_wrong_with_tensors_not_chosen_is_not_told() {
    let scratch = Scratch::new();
    let header = serde_json::json!({
        "bad": {"dtype": "F7", "shape": [2], "data_offsets": [0, 2]},
        "good": {"dtype": "U8", "shape": [2], "data_offsets": [2, 4]},
    });
    let path = scratch.write("c.safetensors", container(&header, &[0; 4]));
    let choose = |glob: &str| outcome(floatscope().arg("scan").arg(&path).args(["--tensor", glob]));
    let good = choose("good");
    assert_eq!((good.status, &*good.stderr), (Some(0), ""));
    let bad = choose("b*");
    assert_eq!(bad.status, Some(2));
    assert_eq!(bad.complaints().len(), 1, "{}", bad.stderr);
    assert!(bad.stderr.contains("tensor \"bad\""), "{}", bad.stderr);
}

#[test]
fn csv_has_every_statistic_of_the_json() {
    let path = test_data("fixtures/dtypes.safetensors");
    let json = scan([path.as_os_str(), "--json".as_ref(), "-".as_ref()]).json();
    let csv = scan([path.as_os_str(), "--csv".as_ref(), "-".as_ref()]);
    assert_eq!((csv.status, &*csv.stderr), (Some(0), ""));
    let mut rows = csv.stdout.split_terminator("\r\n");
    let titles: Vec<&str> = rows.next().expect("titles").split(',').collect();
    for tensor in json["tensors"].as_array().expect("a list") {
        let stats = &tensor["stats"];
        let parts = match &stats["re"] {
            Value::Object(_) => vec![("re", &stats["re"]), ("im", &stats["im"])],
            _ => vec![("", stats)],
        };
        for (part, stats) in parts {
            let row = rows.next().expect("a row for every part");
            let cells = titles.iter().copied().zip(row.split(',')).collect();
            compare(tensor, part, stats, &cells);
        }
    }
    assert_eq!(rows.next(), None);
}

/// Every figure of the JSON has a column, and the same digits there; a figure
/// that does not exist is an empty cell.
fn compare(tensor: &Value, part: &str, stats: &Value, cells: &BTreeMap<&str, &str>) {
    let name = &tensor["name"];
    assert_eq!(
        (cells["name"], cells["part"]),
        (name.as_str().expect("a name"), part)
    );
    for (column, figure) in flat(stats, "") {
        let cell = cells.get(&*column).copied();
        let cell = cell.unwrap_or_else(|| panic!("there is no column {column}"));
        let read: Value = match (&figure, cell) {
            (Value::Null, "") => Value::Null,
            (Value::String(_), text) => text.into(),
            (_, number) => serde_json::from_str(number).expect("the cell is a number"),
        };
        assert_eq!(read, figure, "{name} {part}: {column}");
    }
}

/// Figures by their columns.
fn flat(stats: &Value, prefix: &str) -> Vec<(String, Value)> {
    let of = |(key, value): (&String, &Value)| match (&**key, value) {
        ("quantiles", Value::Object(_)) => flat(value, "quantile_"),
        ("quantiles_upper", Value::Object(_)) => flat(value, "quantile_upper_"),
        ("quantiles", Value::Null) => vec![("quantile_0.5".to_owned(), Value::Null)],
        ("quantiles_upper", Value::Null) => vec![("quantile_upper_0.5".to_owned(), Value::Null)],
        (key, value) => vec![(format!("{prefix}{key}"), value.clone())],
    };
    stats
        .as_object()
        .expect("an object")
        .iter()
        .flat_map(of)
        .collect()
}

#[test]
fn csv_quotes_hostile_names() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a,\"b\"\r\n"]);
    let csv = scan([path.as_os_str(), "--csv".as_ref(), "-".as_ref()]).stdout;
    let row = csv.split_once("\r\n").expect("a line of titles").1;
    assert!(row.starts_with("\"a,\"\"b\"\"\r\n\","), "{row:?}");
}
