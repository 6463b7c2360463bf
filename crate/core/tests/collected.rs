//! What follows for a tensor from the tensors around it: layouts and duplicates.

use floatscope_core::Job;
use floatscope_core::scan::Scanner;
use serde_json::{Value, json};

/// Tensors of a test file: name, dtype, shape, bytes.
type Tensor<'a> = (&'a str, &'a str, Vec<u64>, Vec<u8>);

fn file(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data: Vec<u8> = Vec::new();
    for (name, dtype, shape, bytes) in tensors {
        let begin = data.len();
        data.extend(bytes);
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert((*name).to_owned(), entry);
    }
    let header = Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// The report of these files; their runs come back last first if `backwards`.
fn report(files: &[Vec<u8>], backwards: bool) -> Value {
    let mut job = Job::new("collected");
    for (at, file) in files.iter().enumerate() {
        job.add_file(&at.to_string(), file.len() as u64);
        while let Some(range) = job.header_wants(at) {
            job.header_feed(at, &file[range.start as usize..range.end as usize]);
        }
    }
    job.start(8);
    let mut runs: Vec<_> = std::iter::from_fn(|| job.next_run()).collect();
    if backwards {
        runs.reverse();
    }
    for run in runs {
        let mut scanner = Scanner::new();
        let seen = run.pieces.iter().map(|piece| {
            scanner.begin(piece.span);
            scanner.feed(&files[run.file][piece.begin as usize..piece.end() as usize]);
            scanner.finish().expect("a span was begun")
        });
        let seen = seen.collect();
        job.merge(run.id, seen);
    }
    assert!(job.is_done());
    let text: String = job.report().json_chunks().collect();
    serde_json::from_str(&text).expect("the report is JSON")
}

fn tensor<'a>(report: &'a Value, name: &str) -> &'a Value {
    let tensors = report["tensors"].as_array().expect("a list of tensors");
    let found = tensors.iter().find(|tensor| tensor["name"] == name);
    found.expect("the tensor is in the report")
}

/// Bytes that say nothing.
fn noise(count: usize, seed: u32) -> Vec<u8> {
    let mixed = |at: u32| (at ^ seed).wrapping_mul(2_654_435_761).rotate_left(13);
    (0..count as u32)
        .map(|at| (mixed(mixed(at)) >> 9) as u8)
        .collect()
}

#[test]
fn a_duplicate_names_the_first_whatever_came_first() {
    let one = noise(8192, 1);
    let mut nearly = one.clone();
    nearly[8191] ^= 1;
    let first = file(&[
        ("a", "U8", vec![8192], noise(8192, 2)),
        ("b", "U8", vec![8192], one.clone()),
        ("shorter", "U8", vec![8191], one[..8191].to_vec()),
    ]);
    let second = file(&[
        ("c", "U8", vec![64, 128], one.clone()),
        ("d", "I8", vec![8192], one.clone()),
        ("e", "U8", vec![8192], nearly),
        ("f", "U8", vec![8192], one),
    ]);
    let files = [first, second];
    let (forwards, backwards) = (report(&files, false), report(&files, true));
    assert_eq!(forwards, backwards);
    for (name, of) in [("c", "b"), ("f", "b")] {
        assert_eq!(tensor(&forwards, name)["duplicate_of"], of, "{name}");
    }
    for name in ["a", "b", "shorter", "d", "e"] {
        assert_eq!(
            tensor(&forwards, name)["duplicate_of"],
            Value::Null,
            "{name}"
        );
    }
}

#[test]
fn tensors_of_one_value_are_no_duplicates() {
    let ones = || [0x80, 0x3f].repeat(384);
    let files = [file(&[
        ("norm.1", "BF16", vec![384], ones()),
        ("norm.2", "BF16", vec![384], ones()),
        ("none.1", "BF16", vec![0], Vec::new()),
        ("none.2", "BF16", vec![0], Vec::new()),
    ])];
    let report = report(&files, false);
    for name in ["norm.1", "norm.2", "none.1", "none.2"] {
        assert_eq!(tensor(&report, name)["duplicate_of"], Value::Null, "{name}");
    }
}

#[test]
fn of_equal_values_it_is_said_how_many_there_are() {
    let one = |count: usize, value: f32| value.to_le_bytes().repeat(count);
    let tensors = [
        ("a", "F32", vec![1], one(1, 1.5)),
        ("b", "F32", vec![], one(1, 0.0)),
        ("c", "F32", vec![2], one(2, 1.5)),
        ("d", "F32", vec![3], one(3, 0.0)),
    ];
    let report = report(&[file(&tensors)], false);
    let says = ["a", "b", "c", "d"]
        .map(|name| tensor(&report, name)["ancestry"]["evidence"][0]["says"].clone());
    assert_eq!(
        says,
        [
            "It holds one value.",
            "Its one value is zero.",
            "Both values are equal.",
            "All 3 values are zero."
        ]
    );
}

/// Packed codes that are stored as BF16 look like numbers, and are none.
#[test]
fn packed_codes_have_no_history_whatever_they_are_stored_as() {
    let files = [file(&[
        ("q.weight", "BF16", vec![16384, 1], noise(32768, 3)),
        ("q.weight.absmax", "F32", vec![1024], noise(4096, 4)),
        (
            "q.weight.quant_state.bitsandbytes__nf4",
            "U8",
            vec![80],
            noise(80, 5),
        ),
    ])];
    let report = report(&files, false);
    let codes = tensor(&report, "q.weight");
    assert_eq!(codes["layout"]["scheme"], "bitsandbytes");
    assert_eq!(codes["layout"]["group"], 64);
    assert_eq!(codes["ancestry"]["label"], "not_float");
    for (field, nothing) in [
        ("rows", Value::Null),
        ("parity", Value::Null),
        ("witnesses", json!([])),
        ("wasted_bytes", json!(0)),
        ("smaller_form", Value::Null),
    ] {
        assert_eq!(codes[field], nothing, "{field}");
    }
    let evidence = codes["ancestry"]["evidence"].as_array().expect("a list");
    assert_eq!(evidence.len(), 1);
    assert_eq!(
        evidence[0]["says"],
        "These are codes: packed NF4, bitsandbytes, group 64."
    );
    let scales = tensor(&report, "q.weight.absmax");
    assert_ne!(scales["ancestry"]["label"], "not_float");
    assert_eq!(scales["layout"]["role"], "scales");
}

/// FP8 codes are numbers: they keep their verdict, and the layout is said beside it.
#[test]
fn scales_may_lie_in_another_shard() {
    let files = [
        file(&[("q.weight", "F8_E4M3", vec![128, 256], vec![0x38; 32768])]),
        file(&[("q.weight_scale_inv", "F32", vec![1, 2], noise(8, 6))]),
    ];
    let report = report(&files, true);
    let codes = tensor(&report, "q.weight");
    assert_eq!(codes["layout"]["granularity"], "128x128");
    assert_eq!(codes["ancestry"]["label"], "constant");
    let evidence = codes["ancestry"]["evidence"].as_array().expect("a list");
    let last = evidence.last().expect("evidence");
    assert_eq!(last["test"], "layout");
    assert_eq!(
        last["says"],
        "These are codes: FP8 E4M3, DeepSeek, blocks of 128×128."
    );
    let headline = report["headline"].as_str().expect("a headline");
    assert_eq!(
        headline,
        "Stored as FP8 E4M3 (DeepSeek). 1 of 2 tensors holds FP8 E4M3 (DeepSeek), \
         1 goes with these as scales and the like."
    );
}
