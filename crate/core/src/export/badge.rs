//! A small picture with the verdict in a few words, for the top of a model card.

use super::picture::{Markup, colour_on_white};
use super::words;
use crate::ancestry::Label;
use crate::report::{Collector, Totals};

/// What stands on the left.
const SUBJECT: &str = "weights";
/// Behind the type of most bytes, where others have more than a twentieth of them.
const OTHERS: &str = " and others";
/// Pixels.
const HEIGHT: u32 = 20;
const MARGIN: u32 = 7;
/// The four bars of the mark, and the room behind them.
const MARK: u32 = 17;

/// The picture. It has no script and asks for nothing, so that it may stand anywhere.
pub(super) fn write(report: &Collector) -> String {
    let (says, label) = says(report);
    let (left, right) = (width(SUBJECT), width(&says));
    let middle = MARGIN + MARK + left + MARGIN;
    let whole = middle + MARGIN + right + MARGIN;
    let mut out = Markup::default();
    out.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"{HEIGHT}\" viewBox=\"0 0 {whole} {HEIGHT}\" role=\"img\" aria-label=\""
    ));
    out.text(&format!("{SUBJECT}: {says}"));
    out.raw("\"><title>");
    out.text(&format!("{SUBJECT}: {says}"));
    out.raw("</title>");
    // Each half is round at its own end alone.
    let edge = middle - 4;
    out.raw(&format!(
        "<path fill=\"#3a3e44\" d=\"M4 0H{middle}V{HEIGHT}H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z\"/>\
         <path fill=\"{}\" d=\"M{middle} 0h{}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-{}z\"/>",
        colour_on_white(label),
        whole - edge - 8,
        whole - edge - 8,
    ));
    for (at, height) in [4, 9, 11, 6].into_iter().enumerate() {
        let x = MARGIN + 3 * at as u32;
        out.raw(&format!(
            "<path fill=\"#fff\" fill-opacity=\".8\" d=\"M{x} {}h2v{height}h-2z\"/>",
            16 - height
        ));
    }
    out.raw(
        "<g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,Geneva,sans-serif\" font-size=\"11\">",
    );
    for (x, width, text) in [
        (MARGIN + MARK, left, SUBJECT),
        (middle + MARGIN, right, &says),
    ] {
        out.raw(&format!("<text x=\"{x}\" y=\"14\" textLength=\"{width}\">"));
        out.text(text);
        out.raw("</text>");
    }
    out.raw("</g></svg>\n");
    out.take()
}

/// A few words, and the verdict that gives the colour.
fn says(report: &Collector) -> (String, Option<Label>) {
    let stored = report.stored();
    let largest = stored.iter().map(|form| form.1).max();
    let Some((form, bytes)) = stored.iter().find(|form| Some(form.1) == largest) else {
        return ("nothing to read".to_owned(), None);
    };
    let all: u128 = stored.iter().map(|form| u128::from(form.1)).sum();
    let form = &match u128::from(*bytes) * 100 < all * 95 {
        true => format!("{form}{OTHERS}"),
        false => form.clone(),
    };
    let totals = report.labels();
    let (mut says, label) = match report.sections().ancestry {
        true => of_labels(form, totals),
        false => (form.clone(), None),
    };
    if let Some(caveat) = words::caveat(report) {
        says = format!("{says}, {}", caveat.short);
    }
    (says, label)
}

/// By the share of the values that have a verdict in common. Five in a hundred may be
/// something else, as the values of a tensor may.
fn of_labels(form: &str, totals: &Totals) -> (String, Option<Label>) {
    let is_float = |label: Label| !matches!(label, Label::NotFloat | Label::Empty);
    let floats = || totals.each().filter(|(label, _)| is_float(*label));
    let all: u64 = floats().map(|(_, sums)| sums.parameters).sum();
    let share = |label: Label| match all {
        0 => 0,
        all => (u128::from(totals.of(label).parameters) * 100 / u128::from(all)) as u64,
    };
    let is_telling =
        |label: &Label| !matches!(label, Label::Native | Label::Inconclusive | Label::Constant);
    let labels = || floats().map(|(label, _)| label);
    let main = labels().fold(None, |best: Option<Label>, label| match best {
        Some(best) if share(best) >= share(label) => Some(best),
        _ => Some(label),
    });
    let Some(main) = main else {
        return (form.to_owned(), None);
    };
    if share(main) >= 95 {
        return (whole(form, main), Some(main));
    }
    let telling = labels()
        .filter(is_telling)
        .fold(None, |best: Option<Label>, label| match best {
            Some(best) if share(best) >= share(label) => Some(best),
            _ => Some(label),
        });
    let named = telling.filter(|label| share(*label) > 0).unwrap_or(main);
    let percent = format!("{} %", share(named));
    match named {
        Label::Native if !form.ends_with(OTHERS) => {
            (format!("{percent} native {form}"), Some(named))
        }
        Label::F16 | Label::Bf16 | Label::Tf32 | Label::F32 => (
            format!("{form}, {percent} via {}", named.title()),
            Some(named),
        ),
        label => (
            format!("{form}, {percent} {}", words::verdict(Some(label))),
            Some(label),
        ),
    }
}

/// All of it is one thing.
fn whole(form: &str, label: Label) -> String {
    let title = words::verdict(Some(label));
    match label {
        Label::Native if !form.ends_with(OTHERS) => format!("native {form}"),
        Label::F16 | Label::Bf16 | Label::Tf32 | Label::F32 => format!("{form} via {title}"),
        Label::Native
        | Label::Inconclusive
        | Label::Unexplained
        | Label::Constant
        | Label::Mixed
        | Label::FewLevels
        | Label::Arithmetic
        | Label::NotFloat
        | Label::Empty => format!("{form}, {title}"),
        _ => format!("{title} stored as {form}"),
    }
}

/// Pixels of a text in 11 px Verdana, which the reader's font is stretched to.
fn width(text: &str) -> u32 {
    let tenths: u32 = text.chars().map(tenths).sum();
    tenths.div_ceil(10)
}

/// Tenths of a pixel of a character in 11 px Verdana.
fn tenths(character: char) -> u32 {
    match character {
        'i' | 'j' | 'l' => 31,
        ' ' | '.' | ',' | 'f' | 't' => 41,
        'I' | '(' | ')' | 'r' | '/' | '-' => 49,
        'c' | 's' | 'k' | 'v' | 'x' | 'y' | 'z' | 'J' => 60,
        'a' | 'e' | 'F' | 'L' => 65,
        '0'..='9' | 'b' | 'd' | 'g' | 'h' | 'n' | 'o' | 'p' | 'q' | 'u' | 'E' | 'P' | 'T' => 70,
        'A' | 'B' | 'C' | 'K' | 'R' | 'S' | 'U' | 'V' | 'X' | 'Y' | 'Z' => 77,
        'D' | 'G' | 'H' | 'N' | 'O' | 'Q' | 'w' => 86,
        'M' | 'W' | 'm' => 108,
        '%' => 119,
        _ => 90,
    }
}
