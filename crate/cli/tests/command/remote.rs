//! Checkpoints at an address: the same figures as from the disk, whatever the server is like; or words that say
//! why not.

use std::process::Command;

use serde_json::Value;
use server::{Manners, Server};

use crate::support::*;

mod server;

const FILE: &str = "distributions.safetensors";

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(test_data("fixtures").join(name)).expect("the fixture is there")
}

fn serving(manners: Manners) -> Server {
    Server::start(manners, &[("/distributions.safetensors", fixture(FILE))])
}

/// The command, with nothing of this machine's settings.
fn far() -> Command {
    let mut command = floatscope();
    for name in [
        "HF_ENDPOINT",
        "HF_TOKEN",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    command
}

fn scanned(url: &str, arguments: &[&str]) -> Outcome {
    outcome(
        far()
            .arg("scan")
            .arg(url)
            .args(["--json", "-"])
            .args(arguments),
    )
}

/// The report, but for the names of files, which are paths where the file is here.
fn figures(outcome: &Outcome) -> Value {
    let mut report = outcome.json();
    for file in report["checkpoint"]["files"]
        .as_array_mut()
        .expect("a list")
    {
        file["name"] = Value::Null;
    }
    for tensor in report["tensors"].as_array_mut().expect("a list") {
        tensor["file"] = Value::Null;
    }
    report
}

fn from_disk(arguments: &[&str]) -> Value {
    let path = test_data("fixtures").join(FILE);
    let here = outcome(
        far()
            .arg("scan")
            .arg(path)
            .args(["--json", "-"])
            .args(arguments),
    );
    assert_eq!(here.status, Some(0), "{}", here.stderr);
    figures(&here)
}

#[test]
fn the_figures_are_those_of_the_file_whatever_the_server_is_like() {
    let near = from_disk(&[]);
    for manners in [
        Manners::Good,
        Manners::DropsEveryThird,
        Manners::Busy,
        Manners::Reticent,
    ] {
        let server = serving(manners);
        let outcome = scanned(&server.url("/distributions.safetensors"), &["--all"]);
        assert_eq!(outcome.status, Some(0), "{manners:?}: {}", outcome.stderr);
        assert!(figures(&outcome) == near, "{manners:?}");
    }
}

#[test]
fn a_redirect_is_followed_once_and_the_token_stays_with_the_hub() {
    let store = serving(Manners::Good);
    let hub = serving(Manners::Redirects(store.port));
    let url = hub.url("/distributions.safetensors");
    let mut command = far();
    command
        .env("HF_TOKEN", "secret")
        .env("HF_ENDPOINT", hub.url(""));
    let scanned = outcome(command.args(["scan", &url, "--json", "-", "--all"]));
    assert_eq!(scanned.status, Some(0), "{}", scanned.stderr);
    assert_eq!(figures(&scanned), from_disk(&[]));
    assert_eq!(hub.seen().len(), 1, "{:?}", hub.seen());
    assert_eq!(hub.seen()[0].token.as_deref(), Some("Bearer secret"));
    assert!(store.seen().iter().all(|seen| seen.token.is_none()));
}

#[test]
fn what_keeps_it_from_being_read_is_said() {
    let cases = [
        (Manners::NoRanges, "does not send parts of a file"),
        (
            Manners::Closed,
            "may not be read without a token (status 401)",
        ),
    ];
    for (manners, says) in cases {
        let server = serving(manners);
        let outcome = scanned(&server.url("/distributions.safetensors"), &[]);
        assert_eq!(outcome.status, Some(2));
        let told = outcome.complaints();
        assert!(told.len() == 1 && told[0].contains(says), "{told:?}");
        assert!(
            told[0].starts_with("floatscope: distributions.safetensors: "),
            "{told:?}"
        );
    }
    let missing = scanned(&serving(Manners::Good).url("/other.safetensors"), &[]);
    assert!(
        missing
            .stderr
            .contains("there is no such file (status 404)"),
        "{}",
        missing.stderr
    );
    let nobody = scanned("http://127.0.0.1:9/x.safetensors?y", &[]);
    assert!(
        nobody.stderr.contains("x.safetensors: connection refused"),
        "{}",
        nobody.stderr
    );
    let scheme = scanned("https://", &[]);
    assert!(
        scheme.stderr.contains("it has no host"),
        "{}",
        scheme.stderr
    );
}

#[test]
fn an_empty_file_is_empty_as_one_of_this_machine_is() {
    for manners in [Manners::Good, Manners::NoRanges] {
        let server = Server::start(manners, &[("/empty.safetensors", Vec::new())]);
        let outcome = scanned(&server.url("/empty.safetensors"), &[]);
        assert_eq!(outcome.status, Some(2));
        assert_eq!(
            outcome.complaints(),
            ["floatscope: empty.safetensors: the file is empty"],
            "{manners:?}"
        );
    }
}

#[test]
fn a_web_page_in_place_of_a_file_is_told_with_what_to_look_for() {
    let page = b"<!DOCTYPE html><html><title>A model</title></html>".to_vec();
    for manners in [Manners::Good, Manners::SendsPages] {
        let server = Server::start(manners, &[("/page", page.clone())]);
        let outcome = scanned(&server.url("/page"), &[]);
        assert_eq!(outcome.status, Some(2));
        let says = "floatscope: page: the address gave a web page (HTML), not a checkpoint: \
                    look for the address of the file itself, which its download link has";
        assert_eq!(outcome.complaints(), [says], "{manners:?}");
    }
}

#[test]
fn a_file_that_changes_meanwhile_is_noticed() {
    for (manners, says) in [
        (Manners::ChangesWithTag(3), "its ETag is another one"),
        (
            Manners::ChangesInSilence(3),
            "its first bytes are others now",
        ),
    ] {
        let server = Server::start(manners, &[("/m.safetensors", large())]);
        let outcome = scanned(&server.url("/m.safetensors"), &["--all"]);
        assert_eq!(outcome.status, Some(2), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    }
}

/// A hub with one repository of two shards.
fn hub() -> Server {
    let index = fixture("sharded/model.safetensors.index.json");
    let text = String::from_utf8(index.clone()).expect("an index is text");
    let index_json: Value = serde_json::from_str(&text).expect("an index is JSON");
    let map = index_json["weight_map"].as_object().expect("a map");
    let mut shards: Vec<String> = map
        .values()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect();
    shards.sort();
    shards.dedup();
    let mut siblings = vec![serde_json::json!({"rfilename": "model.safetensors.index.json"})];
    let mut files = vec![(
        "/org/model/resolve/c0ffee/model.safetensors.index.json".to_owned(),
        index,
    )];
    for shard in &shards {
        let bytes = fixture(&format!("sharded/{shard}"));
        siblings.push(serde_json::json!({"rfilename": shard, "size": bytes.len()}));
        files.push((format!("/org/model/resolve/c0ffee/{shard}"), bytes));
    }
    siblings.push(serde_json::json!({"rfilename": "README.md", "size": 3}));
    let listing = serde_json::json!({"sha": "c0ffee", "siblings": siblings}).to_string();
    files.push((
        "/api/models/org/model/revision/v1%2Fx".to_owned(),
        listing.clone().into_bytes(),
    ));
    files.push((
        "/api/models/org/model/revision/main".to_owned(),
        listing.into_bytes(),
    ));
    let files: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.clone()))
        .collect();
    Server::start(Manners::Good, &files)
}

#[test]
fn a_repository_of_a_hub_is_read_at_its_commit() {
    let hub = hub();
    let near = outcome(
        far()
            .arg("scan")
            .arg(test_data("fixtures/sharded"))
            .args(["--json", "-"]),
    );
    for (name, by_option) in [
        ("org/model", true),
        ("org/model@v1/x", false),
        ("hf://org/model", true),
    ] {
        let mut command = far();
        command.args(["scan", name, "--json", "-", "--all"]);
        match by_option {
            true => command.args(["--endpoint", &hub.url("/")]),
            false => command.env("HF_ENDPOINT", hub.url("")),
        };
        let far = outcome(&mut command);
        assert_eq!(far.status, near.status, "{}", far.stderr);
        assert_eq!(far.json()["checkpoint"]["name"], "org/model");
        assert_eq!(
            far.json()["tensors"][0]["stats"],
            near.json()["tensors"][0]["stats"]
        );
        assert_eq!(
            far.json()["tensors"].as_array().map(Vec::len),
            near.json()["tensors"].as_array().map(Vec::len)
        );
    }
    let page = format!("{}/org/model", hub.url(""));
    let by_page = outcome(
        far()
            .args(["scan", &page, "--json", "-"])
            .env("HF_ENDPOINT", hub.url("")),
    );
    assert_eq!(by_page.status, near.status, "{}", by_page.stderr);
}

#[test]
fn a_hub_that_is_no_url_is_refused_with_words() {
    let by_option = outcome(far().args(["scan", "org/model", "--endpoint", "foo"]));
    let by_environment = outcome(far().args(["scan", "org/model"]).env("HF_ENDPOINT", "foo"));
    for refused in [by_option, by_environment] {
        assert_eq!(refused.status, Some(2), "{}", refused.stderr);
        let says =
            "org/model: the hub \"foo\" is no URL: a hub's URL looks like https://huggingface.co";
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
}

#[test]
fn a_slip_of_the_pen_is_told_to_nobody() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("models")).expect("a folder");
    let hub = hub();
    let mut command = far();
    command
        .current_dir(scratch.folder())
        .env("HF_ENDPOINT", hub.url(""));
    let outcome = outcome(command.args(["scan", "models/lama"]));
    assert_eq!(outcome.status, Some(2));
    assert!(
        outcome.stderr.contains("models/lama: "),
        "{}",
        outcome.stderr
    );
    assert!(hub.seen().is_empty(), "{:?}", hub.seen());
}

/// Two matrices of 9 MB.
fn large() -> Vec<u8> {
    let header = r#"{"a":{"dtype":"BF16","shape":[3000,1500],"data_offsets":[0,9000000]},"b":{"dtype":"F32","shape":[1500,1500],"data_offsets":[9000000,18000000]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend((0..18_000_000u32).map(|at| match at % 4 {
        3 => 0x3c,
        _ => (at.wrapping_mul(2_654_435_761) >> 24) as u8,
    }));
    bytes
}

#[test]
fn what_is_far_is_sampled_unless_all_of_it_is_asked_for() {
    let bytes = large();
    let server = Server::start(
        Manners::DropsEveryThird,
        &[("/m.safetensors", bytes.clone())],
    );
    let far = scanned(&server.url("/m.safetensors"), &[]);
    assert_eq!(far.status, Some(0), "{}", far.stderr);
    let report = far.json();
    let read = report["sample"]["bytes"].as_u64().expect("it is a sample");
    assert!(read < 9_000_000, "{read}");
    // The same as a sample of the file here, to the last digit.
    let scratch = Scratch::new();
    std::fs::write(scratch.path("m.safetensors"), &bytes).expect("a file");
    let path = scratch.path("m.safetensors");
    let near = outcome(
        super::remote::far()
            .arg("scan")
            .arg(path)
            .args(["--json", "-", "--sample", "8MiB"]),
    );
    assert_eq!(figures(&far), figures(&near));
}

#[test]
fn nothing_of_a_sample_is_asked_for_twice() {
    let server = Server::start(Manners::Good, &[("/m.safetensors", large())]);
    let far = scanned(&server.url("/m.safetensors"), &[]);
    let casts = &far.json()["tensors"][0]["casts"];
    assert!(casts["mxfp4"].is_object(), "a second look: {casts}");
    // The first request is for the header, with what lies behind it; it alone may be asked for again.
    let seen = server.seen();
    let (header, others) = seen.split_first().expect("it was asked");
    assert_eq!(header.range.map(|range| range.0), Some(0));
    let mut ranges: Vec<_> = others.iter().filter_map(|seen| seen.range).collect();
    assert_eq!(ranges.len(), others.len(), "nobody asks for the whole file");
    ranges.sort_unstable();
    assert!(ranges.len() > 10, "{ranges:?}");
    let is_twice = |pair: &[(usize, usize)]| pair[1].0 < pair[0].1;
    assert!(!ranges.windows(2).any(is_twice), "{ranges:?}");
}

#[test]
fn two_checkpoints_are_compared_wherever_they_are() {
    let server = serving(Manners::DropsEveryThird);
    let path = test_data("fixtures").join(FILE);
    let url = server.url("/distributions.safetensors");
    let diff = outcome(
        far()
            .args(["diff", &url])
            .arg(path)
            .args(["--json", "-", "--exit-code"]),
    );
    assert_eq!(diff.status, Some(0), "{}", diff.stderr);
    assert!(
        diff.json()["tensors"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|pair| pair["identical_bits"] == true)
    );
}

#[test]
fn threads_that_compare_go_on_in_the_responses_that_there_are() {
    let bytes = large();
    let server = Server::start(Manners::Good, &[("/m.safetensors", bytes.clone())]);
    let scratch = Scratch::new();
    let near = scratch.path("m.safetensors");
    std::fs::write(&near, &bytes).expect("a file");
    let mut command = far();
    let diff = command.args(["diff", &server.url("/m.safetensors")]);
    let diff = outcome(diff.arg(near).args(["--threads", "2", "--json", "-"]));
    assert_eq!(diff.status, Some(0), "{}", diff.stderr);
    let asked = server.seen().into_iter().filter_map(|seen| seen.range);
    let asked: usize = asked.map(|range| range.1 - range.0).sum();
    assert!(asked < 3 * bytes.len(), "{asked} of {}", bytes.len());
}
