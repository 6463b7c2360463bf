//! The conclusion in words.

use super::logits::{PositionLogits, TopToken};
use super::policy::Policy;
use super::report::ForwardReport;
use crate::ancestry::prose::{counted, decimal, percent};
use crate::report::Number;

/// Of a report that is complete but for it.
pub(super) fn of(report: &ForwardReport) -> String {
    let changes = report.a.changes_to(&report.b);
    if changes.is_empty() {
        return "Both policies are the same, and so is every number.".to_owned();
    }
    let Some(first) = &report.first_difference else {
        return format!(
            "Every module's results are the same to the bit: {} changes nothing for these tokens.",
            listed(&report.b, &changes)
        );
    };
    let mut sentences = Vec::new();
    sentences.push(logits(report));
    sentences.push(cause(report, &changes));
    sentences.push(place(report, first));
    sentences.extend(choices(report));
    sentences.join(" ")
}

fn logits(report: &ForwardReport) -> String {
    let logits = &report.logits;
    if logits.equal == 1.0 {
        return "The stored weights are the same, and so are all logits.".to_owned();
    }
    let mean = decimal(logits.mean_abs.to_f64(), 4);
    let share = percent(1.0 - logits.equal);
    format!(
        "The stored weights are the same, and {share} of the logits differ, by {mean} on average."
    )
}

/// What the change is; of several the one that does most.
fn cause(report: &ForwardReport, changes: &[(&'static str, Policy)]) -> String {
    match (changes, report.attribution.first()) {
        ([(key, _)], _) => format!(
            "The cause is {}: {}.",
            listed(&report.b, changes),
            says(key)
        ),
        (_, Some(most)) => {
            let share = most.share.map_or(0.0, Number::to_f64);
            let key = most.change.split('=').next().unwrap_or_default();
            format!(
                "Of the changes, {} alone makes differences {} as large: {}.",
                most.change,
                percent(share),
                says(key)
            )
        }
        (_, None) => format!("The changes are {}.", listed(&report.b, changes)),
    }
}

/// Changes as a policy is written: `inv_freq=bf16`.
fn listed(b: &Policy, changes: &[(&'static str, Policy)]) -> String {
    let entries = b.entries();
    let value = |key: &str| entries.iter().find(|(known, _)| *known == key);
    let said = changes.iter().filter_map(|(key, _)| value(key));
    let said: Vec<String> = said.map(|(key, value)| format!("{key}={value}")).collect();
    crate::report::listed(&said)
}

/// What a key rules.
fn says(key: &str) -> &'static str {
    match key {
        "inv_freq" => {
            "it rounds the rotary frequencies, a buffer that is in no state dict, so no comparison of files shows it"
        }
        "activations" => "it is what every module's result is rounded to",
        "norm" => "it is in what RMSNorm computes",
        "softmax" => "it is in what softmax computes",
        "accumulate" => "it is how the products of a sum are added up",
        _ => "it is what the matrices go through before they are multiplied",
    }
}

fn place(report: &ForwardReport, first: &str) -> String {
    let before = report
        .modules
        .iter()
        .take_while(|it| it.name != first)
        .count();
    let agree = match before {
        0 => String::new(),
        count => format!(
            ", after {} that agree",
            counted(count as u64, "module", "modules")
        ),
    };
    let zero = match report.position_0_equal == 1.0 && report.tokens.len() > 1 {
        true => "; position 0 agrees throughout",
        false => "",
    };
    format!("{first} is the first to differ{agree}{zero}.")
}

/// At how many positions another token is the likeliest.
fn choices(report: &ForwardReport) -> Option<String> {
    let all = &report.logits.top_k;
    let is_other = |it: &&PositionLogits<Vec<TopToken>>| {
        it.a.first().map(|top| top.token) != it.b.first().map(|top| top.token)
    };
    let others = all.iter().filter(is_other).count() as u64;
    (report.logits.equal < 1.0).then(|| match others {
        0 => "The likeliest token is the same at every position.".to_owned(),
        _ => format!(
            "Another token is the likeliest at {others} of {}.",
            counted(all.len() as u64, "position", "positions")
        ),
    })
}
