//! What the report says of it all.

use floatscope_core::Job;
use floatscope_core::report::Figures;
use serde_json::{Value, json};

use crate::support::*;

/// The headline of a file of `elements` bytes in each tensor, scanned whole.
fn headline(elements: &[u64]) -> String {
    let mut end = 0;
    let entries = elements.iter().enumerate().map(|(at, &elements)| {
        let begin = end;
        end += elements;
        let entry = json!({"dtype": "U8", "shape": [elements], "data_offsets": [begin, end]});
        (at.to_string(), entry)
    });
    let header: serde_json::Map<String, Value> = entries.collect();
    let file = container(&header.into(), &vec![1; end as usize]);
    let mut job = Job::new("counted");
    add(&mut job, "f", &file);
    job.start(1);
    run_out(&mut job, &[&file]);
    let headline = job.report().overview().headline;
    let stored = "Stored as unsigned 8-bit integers. ";
    let rest = headline.strip_prefix(stored).expect("how it is stored");
    rest.to_owned()
}

#[test]
fn headlines_count_as_people_do() {
    let cases: [(&[u64], &str); 5] = [
        (&[0], "There are no values in 1 tensor."),
        (&[1, 0], "The one value in 2 tensors is finite."),
        (&[2], "All 2 values in 1 tensor are finite."),
        (&[999_999], "All 999,999 values in 1 tensor are finite."),
        (
            &[1_949_999],
            "All 1.9 million values in 1 tensor are finite.",
        ),
    ];
    for (elements, says) in cases {
        assert_eq!(headline(elements), says);
    }
}

/// A started job with one element of each of these types, and its file.
fn one_of_each(dtypes: &[&str]) -> (Job, Vec<u8>) {
    let entries = dtypes.iter().enumerate().map(|(at, dtype)| {
        let entry = json!({"dtype": dtype, "shape": [1], "data_offsets": [at, at + 1]});
        ((*dtype).to_owned(), entry)
    });
    let header: serde_json::Map<String, Value> = entries.collect();
    let file = container(&header.into(), &vec![1; dtypes.len()]);
    let mut job = Job::new("one of each");
    add(&mut job, "f", &file);
    job.start(1);
    (job, file)
}

#[test]
fn up_to_three_formats_are_named() {
    let (job, _) = one_of_each(&["U8", "BOOL", "F8_E4M3"]);
    let headline = job.report().overview().headline;
    let stored = "Stored as booleans, FP8 E4M3 and unsigned 8-bit integers. ";
    assert!(headline.starts_with(stored), "{headline}");
}

#[test]
fn what_was_not_read_is_not_called_finite() {
    let (mut job, file) = one_of_each(&["U8", "I8", "F8_E4M3", "BOOL"]);
    let stored = "Stored as booleans, FP8 E4M3 and 2 other formats.";
    let headline = |job: &Job| job.report().overview().headline;
    assert_eq!(headline(&job), format!("{stored} No tensor has been read."));
    let run = job.next_run().expect("a run");
    job.merge(run.id, scan(&run, &file)[..1].to_vec());
    let read = "Every value in the 1 tensor read is finite.";
    let unread = "3 tensors are not read.";
    assert_eq!(headline(&job), format!("{stored} {read} {unread}"));
}

#[test]
fn a_long_report_comes_in_pieces() {
    let names: Vec<String> = (0..500).map(|at| at.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let file = bytes_file(&names);
    let mut job = Job::new("long");
    add(&mut job, "f", &file);
    job.start(1);
    run_out(&mut job, &[&file]);
    let lengths: Vec<usize> = job
        .report()
        .json_chunks()
        .map(|chunk| chunk.len())
        .collect();
    assert!(lengths.len() > 3, "{lengths:?}");
    assert!(
        lengths.iter().all(|&length| length < 80 << 10),
        "{lengths:?}"
    );
    assert_eq!(report(&job)["tensors"].as_array().map(Vec::len), Some(500));
}

#[test]
fn columns_that_came_later_are_added() {
    let file = bytes_file(&["a", "b"]);
    let mut job = Job::new("columns");
    add(&mut job, "f", &file);
    job.start(1);
    let run = job.next_run().expect("a run");
    let mut figures = job.merge(run.id, scan(&run, &file)[..1].to_vec());
    figures.append(job.abandon("stopped"));
    assert!(!figures.is_empty());
    let mut twice = Figures::default();
    assert!(twice.is_empty());
    twice.append(figures);
    let columns = columns(&twice);
    assert_eq!(columns["failed"], json!([1]));
    let columns = columns.as_object().expect("columns by name");
    for (name, column) in columns {
        assert_eq!(column.as_array().map(Vec::len), Some(1), "{name}");
    }
}
