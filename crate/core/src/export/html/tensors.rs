//! The tensors of the page: pictures of those that are worth it, and a table of all.

use super::tables::{self, verdict};
use crate::export::csv::parts;
use crate::export::decimal::short;
use crate::export::entry::{Object, list, text};
use crate::export::picture::{Markup, colour, spectrum};
use crate::export::words;
use crate::report::{Collector, bytes, grouped};

/// Tensors with their spectrum and their evidence, folded.
pub(super) fn notable(report: &Collector, chosen: &[usize], out: &mut Markup) {
    if chosen.is_empty() {
        return;
    }
    out.raw("<h2>Tensors to look at</h2><p class=\"sub\">Those with values that are not finite, and of each module the largest of each verdict. A picture counts values by binade, 2ᵏ ≤ |x| &lt; 2ᵏ⁺¹, above the ranges of the formats.</p>");
    for index in chosen {
        details(report, *index, out);
    }
}

fn details(report: &Collector, index: usize, out: &mut Markup) {
    let (Some(json), Some((_, tensor, _))) = (report.tensor_json(index), report.tensor(index))
    else {
        return;
    };
    let entry = Object::of(&json);
    let ancestry = entry.object("ancestry");
    let label = words::label(ancestry.get("label"));
    out.raw("<details><summary>");
    if label.is_some() {
        out.raw(&format!("<i class=\"{}\"></i>", colour(label)));
        out.element("b", words::verdict(label));
        out.raw(" ");
    }
    let called = words::named(&tensor.name);
    out.element("span class=\"code\"", called);
    let about = format!(
        ", {}, {}, {}",
        words::stored(tensor.dtype),
        words::shape(&tensor.shape),
        bytes(tensor.bytes())
    );
    out.text(&about);
    out.raw("</summary>");
    if report.sections().stats {
        for part in parts(report, index) {
            let name = match *part {
                "re" => " (real parts)",
                "im" => " (imaginary parts)",
                _ => "",
            };
            let says = format!("Counts of values by binade of {called}{name}");
            spectrum(
                &entry.object("exponents").part(part),
                tensor.dtype,
                &says,
                out,
            );
        }
    }
    out.raw("<ul>");
    for evidence in list(ancestry.get("evidence")) {
        out.element("li", &text(Object::of(evidence).get("says")));
    }
    for spot in list(ancestry.get("blind_spots")) {
        out.element("li", &text(spot));
    }
    out.raw("</ul></details>");
}

/// Begins the table of all tensors.
pub(super) fn begin_table(report: &Collector, out: &mut Markup) {
    let finished = report.finished();
    out.element(
        "h2",
        &match finished {
            1 => "The tensor".to_owned(),
            count => format!("All {} tensors", grouped(count)),
        },
    );
    tables::begin(
        &[
            "tensor",
            "type",
            "shape",
            "|bytes",
            "verdict",
            "|least",
            "|greatest",
            "|mean",
            "|std",
            "|zeros",
            "|NaN",
            "|infinite",
            "|bits used",
        ],
        out,
    );
}

/// The row of a tensor, two for a complex one; nothing where it was not read.
pub(in crate::export) fn row(report: &Collector, index: usize) -> String {
    let (Some(json), Some((_, tensor, _))) = (report.tensor_json(index), report.tensor(index))
    else {
        return String::new();
    };
    let entry = Object::of(&json);
    let (stats, bits) = (entry.object("stats"), entry.object("bits"));
    let label = words::label(entry.object("ancestry").get("label"));
    let mut out = Markup::default();
    for part in parts(report, index) {
        let (stats, bits) = (stats.part(part), bits.part(part));
        let name = match *part {
            "" => words::named(&tensor.name).to_owned(),
            part => format!("{} ({part})", words::named(&tensor.name)),
        };
        out.raw("<tr>");
        out.name("th scope=\"row\" class=\"code\"", &name);
        out.element("td", words::stored(tensor.dtype));
        out.element("td", &words::shape(&tensor.shape));
        out.element("td class=\"n\"", &bytes(tensor.bytes()));
        verdict(label, words::verdict(label), &mut out);
        for key in ["min", "max", "mean", "std", "zeros", "nan"] {
            out.element("td class=\"n\"", &short(stats.get(key), 4));
        }
        out.element(
            "td class=\"n\"",
            &grouped(stats.count("pos_inf") + stats.count("neg_inf")),
        );
        let bound = if bits.get("exact") == "false" {
            "≤ "
        } else {
            ""
        };
        out.element(
            "td class=\"n\"",
            &format!("{bound}{}", short(bits.get("joint_entropy"), 3)),
        );
        out.raw("</tr>\n");
    }
    out.take()
}
