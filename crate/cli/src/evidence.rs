//! What a verdict rests on, for people: below the table of a single tensor.

use std::io::{self, Write};

use floatscope_core::ancestry::{Evidence, Fraction, Granularity, RowFigures, Verdict, Witness};
use floatscope_core::report::{Collector, Number, TensorFigures};

use crate::numbers::{self, count, plural};
use crate::text;

/// Writes the verdict of the report's only tensor, and why it is so.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(report: &Collector, out: &mut dyn Write) -> io::Result<()> {
    let Some(figures) = report.figures(0) else {
        return Ok(());
    };
    writeln!(out)?;
    writeln!(out, "{}", headline(&figures.ancestry))?;
    for evidence in &figures.ancestry.evidence {
        writeln!(out, "  {}", text::line(&evidence.says))?;
        let details = details(evidence);
        if !details.is_empty() {
            writeln!(out, "    {}: {details}", text::line(evidence.test))?;
        }
    }
    for line in facts(report, figures) {
        writeln!(out, "  {line}")?;
    }
    write_witnesses(&figures.witnesses, out)?;
    for blind_spot in &figures.ancestry.blind_spots {
        writeln!(out, "  Not known: {}", text::line(blind_spot))?;
    }
    Ok(())
}

/// "Verdict: f16, by way of f16 → bf16, one scale for each row, 97.1 % of the values".
fn headline(verdict: &Verdict) -> String {
    let mut parts = vec![format!("Verdict: {}", verdict.label.name())];
    if verdict.path.contains('>') {
        parts.push(text::line(&verdict.path.replace('>', " → ")));
    }
    parts.extend(verdict.granularity.map(scale));
    parts.extend(verdict.fraction.and_then(|fraction| share(&fraction)));
    if verdict.log10_odds > 0.0 {
        let odds = numbers::value(Some(Number::Real(verdict.log10_odds)), 3);
        parts.push(format!("odds of 10^{odds} to 1 against native"));
    }
    parts.join(", ")
}

fn scale(granularity: Granularity) -> String {
    match granularity {
        Granularity::Element => "without a scale".to_owned(),
        Granularity::Tensor => "one scale for the tensor".to_owned(),
        Granularity::Block(size) => format!("one scale for each {size} values"),
        Granularity::Square(size) => format!("one scale for each {size}×{size} values"),
        of => format!("one scale for each {of}"),
    }
}

/// Nothing for all of them.
fn share(fraction: &Fraction) -> Option<String> {
    if fraction.low == 1.0 {
        return None;
    }
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let value = percent(fraction.value);
    if fraction.low == fraction.high {
        return Some(format!("{value} of the values"));
    }
    let (low, high) = (percent(fraction.low), percent(fraction.high));
    Some(format!("{value} of the values ({low} to {high})"))
}

fn details(evidence: &Evidence) -> String {
    let value = |name: &str, value: Option<f64>| {
        value.map(|value| format!("{name} {}", numbers::value(Some(Number::Real(value)), 4)))
    };
    let parts = [
        (evidence.n > 0).then(|| format!("n {}", count(evidence.n))),
        value("expected", evidence.expected),
        value("observed", evidence.observed),
        value("log10 p", evidence.log10_p),
        value("power", evidence.power),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// Layout, rows, wasted bytes.
fn facts(report: &Collector, figures: &TensorFigures) -> Vec<String> {
    let mut facts: Vec<String> = report
        .layout(0)
        .map(|layout| format!("Layout: {}", layout.says()))
        .into_iter()
        .collect();
    facts.extend(figures.rows.as_ref().and_then(rows));
    if figures.wasted_bytes > 0 {
        let wasted = numbers::bytes(figures.wasted_bytes);
        let form = figures.smaller_form.as_deref();
        let form = form.map(|form| format!(": it fits {}", text::line(form)));
        facts.push(format!(
            "{wasted} carry nothing{}",
            form.unwrap_or_default()
        ));
    }
    facts
}

/// "Of 512 rows 384 are f16, 100 native; 3 hold zeros only".
fn rows(rows: &RowFigures) -> Option<String> {
    let mut parts = Vec::new();
    if rows.ancestry.len() > 1 {
        let labels = rows.ancestry.iter();
        let labels = labels.map(|(label, rows)| format!("{} {}", count(*rows), label.name()));
        let of = if rows.examined < rows.count {
            format!(
                "Of {} looked at, {} in all",
                plural(rows.examined, "row"),
                count(rows.count)
            )
        } else {
            format!("Of {}", plural(rows.count, "row"))
        };
        parts.push(format!("{of}: {}", labels.collect::<Vec<_>>().join(", ")));
    }
    if rows.zero > 0 {
        parts.push(format!("{} of zeros only", plural(rows.zero, "row")));
    }
    if rows.constant > rows.zero {
        let constant = plural(rows.constant - rows.zero, "more row");
        let constant = if rows.zero > 0 {
            constant
        } else {
            plural(rows.constant, "row")
        };
        parts.push(format!("{constant} of one value"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn write_witnesses(witnesses: &[Witness], out: &mut dyn Write) -> io::Result<()> {
    if witnesses.is_empty() {
        return Ok(());
    }
    writeln!(out, "  Popular witnesses, which seldom prove anything:")?;
    for witness in witnesses {
        let side = if witness.threshold == "65504" {
            "above"
        } else {
            "below"
        };
        let expected = match witness.expected {
            Some(expected) => {
                let expected = numbers::value(Some(Number::Real(expected)), 3);
                format!(", about {expected} expected if native")
            }
            None => String::new(),
        };
        let off_grid = match witness.off_grid {
            0 => String::new(),
            off_grid => format!(" ({} off FP16's grid)", count(off_grid)),
        };
        writeln!(
            out,
            "    {side} {}: {}{off_grid}{expected}",
            text::line(witness.threshold),
            plural(witness.observed, "value"),
        )?;
    }
    Ok(())
}
