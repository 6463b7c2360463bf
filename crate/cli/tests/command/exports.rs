//! What a scan writes for model cards: Markdown, a page, a badge.

use crate::support::{Outcome, Scratch, floatscope, outcome, scan, test_data};

const OPTIONS: [&str; 3] = ["--markdown", "--html", "--badge"];

/// Scans one path with more options.
fn with(path: &std::path::Path, more: &[&str]) -> Outcome {
    outcome(floatscope().arg("scan").arg(path).args(more))
}

#[test]
fn every_export_is_written_to_files_and_standard_output() {
    let scratch = Scratch::new();
    let path = test_data("fixtures/dtypes.safetensors");
    for option in OPTIONS {
        let file = scratch.path("out");
        let name = file.to_string_lossy().into_owned();
        let to_file = with(&path, &[option, &name]);
        assert_eq!(
            (to_file.status, &*to_file.stderr),
            (Some(0), ""),
            "{option}"
        );
        assert!(to_file.stdout.contains("tensor"), "the table stays");
        let written = std::fs::read_to_string(&file).expect("it was written");
        let to_stdout = with(&path, &[option, "-"]);
        assert_eq!(to_stdout.stdout, written, "{option}");
        assert!(written.ends_with('\n'));
    }
}

#[test]
fn a_card_begins_with_the_headline_and_has_every_module() {
    let path = test_data("fixtures/dtypes.safetensors");
    let json = with(&path, &["--json", "-"]).json();
    let card = with(&path, &["--markdown", "-"]).stdout;
    let headline = json["headline"].as_str().expect("a headline");
    assert_eq!(card.lines().next(), Some(&*headline.replace('_', "\\_")));
    let modules = card.lines().filter(|line| line.starts_with("| `")).count();
    let tensors = json["tensors"].as_array().expect("a list").len();
    assert!(modules > 0 && modules <= tensors, "{modules} of {tensors}");
    let last = card.lines().last().expect("a last line");
    assert!(
        last.contains("](https://github.com/")
            && last.contains("`floatscope scan dtypes.safetensors --markdown -`"),
        "{last}"
    );
}

#[test]
fn the_command_that_is_named_has_the_options_that_matter() {
    let path = test_data("fixtures/dtypes.safetensors");
    let card = with(
        &path,
        &[
            "--tensor",
            "*",
            "--only",
            "stats,casts",
            "--cast",
            "mxfp4",
            "--markdown",
            "-",
            "--threads",
            "1",
        ],
    );
    let last = card.stdout.lines().last().expect("a last line").to_owned();
    assert!(
        last.contains(
            "scan dtypes.safetensors --tensor '*' --only stats,casts --cast mxfp4 --markdown -"
        ),
        "{last}"
    );
    assert!(!card.stdout.contains("| verdict |"));
}

#[test]
fn no_export_is_written_over_an_input_or_another() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let before = std::fs::read(&path).expect("it is there");
    let name = path.to_string_lossy().into_owned();
    for option in OPTIONS {
        let refused = with(&path, &[option, &name]);
        assert_eq!(refused.status, Some(2), "{option}");
        assert!(
            refused.stderr.contains("it is to be read"),
            "{}",
            refused.stderr
        );
        assert_eq!(std::fs::read(&path).expect("it is there"), before);
    }
    let both = scratch.path("both").to_string_lossy().into_owned();
    let refused = with(&path, &["--html", &both, "--badge", &both]);
    assert_eq!(refused.status, Some(2));
    assert!(
        refused
            .stderr
            .ends_with("cannot be written: it is what --html writes\n"),
        "{}",
        refused.stderr
    );
    let refused = with(&path, &["--html", "-", "--csv", "-"]);
    assert_eq!(
        refused.complaints(),
        ["floatscope: --csv - and --html -: only one of them can be standard output"]
    );
}

#[test]
fn the_page_stands_alone() {
    for fixture in [
        "dtypes",
        "names",
        "casts",
        "every_code",
        "shapes",
        "cancellation",
    ] {
        let path = test_data(&format!("fixtures/{fixture}.safetensors"));
        let page = scan([path.as_os_str(), "--html".as_ref(), "-".as_ref()]).stdout;
        assert!(page.contains("default-src 'none'"), "{fixture}");
        assert!(
            !page.contains("<script") && !page.contains("<img") && !page.contains(" style="),
            "{fixture}"
        );
        let links = page.matches("href=\"").count();
        assert_eq!(links, 1, "{fixture}");
    }
}
