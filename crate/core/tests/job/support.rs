//! Small containers, and a reader that has all their bytes.

use floatscope_core::Job;
use floatscope_core::plan::{Piece, Run};
use floatscope_core::report::Figures;
use floatscope_core::scan::{Observations, Scanner};
use serde_json::{Value, json};

/// A container with this header and these bytes behind it.
pub(crate) fn container(header: &Value, data: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// Tensors of three bytes each: 1, 2 and 3.
pub(crate) fn bytes_file(names: &[&str]) -> Vec<u8> {
    let entries = names.iter().enumerate().map(|(at, name)| {
        let entry = json!({"dtype": "U8", "shape": [3], "data_offsets": [3 * at, 3 * at + 3]});
        ((*name).to_owned(), entry)
    });
    let header: serde_json::Map<String, Value> = entries.collect();
    container(&header.into(), &[1, 2, 3].repeat(names.len()))
}

/// Adds a file and feeds its header.
pub(crate) fn add(job: &mut Job, name: &str, bytes: &[u8]) -> usize {
    let file = job.add_file(name, bytes.len() as u64);
    while let Some(range) = job.header_wants(file) {
        job.header_feed(file, &bytes[range.start as usize..range.end as usize]);
    }
    file
}

pub(crate) fn scan(run: &Run, file: &[u8]) -> Vec<Observations> {
    let mut scanner = Scanner::new();
    let scan = |piece: &Piece| {
        scanner.begin(piece.span);
        scanner.feed(&file[piece.begin as usize..piece.end() as usize]);
        scanner.finish().expect("a span was begun")
    };
    run.pieces.iter().map(scan).collect()
}

/// Scans what is left.
pub(crate) fn run_out(job: &mut Job, files: &[&[u8]]) {
    while let Some(run) = job.next_run() {
        job.merge(run.id, scan(&run, files[run.file]));
    }
    assert!(job.is_done());
}

pub(crate) fn report(job: &Job) -> Value {
    let text: String = job.report().json_chunks().collect();
    serde_json::from_str(&text).expect("the report is JSON")
}

pub(crate) fn names(report: &Value) -> Vec<&str> {
    let tensors = report["tensors"].as_array().expect("a list");
    tensors
        .iter()
        .filter_map(|tensor| tensor["name"].as_str())
        .collect()
}

pub(crate) fn problems(job: &Job) -> Vec<String> {
    let problems = job.report().overview().problems;
    problems.iter().map(ToString::to_string).collect()
}

pub(crate) fn columns(figures: &Figures) -> Value {
    serde_json::to_value(figures).expect("figures are JSON")
}
