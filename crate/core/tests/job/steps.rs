//! From files to figures, and what may go wrong on the way.

use floatscope_core::Job;
use floatscope_core::report::Problem;
use floatscope_core::work::Seen;
use serde_json::{Value, json};

use crate::support::*;

#[test]
fn two_files_become_one_report() {
    let (one, two) = (bytes_file(&["a", "b"]), bytes_file(&["c"]));
    let mut job = Job::new("both");
    assert_eq!(add(&mut job, "one", &one), 0);
    assert_eq!(add(&mut job, "two", &two), 1);
    assert_eq!(job.names().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(job.start(2).is_empty());
    assert_eq!(job.waiting_bytes(), 9);
    run_out(&mut job, &[&one, &two]);
    let report = report(&job);
    assert_eq!(names(&report), ["a", "b", "c"]);
    assert_eq!(report["tensors"][2]["file"], "two");
    assert_eq!(report["tensors"][2]["stats"]["mean"], 2.0);
    assert_eq!(report["checkpoint"]["files"][1]["bytes"], two.len());
    assert_eq!(report["checkpoint"]["parameters"], 9);
    assert_eq!(report["problems"], json!([]));
}

#[test]
fn before_the_start_there_is_nothing_to_do() {
    let mut job = Job::new("early");
    add(&mut job, "f", &bytes_file(&["a"]));
    assert!(!job.is_done());
    assert_eq!(job.next_run(), None);
    assert_eq!(job.waiting_bytes(), 0);
    assert!(job.merge::<Seen>(1, Vec::new()).is_empty());
    assert!(job.fail(1, true, "early").is_empty());
    assert!(job.abandon("early").is_empty());
    job.give_back(1);
    assert_eq!(problems(&job), Vec::<String>::new());
    assert!(!job.is_done());
}

#[test]
fn a_checkpoint_without_files_is_done_at_once() {
    let mut job = Job::new("nothing");
    assert!(job.start(1).is_empty());
    assert!(job.is_done());
    assert_eq!(report(&job)["headline"], "No tensors.");
}

#[test]
fn empty_tensors_have_figures_from_the_start() {
    let header = json!({
        "none": {"dtype": "F32", "shape": [0, 7], "data_offsets": [0, 0]},
        "pair": {"dtype": "C64", "shape": [0], "data_offsets": [0, 0]},
    });
    let mut job = Job::new("empty");
    add(&mut job, "f", &container(&header, &[]));
    let figures = columns(&job.start(1));
    assert_eq!(figures["index"], json!([0, 1]));
    assert_eq!(figures["min"], json!([null, null]));
    assert!(job.is_done());
    let report = report(&job);
    assert_eq!(report["tensors"][0]["stats"]["count"], 0);
    assert_eq!(report["tensors"][1]["stats"]["im"]["mean"], Value::Null);
}

#[test]
fn a_tensor_is_counted_once_however_often_it_comes() {
    let file = bytes_file(&["a", "b"]);
    let mut job = Job::new("twice");
    add(&mut job, "f", &file);
    job.start(1);
    let run = job.next_run().expect("a run");
    let figures = columns(&job.merge(run.id, scan(&run, &file)));
    assert_eq!(figures["index"], json!([0, 1]));
    assert_eq!(figures["max"], json!([3.0, 3.0]));
    assert!(job.merge(run.id, scan(&run, &file)).is_empty());
    assert!(job.fail(run.id, true, "too late").is_empty());
    assert_eq!(
        report(&job)["headline"],
        "Stored as unsigned 8-bit integers. All 6 values in 2 tensors are finite."
    );
    assert_eq!(problems(&job), Vec::<String>::new());
}

#[test]
fn a_tensor_that_fails_twice_is_a_problem_and_the_others_go_on() {
    let file = bytes_file(&["a", "b", "c"]);
    let mut job = Job::new("bad");
    add(&mut job, "f", &file);
    job.start(1);
    let run = job.next_run().expect("a run");
    job.merge(run.id, scan(&run, &file)[..1].to_vec());
    assert!(job.fail(run.id, true, "bad sector").is_empty());
    let rest = job.next_run().expect("what lies behind");
    job.merge(rest.id, scan(&rest, &file));
    let again = job.next_run().expect("the retry");
    let figures = columns(&job.fail(again.id, true, "bad sector"));
    assert_eq!(figures["failed"], json!([1]));
    assert!(job.is_done());
    let begin = file.len() - 6;
    let told = format!(
        "f: tensor \"b\": bad sector (bytes {begin} to {})",
        begin + 3
    );
    assert_eq!(problems(&job), [told]);
    let report = report(&job);
    assert_eq!(names(&report), ["a", "c"]);
    assert_eq!(report["checkpoint"]["tensors"], 3);
    assert!(job.report().figures(1).is_none() && job.report().figures(2).is_some());
}

#[test]
fn what_is_abandoned_is_said() {
    let file = bytes_file(&["a"]);
    let mut job = Job::new("stopped");
    add(&mut job, "f", &file);
    job.start(1);
    let figures = columns(&job.abandon("stopped by the user"));
    assert_eq!(figures["failed"], json!([0]));
    assert!(job.is_done());
    assert_eq!(
        problems(&job),
        ["f: 1 tensor was not read: stopped by the user"]
    );
}

#[test]
fn a_run_that_was_given_back_is_handed_out_again() {
    let file = bytes_file(&["a"]);
    let mut job = Job::new("back");
    add(&mut job, "f", &file);
    job.start(1);
    let run = job.next_run().expect("a run");
    assert_eq!(job.waiting_bytes(), 0);
    job.give_back(run.id);
    assert_eq!(job.waiting_bytes(), 3);
    assert!(!job.is_done());
    run_out(&mut job, &[&file]);
    assert_eq!(problems(&job), Vec::<String>::new());
}

#[test]
fn files_without_a_header_keep_their_place() {
    let good = bytes_file(&["a"]);
    let mut job = Job::new("mixed");
    add(&mut job, "short", &[1, 2, 3]);
    let unreadable = job.add_file("unreadable", 1000);
    job.header_failed(unreadable, "the disk is gone");
    assert_eq!(job.header_wants(unreadable), None);
    add(&mut job, "good", &good);
    let cut = job.add_file("cut", 1000);
    job.header_feed(cut, &[0; 5]);
    assert_eq!(job.header_wants(cut), None);
    // Nobody's file.
    assert_eq!(job.header_wants(9), None);
    job.header_feed(9, &[1]);
    job.header_failed(9, "no such file");
    job.start(1);
    let run = job.next_run().expect("a run");
    assert_eq!(run.file, 2);
    job.merge(run.id, scan(&run, &good));
    assert!(job.is_done());
    let report = report(&job);
    assert_eq!(report["tensors"][0]["file"], "good");
    assert_eq!(
        report["checkpoint"]["files"].as_array().map(Vec::len),
        Some(4)
    );
    let told = problems(&job);
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].starts_with("short: "), "{told:#?}");
    assert_eq!(told[1], "unreadable: the disk is gone");
    assert!(
        told[2].starts_with("cut: the file ended at byte 5"),
        "{told:#?}"
    );
}

#[test]
fn an_index_is_held_against_what_is_there() {
    let index = json!({"weight_map": {
        "a": "m-1.safetensors", "absent": "m-1.safetensors",
        "b": "m-2.safetensors", "c": "m-3.safetensors", "d": "m-4.safetensors",
    }});
    let file = bytes_file(&["a"]);
    let mut job = Job::new("sharded");
    job.add_index("m.index.json", index.to_string().as_bytes());
    job.add_index("bad.index.json", b"[]");
    add(&mut job, "folder/m-1.safetensors", &file);
    // It is there, and what is wrong with it has been told.
    let failed = job.add_file("folder/m-3.safetensors", 100);
    job.header_failed(failed, "permission denied");
    job.add_unreadable("folder/m-4.safetensors", "it is a pipe");
    job.start(1);
    let told = problems(&job);
    assert_eq!(told.len(), 5, "{told:#?}");
    assert_eq!(told[0], "folder/m-3.safetensors: permission denied");
    assert_eq!(told[1], "folder/m-4.safetensors: it is a pipe");
    let told = &told[1..];
    assert!(told[1].contains("tensor \"absent\""), "{told:#?}");
    assert!(
        told[2].contains("the shard \"m-2.safetensors\" with 1 tensor is missing"),
        "{told:#?}"
    );
    assert!(told[3].starts_with("bad.index.json: "), "{told:#?}");
}

#[test]
fn only_what_is_wanted_is_read_and_complained_about() {
    let header = json!({
        "a": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]},
        "b": {"dtype": "U8", "shape": [3], "data_offsets": [3, 6]},
        "odd": {"dtype": "F7", "shape": [3], "data_offsets": [6, 9]},
    });
    let file = container(&header, &[7; 9]);
    let index = json!({"weight_map": {"b": "f", "elsewhere": "f"}});
    let run = |wanted: fn(&str) -> bool| {
        let mut job = Job::new("some");
        add(&mut job, "f", &file);
        job.add_index("i", index.to_string().as_bytes());
        assert_eq!(job.names().collect::<Vec<_>>(), ["a", "b", "odd"]);
        job.select(wanted);
        job.start(1);
        run_out(&mut job, &[&file]);
        job
    };
    let job = run(|name| name == "b");
    assert_eq!(names(&report(&job)), ["b"]);
    assert_eq!(problems(&job), Vec::<String>::new());
    let job = run(|name| name != "b");
    assert_eq!(names(&report(&job)), ["a"]);
    let told = problems(&job);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told.iter().any(|line| line.contains("tensor \"odd\"")),
        "{told:#?}"
    );
    assert!(
        told.iter()
            .any(|line| line.contains("tensor \"elsewhere\"")),
        "{told:#?}"
    );
}

#[test]
fn what_went_wrong_outside_is_part_of_the_report() {
    let mut job = Job::new("outside");
    job.add_problem(Problem {
        file: "gone".to_owned(),
        tensor: None,
        place: None,
        what: "no such file".to_owned(),
    });
    job.start(1);
    let report = report(&job);
    assert_eq!(report["problems"][0]["file"], "gone");
    assert_eq!(report["problems"][0]["where"], Value::Null);
    assert_eq!(report["headline"], "No tensor could be read.");
}
