//! A checkpoint on one screen of a model card: GitHub's Markdown without HTML.

mod escape;

use escape::{code, text};

use super::casts::{CastLine, asked};
use super::decimal::{NOTHING, percent};
use super::survey::{Group, Survey, in_order, largest};
use super::words::{self, HOME, VERSION};
use crate::report::{Collector, counted, grouped};

/// Modules in the table: a card is read at a glance. A dense decoder has about twelve,
/// one with experts or a tower for pictures some thirty.
const MODULES: usize = 32;
/// Problems that are told.
const PROBLEMS: usize = 5;

/// All of it; a card is short.
pub(super) fn write(report: &Collector, survey: &Survey, arguments: &str) -> String {
    let overview = report.overview();
    let mut out = format!("{}\n", text(&overview.headline));
    let notes = [
        words::caveat(report).map(|caveat| caveat.says),
        Some(words::size(overview.checkpoint)),
        words::wasted(report),
    ];
    let notes: Vec<String> = notes
        .into_iter()
        .flatten()
        .map(|note| text(&note))
        .collect();
    out.push_str(&format!("{}\n", notes.join(" ")));
    out.push_str(&modules(report, survey));
    out.push_str(&casts(report));
    out.push_str(&problems(report));
    out.push_str(&format!(
        "\nMade by [Floatscope]({HOME}) {VERSION}: {}\n",
        code(&words::command(report, "--markdown -", arguments))
    ));
    out
}

fn modules(report: &Collector, survey: &Survey) -> String {
    if survey.groups.is_empty() {
        return String::new();
    }
    let sections = report.sections();
    let shown: Vec<usize> = largest((0..survey.groups.len()).collect(), MODULES, |at| {
        survey.groups[*at].parameters
    });
    let shown = in_order(shown);
    let mut titles = vec!["module", "tensors", "shape", "type"];
    let mut rule = vec!["---", "---:", "---", "---"];
    if sections.ancestry {
        titles.push("verdict");
        rule.push("---");
    }
    if sections.stats {
        titles.extend(["range", "bits used"]);
        rule.extend(["---", "---:"]);
    }
    let mut out = String::from("\n");
    out.push_str(&line(&titles));
    out.push_str(&line(&rule));
    for at in &shown {
        let group = &survey.groups[*at];
        let mut cells = vec![
            code(&report.patterns()[group.pattern]),
            grouped(group.tensors),
            words::shapes(group),
            words::stored(group.dtype).to_owned(),
        ];
        if sections.ancestry {
            cells.push(words::verdicts(group));
        }
        if sections.stats {
            cells.extend([range(group), words::bits_used(group)]);
        }
        out.push_str(&line(&cells));
    }
    out.push_str(&left_out(survey, &shown));
    out
}

/// "4 more modules with 12 tensors, 0.1 % of the parameters, are left out."
fn left_out(survey: &Survey, shown: &[usize]) -> String {
    let more = survey.groups.len() - shown.len();
    if more == 0 {
        return String::new();
    }
    let sum = |of: fn(&Group) -> u64| -> [u64; 2] {
        let all: u64 = survey.groups.iter().map(of).sum();
        [
            all - shown.iter().map(|at| of(&survey.groups[*at])).sum::<u64>(),
            all,
        ]
    };
    let [tensors, _] = sum(|group| group.tensors);
    let [parameters, all] = sum(|group| group.parameters);
    format!(
        "\n{} with {}, {} of the parameters, {} left out.\n",
        counted(more as u64, "more module", "more modules"),
        counted(tensors, "tensor", "tensors"),
        percent(parameters, all),
        if more == 1 { "is" } else { "are" },
    )
}

/// "−0.51 … 1.05", and what is not finite.
fn range(group: &Group) -> String {
    let range = match &group.range {
        Some((low, high)) => format!("{} … {}", low.short(3), high.short(3)),
        None => NOTHING.to_owned(),
    };
    match group.not_finite {
        0 => range,
        values => format!(
            "{range}, **{} not finite**",
            counted(values, "value", "values")
        ),
    }
}

/// What narrower formats would lose.
fn casts(report: &Collector) -> String {
    let lines = asked(report);
    let mut out = String::new();
    if !lines.is_empty() {
        out.push_str("\nWhat the values would be in other formats:\n\n");
        out.push_str(&line(&[
            "format",
            "size",
            "of now",
            "SQNR",
            "unchanged",
            "overflow",
            "to zero",
        ]));
        out.push_str(&line(&[
            "---", "---:", "---:", "---:", "---:", "---:", "---:",
        ]));
    }
    for CastLine {
        title,
        size,
        of_now,
        sqnr,
        exact,
        overflow,
        to_zero,
        ..
    } in lines
    {
        out.push_str(&line(&[
            title, size, of_now, sqnr, exact, overflow, to_zero,
        ]));
    }
    if let Some(advice) = report.advice() {
        let says = advice.recommendations.iter().map(|level| &level.says);
        let says: Vec<&String> = says.chain(&advice.outliers).collect();
        if !says.is_empty() {
            out.push('\n');
        }
        for says in says {
            out.push_str(&format!("- {}\n", text(says)));
        }
    }
    out
}

fn problems(report: &Collector) -> String {
    let problems = report.overview().problems;
    if problems.is_empty() {
        return String::new();
    }
    let count = problems.len() as u64;
    let mut out = format!("\n{}:\n\n", counted(count, "problem", "problems"));
    for problem in problems.iter().take(PROBLEMS) {
        out.push_str(&format!("- {}\n", text(&words::problem(problem))));
    }
    if problems.len() > PROBLEMS {
        out.push_str(&format!(
            "- and {} more\n",
            grouped(count - PROBLEMS as u64)
        ));
    }
    out
}

fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let mut out = String::from("|");
    for cell in cells {
        out.push_str(&format!(" {} |", cell.as_ref()));
    }
    out + "\n"
}
