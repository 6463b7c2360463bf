//! A sample in place of the whole: its figures are those of the rows that were read, taken for a tensor of
//! their own; counts stand for as many more; and what was read is the same in any order.

use floatscope_core::Job;
use floatscope_core::plan::{Run, SampleSize};
use floatscope_core::work::{Seen, Worker};
use serde_json::{Value, json};

use crate::support::*;

const ROWS: u64 = 3000;
const COLUMNS: u64 = 96;
const SIZE: SampleSize = SampleSize {
    bytes: 100_000,
    stretches: 64,
};

/// Numbers that look like weights; every tenth row is zeros.
fn values(seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let weights = (0..ROWS * COLUMNS).map(|at| match at / COLUMNS % 10 {
        9 => 0.0,
        _ => 0.1 * (uniform() + uniform() + uniform() - 1.5),
    });
    weights.collect()
}

fn bf16(values: &[f32]) -> Vec<u8> {
    let upper = values.iter().map(|value| (value.to_bits() >> 16) as u16);
    upper.flat_map(u16::to_le_bytes).collect()
}

/// "half" in BF16, "single" in FP32, and a small one.
fn file() -> Vec<u8> {
    let elements = (ROWS * COLUMNS) as usize;
    let (half, single) = (2 * elements, 4 * elements);
    let header = json!({
        "half": {"dtype": "BF16", "shape": [ROWS, COLUMNS], "data_offsets": [0, half]},
        "single": {"dtype": "F32", "shape": [ROWS, COLUMNS], "data_offsets": [half, half + single]},
        "norm": {"dtype": "BF16", "shape": [64], "data_offsets": [half + single, half + single + 128]},
    });
    let mut data = bf16(&values(1));
    data.extend(values(2).iter().flat_map(|value| value.to_le_bytes()));
    data.extend(bf16(&values(3)[..64]));
    container(&header, &data)
}

fn look(job: &Job, run: &Run, file: &[u8]) -> Vec<Seen> {
    let mut worker = Worker::new();
    worker.begin(job.tasks(run));
    worker.feed(&file[run.begin() as usize..run.end() as usize]);
    worker.take()
}

/// Both looks; runs are merged in the order that is asked for.
fn sampled(file: &[u8], is_backwards: bool) -> (Job, u64) {
    let mut job = Job::new("sampled");
    add(&mut job, "f", file);
    job.sample(SIZE);
    job.start(2);
    let mut read = 0;
    for look_again in [false, true] {
        if look_again {
            job.look_again();
        }
        let mut runs: Vec<Run> = std::iter::from_fn(|| job.next_run()).collect();
        if is_backwards {
            runs.reverse();
        }
        for run in runs {
            read += if look_again {
                0
            } else {
                run.end() - run.begin()
            };
            let seen = look(&job, &run, file);
            job.merge(run.id, seen);
        }
        assert!(job.is_done());
    }
    (job, read)
}

/// The report's entry of a tensor.
fn tensor<'a>(report: &'a Value, name: &str) -> &'a Value {
    let tensors = report["tensors"].as_array().expect("a list");
    let found = tensors.iter().find(|tensor| tensor["name"] == name);
    found.expect("it is there")
}

/// What the sampled rows are as a checkpoint of their own.
fn rows_alone(file: &[u8], entry: &Value) -> Value {
    let width = if entry["dtype"] == "BF16" { 2 } else { 4 };
    let data = &file[file.len() - ((ROWS * COLUMNS) as usize * 6 + 128)..];
    let begin = if width == 2 {
        0
    } else {
        (ROWS * COLUMNS) as usize * 2
    };
    let stretch = entry["sample"]["stretch"].as_u64().expect("a number") as usize;
    let firsts = entry["sample"]["firsts"].as_array().expect("a list");
    let mut rows = Vec::new();
    for first in firsts {
        let at = begin + first.as_u64().expect("a number") as usize * width;
        rows.extend(&data[at..at + stretch * width]);
    }
    let count = firsts.len() * stretch / COLUMNS as usize;
    let header = json!({"rows": {"dtype": entry["dtype"], "shape": [count, COLUMNS], "data_offsets": [0, rows.len()]}});
    let alone = container(&header, &rows);
    let mut job = Job::new("alone");
    add(&mut job, "f", &alone);
    job.start(1);
    for look_again in [false, true] {
        if look_again {
            job.look_again();
        }
        while let Some(run) = job.next_run() {
            let seen = look(&job, &run, &alone);
            job.merge(run.id, seen);
        }
    }
    tensor(&report(&job), "rows").clone()
}

#[test]
fn figures_are_those_of_the_rows_that_were_read() {
    let file = file();
    let (job, read) = sampled(&file, false);
    let report = report(&job);
    assert_eq!(report["sample"]["bytes"], read);
    assert!(read > 50_000 && read < 110_000, "{read}");
    for name in ["half", "single"] {
        let entry = tensor(&report, name);
        let alone = rows_alone(&file, entry);
        for same in ["min", "max", "abs_min_nonzero", "quantiles", "distinct"] {
            assert_eq!(entry["stats"][same], alone["stats"][same], "{name} {same}");
        }
        for same in ["mean", "std", "rms", "skewness", "kurtosis"] {
            // Tiles of FP32 are cut elsewhere.
            let [own, other] =
                [entry, &alone].map(|of| of["stats"][same].as_f64().expect("a number"));
            assert!((own - other).abs() <= 1e-12 * other.abs(), "{name} {same}");
        }
        assert_eq!(entry["ancestry"]["label"], alone["ancestry"]["label"]);
        let casts = entry["casts"].as_object().expect("casts");
        for (key, cast) in casts {
            // Sums of squares are scaled up, to a millionth.
            let ratio = |cast: &Value| cast["sqnr_db"].as_f64().unwrap_or(999.0);
            let (own, other) = (ratio(cast), ratio(&alone["casts"][key]));
            assert!((own - other).abs() < 1e-4, "{name} {key}: {own} {other}");
        }
        assert!(casts.contains_key("int8/row") && casts.contains_key("mxfp4"));
        assert!(!casts.contains_key("f8_e4m3/tensor") && !casts.contains_key("nvfp4"));
    }
}

#[test]
fn counts_stand_for_the_whole_and_lie_in_their_intervals() {
    let (job, _) = sampled(&file(), false);
    let report = report(&job);
    let entry = tensor(&report, "half");
    let all = ROWS * COLUMNS;
    assert_eq!(entry["stats"]["count"], all);
    assert_eq!(entry["casts"]["bf16"]["exact"], all);
    // A tenth of the rows are zeros.
    let zeros = entry["sample"]["intervals"]["zeros"]
        .as_array()
        .expect("an interval");
    let (low, high) = (
        zeros[0].as_f64().expect("low"),
        zeros[1].as_f64().expect("high"),
    );
    let truth = (300 * COLUMNS) as f64;
    assert!(low <= truth && truth <= high, "{zeros:?}");
    let binades = entry["exponents"]["counts"]
        .as_array()
        .expect("a list")
        .iter();
    let nonzero: u64 = binades.filter_map(Value::as_u64).sum();
    let counted = nonzero + entry["exponents"]["zero"].as_u64().expect("a count");
    assert!(counted.abs_diff(all) < 50, "{counted}");
    // What was read whole is no estimate.
    assert_eq!(tensor(&report, "norm").get("sample"), None);
    assert!(
        report["headline"]
            .as_str()
            .expect("text")
            .contains("By a sample of ")
    );
}

#[test]
fn the_order_of_what_comes_back_changes_nothing() {
    let file = file();
    let text = |is_backwards| {
        let (job, _) = sampled(&file, is_backwards);
        job.report().json_chunks().collect::<String>()
    };
    assert_eq!(text(false), text(true));
}

#[test]
fn where_every_tensor_is_read_whole_nothing_is_an_estimate() {
    let file = file();
    let total = file.len() as u64 - 500;
    let reported = |bytes| {
        let mut job = Job::new("sampled");
        add(&mut job, "f", &file);
        job.sample(SampleSize { bytes, ..SIZE });
        job.start(1);
        job.report().sampled()
    };
    assert!(reported(SIZE.bytes).is_some());
    // Half of each tensor and more: to skip the rest is not worth a request.
    assert_eq!(reported(total), None);
}
