//! Malformed files as people and attackers make them, kept in `tests/malformed`:
//! the parser says what is wrong and where, keeps what is good, and agrees with
//! the safetensors crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use floatscope_core::checkpoint::{Header, HeaderReader, ShardIndex};
use safetensors::SafeTensors;
use serde::Deserialize;

/// One row of `expected.json`, whose columns `make.py` explains.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(rename = "crate")]
    crate_accepts: bool,
    readable: bool,
    tensors: usize,
    problems: usize,
    says: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("malformed")
}

/// Every fixture with what is expected of it.
fn fixtures() -> Vec<(String, Vec<u8>, Expected)> {
    let table = fs::read(folder().join("expected.json")).expect("the table");
    let table: BTreeMap<String, Expected> = serde_json::from_slice(&table).expect("a table");
    let with_bytes = |(name, expected): (String, Expected)| {
        let bytes = fs::read(folder().join(&name)).expect(&name);
        (name, bytes, expected)
    };
    table.into_iter().map(with_bytes).collect()
}

/// What was kept of a file and what was said about it.
struct Verdict {
    tensors: usize,
    readable: bool,
    says: Vec<String>,
}

fn read(name: &str, bytes: &[u8]) -> Verdict {
    let header = match name.ends_with(".index.json") {
        true => ShardIndex::parse(name, bytes).map(|index| panic!("{index:?} is usable")),
        false => read_header(name, bytes),
    };
    match header {
        Ok(header) => Verdict {
            tensors: header.tensors.len(),
            readable: true,
            says: header.problems.iter().map(ToString::to_string).collect(),
        },
        Err(error) => Verdict {
            tensors: 0,
            readable: false,
            says: vec![error.to_string()],
        },
    }
}

fn read_header(name: &str, bytes: &[u8]) -> Result<Header, floatscope_core::Error> {
    let mut reader = HeaderReader::new(name, bytes.len() as u64);
    while let Some(range) = reader.wants() {
        reader.feed(&bytes[range.start as usize..range.end as usize]);
    }
    reader.finish()
}

/// How the verdict differs from what is expected; empty where it does not.
fn differences(name: &str, verdict: &Verdict, expected: &Expected) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut differ = |what: &str, is: usize, should: usize| {
        if is != should {
            wrong.push(format!("{name}: {what} {is}, not {should}"));
        }
    };
    differ("problems", verdict.says.len(), expected.problems);
    differ("tensors", verdict.tensors, expected.tensors);
    differ(
        "readable",
        verdict.readable.into(),
        expected.readable.into(),
    );
    let all = verdict.says.join("\n");
    let unsaid = expected.says.iter().filter(|&says| !all.contains(says));
    wrong.extend(unsaid.map(|says| format!("{name}: no {says:?} in\n{all}")));
    wrong
}

#[test]
fn every_malformed_file_says_what_is_wrong_and_where() {
    let mut wrong = Vec::new();
    for (name, bytes, expected) in fixtures() {
        let verdict = read(&name, &bytes);
        wrong.extend(differences(&name, &verdict, &expected));
        for line in &verdict.says {
            assert!(line.starts_with(&format!("{name}: ")), "{line}");
            assert!(line.ends_with(')'), "no place in {line}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_crate_accepts_of_them_only_what_we_refuse_on_purpose() {
    for (name, bytes, expected) in fixtures() {
        if !name.ends_with(".safetensors") {
            continue;
        }
        // Offsets that overflow its addition make the crate panic in checked builds.
        let accepts = std::panic::catch_unwind(|| SafeTensors::read_metadata(&bytes).is_ok());
        assert_eq!(accepts.unwrap_or(false), expected.crate_accepts, "{name}");
    }
}

#[test]
fn the_folder_holds_what_the_table_lists() {
    let there = fs::read_dir(folder()).expect("the folder");
    let names = there.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_fixture =
        |name: &String| name.ends_with(".safetensors") || name.ends_with(".index.json");
    let mut there: Vec<String> = names.filter(is_fixture).collect();
    there.sort();
    let listed: Vec<String> = fixtures().into_iter().map(|(name, _, _)| name).collect();
    assert_eq!(there, listed);
    assert!(listed.len() >= 40);
}
