//! The report as one static page: a sentence first, then pictures and tables. It has no
//! script, asks for nothing, and says so in its policy.

mod tables;
mod tensors;

use super::picture::{MapPicture, Markup, Share, colour, module_map, share_bar};
use super::survey::Survey;
use super::words::{self, HOME, VERSION};
use crate::report::{Collector, Overview, counted, grouped};

pub(super) use tensors::row;

/// Rows of the table of all tensors. So many are two megabytes, which every browser lays out
/// within a second or two; a hundred thousand would be forty, and no one would see the end of it.
pub(super) const ROWS: usize = 5000;
/// Tensors with a picture, five kilobytes each.
const NOTABLE: usize = 40;
/// Problems that are told.
const PROBLEMS: usize = 50;

/// The style, and its hash for the policy, in base64: without the right one browsers leave the
/// style out, which `tests/browser/exports.test.mjs` looks at.
const STYLE: &str = include_str!("html/style.css");
const STYLE_HASH: &str = "PXU5y7u8X+ganuFVdBlaQW4MJ2EtWL0lzRgaMK7vbRE=";

/// Everything above the rows of the table of all tensors.
pub(super) fn head(report: &Collector, survey: &Survey) -> String {
    let overview = report.overview();
    let mut out = Markup::default();
    begin(&overview, &mut out);
    out.raw("<main>");
    summary(report, &overview, &mut out);
    problems(&overview, &mut out);
    if report.sections().ancestry && report.len() > 1 {
        out.raw("<h2>Modules and layers</h2>");
        let labels = &survey.labels;
        module_map(&MapPicture { report, labels }, &mut out);
    }
    tables::casts(report, &mut out);
    tables::pools(&overview, &mut out);
    tables::modules(report, survey, &mut out);
    tensors::notable(report, &survey.notable(NOTABLE), &mut out);
    tensors::begin_table(report, &mut out);
    out.take()
}

fn begin(overview: &Overview, out: &mut Markup) {
    out.raw(&format!(
        "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <meta name=\"generator\" content=\"Floatscope {VERSION}\"/>\n"
    ));
    let name = &overview.checkpoint.name;
    out.element("title", &format!("{name} · Floatscope"));
    out.raw(&format!(
        "\n<style>{STYLE}</style>\n</head>\n<body>\n<header><b>Floatscope</b>"
    ));
    out.element("span class=\"code\"", name);
    out.raw("</header>\n");
}

/// The headline, what it is about, and the shares of the verdicts.
fn summary(report: &Collector, overview: &Overview, out: &mut Markup) {
    let is_long = overview.headline.chars().count() > 130;
    out.element(
        if is_long { "h1 class=\"long\"" } else { "h1" },
        &overview.headline,
    );
    let mut sub = words::size(overview.checkpoint);
    for more in [
        words::caveat(report).map(|caveat| caveat.says),
        words::wasted(report),
    ] {
        sub.extend(more.map(|more| format!(" {more}")));
    }
    out.element("p class=\"sub\"", &sub);
    if report.sections().ancestry {
        let shares = overview.ancestry.each().map(|(label, totals)| Share {
            colour: colour(Some(label)),
            size: totals.parameters,
            amount: crate::report::about(totals.parameters),
            text: format!(
                "{}, {}",
                words::verdict(Some(label)),
                counted(totals.tensors, "tensor", "tensors")
            ),
        });
        share_bar("Parameters by verdict", &shares.collect::<Vec<_>>(), out);
    }
    tables::types(overview, out);
}

fn problems(overview: &Overview, out: &mut Markup) {
    let problems = overview.problems;
    if problems.is_empty() {
        return;
    }
    let count = problems.len() as u64;
    out.element("h2", &counted(count, "problem", "problems"));
    out.raw("<ul class=\"problems\">");
    for problem in problems.iter().take(PROBLEMS) {
        out.element("li", &words::problem(problem));
    }
    if problems.len() > PROBLEMS {
        out.element(
            "li",
            &format!("and {} more", grouped(count - PROBLEMS as u64)),
        );
    }
    out.raw("</ul>");
}

/// Everything below them.
pub(super) fn tail(report: &Collector, arguments: &str) -> String {
    let mut out = Markup::default();
    out.raw("</tbody></table></div>");
    let more = report.len().saturating_sub(ROWS) as u64;
    if more > 0 {
        let tensors = counted(more, "more tensor", "more tensors");
        out.element(
            "p class=\"sub\"",
            &format!("{tensors}, and every other figure, are in the JSON report and the CSV."),
        );
    }
    out.raw("\n</main>\n<footer><p>Every figure is exact unless it says otherwise; ≤ is an upper bound. That no trace is found proves nothing: merging and training on erase them.</p><p>Made by <a href=\"");
    out.text(HOME);
    out.raw(&format!("\">Floatscope</a> {VERSION}: "));
    out.element(
        "code",
        &words::command(report, "--html report.html", arguments),
    );
    out.raw("</p></footer>\n</body>\n</html>\n");
    out.take()
}
