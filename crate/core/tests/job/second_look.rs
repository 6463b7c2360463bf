//! The second look: what it runs, what may go wrong, and what then stands in the report.

use floatscope_core::Job;
use floatscope_core::cast::{CASTS, CastSet, Casting, Losses};
use floatscope_core::plan::Run;
use floatscope_core::report::Sections;
use floatscope_core::work::{Seen, Task, Worker};
use serde_json::{Value, json};

use crate::support::*;

/// BF16 "half", FP32 "single", integers, nothing, FP8 "eight", FP64 "double", in the order of offsets.
fn file() -> Vec<u8> {
    let header = json!({
        "half": {"dtype": "BF16", "shape": [2, 40], "data_offsets": [0, 160]},
        "single": {"dtype": "F32", "shape": [3, 20], "data_offsets": [160, 400]},
        "bytes": {"dtype": "U8", "shape": [8], "data_offsets": [400, 408]},
        "none": {"dtype": "F32", "shape": [0, 8], "data_offsets": [408, 408]},
        "eight": {"dtype": "F8_E4M3", "shape": [64], "data_offsets": [408, 472]},
        "double": {"dtype": "F64", "shape": [5], "data_offsets": [472, 512]},
    });
    let half = (0..80u16).flat_map(|at| (0xbc00 + 13 * at).to_le_bytes());
    let single = (0..60u8).flat_map(|at| (f32::from(at) * 0.37 - 9.0).to_le_bytes());
    let eight = (0..64u8).map(|at| at | 0x80);
    let double = (0..5u8).flat_map(|at| (f64::from(at) * 0.1).to_le_bytes());
    let data: Vec<u8> = half
        .chain(single)
        .chain([7; 8])
        .chain(eight)
        .chain(double)
        .collect();
    container(&header, &data)
}

/// Of tensors that counts do not settle: all but the integers.
const WAITING_BYTES: u64 = 160 + 240 + 64 + 40;

fn started(file: &[u8], casting: Casting) -> Job {
    let mut job = Job::new("casts");
    add(&mut job, "f", file);
    job.cast(casting);
    job.start(1);
    job
}

fn look(job: &Job, run: &Run, file: &[u8]) -> Vec<Seen> {
    let mut worker = Worker::new();
    worker.begin(job.tasks(run));
    worker.feed(&file[run.begin() as usize..run.end() as usize]);
    assert_eq!(worker.finished(), run.pieces.len());
    worker.take()
}

fn look_out(job: &mut Job, file: &[u8]) {
    while let Some(run) = job.next_run() {
        let seen = look(job, &run, file);
        job.merge(run.id, seen);
    }
    assert!(job.is_done());
}

/// The casts of tensors by their names; how many there are of each.
fn known(job: &Job) -> Vec<(String, usize)> {
    let report = report(job);
    let tensors = report["tensors"].as_array().expect("a list").iter();
    let of = |tensor: &Value| {
        let name = tensor["name"].as_str().expect("a name").to_owned();
        Some((name, tensor["casts"].as_object()?.len()))
    };
    tensors.filter_map(of).collect()
}

fn named(counts: [(&str, usize); 5]) -> Vec<(String, usize)> {
    counts
        .map(|(name, count)| (name.to_owned(), count))
        .to_vec()
}

#[test]
fn it_completes_what_counts_do_not_settle() {
    let file = file();
    let mut job = started(&file, Casting::default());
    assert_eq!(job.casts_waiting_bytes(), 0, "the first look is not done");
    job.look_again();
    let first = job.next_run().expect("the first look goes on");
    assert!(job.tasks(&first).iter().all(|task| matches!(
        task,
        Task::Scan {
            for_casts: true,
            ..
        }
    )));
    job.give_back(first.id);
    look_out(&mut job, &file);
    // What no scale or one scale is for is settled by counts of 8 and 16 bits; of 16 bits MX, too.
    assert_eq!(
        known(&job),
        named([
            ("half", 14),
            ("single", 0),
            ("none", 20),
            ("eight", 8),
            ("double", 0)
        ])
    );
    assert_eq!(job.casts_waiting_bytes(), WAITING_BYTES);
    assert!(job.report().advice().is_none());
    assert_eq!(report(&job)["recommendations"], Value::Null);

    job.look_again();
    assert_eq!(
        (job.casts_waiting_bytes(), job.waiting_bytes()),
        (0, WAITING_BYTES)
    );
    let mut looked = Vec::new();
    while let Some(run) = job.next_run() {
        for (piece, task) in run.pieces.iter().zip(job.tasks(&run)) {
            let Task::Cast(task) = task else {
                panic!("a scan")
            };
            looked.push((piece.tensor, task.wanted.each().count()));
        }
        let seen = look(&job, &run, &file);
        let figures = columns(&job.merge(run.id, seen));
        assert_eq!(figures["index"], json!([]), "no tensor is finished twice");
    }
    assert_eq!(looked, [(0, 6), (1, 20), (4, 12), (5, 20)]);
    assert_eq!(
        known(&job),
        named([
            ("half", 20),
            ("single", 20),
            ("none", 20),
            ("eight", 20),
            ("double", 20)
        ])
    );
    assert!(job.is_done() && job.report().advice().is_some());
    assert_eq!(problems(&job), Vec::<String>::new());
    // Once is enough.
    job.look_again();
    assert_eq!((job.next_run(), job.casts_waiting_bytes()), (None, 0));
}

#[test]
fn totals_are_the_sums_of_the_tensors() {
    let file = file();
    let mut job = started(&file, Casting::default());
    look_out(&mut job, &file);
    job.look_again();
    look_out(&mut job, &file);
    let report = report(&job);
    let tensors = report["tensors"].as_array().expect("a list");
    for cast in CASTS {
        let total = &report["casts"][cast.key];
        let of_tensors = |field: &str| -> u64 {
            let casts = tensors
                .iter()
                .map(|tensor| &tensor["casts"][cast.key][field]);
            casts.filter_map(Value::as_u64).sum()
        };
        for field in ["exact", "overflow", "underflow", "subnormal", "bytes"] {
            assert_eq!(total[field], of_tensors(field), "{}: {field}", cast.key);
        }
        assert_eq!(
            (&total["tensors"], &total["parameters"]),
            (&json!(5), &json!(209))
        );
        let largest = tensors
            .iter()
            .filter_map(|tensor| tensor["casts"][cast.key]["max_abs_error"].as_f64());
        assert_eq!(total["max_abs_error"].as_f64(), largest.reduce(f64::max));
        // Every value is finite, and stays so.
        let noise = |row: &Value, count: u64| {
            let mse = row["mse"].as_f64().unwrap_or(0.0);
            mse * count as f64
        };
        let of_tensor = |tensor: &Value| {
            let count = tensor["stats"]["count"].as_u64().expect("a count");
            noise(&tensor["casts"][cast.key], count)
        };
        let sum: f64 = tensors.iter().map(of_tensor).sum();
        let told = noise(total, 209);
        assert!(
            (sum - told).abs() <= told * 1e-12,
            "{}: {sum}, {told}",
            cast.key
        );
    }
}

#[test]
fn integers_have_nothing_to_look_at_again() {
    let file = bytes_file(&["a", "b"]);
    let mut job = started(&file, Casting::default());
    look_out(&mut job, &file);
    assert_eq!(job.casts_waiting_bytes(), 0);
    job.look_again();
    assert_eq!(job.next_run(), None);
    let report = report(&job);
    assert_eq!(report["tensors"][0]["casts"], Value::Null);
    assert_eq!(
        (&report["casts"], &report["recommendations"]),
        (&json!({}), &json!([]))
    );
}

#[test]
fn only_the_wanted_casts_are_made() {
    let file = file();
    let only = |key: &'static str| Casting {
        wanted: CastSet::of(|cast| cast.key == key),
        saturate: false,
    };
    for (key, waiting_bytes) in [
        ("f16", 280),
        ("mxfp4", 344),
        ("nvfp4", WAITING_BYTES),
        ("f8_e4m3/tensor", 280),
    ] {
        let mut job = started(&file, only(key));
        look_out(&mut job, &file);
        assert_eq!(job.casts_waiting_bytes(), waiting_bytes, "{key}");
        job.look_again();
        look_out(&mut job, &file);
        assert!(known(&job).iter().all(|(_, count)| *count == 1), "{key}");
        let report = report(&job);
        let keys = report["casts"].as_object().expect("an object").keys();
        assert_eq!(keys.collect::<Vec<_>>(), [key]);
    }
}

#[test]
fn without_casts_nothing_is_kept_for_them() {
    let file = file();
    let mut job = started(&file, Casting::default());
    job.only(Sections {
        casts: false,
        ..Sections::default()
    });
    let run = job.next_run().expect("a run");
    assert!(job.tasks(&run).iter().all(|task| matches!(
        task,
        Task::Scan {
            for_casts: false,
            ..
        }
    )));
    let seen = look(&job, &run, &file);
    job.merge(run.id, seen);
    assert_eq!(job.casts_waiting_bytes(), 0);
    let report = report(&job);
    assert_eq!(report["tensors"][0].get("casts"), None);
    assert_eq!(report.get("casts"), None);
}

#[test]
fn a_tensor_that_fails_twice_keeps_what_the_first_look_said() {
    let file = file();
    let mut job = started(&file, Casting::default());
    look_out(&mut job, &file);
    let before = report(&job)["tensors"].clone();
    job.look_again();
    let run = job.next_run().expect("a run");
    assert!(job.fail(run.id, true, "bad sector").is_empty());
    // What lies behind it goes on, then it is tried once more.
    let mut failures = 0;
    while let Some(run) = job.next_run() {
        if run.pieces[0].tensor == 0 {
            failures += 1;
            let figures = columns(&job.fail(run.id, true, "bad sector"));
            assert_eq!(figures["failed"], json!([]), "its figures are there");
            continue;
        }
        let seen = look(&job, &run, &file);
        job.merge(run.id, seen);
    }
    assert_eq!(failures, 1);
    assert!(job.is_done());
    let told = problems(&job);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("f: tensor \"half\": bad sector (bytes "),
        "{told:?}"
    );
    let report = report(&job);
    assert_eq!(report["tensors"][0], before[0]);
    assert_eq!(
        known(&job),
        named([
            ("half", 14),
            ("single", 20),
            ("none", 20),
            ("eight", 20),
            ("double", 20)
        ])
    );
    assert!(job.report().advice().is_none(), "not every cast is known");
    assert_eq!(report["recommendations"], Value::Null);
}

/// A file that has become shorter: what it still has is not taken for all of it.
#[test]
fn a_source_that_ends_early_is_a_problem() {
    let file = file();
    let mut job = started(
        &file,
        Casting {
            wanted: CastSet::of(|cast| cast.key == "nvfp4"),
            saturate: false,
        },
    );
    look_out(&mut job, &file);
    job.look_again();
    let mut short = 0;
    while let Some(run) = job.next_run() {
        let mut seen = look(&job, &run, &file);
        if run.pieces.last().is_some_and(|piece| piece.tensor == 5) {
            short += 1;
            seen.pop();
            seen.push(Seen::Cast(Losses::default()));
        }
        job.merge(run.id, seen);
    }
    assert_eq!(short, 2, "it is tried once more");
    let told = problems(&job);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("\"double\": 0 of 5 elements could be read"),
        "{told:?}"
    );
    assert_eq!(
        known(&job),
        named([
            ("half", 1),
            ("single", 1),
            ("none", 1),
            ("eight", 1),
            ("double", 0)
        ])
    );
    assert!(job.report().advice().is_none());
}

#[test]
fn what_is_abandoned_is_no_problem() {
    let file = file();
    let mut job = started(&file, Casting::default());
    look_out(&mut job, &file);
    let before = report(&job);
    job.look_again();
    let run = job.next_run().expect("a run");
    assert!(job.abandon("stopped by the user").is_empty());
    assert!(job.is_done());
    assert_eq!(problems(&job), Vec::<String>::new());
    let seen = look(&job, &run, &file);
    assert!(job.merge(run.id, seen).is_empty(), "too late");
    assert_eq!(report(&job), before);
    assert!(job.report().advice().is_none());
}

/// An answer to another question is no answer.
#[test]
fn a_scan_is_no_second_look() {
    let file = file();
    let mut job = started(&file, Casting::default());
    let first = job.next_run().expect("a run");
    let scanned = look(&job, &first, &file);
    job.merge(first.id, scanned.clone());
    assert!(
        scanned[0]
            .clone()
            .merge(&Seen::Cast(Default::default()))
            .is_err()
    );
    job.look_again();
    assert!(job.next_run().is_some());
}

#[test]
fn a_worker_forgets_what_was_begun() {
    let file = file();
    let mut job = started(&file, Casting::default());
    look_out(&mut job, &file);
    job.look_again();
    let run = job.next_run().expect("a run");
    let bytes = &file[run.begin() as usize..run.end() as usize];
    let mut worker = Worker::new();
    worker.begin(job.tasks(&run));
    worker.feed(&bytes[..201]);
    assert_eq!(worker.finished(), 1);
    worker.begin(job.tasks(&run));
    for chunk in bytes.chunks(7) {
        worker.feed(chunk);
    }
    worker.feed(b"what lies beyond");
    assert_eq!(worker.take(), look(&job, &run, &file));
}
