//! The sentences that a person can quote.

use super::SampleTotals;
use super::checkpoint::Checkpoint;
use super::findings::Findings;
use super::words::{about, bytes, counted, grouped, limited, listed};
use crate::ancestry::Label;
use crate::format::{Dtype, Encoding, Format};

/// Labels that say little; what is of them is told last, in this order.
const LAST: [Label; 4] = [
    Label::Constant,
    Label::Empty,
    Label::Inconclusive,
    Label::NotFloat,
];

/// More kinds than this are summed up.
const MOST_CLAUSES: usize = 6;

/// Values from which on a native tensor is told to be native as a rule.
const ENOUGH_VALUES: u64 = 100_000;

/// How the checkpoint is stored, what its tensors are, what it wastes, and whether
/// its values are finite.
///
/// `stored` are the forms that its bytes have, each with their number.
pub(crate) fn headline(
    checkpoint: &Checkpoint,
    stored: &[(String, u64)],
    findings: &Findings,
    problems: usize,
    with_ancestry: bool,
    sample: Option<SampleTotals>,
) -> String {
    if checkpoint.tensors == 0 {
        return if problems == 0 {
            "No tensors."
        } else {
            "No tensor could be read."
        }
        .to_owned();
    }
    let mut sentences = vec![format!("Stored as {}.", forms(stored))];
    if findings.finished == 0 {
        sentences.push("No tensor has been read.".to_owned());
        return sentences.join(" ");
    }
    let origin = with_ancestry.then(|| ancestry(checkpoint, findings));
    let by_sample = |sentence: String| match sample {
        Some(sample) => by_sample(sample, &sentence),
        None => sentence,
    };
    match origin.flatten() {
        Some(origin) => {
            sentences.push(by_sample(origin));
            let wasted = wasted(checkpoint, findings);
            sentences.extend(wasted.map(|wasted| match sample {
                // As many as the sample's share stands for.
                Some(_) => format!("About {wasted}"),
                None => wasted,
            }));
            sentences.extend(not_finite(findings, sample.is_some()));
        }
        None => sentences.push(by_sample(finiteness(checkpoint, findings, sample))),
    }
    let left_out = sample.map_or(0, |sample| sample.left_out);
    if left_out > 0 {
        let left_out = counted(left_out, "tensor is", "tensors are");
        sentences.push(format!(
            "{left_out} left out, others of a kind stand for them."
        ));
    }
    let unread = checkpoint.tensors - findings.finished - left_out;
    if unread > 0 {
        let unread = counted(unread, "tensor is", "tensors are");
        sentences.push(format!("{unread} not read."));
    }
    sentences.join(" ")
}

/// "By a sample of 8.4 MB of 269.0 MB, …".
fn by_sample(sample: SampleTotals, sentence: &str) -> String {
    let (read, all) = (bytes(sample.bytes), bytes(sample.of));
    limited(&format!("By a sample of {read} of {all}"), sentence)
}

/// A format as what values are stored as: "FP32", "signed 8-bit integers".
pub(crate) fn stored_as(name: &str) -> String {
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

/// Forms by the bytes they take, the largest first.
fn forms(stored: &[(String, u64)]) -> String {
    let mut left: Vec<&(String, u64)> = stored.iter().collect();
    let mut titles = Vec::new();
    // Picked one by one: there are few, and a sort is code to download.
    while let Some(largest) = left.iter().map(|form| form.1).max() {
        let at = left.iter().position(|form| form.1 == largest);
        titles.extend(at.map(|at| left.remove(at).0.clone()));
    }
    if titles.len() > 3 {
        let others = titles.split_off(2).len();
        titles.push(format!("{others} other formats"));
    }
    listed(&titles)
}

/// "210 of 273 tensors are native, 2 passed through FP16, 61 are too small to
/// tell."; nothing where there is no tensor that could have a history.
fn ancestry(checkpoint: &Checkpoint, findings: &Findings) -> Option<String> {
    let own = |label| findings.own.of(label).tensors;
    let without_history = own(Label::NotFloat) + own(Label::Empty);
    if without_history == findings.finished {
        return None;
    }
    let clauses = clauses(findings);
    let all = match findings.finished {
        finished if finished < checkpoint.tensors => {
            counted(finished, "tensor read", "tensors read")
        }
        finished => counted(finished, "tensor", "tensors"),
    };
    let mut said = Vec::new();
    for (at, (tensors, what)) in clauses.iter().enumerate() {
        said.push(match (at, *tensors == findings.finished, tensors) {
            (0, true, 1) => format!("The one {} {what}", &all["1 ".len()..]),
            (0, true, 2) => format!("Both {} {what}", &all["2 ".len()..]),
            (0, true, _) => format!("All {all} {what}"),
            (0, false, _) => format!("{} of {all} {what}", grouped(*tensors)),
            _ => format!("{} {what}", grouped(*tensors)),
        });
    }
    Some(format!("{}.", said.join(", ")))
}

/// How many tensors are what, most telling first.
fn clauses(findings: &Findings) -> Vec<(u64, String)> {
    let mut clauses = Vec::new();
    let mut others = 0;
    for layout in &findings.layouts {
        others += layout.others;
        if layout.codes > 0 {
            clauses.push((
                layout.codes,
                verb(layout.codes, "holds", "hold", &layout.title),
            ));
        }
    }
    if others > 0 {
        let scales = verb(others, "goes", "go", "with these as scales and the like");
        clauses.push((others, scales));
    }
    let telling = Label::ALL.iter().filter(|label| !LAST.contains(label));
    for &label in telling.chain(&LAST) {
        let tensors = findings.own.of(label).tensors;
        if tensors > 0 {
            let is_small = findings.largest_inconclusive < ENOUGH_VALUES;
            clauses.push((tensors, is(label, tensors, is_small)));
        }
    }
    if clauses.len() > MOST_CLAUSES {
        let rest = clauses.split_off(MOST_CLAUSES - 1);
        let rest = rest.iter().map(|(tensors, _)| tensors).sum();
        clauses.push((rest, verb(rest, "is", "are", "something else")));
    }
    clauses
}

/// What tensors of a label are: "are native", "passed through FP16".
fn is(label: Label, tensors: u64, is_small: bool) -> String {
    let title = label.title();
    match label {
        Label::F16 | Label::Bf16 | Label::Tf32 | Label::F32 => format!("passed through {title}"),
        Label::FewLevels => verb(tensors, "has", "have", "only a few levels"),
        Label::Arithmetic => verb(
            tensors,
            "was",
            "were",
            "averaged or updated in the stored type",
        ),
        // Integers and booleans, but complex numbers and scales, too.
        Label::NotFloat => verb(tensors, "is", "are", "not judged"),
        Label::Inconclusive if is_small => verb(tensors, "is", "are", "too small to tell"),
        Label::Native
        | Label::Inconclusive
        | Label::Unexplained
        | Label::Constant
        | Label::Empty
        | Label::Mixed => verb(tensors, "is", "are", title),
        _ => verb(tensors, "is", "are", &format!("dequantised {title}")),
    }
}

fn verb(tensors: u64, one: &str, many: &str, what: &str) -> String {
    format!("{} {what}", if tensors == 1 { one } else { many })
}

/// "2.1 GB of its 4.2 GB carry nothing: it fits BF16."; nothing under one in a hundred.
fn wasted(checkpoint: &Checkpoint, findings: &Findings) -> Option<String> {
    if findings.wasted_bytes == 0 || findings.wasted_bytes < checkpoint.bytes / 100 {
        return None;
    }
    let fits = fits(findings)
        .map(|fits| format!(": {fits}"))
        .unwrap_or_default();
    let (wasted, all) = (bytes(findings.wasted_bytes), bytes(checkpoint.bytes));
    Some(format!("{wasted} of its {all} carry nothing{fits}."))
}

/// "it fits BF16", "3 tensors fit BF16, 1 another smaller form".
fn fits(findings: &Findings) -> Option<String> {
    let forms = &findings.smaller;
    let largest = forms.iter().map(|form| form.wasted_bytes).max()?;
    let main = forms.iter().find(|form| form.wasted_bytes == largest)?;
    if main.tensors == findings.finished {
        return Some(format!("it fits {}", main.form));
    }
    let fitting = counted(main.tensors, "tensor fits", "tensors fit");
    let others: u64 = forms.iter().map(|form| form.tensors).sum::<u64>() - main.tensors;
    Some(match others {
        0 => format!("{fitting} {}", main.form),
        others => {
            let form = if others == 1 {
                "another smaller form"
            } else {
                "other smaller forms"
            };
            format!("{fitting} {}, {} {form}", main.form, grouped(others))
        }
    })
}

/// What is not finite: "2 values in 1 tensor are NaN."
fn not_finite(findings: &Findings, is_estimate: bool) -> Option<String> {
    let hold = |values: u64, what: &str, tensors: u64| {
        let about = if is_estimate { "About " } else { "" };
        let values = format!("{about}{}", counted(values, "value", "values"));
        let tensors = counted(tensors, "tensor", "tensors");
        format!("{values} in {tensors} {what}")
    };
    let are = |values, what| verb(values, "is", "are", what);
    let nan = hold(
        findings.nan,
        &are(findings.nan, "NaN"),
        findings.tensors_with_nan,
    );
    let infinite = hold(
        findings.infinite,
        &are(findings.infinite, "infinite"),
        findings.tensors_with_infinite,
    );
    match (findings.nan, findings.infinite) {
        (0, 0) => None,
        (_, 0) => Some(format!("{nan}.")),
        (0, _) => Some(format!("{infinite}.")),
        _ => Some(format!(
            "{nan}, {}.",
            infinite.replacen("About", "about", 1)
        )),
    }
}

fn finiteness(
    checkpoint: &Checkpoint,
    findings: &Findings,
    sample: Option<SampleTotals>,
) -> String {
    not_finite(findings, sample.is_some()).unwrap_or_else(|| {
        if sample.is_some() {
            "Every value that was read is finite.".to_owned()
        } else if findings.finished < checkpoint.tensors {
            let read = counted(findings.finished, "tensor read", "tensors read");
            format!("Every value in the {read} is finite.")
        } else {
            all_finite(checkpoint)
        }
    })
}

fn all_finite(checkpoint: &Checkpoint) -> String {
    let tensors = counted(checkpoint.tensors, "tensor", "tensors");
    match checkpoint.parameters {
        0 => format!("There are no values in {tensors}."),
        1 => format!("The one value in {tensors} is finite."),
        values => format!("All {} values in {tensors} are finite.", about(values)),
    }
}

#[cfg(test)]
mod tests;
