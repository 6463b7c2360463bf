//! The sentence that a person can quote.

use super::collector::{Checkpoint, Findings};
use crate::format::{Dtype, Encoding, Format};

/// How the checkpoint is stored, and whether its values are finite.
pub(crate) fn headline(checkpoint: &Checkpoint, findings: &Findings, problems: usize) -> String {
    if checkpoint.tensors == 0 {
        return if problems == 0 {
            "No tensors."
        } else {
            "No tensor could be read."
        }
        .to_owned();
    }
    let stored = format!("Stored as {}.", dtypes(checkpoint));
    if findings.finished == 0 {
        return format!("{stored} No tensor has been read.");
    }
    let unread = checkpoint.tensors - findings.finished;
    let read = if unread == 0 {
        String::new()
    } else {
        format!(" {} not read.", counted(unread, "tensor is", "tensors are"))
    };
    format!("{stored} {}{read}", finiteness(checkpoint, findings))
}

/// A format as what values are stored as: "FP32", "signed 8-bit integers".
fn stored_as(name: &str) -> String {
    match Dtype::from_name(name).map(Dtype::format) {
        Some(Format {
            encoding: Encoding::Float(_),
            title,
            ..
        }) => (*title).to_owned(),
        Some(Format {
            encoding: Encoding::Complex(_),
            ..
        }) => "complex numbers".to_owned(),
        Some(format) => format!("{}s", format.title),
        None => name.to_owned(),
    }
}

/// Formats by the bytes they take, the largest first.
fn dtypes(checkpoint: &Checkpoint) -> String {
    let mut left: Vec<_> = checkpoint.dtypes.iter().collect();
    let mut titles = Vec::new();
    // Picked one by one: there are few, and a sort is code to download.
    while let Some(largest) = left.iter().map(|(_, totals)| totals.bytes).max() {
        let at = left.iter().position(|(_, totals)| totals.bytes == largest);
        titles.extend(at.map(|at| stored_as(left.remove(at).0)));
    }
    if titles.len() > 3 {
        let others = titles.split_off(2).len();
        titles.push(format!("{others} other formats"));
    }
    listed(&titles)
}

fn finiteness(checkpoint: &Checkpoint, findings: &Findings) -> String {
    let hold = |values: u64, what: &str, tensors: u64| {
        format!(
            "{} in {} {what}",
            counted(values, "value", "values"),
            counted(tensors, "tensor", "tensors")
        )
    };
    let nan = hold(
        findings.nan,
        if findings.nan == 1 {
            "is NaN"
        } else {
            "are NaN"
        },
        findings.tensors_with_nan,
    );
    let are_infinite = if findings.infinite == 1 {
        "is infinite"
    } else {
        "are infinite"
    };
    let infinite = hold(
        findings.infinite,
        are_infinite,
        findings.tensors_with_infinite,
    );
    match (findings.nan, findings.infinite) {
        (0, 0) if findings.finished < checkpoint.tensors => {
            format!(
                "Every value in the {} is finite.",
                counted(findings.finished, "tensor read", "tensors read")
            )
        }
        (0, 0) => all_finite(checkpoint),
        (_, 0) => format!("{nan}."),
        (0, _) => format!("{infinite}."),
        _ => format!("{nan}, {infinite}."),
    }
}

fn all_finite(checkpoint: &Checkpoint) -> String {
    let tensors = counted(checkpoint.tensors, "tensor", "tensors");
    match checkpoint.parameters {
        0 => format!("There are no values in {tensors}."),
        1 => format!("The one value in {tensors} is finite."),
        values => format!("All {} in {tensors} are finite.", about(values)),
    }
}

fn listed(items: &[String]) -> String {
    match items {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        items => items.concat(),
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// "134.5 million values": rounded to a tenth, half up.
fn about(values: u64) -> String {
    let tenths = |unit: u64| (u128::from(values) * 10 + u128::from(unit) / 2) / u128::from(unit);
    let (tenths, unit) = match values {
        0..1_000_000 => return format!("{} values", grouped(values)),
        1_000_000..1_000_000_000 => (tenths(1_000_000), "million"),
        _ => (tenths(1_000_000_000), "billion"),
    };
    format!(
        "{}.{} {unit} values",
        grouped((tenths / 10) as u64),
        tenths % 10
    )
}

/// With a comma every three digits.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
