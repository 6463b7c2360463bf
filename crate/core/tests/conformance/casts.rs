//! Every cast of the fixtures against the outside oracle: a scan and, for what counts do not
//! settle, a second look, as the command and the page do it.
//!
//! `tests/fixtures/expected_casts.json` is written by the same script, from `tests/oracle/casts.py`.
//! Counts and the largest error are equal, the mean of squares is within 1e-12 of itself, the ratio
//! within 1e-9 dB (the oracle writes ten decimals of it).

use floatscope_core::Job;
use floatscope_core::work::Worker;
use serde_json::Value;

use crate::FIXTURES;

static EXPECTED: &str = include_str!("../../../../tests/fixtures/expected_casts.json");

/// The oracle's figures of a cast, in this order.
const FIELDS: [&str; 8] = [
    "exact",
    "overflow",
    "underflow",
    "subnormal",
    "max_abs_error",
    "mse",
    "sqnr_db",
    "bytes",
];
const MSE: f64 = 1e-12;
const DECIBELS: f64 = 1e-9;

pub(crate) fn expected() -> Value {
    serde_json::from_str(EXPECTED).expect("expected_casts.json is JSON")
}

/// The report of a file, its bytes fed in chunks of this size.
fn report(name: &str, file: &[u8], chunk: usize) -> Value {
    let mut job = Job::new(name);
    job.add_file(name, file.len() as u64);
    while let Some(range) = job.header_wants(0) {
        job.header_feed(0, &file[range.start as usize..range.end as usize]);
    }
    job.start(1);
    let mut worker = Worker::new();
    look(&mut job, &mut worker, file, chunk);
    job.look_again();
    look(&mut job, &mut worker, file, chunk);
    assert!(job.report().advice().is_some(), "{name}: casts are missing");
    let text: String = job.report().json_chunks().collect();
    serde_json::from_str(&text).expect("our own JSON")
}

fn look(job: &mut Job, worker: &mut Worker, file: &[u8], chunk: usize) {
    while let Some(run) = job.next_run() {
        worker.begin(job.tasks(&run));
        let bytes = &file[run.begin() as usize..run.end() as usize];
        bytes.chunks(chunk).for_each(|chunk| worker.feed(chunk));
        job.merge(run.id, worker.take());
    }
    assert!(job.is_done());
}

/// How many figures were compared, and those that are wrong.
fn compare(report: &Value, expected: &Value) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, Vec::new());
    let expected = expected.as_object().expect("tensors by name");
    let tensors = report["tensors"].as_array().expect("a list");
    let floats = tensors.iter().filter(|tensor| !tensor["casts"].is_null());
    assert_eq!(
        floats.count(),
        expected.values().filter(|casts| !casts.is_null()).count()
    );
    for tensor in tensors {
        let name = tensor["name"].as_str().expect("a name");
        let casts = expected.get(name).unwrap_or(&Value::Null);
        let Some(casts) = casts.as_object() else {
            assert!(tensor["casts"].is_null(), "{name} has casts");
            continue;
        };
        let ours = tensor["casts"].as_object().expect("casts by key");
        assert!(ours.keys().eq(casts.keys()), "{name}: other casts");
        for (key, figures) in casts {
            for (at, field) in FIELDS.iter().enumerate() {
                compared += 1;
                let (oracle, ours) = (&figures[at], &ours[key][field]);
                if !is_same(field, oracle, ours) {
                    wrong.push(format!(
                        "{name}: {key}: {field}: ours {ours}, oracle {oracle}"
                    ));
                }
            }
        }
    }
    (compared, wrong)
}

fn is_same(field: &str, oracle: &Value, ours: &Value) -> bool {
    let (Some(oracle), Some(ours)) = (oracle.as_f64(), ours.as_f64()) else {
        return oracle == ours;
    };
    let tolerance = match field {
        "mse" => oracle.abs() * MSE,
        "sqnr_db" => DECIBELS,
        _ => 0.0,
    };
    (oracle - ours).abs() <= tolerance
}

#[test]
fn every_cast_of_every_fixture_is_the_oracles() {
    let expected = expected();
    let files = expected.as_object().expect("files by name");
    let (mut compared, mut wrong) = (0, Vec::new());
    for (name, of_file) in files {
        let fixture = FIXTURES.iter().find(|fixture| fixture.0 == name);
        let (_, file) = fixture.unwrap_or_else(|| panic!("{name} is no fixture"));
        let report = report(name, file, file.len());
        let (more, found) = compare(&report, of_file);
        compared += more;
        wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
        // In chunks that end within elements, to the last bit.
        assert_eq!(
            self::report(name, file, 997)["tensors"],
            report["tensors"],
            "{name}"
        );
    }
    let told = wrong.join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {compared} figures:\n{told}",
        wrong.len()
    );
    // 20 casts of eight figures; the fixtures have some 200 tensors.
    assert!(compared > 20_000, "only {compared} figures were compared");
}

#[test]
fn a_wrong_cast_is_noticed() {
    let (name, file) = FIXTURES
        .iter()
        .find(|fixture| fixture.0 == "casts.safetensors")
        .expect("it is one");
    let mut expected = expected()[name].take();
    let report = report(name, file, file.len());
    let casts = &mut expected["BF16.columns.127"];
    assert!(casts.is_object());
    casts["mxfp4"][3] = Value::from(1_000_000);
    let mse = casts["nvfp4"][5].as_f64().expect("a number");
    casts["nvfp4"][5] = Value::from(mse * (1.0 + 1e-11));
    casts["f16"][6] = Value::Null;
    assert_eq!(compare(&report, &expected).1.len(), 3);
}
