//! The tables of the page that are about the checkpoint as a whole.

use crate::ancestry::Label;
use crate::export::casts::{self, CastLine};
use crate::export::decimal::NOTHING;
use crate::export::picture::{Markup, colour};
use crate::export::survey::{Survey, in_order, largest};
use crate::export::words;
use crate::report::{Collector, Overview, PoolReport, bytes, counted, grouped};

/// Modules in the table, those of most values; ten times what models have.
const MODULES: usize = 400;
/// Pools that are told with their evidence.
const POOLS: usize = 60;

/// Begins a table with these titles; those after `|` are of figures.
pub(super) fn begin(titles: &[&str], out: &mut Markup) {
    out.raw("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
    for title in titles {
        match title.strip_prefix('|') {
            Some(title) => out.element("th scope=\"col\" class=\"n\"", title),
            None => out.element("th scope=\"col\"", title),
        }
    }
    out.raw("</tr></thead><tbody>");
}

pub(super) fn end(out: &mut Markup) {
    out.raw("</tbody></table></div>");
}

/// A verdict with its colour.
pub(super) fn verdict(label: Option<Label>, says: &str, out: &mut Markup) {
    let dot = label.map(|_| format!("<i class=\"{}\"></i>", colour(label)));
    list(&dot.unwrap_or_default(), says, out);
}

/// A cell that may break into lines between its parts and not in them; markup of ours goes
/// before the first.
fn list(before: &str, says: &str, out: &mut Markup) {
    if !says.contains(", ") {
        out.raw(&format!("<td>{before}"));
        out.text(says);
        return out.raw("</td>");
    }
    out.raw("<td class=\"list\">");
    for (at, part) in says.split(", ").enumerate() {
        out.raw(if at == 0 { "" } else { ", " });
        out.raw("<span>");
        out.raw(if at == 0 { before } else { "" });
        out.text(part);
        out.raw("</span>");
    }
    out.raw("</td>");
}

/// Which types hold the bytes; a single one is in the headline.
pub(super) fn types(overview: &Overview, out: &mut Markup) {
    let dtypes = &overview.checkpoint.dtypes;
    if dtypes.len() < 2 {
        return;
    }
    out.raw("<div class=\"types\">");
    begin(&["type", "|tensors", "|parameters", "|bytes"], out);
    for (dtype, totals) in dtypes {
        out.raw("<tr>");
        out.element("th scope=\"row\"", dtype);
        for figure in [totals.tensors, totals.parameters, totals.bytes] {
            out.element("td class=\"n\"", &grouped(figure));
        }
        out.raw("</tr>");
    }
    end(out);
    out.raw("</div>");
}

/// What narrower formats would lose.
pub(super) fn casts(report: &Collector, out: &mut Markup) {
    let lines = casts::all(report);
    if lines.is_empty() {
        return;
    }
    out.raw("<h2>What other formats would keep</h2>");
    if let Some(advice) = report.advice() {
        out.raw("<ul class=\"advice\">");
        let says = advice.recommendations.iter().map(|level| &level.says);
        for says in says.chain(&advice.outliers).chain(&advice.f16) {
            out.element("li", says);
        }
        out.raw("</ul>");
    }
    begin(
        &[
            "format",
            "|size",
            "|of now",
            "|SQNR",
            "",
            "|unchanged",
            "|overflow",
            "|to zero",
            "|subnormal",
            "|greatest error",
        ],
        out,
    );
    for line in &lines {
        cast(line, out);
    }
    end(out);
}

fn cast(line: &CastLine, out: &mut Markup) {
    out.raw(&format!("<tr data-cast=\"{}\">", line.key));
    out.element("th scope=\"row\"", &line.title);
    for figure in [&line.size, &line.of_now, &line.sqnr] {
        out.element("td class=\"n\"", figure);
    }
    let class = line
        .level
        .map_or("q4".to_owned(), |level| format!("q{}", 3 - level));
    out.raw("<td><svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    out.rect("wash", [0.0, 0.0, 100.0, 8.0]);
    out.rect(&class, [0.0, 0.0, 100.0 * line.reach, 8.0]);
    out.raw("</svg></td>");
    for (figure, is_loss) in [
        (&line.exact, false),
        (&line.overflow, true),
        (&line.to_zero, false),
        (&line.subnormal, false),
        (&line.max_error, false),
    ] {
        let is_bad = is_loss && figure != "0";
        out.element(
            if is_bad {
                "td class=\"n bad\""
            } else {
                "td class=\"n\""
            },
            figure,
        );
    }
    out.raw("</tr>");
}

/// Verdicts of tensors that are inconclusive alone.
pub(super) fn pools(overview: &Overview, out: &mut Markup) {
    if overview.pools.is_empty() {
        return;
    }
    out.raw("<h2>Taken together</h2><p class=\"sub\">Tensors that are too small to tell alone, by module.</p>");
    for pool in overview.pools.iter().take(POOLS) {
        pool_of(pool, out);
    }
    if overview.pools.len() > POOLS {
        let more = (overview.pools.len() - POOLS) as u64;
        out.element(
            "p class=\"sub\"",
            &format!("{} more in the JSON report.", grouped(more)),
        );
    }
}

fn pool_of(pool: &PoolReport, out: &mut Markup) {
    let verdict = &pool.ancestry;
    out.raw(&format!(
        "<details><summary><i class=\"{}\"></i>",
        colour(Some(verdict.label))
    ));
    out.element("b", words::verdict(Some(verdict.label)));
    out.raw(" ");
    let pattern = if pool.pattern == "*" {
        "all of them"
    } else {
        words::named(pool.pattern)
    };
    out.element("span class=\"code\"", pattern);
    out.text(&format!(", {}", counted(pool.tensors, "tensor", "tensors")));
    out.raw("</summary><ul>");
    for evidence in &verdict.evidence {
        out.element("li", &evidence.says);
    }
    for spot in &verdict.blind_spots {
        out.element("li", spot);
    }
    out.raw("</ul></details>");
}

/// One row a module pattern.
pub(super) fn modules(report: &Collector, survey: &Survey, out: &mut Markup) {
    let sections = report.sections();
    let shown = largest((0..survey.groups.len()).collect(), MODULES, |at| {
        survey.groups[*at].parameters
    });
    let shown = in_order(shown);
    out.raw("<h2>Modules</h2>");
    begin(
        &[
            "module",
            "|tensors",
            "shape",
            "type",
            "|bytes",
            "verdict",
            "|least",
            "|greatest",
            "|not finite",
            "|bits used",
        ],
        out,
    );
    for group in shown.iter().map(|at| &survey.groups[*at]) {
        out.raw("<tr>");
        out.name(
            "th scope=\"row\" class=\"code\"",
            words::named(&report.patterns()[group.pattern]),
        );
        out.element("td class=\"n\"", &grouped(group.tensors));
        list("", &words::shapes(group), out);
        out.element("td", words::stored(group.dtype));
        out.element("td class=\"n\"", &bytes(group.bytes));
        let label = group.by_frequency().first().and_then(|most| most.label);
        let says = if sections.ancestry {
            words::verdicts(group)
        } else {
            NOTHING.to_owned()
        };
        verdict(label, &says, out);
        let [low, high] = match &group.range {
            Some((low, high)) => [low.short(4), high.short(4)],
            None => [NOTHING; 2].map(str::to_owned),
        };
        out.element("td class=\"n\"", &low);
        out.element("td class=\"n\"", &high);
        out.element("td class=\"n\"", &grouped(group.not_finite));
        out.element("td class=\"n\"", &words::bits_used(group));
        out.raw("</tr>");
    }
    end(out);
    let more = (survey.groups.len() - shown.len()) as u64;
    if more > 0 {
        out.element(
            "p class=\"sub\"",
            &format!(
                "{} of fewer values are left out.",
                counted(more, "module", "modules")
            ),
        );
    }
}
