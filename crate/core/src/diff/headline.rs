//! The sentences that a person can quote.

use super::Collected;
use crate::report::{counted, grouped, listed};

/// Explanations that are told one by one.
const MOST: usize = 3;

/// What was compared, what is the same, what explains the rest, and what is missing.
pub(super) fn headline(report: &Collected) -> String {
    let overview = report.counts();
    let compared = overview.compared;
    let mut sentences = Vec::new();
    let missing = missing(report);
    if report.is_empty() {
        sentences.push(match missing.is_empty() {
            true => "There is nothing to compare.".to_owned(),
            false => "No tensor of A can be compared with one of B.".to_owned(),
        });
    } else if compared == 0 {
        sentences.push("No tensor has been compared.".to_owned());
    } else if overview.identical == report.len() as u64
        && overview.failed == 0
        && missing.is_empty()
    {
        let all = match compared {
            1 => "the one tensor is".to_owned(),
            2 => "both tensors are".to_owned(),
            _ => format!("all {} are", counted(compared, "tensor", "tensors")),
        };
        sentences.push(format!(
            "A and B are identical: {all} the same, bit for bit."
        ));
    } else {
        // What most of them are comes first.
        if overview.identical >= overview.equal + overview.explained {
            sentences.extend(same(report, false));
            sentences.extend(explained(report));
        } else {
            sentences.extend(explained(report));
            sentences.extend(same(report, true));
        }
        sentences.extend(other_zeros(report));
        sentences.extend(unexplained(report));
    }
    sentences.extend((!missing.is_empty()).then(|| format!("{}.", listed(&missing))));
    let failed = overview.failed;
    if failed > 0 {
        sentences.push(format!(
            "{} not compared.",
            counted(failed, "tensor was", "tensors were")
        ));
    }
    sentences.join(" ")
}

/// "200 of 273 tensors", or "all 273 tensors".
fn share(part: u64, all: u64) -> String {
    match (part == all, all) {
        (true, 1) => "the one tensor".to_owned(),
        (true, 2) => "both tensors".to_owned(),
        (true, _) => format!("all {}", counted(all, "tensor", "tensors")),
        _ => format!("{} of {}", grouped(part), counted(all, "tensor", "tensors")),
    }
}

/// "200 of 273 tensors are identical, bit for bit."
fn same(report: &Collected, is_second: bool) -> Option<String> {
    let counts = report.counts();
    (counts.identical > 0).then(|| {
        let all = match is_second {
            true => grouped(counts.identical),
            false => capital(&share(counts.identical, counts.compared)),
        };
        let verb = if counts.identical == 1 { "is" } else { "are" };
        format!("{all} {verb} identical, bit for bit.")
    })
}

/// "B is A rounded to the nearest BF16 in 271 of 273 tensors, rounded to the nearest FP16, then to BF16 in 2."
fn explained(report: &Collected) -> Option<String> {
    let compared = report.counts().compared;
    let told: Vec<_> = report
        .explanations()
        .iter()
        .filter(|explained| explained.conversion != "identity")
        .collect();
    let (first, others) = told.split_first()?;
    let mut sentence = match first.tensors == compared {
        true if compared == 1 => first.says.clone(),
        true => format!("{}, in {}", first.says, share(compared, compared)),
        false => format!("{} in {}", first.says, share(first.tensors, compared)),
    };
    for other in others.iter().take(MOST - 1) {
        let start = &first.says[..first.says.len().min("B is A ".len())];
        let says = other.says.strip_prefix(start).unwrap_or(&other.says);
        sentence.push_str(&format!("; {says} in {}", grouped(other.tensors)));
    }
    let rest = others.iter().skip(MOST - 1);
    let left: u64 = rest.map(|explained| explained.tensors).sum();
    if left > 0 {
        sentence.push_str(&format!("; otherwise in {}", grouped(left)));
    }
    Some(format!("{sentence}."))
}

/// How many tensors are equal but for the signs of zeros.
fn other_zeros(report: &Collected) -> Option<String> {
    let count = report.other_zeros();
    (count > 0).then(|| {
        let all = capital(&share(count, report.counts().compared));
        let verb = if count == 1 { "has" } else { "have" };
        format!("{all} {verb} equal values, with zeros of the other sign.")
    })
}

/// How many tensors no conversion explains, and what they look like where that is one thing.
fn unexplained(report: &Collected) -> Option<String> {
    let counts = report.counts();
    if counts.unexplained == 0 {
        return None;
    }
    let all = share(counts.unexplained, counts.compared);
    let verb = match counts.unexplained {
        1 => "differs",
        _ => "differ",
    };
    let mut sentence = format!("{} {verb}, and no conversion explains it", capital(&all));
    let mut looks = report.looks();
    if let Some((like, says)) = looks.next() {
        let is_one = counts.unexplained == 1;
        if is_one {
            sentence.push_str(&format!(": {says}"));
        } else if report.looks().count() as u64 == counts.unexplained
            && looks.all(|(other, _)| other == like)
        {
            // Integers have none: what is said of all must be known of all.
            sentence.push_str(all_like(like));
        }
    }
    Some(format!("{sentence}."))
}

fn all_like(like: &str) -> &'static str {
    match like {
        "few_values" => ": a few values in each",
        "permuted_rows" => ": the same rows in another order",
        "few_rows" => ": a few rows in each",
        "one_ulp" => ": by 1 ULP at most, as another rounding would",
        "constant_factor" => ": each looks like a constant factor",
        "low_rank" => ": each looks like a low-rank update (an estimate)",
        _ => "",
    }
}

/// Names and shapes that do not match.
fn missing(report: &Collected) -> Vec<String> {
    let [only_a, only_b] = report.only();
    let shapes = report.shape_mismatch().len() as u64;
    let mut missing = Vec::new();
    for (names, side) in [(only_a, "A"), (only_b, "B")] {
        if !names.is_empty() {
            let tensors = counted(names.len() as u64, "tensor is", "tensors are");
            missing.push(format!("{tensors} only in {side}"));
        }
    }
    if shapes > 0 {
        missing.push(format!(
            "{} of two shapes",
            counted(shapes, "tensor is", "tensors are")
        ));
    }
    missing
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}
