//! Hostile names, limits, and checkpoints with little in them.

use super::*;
use crate::Job;
use crate::report::Problem;
use crate::work::Worker;

/// The report on a file of these tensors: name, dtype, shape, bytes.
fn report(tensors: &[(&str, &str, &[u64], Vec<u8>)]) -> Job {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, dtype, shape, bytes) in tensors {
        let begin = data.len();
        data.extend_from_slice(bytes);
        let entry = serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert((*name).to_owned(), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(&data);
    scan(&file)
}

fn scan(bytes: &[u8]) -> Job {
    let mut job = Job::new("a|b`<c>.safetensors");
    let file = job.add_file("folder/a|b`<c>.safetensors", bytes.len() as u64);
    while let Some(range) = job.header_wants(file) {
        let (begin, end) = (range.start as usize, range.end as usize);
        job.header_feed(file, &bytes[begin..end.min(bytes.len())]);
    }
    job.start(1);
    for _ in 0..2 {
        while let Some(run) = job.next_run() {
            let mut worker = Worker::new();
            worker.begin(job.tasks(&run));
            worker.feed(&bytes[run.begin() as usize..run.end() as usize]);
            job.merge(run.id, worker.take());
        }
        job.look_again();
    }
    job
}

fn written(job: &Job, export: Export) -> String {
    job.report().export(Writing::new(export)).collect()
}

fn floats(count: usize) -> Vec<u8> {
    let value = |at: usize| (at as f32 * 0.37 - 3.0).sin_like();
    (0..count).flat_map(|at| value(at).to_le_bytes()).collect()
}

/// Something that wanders, without transcendentals.
trait SinLike {
    fn sin_like(self) -> f32;
}

impl SinLike for f32 {
    fn sin_like(self) -> f32 {
        let x = self - self.floor();
        x * (1.0 - x) - 0.11
    }
}

const HOSTILE: [&str; 7] = [
    "a|b.0.c",
    "tick`tick``",
    "line\nbreak",
    "<script>alert(1)</script>",
    "\" onload=\"x",
    "rtl\u{202e}\u{200f}",
    "",
];

fn hostile() -> Job {
    let tensors: Vec<_> = HOSTILE
        .iter()
        .map(|name| (*name, "F32", &[64u64, 2][..], floats(128)))
        .collect();
    report(&tensors)
}

/// Tags open and close in pairs, and attributes are in quotes: what any reader of XML asks.
fn assert_well_formed(markup: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = markup.trim_start_matches("<!DOCTYPE html>\n");
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        assert!(!text.contains('>'), "{piece}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{piece}");
        } else if !tag.ends_with('/') {
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            open.push(tag.split(' ').next().expect("a name"));
        }
        let ampersands = text.split('&').skip(1);
        for after in ampersands {
            assert!(after.contains(';'), "{after}");
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn hostile_names_stay_text() {
    let job = hostile();
    let html = written(&job, Export::Html);
    // The style is no markup.
    let (head, rest) = html.split_once("<style>").expect("a style");
    let (_, body) = rest.split_once("</style>").expect("it ends");
    assert_well_formed(&format!("{head}{body}"));
    assert!(!html.contains("<script"), "no script");
    assert!(!body.contains("onload=\""), "no handler");
    assert!(!html.contains('\u{202e}') && !html.contains('\u{200f}'));
    let urls: Vec<_> = html.match_indices("://").collect();
    // The namespace, and the link.
    assert_eq!(urls.len(), 2, "{urls:?}");
    let card = written(&job, Export::Markdown);
    assert!(!card.contains('\u{202e}'));
    let rows: Vec<&str> = card
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert!(rows.len() >= HOSTILE.len() - 1, "{card}");
    for row in rows {
        let bars = row.replace("\\|", "").matches('|').count();
        assert_eq!(bars, 8, "{row}");
    }
    assert_well_formed(&written(&job, Export::Badge));
}

#[test]
fn a_tensor_without_a_name_is_called_something() {
    let job = report(&[
        ("", "C64", &[16, 4], floats(128)),
        ("w", "F32", &[64, 2], floats(128)),
    ]);
    let html = written(&job, Export::Html);
    assert_eq!(html.matches("class=\"code\"></").count(), 0, "{html}");
    for called in [
        "<span class=\"code\">(no name)</span>, C64",
        "of (no name) (real parts)",
        "<title>(no name): ",
        "<th scope=\"row\" class=\"code\">(no name)</th><td class=\"n\">1<",
        ">(no name) (re)</th>",
    ] {
        assert!(html.contains(called), "{called}");
    }
    assert!(written(&job, Export::Markdown).contains("| `\"\"` | 1 |"));
}

/// The lines of the map and what they are called, from the top.
fn lines_of_the_map(job: &Job) -> Vec<String> {
    let html = written(job, Export::Html);
    let (_, map) = html.split_once("<svg class=\"map\"").expect("a map");
    let (map, _) = map.split_once("</svg>").expect("it ends");
    let labels = map.split("<text class=\"code\"").skip(1);
    labels
        .map(|label| {
            let (_, label) = label.split_once('>').expect("a tag ends");
            label.split('<').next().expect("a label").to_owned()
        })
        .collect()
}

#[test]
fn a_star_in_a_name_is_no_layer() {
    let of = |names: &[&'static str]| {
        let tensors: Vec<_> = names
            .iter()
            .map(|name| (*name, "F32", &[64u64, 2][..], floats(128)))
            .collect();
        lines_of_the_map(&report(&tensors))
    };
    assert_eq!(of(&["a*b", "c.*.d", "alpha.weight"]), ["in no layer"]);
    assert_eq!(
        of(&["a*b", "h.*.up", "h.0.up", "h.1.up", "h.0.down"]),
        ["up", "down", "in no layer"]
    );
}

#[test]
fn figures_are_those_of_the_json() {
    let job = hostile();
    let json = job.report().tensor_json(0).expect("it is finished");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let csv = written(&job, Export::Csv);
    let mut lines = csv.split("\r\n");
    let titles: Vec<&str> = lines.next().expect("titles").split(',').collect();
    let cells: Vec<&str> = lines.next().expect("a row").split(',').collect();
    assert_eq!(titles.len(), cells.len());
    let cell = |title: &str| {
        cells[titles
            .iter()
            .position(|known| *known == title)
            .expect(title)]
    };
    assert_eq!(cell("std"), json["stats"]["std"].to_string());
    assert_eq!(cell("mxfp4_mse"), json["casts"]["mxfp4"]["mse"].to_string());
    assert_eq!(
        cell("quantile_0.5"),
        json["stats"]["quantiles"]["0.5"].to_string()
    );
}

#[test]
fn nothing_and_problems_are_told() {
    let empty = report(&[]);
    for export in [Export::Markdown, Export::Html, Export::Badge, Export::Csv] {
        assert!(!written(&empty, export).is_empty());
    }
    assert!(written(&empty, Export::Markdown).starts_with("No tensors.\n"));
    assert!(written(&empty, Export::Badge).contains("nothing to read"));
    let mut job = hostile();
    job.add_problem(Problem {
        file: "of/me/x|<b>.safetensors".to_owned(),
        tensor: Some("t`".to_owned()),
        place: Some("byte 8".to_owned()),
        what: "is *wrong*".to_owned(),
    });
    let card = written(&job, Export::Markdown);
    assert!(card.contains("1 problem:"), "{card}");
    // Where the file lies is nobody's business.
    assert!(card.contains("- x\\|\\<b\\>.safetensors"), "{card}");
    assert!(written(&job, Export::Html).contains("<li>x|&lt;b&gt;.safetensors"));
}

#[test]
fn complex_and_other_numbers_have_rows() {
    let job = report(&[
        ("c", "C64", &[8, 2], floats(32)),
        ("i", "I64", &[16], floats(32)),
        ("b", "BOOL", &[4], vec![0, 1, 1, 0]),
    ]);
    let html = written(&job, Export::Html);
    assert!(html.contains("c (re)</th>") && html.contains("c (im)</th>"));
    let card = written(&job, Export::Markdown);
    assert!(
        card.contains("| `c` | 1 | 8 × 2 | C64 | not float |"),
        "{card}"
    );
    assert!(
        card.contains("of 32 |") && card.contains("of 64 |"),
        "{card}"
    );
    assert_eq!(written(&job, Export::Csv).matches("\r\n").count(), 5);
}

#[test]
fn a_card_has_so_many_rows() {
    let names: Vec<String> = (0..50).map(|at| format!("module{at}.weight")).collect();
    let tensors: Vec<_> = names
        .iter()
        .map(|name| (&**name, "U8", &[3u64][..], vec![1, 2, 3]))
        .collect();
    let card = written(&report(&tensors), Export::Markdown);
    assert_eq!(card.matches("| `module").count(), 32);
    assert!(
        card.contains("18 more modules with 18 tensors, 36.0 % of the parameters, are left out."),
        "{card}"
    );
}

#[test]
fn the_badge_says_what_the_weights_are() {
    let f32s = report(&[("w", "F32", &[64, 512], floats(64 * 512))]);
    let badge = written(&f32s, Export::Badge);
    assert!(
        badge.contains("role=\"img\"") && badge.contains("<title>weights: "),
        "{badge}"
    );
    assert!(
        !badge.contains("href") && badge.matches("://").count() == 1,
        "{badge}"
    );
}
