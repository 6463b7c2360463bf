//! The sentences that a person can quote.

use super::{Accumulate, Figures, Settings, TensorFigures};
use crate::ancestry::prose::percent;
use crate::checkpoint::shown;
use crate::report::{counted, grouped, listed};

/// Tensors that are named.
const MOST: usize = 3;

/// How many outputs change, and where most.
pub(super) fn headline(settings: &Settings, total: &Figures, tensors: &[&TensorFigures]) -> String {
    if tensors.is_empty() {
        return "There is nothing to multiply.".to_owned();
    }
    let mut sentences = vec![changes(settings, total)];
    sentences.extend(finite_under_one(total));
    sentences.extend(most_sensitive(tensors));
    sentences.join(" ")
}

/// "Summing in BF16 instead of FP32 changes 63.1 % of 1,234,567 outputs rounded to BF16."
fn changes(settings: &Settings, total: &Figures) -> String {
    let [a, b] = [settings.a, settings.b].map(Accumulate::title);
    let changed = [&total.rounded, &total.sums].map(|apart| apart.changed(total.outputs));
    let does = match changed {
        [0, 0] => format!("none of {}", outputs(total.outputs)),
        [0, sums] => {
            let share = share(sums, total.outputs);
            format!("{share} in FP32, and none that is rounded to BF16")
        }
        [rounded, _] => format!("{} rounded to BF16", share(rounded, total.outputs)),
    };
    format!("Summing in {b} instead of {a} changes {does}.")
}

/// "63.1 % of 35,840 outputs", or how many there are where it is less than a tenth of a percent.
fn share(part: u64, all: u64) -> String {
    let share = part as f64 / all as f64;
    let part = match share {
        0.001.. => percent(share),
        _ => grouped(part),
    };
    format!("{part} of {}", outputs(all))
}

fn outputs(count: u64) -> String {
    counted(count, "output", "outputs")
}

fn finite_under_one(total: &Figures) -> Option<String> {
    let one_alone = total.sums.finite_under_one(total.outputs);
    (one_alone > 0).then(|| match one_alone {
        1 => "1 output is finite under one of both alone.".to_owned(),
        _ => format!(
            "{} outputs are finite under one of both alone.",
            grouped(one_alone)
        ),
    })
}

fn most_sensitive(tensors: &[&TensorFigures]) -> Option<String> {
    let differs = |tensor: &&&TensorFigures| {
        let figures = &tensor.figures;
        figures.sums.changed(figures.outputs) > 0
    };
    let worst = tensors.iter().filter(differs).take(MOST);
    let names: Vec<String> = worst.map(|tensor| shown(&tensor.name)).collect();
    (tensors.len() > 1 && !names.is_empty()).then(|| format!("Most sensitive: {}.", listed(&names)))
}
