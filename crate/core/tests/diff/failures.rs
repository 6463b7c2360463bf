//! What may go wrong while reading, and that everything else goes on.

use floatscope_core::diff::{Comparison, PairColumns, PairRun, PairWorker, Side};
use floatscope_core::format::Dtype;
use serde_json::{Value, json};

use crate::support::*;

/// Tensors of three bytes each.
fn bytes(names: &[&str]) -> Vec<Tensor> {
    let tensor = |name: &&str| Tensor::new(name, Dtype::U8, &[3], vec![1, 2, 3]);
    names.iter().map(tensor).collect()
}

fn started(names: &[&str]) -> (Comparison, Both) {
    let both = both(&bytes(names), &bytes(names));
    let mut comparison = opened(&both);
    assert!(comparison.start(1).is_empty());
    (comparison, both)
}

fn failed(columns: &PairColumns) -> Value {
    let columns = serde_json::to_value(columns).expect("columns are JSON");
    let kinds = columns["kind"].as_array().expect("a column");
    assert!(kinds.iter().all(|kind| kind == "failed"), "{columns}");
    columns["index"].clone()
}

/// Bytes of the data from the file's end on: where they begin.
fn from_end(both: &Both, side: Side, bytes: usize) -> usize {
    both[side as usize][0].1.len() - bytes
}

#[test]
fn a_pair_that_fails_twice_is_a_problem_and_the_others_go_on() {
    for side in SIDES {
        let (mut comparison, both) = started(&["a", "b", "c"]);
        let run = comparison.next_run().expect("a run");
        comparison.merge(run.id, look(&run, &both)[..1].to_vec());
        assert!(comparison.fail(run.id, Some(side), "bad sector").is_empty());
        let rest = comparison.next_run().expect("what lies behind");
        assert_eq!(rest.spans().len(), 1);
        comparison.merge(rest.id, look(&rest, &both));
        assert!(!comparison.is_done());
        let again = comparison.next_run().expect("the retry");
        let columns = comparison.fail(again.id, Some(side), "bad sector");
        assert_eq!(failed(&columns), json!([1]));
        assert!(comparison.is_done());
        let begin = from_end(&both, side, 6);
        let letter = ["a", "b"][side as usize];
        let told = format!(
            "{letter}: model.safetensors: tensor \"b\": bad sector (bytes {begin} to {})",
            begin + 3
        );
        assert_eq!(problems(&comparison), [told]);
        let report = report(&comparison);
        assert_eq!(names(&report), ["a", "c"]);
        assert_eq!(report["pairs"]["failed"], 1);
        assert_eq!(report["problems"][0]["side"], letter);
        assert_eq!(report["triage"], json!([]), "what was not read may differ");
    }
}

#[test]
fn a_retry_that_goes_well_leaves_no_trace() {
    let (mut comparison, both) = started(&["a", "b", "c"]);
    let run = comparison.next_run().expect("a run");
    assert!(
        comparison
            .fail(run.id, Some(Side::B), "a hiccup")
            .is_empty()
    );
    // Too late, and nobody's.
    assert!(
        comparison
            .fail(run.id, Some(Side::B), "once more")
            .is_empty()
    );
    assert!(comparison.merge(run.id, look(&run, &both)).is_empty());
    run_out(&mut comparison, &both);
    assert_eq!(text(&comparison), text(&compared(&both)));
}

/// The names tell in which file of which side the tensor is.
#[test]
fn problems_name_the_tensor_of_their_side() {
    let a = bytes(&["model.a", "model.b"]);
    let both = [
        one_file(&a),
        vec![("b.safetensors".to_owned(), file(&bytes(&["a", "b"])))],
    ];
    let mut comparison = opened(&both);
    comparison.start(1);
    while let Some(run) = comparison.next_run() {
        comparison.fail(run.id, Some(Side::B), "gone");
    }
    let told = problems(&comparison);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told[0].starts_with("b: b.safetensors: tensor \"a\": gone (bytes "),
        "{told:#?}"
    );
}

#[test]
fn a_worker_that_fails_is_neither_sides_fault() {
    let (mut comparison, _) = started(&["a", "b", "c", "d", "e"]);
    let mut runs = 0;
    while let Some(run) = comparison.next_run() {
        runs += 1;
        comparison.fail(run.id, None, "the worker died");
    }
    assert!(comparison.is_done());
    assert_eq!(runs, 10, "no file is given up: each pair is tried twice");
    let report = report(&comparison);
    let expected = json!({"side": null, "file": "model.safetensors", "tensor": "a", "where": null, "what": "the worker died"});
    assert_eq!(report["problems"][0], expected);
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(5));
    assert_eq!(
        report["headline"],
        "No tensor has been compared. 5 tensors were not compared."
    );
}

#[test]
fn three_strikes_give_up_the_file_and_no_other() {
    let b = vec![
        ("bad".to_owned(), file(&bytes(&["a", "b", "c", "d", "e"]))),
        ("good".to_owned(), file(&bytes(&["x", "y"]))),
    ];
    let both = [one_file(&bytes(&["a", "b", "c", "d", "e", "x", "y"])), b];
    let mut comparison = opened(&both);
    comparison.start(1);
    let mut runs = 0;
    while let Some(run) = comparison.next_run() {
        if run.file(Side::B) == 1 {
            comparison.merge(run.id, look(&run, &both));
        } else {
            runs += 1;
            comparison.fail(run.id, Some(Side::B), "the disk is gone");
        }
    }
    assert_eq!(runs, 5 + 3, "the last two are not tried again");
    assert!(comparison.is_done());
    let report = report(&comparison);
    assert_eq!(names(&report), ["x", "y"]);
    let problems = report["problems"].as_array().expect("a list");
    let places = problems.iter().map(|problem| problem["where"].is_null());
    assert_eq!(
        places.collect::<Vec<_>>(),
        [false, false, false, true, true]
    );
    assert!(
        problems
            .iter()
            .all(|problem| problem["file"] == "bad" && problem["side"] == "b")
    );
}

#[test]
fn strikes_are_forgotten_when_something_goes_well() {
    let (mut comparison, both) = started(&["a", "b", "c", "d", "e"]);
    // Every pair but "c" fails; it comes between the others' retries.
    let culprit = |run: &PairRun| (run.begin(Side::A) as usize - from_end(&both, Side::A, 15)) / 3;
    let mut tried = Vec::new();
    let mut has_c = false;
    while let Some(run) = comparison.next_run() {
        tried.push(culprit(&run));
        if tried.last() == Some(&2) && std::mem::replace(&mut has_c, true) {
            comparison.merge(run.id, look(&run, &both));
        } else {
            comparison.fail(run.id, Some(Side::A), "bad sector");
        }
    }
    assert_eq!(tried, [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
    assert_eq!(names(&report(&comparison)), ["c"]);
}

/// One tensor of many pieces is one strike.
#[test]
fn pieces_of_one_pair_are_not_many_strikes() {
    let large = Tensor::new("large", Dtype::U8, &[3 << 20], vec![7; 3 << 20]);
    let tensors = [vec![large], bytes(&["small"])].concat();
    let both = both(&tensors, &tensors);
    let mut comparison = opened(&both);
    comparison.start(8);
    let runs: Vec<PairRun> = std::iter::from_fn(|| comparison.next_run()).collect();
    assert!(runs.len() >= 5, "{} runs", runs.len());
    let (last, of_large) = runs.split_last().expect("runs");
    for run in of_large {
        comparison.fail(run.id, Some(Side::A), "bad sector");
    }
    comparison.give_back(last.id);
    let is_small = |run: &PairRun| run.begin(Side::A) as usize >= from_end(&both, Side::A, 3);
    while let Some(run) = comparison.next_run() {
        let seen = look(&run, &both);
        match is_small(&run) {
            true => comparison.merge(run.id, seen),
            false => comparison.fail(run.id, Some(Side::A), "bad sector"),
        };
    }
    assert!(comparison.is_done());
    assert_eq!(names(&report(&comparison)), ["small"]);
    assert_eq!(problems(&comparison).len(), 1);
}

/// A side that ends early: what was finished before is good.
#[test]
fn a_side_that_ends_early_loses_only_what_it_lacks() {
    for short in SIDES {
        let (mut comparison, both) = started(&["a", "b", "c"]);
        let there = from_end(&both, short, 2);
        while let Some(run) = comparison.next_run() {
            let mut worker = PairWorker::new();
            worker.begin(run.spans());
            for side in SIDES {
                let bytes = bytes_of(&run, &both, side);
                let most = if side == short {
                    there - run.begin(side) as usize
                } else {
                    bytes.len()
                };
                worker.feed(side, &bytes[..most.min(bytes.len())]);
            }
            let is_short = worker.wants();
            comparison.merge(run.id, worker.take());
            if let Some(side) = is_short {
                assert_eq!(side, short, "the one that holds the other up");
                comparison.fail(run.id, Some(side), "the file ended");
            }
        }
        let report = report(&comparison);
        assert_eq!(names(&report), ["a", "b"]);
        assert_eq!(
            (
                report["pairs"]["failed"].as_u64(),
                problems(&comparison).len()
            ),
            (Some(1), 1)
        );
    }
}

#[test]
fn a_run_that_was_given_back_is_handed_out_again() {
    let (mut comparison, both) = started(&["a", "b", "c"]);
    assert_eq!(comparison.waiting_bytes(), 18);
    let run = comparison.next_run().expect("a run");
    assert_eq!(comparison.waiting_bytes(), 0);
    comparison.merge(run.id, look(&run, &both)[..1].to_vec());
    comparison.give_back(run.id);
    comparison.give_back(run.id);
    assert_eq!(
        comparison.waiting_bytes(),
        12,
        "of one pair everything is seen"
    );
    assert!(!comparison.is_done());
    run_out(&mut comparison, &both);
    assert_eq!(text(&comparison), text(&compared(&both)));
}

#[test]
fn what_is_abandoned_is_said() {
    let (mut comparison, both) = started(&["a", "b", "c"]);
    let run = comparison.next_run().expect("a run");
    comparison.merge(run.id, look(&run, &both)[..1].to_vec());
    let columns = comparison.abandon("stopped by the user");
    assert_eq!(failed(&columns), json!([1, 2]));
    assert!(comparison.is_done());
    assert!(
        comparison.merge(run.id, look(&run, &both)).is_empty(),
        "too late"
    );
    let told = problems(&comparison);
    assert_eq!(
        told[0],
        "-: model.safetensors: tensor \"b\": not compared: stopped by the user"
    );
    assert_eq!(names(&report(&comparison)), ["a"]);
}

#[test]
fn before_the_start_there_is_nothing_to_do() {
    let both = both(&bytes(&["a"]), &bytes(&["a"]));
    let mut comparison = opened(&both);
    assert!(!comparison.is_done());
    assert_eq!(comparison.next_run(), None);
    assert!(comparison.merge(1, Vec::new()).is_empty());
    assert!(comparison.fail(1, Some(Side::A), "early").is_empty());
    assert!(comparison.abandon("early").is_empty());
    comparison.give_back(1);
    assert_eq!(
        (comparison.waiting_bytes(), comparison.is_done()),
        (0, false)
    );
    assert_eq!(problems(&comparison), Vec::<String>::new());
}

#[test]
fn files_without_a_header_are_problems_of_their_side() {
    let both = both(&bytes(&["a"]), &bytes(&["a"]));
    let mut comparison = opened(&both);
    let cut = comparison.add_file(Side::B, "cut", 1000);
    comparison.header_feed(Side::B, cut, &[0; 5]);
    let dead = comparison.add_file(Side::A, "dead", 1000);
    comparison.header_failed(Side::A, dead, "the disk is gone");
    assert_eq!(comparison.header_wants(Side::A, dead), None);
    comparison.add_unreadable(Side::B, "pipe", "it is a pipe");
    comparison.add_config(Side::B, "config.json", b"[]");
    comparison.start(1);
    run_out(&mut comparison, &both);
    let told = problems(&comparison);
    assert!(
        told[0].starts_with("b: cut: the file ended at byte 5"),
        "{told:#?}"
    );
    let rest = [
        "a: dead: the disk is gone",
        "b: pipe: it is a pipe",
        "b: config.json: no JSON object",
    ];
    assert_eq!(told[1..], rest);
    let report = report(&comparison);
    assert_eq!(report["pairs"]["identical"], 1);
    assert_eq!(report["a"]["files"].as_array().map(Vec::len), Some(2));
}
