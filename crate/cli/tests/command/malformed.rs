//! Bad files: exit status 2 and one line for each thing that is wrong.

use serde_json::Value;

use crate::support::{Outcome, scan, test_data};

/// What `tests/malformed/make.py` says of each of its files.
fn expected() -> serde_json::Map<String, Value> {
    let table = std::fs::read_to_string(test_data("malformed/expected.json"));
    let table = table.expect("the table of malformed files is there");
    serde_json::from_str(&table).expect("it is an object")
}

#[test]
fn every_malformed_file_is_told_on_its_own_lines() {
    let expected = expected();
    assert!(expected.len() >= 40, "{} files", expected.len());
    for (name, row) in &expected {
        let path = test_data("malformed").join(name);
        let outcome = scan([&path]);
        assert_eq!(outcome.status, Some(2), "{name}: {outcome:?}");
        let prefix = format!("floatscope: {}: ", path.display());
        let complaints = outcome.complaints();
        assert_eq!(
            Some(complaints.len() as u64),
            row["problems"].as_u64(),
            "{name}: {outcome:?}"
        );
        for line in &complaints {
            assert!(
                line.starts_with(&prefix) && line.ends_with(')'),
                "{name}: {line}"
            );
        }
        for says in row["says"].as_array().expect("a list of what is said") {
            let says = says.as_str().expect("words");
            assert!(
                outcome.stderr.contains(says),
                "{name}: {says:?} is not in {outcome:?}"
            );
        }
        check_stdout(name, row, &outcome);
    }
}

/// Where nothing can be read nothing else is printed.
fn check_stdout(name: &str, row: &Value, outcome: &Outcome) {
    let tensors = row["tensors"].as_u64().expect("a number of tensors");
    assert_eq!(
        outcome.stdout.is_empty(),
        tensors == 0,
        "{name}: {outcome:?}"
    );
}

#[test]
fn the_report_holds_the_problems_and_the_rest() {
    for (name, row) in expected() {
        let path = test_data("malformed").join(&name);
        let outcome = scan([path.as_os_str(), "--json".as_ref(), "-".as_ref()]);
        let report = outcome.json();
        let count = |list: &str| report[list].as_array().map(|list| list.len() as u64);
        assert_eq!(count("problems"), row["problems"].as_u64(), "{name}");
        assert_eq!(count("tensors"), row["tensors"].as_u64(), "{name}");
        assert_eq!(outcome.status, Some(2), "{name}");
    }
}

#[test]
fn a_bad_file_does_not_stop_the_others() {
    let bad = test_data("malformed/zeros.safetensors");
    let good = test_data("fixtures/ragged.safetensors");
    let alone = scan([good.as_os_str(), "--json".as_ref(), "-".as_ref()]).json();
    let both = scan([
        bad.as_os_str(),
        good.as_os_str(),
        "--json".as_ref(),
        "-".as_ref(),
    ]);
    assert_eq!(both.status, Some(2));
    assert_eq!(both.complaints().len(), 1, "{}", both.stderr);
    assert_eq!(both.json()["tensors"], alone["tensors"]);
}
