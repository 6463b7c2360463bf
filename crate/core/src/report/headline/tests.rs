//! The sentences as people read them.

use super::super::findings::{Findings, LaidOut, Smaller};
use super::*;

/// What is said, after how it is stored, of BF16 tensors with these labels, of
/// `bytes` in all.
fn told(labels: &[(Label, u64)], bytes: u64, more: impl FnOnce(&mut Findings)) -> String {
    let mut findings = Findings::default();
    for &(label, tensors) in labels {
        for _ in 0..tensors {
            findings.own.add(label, 1000);
        }
        findings.finished += tensors;
    }
    more(&mut findings);
    let checkpoint = Checkpoint {
        tensors: findings.finished,
        bytes,
        ..Checkpoint::default()
    };
    let headline = headline(
        &checkpoint,
        &[("BF16".to_owned(), bytes)],
        &findings,
        0,
        true,
        None,
    );
    let rest = headline.strip_prefix("Stored as BF16. ");
    rest.expect("it begins with how it is stored").to_owned()
}

fn labels(labels: &[(Label, u64)]) -> String {
    told(labels, 0, |_| {})
}

#[test]
fn the_tensors_of_a_checkpoint_are_summed_up() {
    let mixed = [
        (Label::Inconclusive, 61),
        (Label::Native, 210),
        (Label::F16, 2),
    ];
    assert_eq!(
        labels(&mixed),
        "210 of 273 tensors are native, 2 passed through FP16, 61 are too small to tell."
    );
    assert_eq!(labels(&[(Label::Native, 1)]), "The one tensor is native.");
    assert_eq!(labels(&[(Label::Native, 2)]), "Both tensors are native.");
    assert_eq!(
        labels(&[(Label::Native, 1273)]),
        "All 1,273 tensors are native."
    );
    assert_eq!(
        labels(&[(Label::Native, 1), (Label::Int4, 1)]),
        "1 of 2 tensors is native, 1 is dequantised INT4."
    );
}

#[test]
fn every_label_has_words() {
    for &label in Label::ALL {
        let (one, many) = (is(label, 1, true), is(label, 2, true));
        assert!(
            one == many
                || one.starts_with("is ")
                || one.starts_with("has ")
                || one.starts_with("was ")
        );
        assert!(!one.contains('_') && !many.starts_with("is "), "{many}");
    }
    assert_eq!(is(Label::FewLevels, 1, true), "has only a few levels");
    assert_eq!(is(Label::Mxfp4, 2, true), "are dequantised MXFP4");
    assert_eq!(
        is(Label::Arithmetic, 2, true),
        "were averaged or updated in the stored type"
    );
    assert_eq!(is(Label::Inconclusive, 2, false), "are inconclusive");
}

#[test]
fn large_tensors_are_not_called_too_small() {
    let told = told(&[(Label::Inconclusive, 1)], 0, |findings| {
        findings.largest_inconclusive = 1_000_000;
    });
    assert_eq!(told, "The one tensor is inconclusive.");
}

#[test]
fn very_many_kinds_are_cut_short() {
    let kinds: Vec<(Label, u64)> = Label::ALL.iter().map(|label| (*label, 2)).collect();
    let told = labels(&kinds);
    assert_eq!(told.matches(", ").count(), MOST_CLAUSES - 1, "{told}");
    let rest = 2 * (Label::ALL.len() - MOST_CLAUSES + 1);
    assert!(
        told.ends_with(&format!(", {rest} are something else.")),
        "{told}"
    );
}

#[test]
fn packed_layouts_come_first() {
    let told = told(
        &[(Label::Native, 1), (Label::Inconclusive, 2)],
        0,
        |findings| {
            findings.finished += 8;
            findings.layouts.push(LaidOut {
                title: "packed INT4 (GPTQ)".to_owned(),
                codes: 2,
                others: 6,
            });
        },
    );
    assert_eq!(
        told,
        "2 of 11 tensors hold packed INT4 (GPTQ), 6 go with these as scales and the like, \
         1 is native, 2 are too small to tell."
    );
}

#[test]
fn what_is_wasted_is_said_with_the_form_that_fits() {
    let smaller = |form: &str, tensors, wasted_bytes| Smaller {
        form: form.to_owned(),
        tensors,
        wasted_bytes,
    };
    let wasted = |forms: Vec<Smaller>| {
        let labels = [(Label::Bf16, 4)];
        let told = told(&labels, 4_200_000_000, |findings| {
            findings.wasted_bytes = forms.iter().map(|form| form.wasted_bytes).sum();
            findings.smaller = forms;
        });
        let rest = told.strip_prefix("All 4 tensors passed through BF16.");
        rest.expect("what they are comes first").to_owned()
    };
    assert_eq!(
        wasted(vec![smaller("BF16", 4, 2_100_000_000)]),
        " 2.1 GB of its 4.2 GB carry nothing: it fits BF16."
    );
    assert_eq!(
        wasted(vec![smaller("BF16", 1, 100_000_000)]),
        " 100.0 MB of its 4.2 GB carry nothing: 1 tensor fits BF16."
    );
    let two = vec![smaller("FP16", 1, 1), smaller("BF16", 3, 2_000_000_000)];
    assert_eq!(
        wasted(two),
        " 2.0 GB of its 4.2 GB carry nothing: 3 tensors fit BF16, 1 another smaller form."
    );
    assert_eq!(wasted(vec![smaller("BF16", 1, 41_999_999)]), "");
}

#[test]
fn what_is_not_finite_is_said_and_what_is_finite_is_not() {
    let native = [(Label::Native, 3)];
    let told = |nan: u64, infinite: u64| {
        told(&native, 0, |findings| {
            (findings.nan, findings.tensors_with_nan) = (nan, nan.min(1));
            (findings.infinite, findings.tensors_with_infinite) = (infinite, infinite.min(2));
        })
    };
    assert_eq!(told(0, 0), "All 3 tensors are native.");
    assert_eq!(
        told(1, 0),
        "All 3 tensors are native. 1 value in 1 tensor is NaN."
    );
    assert_eq!(
        told(2, 3),
        "All 3 tensors are native. 2 values in 1 tensor are NaN, 3 values in 2 tensors are infinite."
    );
}

#[test]
fn integers_alone_have_no_history() {
    let told = labels(&[(Label::NotFloat, 2), (Label::Empty, 1)]);
    assert_eq!(told, "There are no values in 3 tensors.");
}
