//! Matrix products: cuts, orders, what is left out and what cannot be read.

use floatscope_core::lab::Accumulate;
use floatscope_core::lab::matmul::{Cpu, Probe, Reduction, Worker};
use serde_json::Value;

use crate::support::{
    Entry, container, halves, multiplied, reduced, report, settings, started, weights,
};

/// Three blocks of the first, one of each other.
fn two_layers() -> Vec<u8> {
    let entries: [Entry; 3] = [
        ("layers.0.up", "BF16", vec![2100, 600], halves(2100 * 600)),
        ("layers.1.up", "F32", vec![3, 77], weights(3 * 77)),
        ("layers.0.down", "F32", vec![5, 1], weights(5)),
    ];
    container(&entries)
}

fn names<'a>(report: &'a Value, list: &str) -> Vec<&'a str> {
    let list = report[list].as_array().expect("a list");
    list.iter().filter_map(|row| row["name"].as_str()).collect()
}

#[test]
fn neither_cuts_nor_order_change_a_digit() {
    let file = two_layers();
    let settings = settings("f32", "bf16", 2);
    let whole = multiplied(&file, settings, &[usize::MAX], false);
    assert_eq!(whole["total"]["outputs"], 2 * (2100 + 3 + 5));
    assert_eq!(whole["checkpoint"]["tensors"], 3);
    for (pieces, backwards) in [(&[1_000_003][..], true), (&[1, 7, 4096, 2, 65_537], false)] {
        let cut = multiplied(&file, settings, pieces, backwards);
        assert_eq!(cut.to_string(), whole.to_string());
    }
}

#[test]
fn outputs_are_the_models_sums_of_the_probe() {
    let file = container(&[("w", "F32", vec![3, 77], weights(3 * 77))]);
    for (a, b) in [
        ("f32_pairwise", "f16"),
        ("tensor_core", "tpu"),
        ("f64", "f32_tiles/10"),
    ] {
        let settings = settings(a, b, 4);
        let mut wanted = Reduction::default();
        let probe = Probe::new(settings.seed, 4, 77);
        let words = weights(3 * 77);
        let numbers: Vec<f32> = words
            .as_chunks::<4>()
            .0
            .iter()
            .map(|word| f32::from_le_bytes(*word))
            .collect();
        for row in numbers.chunks(77) {
            for inputs in probe.rows() {
                let [a, b, reference] =
                    [settings.a, settings.b, Accumulate::F64].map(|model| model.dot(row, inputs));
                wanted.add(a, b, reference);
            }
        }
        let mut job = started(&file, settings);
        let block = job.next_block().expect("one block");
        assert_eq!(job.next_block(), None);
        let mut worker = Worker::new(settings, Cpu);
        assert_eq!(reduced(&mut worker, &file, &block, &[100]), wanted);
    }
}

#[test]
fn the_most_sensitive_comes_first_and_the_headline_says_so() {
    let big = [300.0f32, 299.0].map(f32::to_le_bytes).concat();
    let even = vec![0u8; 4 * 2];
    let entries: [Entry; 3] = [
        ("even", "F32", vec![1, 2], even),
        ("odd", "F32", vec![1, 2], big),
        ("odder", "BF16", vec![2, 600], halves(1200)),
    ];
    let seen = multiplied(
        &container(&entries),
        settings("f64", "bf16", 8),
        &[9],
        false,
    );
    assert_eq!(names(&seen, "tensors"), ["odder", "odd", "even"]);
    let says = seen["headline"].as_str().expect("a sentence");
    assert!(
        says.starts_with("Summing in BF16 instead of FP64 changes "),
        "{says}"
    );
    assert!(
        says.ends_with("Most sensitive: \"odder\" and \"odd\"."),
        "{says}"
    );
    let even = &seen["tensors"][2];
    assert_eq!(even["sums"]["relative_rms"], 0.0);
    assert_eq!(even["reference_rms"], 0.0);
}

#[test]
fn equal_models_change_nothing() {
    let file = two_layers();
    let seen = multiplied(
        &file,
        settings("f32_tiles/9", "f32_tiles/9", 1),
        &[4096],
        false,
    );
    let says = "Summing in FP32 in tiles of 9 instead of FP32 in tiles of 9 changes none of 2,108 outputs.";
    assert_eq!(seen["headline"], says);
    assert_eq!(seen["total"]["sums"]["equal_share"], 1.0);
}

#[test]
fn sums_that_overflow_are_told_of_first() {
    let entries: [Entry; 2] = [
        ("calm", "F32", vec![2, 50], weights(100)),
        ("wild", "F32", vec![1, 1], 1e30f32.to_le_bytes().to_vec()),
    ];
    let seen = multiplied(
        &container(&entries),
        settings("f32", "f16", 3),
        &[64],
        false,
    );
    assert_eq!(names(&seen, "tensors"), ["wild", "calm"]);
    assert_eq!(seen["tensors"][0]["sums"]["b_not_finite"], 3);
    assert_eq!(seen["tensors"][0]["sums"]["relative_rms"], Value::Null);
    let says = seen["headline"].as_str().expect("a sentence");
    assert!(
        says.contains("3 outputs are finite under one of both alone."),
        "{says}"
    );
}

#[test]
fn what_is_no_matrix_is_left_out_by_name() {
    let entries: [Entry; 6] = [
        ("bias", "F32", vec![4], weights(4)),
        ("codes", "I8", vec![2, 2], vec![1; 4]),
        ("double", "F64", vec![1, 1], vec![0; 8]),
        ("none", "BF16", vec![0, 5], Vec::new()),
        ("conv", "BF16", vec![1, 1, 2], vec![0; 4]),
        ("w", "F16", vec![2, 2], vec![0; 8]),
    ];
    let seen = multiplied(
        &container(&entries),
        settings("f32", "f64", 1),
        &[64],
        false,
    );
    assert_eq!(names(&seen, "tensors"), ["w"]);
    let skipped = seen["skipped"].as_array().expect("a list");
    let why = |name: &str| {
        let row = skipped.iter().find(|row| row["name"] == name);
        row.and_then(|row| row["why"].as_str())
    };
    assert_eq!(why("bias"), Some("a matrix has 2 dimensions, this has 1"));
    assert_eq!(
        why("codes"),
        Some("weights are BF16, F16 or F32, these are I8")
    );
    assert_eq!(
        why("double"),
        Some("weights are BF16, F16 or F32, these are F64")
    );
    assert_eq!(why("none"), Some("it has no elements"));
    assert_eq!(why("conv"), Some("a matrix has 2 dimensions, this has 3"));
    assert_eq!(seen["problems"], Value::Array(Vec::new()));
}

#[test]
fn long_rows_are_left_out_before_memory_is_taken() {
    // A file of 16 GiB, of which only the beginning is there.
    let header = r#"{"w":{"dtype":"F32","shape":[1,4294967296],"data_offsets":[0,17179869184]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    let mut job = floatscope_core::lab::matmul::Job::new("test", settings("f32", "f64", 1));
    let index = job.add_file("m", file.len() as u64 + (4 << 32));
    file.resize(file.len() + 4096, 0);
    while let Some(range) = job.header_wants(index) {
        job.header_feed(index, &file[range.start as usize..range.end as usize]);
    }
    job.start();
    assert!(job.is_done() && job.next_block().is_none());
    let why = "its rows have 4,294,967,296 elements: at most 1,048,576 are multiplied";
    assert_eq!(report(&job)["skipped"][0]["why"], why);
}

#[test]
fn a_block_that_fails_costs_its_tensor() {
    let file = two_layers();
    let settings = settings("f32", "f64", 1);
    let mut job = started(&file, settings);
    let mut worker = Worker::new(settings, Cpu);
    let first = job.next_block().expect("a block");
    let second = job.next_block().expect("another");
    assert_eq!((first.tensor, second.tensor), (0, 0));
    job.fail(second.id, "the file ended at byte 9");
    // What was seen before and what comes later of it counts for nothing.
    job.merge(first.id, &reduced(&mut worker, &file, &first, &[4096]));
    while let Some(block) = job.next_block() {
        assert_ne!(block.tensor, 0);
        let seen = reduced(&mut worker, &file, &block, &[4096]);
        job.merge(block.id, &seen);
    }
    assert!(job.is_done());
    let seen = report(&job);
    assert_eq!(names(&seen, "tensors").len(), 2);
    assert_eq!(seen["total"]["outputs"], 8);
    let problem = &seen["problems"][0];
    assert_eq!(problem["tensor"], "layers.0.up");
    assert_eq!(problem["what"], "the file ended at byte 9");
    assert_eq!(
        problem["where"],
        format!("bytes {} to {}", second.begin, second.end())
    );
    // A reduction that lacks rows is no good either.
    let mut job = started(&file, settings);
    let block = job.next_block().expect("a block");
    job.merge(block.id, &Reduction::default());
    assert_eq!(
        report(&job)["problems"][0]["what"],
        "it was not read to its end"
    );
}
