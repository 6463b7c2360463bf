//! Every figure of every fixture against the outside oracle.
//!
//! `tests/fixtures/expected.json` is written by `tests/oracle/make_fixtures.py`
//! with NumPy and exact integers. The files are compiled in, so that the same
//! test runs natively and as WebAssembly, with SIMD and without.

mod casts;
mod compare;
#[path = "../shared/json.rs"]
mod json;

use floatscope_core::checkpoint::{TensorInfo, parse_header};
use floatscope_core::scan::{Observations, Scanner, Span, TILE, wire};
use json::json;
use serde_json::Value;

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../../tests/fixtures/", $name)))),*]
    };
}

/// Name and bytes of every file that the oracle speaks of.
static FIXTURES: &[(&str, &[u8])] = fixtures![
    "every_code.safetensors",
    "dtypes.safetensors",
    "package_dtypes.safetensors",
    "distributions.safetensors",
    "ragged.safetensors",
    "shapes.safetensors",
    "cancellation.safetensors",
    "integers.safetensors",
    "names.safetensors",
    "casts.safetensors",
    "sharded/model-00001-of-00003.safetensors",
    "sharded/model-00002-of-00003.safetensors",
    "sharded/model-00003-of-00003.safetensors",
];

static EXPECTED: &str = include_str!("../../../../tests/fixtures/expected.json");

fn expected() -> Value {
    serde_json::from_str(EXPECTED).expect("expected.json is JSON")
}

/// The tensors of a container.
fn tensors(name: &str, file: &[u8]) -> Vec<TensorInfo> {
    let length = u64::from_le_bytes(file[..8].try_into().expect("eight bytes")) as usize;
    let header = parse_header(name, &file[8..8 + length], file.len() as u64);
    let header = header.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(header.problems.is_empty(), "{name}: {:?}", header.problems);
    header.tensors
}

/// Feeds the bytes of a span in chunks of an awkward size.
fn scan(scanner: &mut Scanner, span: Span, bytes: &[u8], chunk: usize) -> Observations {
    scanner.begin(span);
    bytes.chunks(chunk).for_each(|chunk| scanner.feed(chunk));
    scanner.finish().expect("a span was begun")
}

/// Figures as JSON text, and the observations of a tensor read in one go.
fn in_one_go(scanner: &mut Scanner, tensor: &TensorInfo, bytes: &[u8]) -> String {
    let span = Span::whole(tensor.dtype, &tensor.shape);
    let seen = scan(scanner, span, bytes, bytes.len().max(1));
    json(&seen)
}

/// The same tensor in three parts, each sent as bytes, the last first, in chunks of 997 bytes.
fn in_parts(scanner: &mut Scanner, tensor: &TensorInfo, bytes: &[u8]) -> String {
    let tile = (TILE * u64::from(tensor.dtype.bits()) / 8) as usize;
    let (first, second) = (tile.min(bytes.len()), (2 * tile).min(bytes.len()));
    let span = Span::whole(tensor.dtype, &tensor.shape);
    let mut whole = Observations::empty(tensor.dtype, span.matrix);
    for cut in [second..bytes.len(), 0..first, first..second] {
        let per_element = |bytes: usize| bytes as u64 * 8 / u64::from(tensor.dtype.bits());
        let part = Span {
            first: per_element(cut.start),
            elements: per_element(cut.len()),
            ..span
        };
        let sent = wire::to_bytes(&scan(scanner, part, &bytes[cut], 997));
        let part: Observations = wire::from_bytes(&sent).expect("what was sent");
        whole.merge(&part).expect("parts of one tensor");
    }
    json(&whole)
}

/// Places where a file's figures are not the oracle's.
fn mismatches(name: &str, file: &[u8], expected: &[Value]) -> Vec<String> {
    let mut scanner = Scanner::new();
    let mut found = Vec::new();
    let tensors = tensors(name, file);
    assert_eq!(tensors.len(), expected.len(), "{name}: tensors");
    for tensor in tensors {
        let bytes = &file[tensor.begin as usize..tensor.end as usize];
        let text = in_one_go(&mut scanner, &tensor, bytes);
        assert_eq!(
            text,
            in_parts(&mut scanner, &tensor, bytes),
            "{name}: {}",
            tensor.name
        );
        let row = expected
            .iter()
            .find(|row| row["name"] == tensor.name.as_str());
        let row = row.unwrap_or_else(|| panic!("{name}: the oracle has no {:?}", tensor.name));
        let ours = serde_json::from_str(&text).expect("our own JSON");
        let wrong = compare::tensor(row, &ours);
        found.extend(
            wrong
                .into_iter()
                .map(|what| format!("{name}: {:?}: {what}", tensor.name)),
        );
    }
    found
}

#[test]
fn every_figure_of_every_fixture_is_the_oracles() {
    let expected = expected();
    let mut found = Vec::new();
    for (name, file) in FIXTURES {
        let rows = expected[name]
            .as_array()
            .unwrap_or_else(|| panic!("{name} is not in expected.json"));
        found.extend(mismatches(name, file, rows));
    }
    assert!(
        found.is_empty(),
        "{} figures are wrong:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn every_file_of_the_oracle_is_tested() {
    let mut oracle: Vec<String> = expected()
        .as_object()
        .expect("files by name")
        .keys()
        .cloned()
        .collect();
    let mut ours: Vec<&str> = FIXTURES.iter().map(|fixture| fixture.0).collect();
    oracle.sort();
    ours.sort_unstable();
    assert_eq!(ours, oracle);
}

#[test]
fn a_wrong_figure_is_noticed() {
    let (name, file) = FIXTURES[1];
    let mut rows = expected()[name].as_array().expect("rows").clone();
    assert_eq!(mismatches(name, file, &rows), Vec::<String>::new());
    rows[0]["stats"]["zeros"] = Value::from(12_345);
    rows[1]["stats"]["mean"] = Value::from(0.75);
    rows[2]["bits"]["joint_entropy"] = Value::from(99.0);
    assert_eq!(mismatches(name, file, &rows).len(), 3);
}
