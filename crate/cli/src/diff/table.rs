//! The comparison for people: a headline, what explains it, and one line a tensor.

use std::io::{self, Write};

use floatscope_core::diff::{Collected, DiffOverview, Kind, Summary};
use floatscope_core::report::Number;
use serde_json::Value;

use crate::casts::percent;
use crate::grid::{self, Cell, Column, Grid};
use crate::numbers::{self, NOTHING, plural};
use crate::table::{ALARM, FAINT, HEADLINE, Screen, write_sums};
use crate::text;

/// Lines of the list, unless all are wanted.
const MOST: usize = 40;
/// Names that are listed.
const MOST_NAMES: usize = 8;
/// Columns of the longest bar.
const BAR: usize = 40;

const COLUMNS: &[Column] = &[
    Column::text("tensor"),
    Column::text("A").leaving(5),
    Column::text("B").leaving(4),
    Column::text("shape").leaving(6),
    Column::figure("equal"),
    Column::figure("max ULP"),
    Column::figure("max |a-b|").leaving(2),
    Column::figure("SQNR dB"),
    Column::figure("cosine").leaving(3),
    Column::text("explanation").leaving(1),
];

/// Writes the comparison, fitted to the terminal where standard output is one.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn write(report: &Collected, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let screen = Screen::of_stdout();
    let overview = report.overview();
    let has_names = [overview.only_in_a, overview.only_in_b]
        .iter()
        .any(|names| !names.is_empty());
    if report.is_empty() && !has_names && overview.shape_mismatch.is_empty() {
        if overview.problems.is_empty() {
            writeln!(out, "{}", overview.headline)?;
        }
        return Ok(());
    }
    writeln!(out, "{}", screen.paint(HEADLINE, &overview.headline))?;
    for (letter, checkpoint) in ["A", "B"].into_iter().zip(report.checkpoints()) {
        write!(out, "{letter}  ")?;
        write_sums(checkpoint, out)?;
    }
    write_explanations(&overview, out)?;
    write_names(&overview, out)?;
    for hint in overview.triage {
        writeln!(out, "\n{}", text::line(&hint.says))?;
        write_some(&hint.tensors, hint.count, out)?;
    }
    let finished: Vec<usize> = (0..report.len())
        .filter(|at| report.summary(*at).is_some())
        .collect();
    if let [only] = finished[..] {
        return write_one(screen, report, only, out);
    }
    write_list(screen, report, finished, all, out)
}

fn write_explanations(overview: &DiffOverview, out: &mut dyn Write) -> io::Result<()> {
    let counts = overview.pairs;
    let mut lines: Vec<(u64, String)> = Vec::new();
    for explained in overview.explanations {
        lines.push((explained.tensors, explained.says.clone()));
    }
    if overview.other_zeros > 0 {
        lines.push((
            overview.other_zeros,
            "have equal values, with zeros of the other sign".to_owned(),
        ));
    }
    if counts.unexplained > 0 {
        lines.push((
            counts.unexplained,
            "differ, and no conversion explains it".to_owned(),
        ));
    }
    if counts.failed > 0 {
        lines.push((counts.failed, "were not compared".to_owned()));
    }
    let width = lines
        .iter()
        .map(|(count, _)| numbers::count(*count).len())
        .max();
    for (count, says) in &lines {
        let count = numbers::count(*count);
        writeln!(out, "  {count:>width$}  {says}", width = width.unwrap_or(0))?;
    }
    Ok(())
}

fn write_names(overview: &DiffOverview, out: &mut dyn Write) -> io::Result<()> {
    for rename in overview.renames {
        let (a, b) = (text::name(&rename.a), text::name(&rename.b));
        let tensors = plural(rename.tensors, "tensor");
        writeln!(out, "Names: {a} of A is {b} of B in {tensors}")?;
    }
    for (names, side) in [(overview.only_in_a, "A"), (overview.only_in_b, "B")] {
        if !names.is_empty() {
            writeln!(
                out,
                "Only in {side}: {}",
                plural(names.len() as u64, "tensor")
            )?;
            write_some(names, names.len() as u64, out)?;
        }
    }
    for mismatch in overview.shape_mismatch.iter().take(MOST_NAMES) {
        let of = |shape: &[u64]| {
            let sizes: Vec<String> = shape.iter().map(u64::to_string).collect();
            sizes.join("×")
        };
        writeln!(
            out,
            "Shapes differ: {}: {} {} in A, {} {} in B",
            text::name(&mismatch.name),
            mismatch.a.dtype,
            of(&mismatch.a.shape),
            mismatch.b.dtype,
            of(&mismatch.b.shape)
        )?;
    }
    match overview.shape_mismatch.len().saturating_sub(MOST_NAMES) as u64 {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", plural(more, "tensor")),
    }
}

/// The first of some names, and how many more there are.
fn write_some(names: &[String], count: u64, out: &mut dyn Write) -> io::Result<()> {
    let told = names.len().min(MOST_NAMES);
    for name in &names[..told] {
        writeln!(out, "  {}", text::name(name))?;
    }
    match count.saturating_sub(told as u64) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

/// One line a tensor: what no conversion explains first, and of that what differs most.
fn write_list(
    screen: Screen,
    report: &Collected,
    mut finished: Vec<usize>,
    all: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let summary = |at: usize| report.summary(at).map(|pair| pair.4);
    if !all {
        finished.retain(|at| summary(*at).is_some_and(|summary| summary.kind != Kind::Identical));
        let rank = |at: usize| summary(at).map_or((3, 0.0), rank);
        finished.sort_by(|a, b| {
            rank(*a)
                .partial_cmp(&rank(*b))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    if finished.is_empty() {
        return Ok(());
    }
    let shown = match all {
        true => finished.len(),
        false => finished.len().min(MOST),
    };
    let mut grid = Grid::new(COLUMNS);
    for at in &finished[..shown] {
        if let Some((name, name_b, dtypes, shape, summary)) = report.summary(*at) {
            grid.push(line(name, name_b, dtypes, shape, summary));
        }
    }
    writeln!(out)?;
    grid.write(screen, out)?;
    match finished.len() - shown {
        0 => Ok(()),
        more => grid::write_note(screen, &format!("and {more} more that differ: --all"), out),
    }
}

fn rank(summary: &Summary) -> (u8, f64) {
    let kind = match summary.kind {
        Kind::Unexplained => 0,
        Kind::Explained => 1,
        _ => 2,
    };
    // What is explained stands in the order of the file.
    if kind > 0 {
        return (kind, 0.0);
    }
    let sqnr = summary.sqnr_db.map_or(f64::INFINITY, Number::to_f64);
    (kind, if sqnr.is_nan() { f64::INFINITY } else { sqnr })
}

fn line(name: &str, name_b: &str, dtypes: [&str; 2], shape: &str, summary: &Summary) -> Vec<Cell> {
    let name = match name == name_b {
        true => text::name(name),
        false => format!("{} = {}", text::name(name), text::name(name_b)),
    };
    let explanation = match (&summary.best, &summary.looks) {
        (Some((.., says)), _) => says.clone(),
        (None, Some((_, says))) => says.clone(),
        (None, None) => NOTHING.to_owned(),
    };
    let style = match summary.kind {
        Kind::Unexplained => ALARM,
        Kind::Identical | Kind::Equal => FAINT,
        _ => anstyle::Style::new(),
    };
    vec![
        name.into(),
        dtypes[0].into(),
        dtypes[1].into(),
        shape.replace(" × ", "×").into(),
        share(summary.equal, summary.count).into(),
        numbers::value(summary.max_ulp, 4).into(),
        numbers::value(summary.max_abs, 3).into(),
        numbers::value(summary.sqnr_db, 4).into(),
        numbers::value(summary.cosine, 6).into(),
        Cell::of(vec![(style, explanation)]),
    ]
}

fn share(part: u64, all: u64) -> String {
    match (part, all) {
        (_, 0) => NOTHING.to_owned(),
        (part, all) if part == all => "all".to_owned(),
        (0, _) => "none".to_owned(),
        (part, all) => percent(part, all),
    }
}

/// Everything about a single pair.
fn write_one(screen: Screen, report: &Collected, at: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new(COLUMNS);
    let Some((name, name_b, dtypes, shape, summary)) = report.summary(at) else {
        return Ok(());
    };
    grid.push(line(name, name_b, dtypes, shape, summary));
    writeln!(out)?;
    grid.write(screen, out)?;
    let pair: Value = report
        .pair_json(at)
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default();
    write_histogram(&pair, out)?;
    write_worst(screen, &pair, out)?;
    let explained = pair["explained_by"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if explained.len() > 1 {
        writeln!(out, "\nEvery conversion that explains it:")?;
        for entry in explained {
            let key = entry["conversion"].as_str().unwrap_or_default();
            writeln!(
                out,
                "  {}  ({key})",
                entry["says"].as_str().unwrap_or_default()
            )?;
        }
    }
    Ok(())
}

fn write_histogram(pair: &Value, out: &mut dyn Write) -> io::Result<()> {
    let Some(bins) = pair["ulp"].as_object() else {
        return Ok(());
    };
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let most = bins.values().map(count).max().unwrap_or(0);
    let of = pair["ulp_of"].as_str().unwrap_or_default();
    writeln!(out, "\nULPs of {of} between them")?;
    // As in the report: from the smallest distance on.
    let width = bins.keys().map(String::len).max().unwrap_or(0);
    let mut sorted: Vec<(&String, u64)> = bins
        .iter()
        .map(|(bin, value)| (bin, count(value)))
        .collect();
    sorted.sort_by_key(|(bin, _)| {
        let first = bin.split('-').next().unwrap_or_default();
        (
            first.parse::<u128>().unwrap_or(u128::MAX),
            bin.len(),
            (*bin).clone(),
        )
    });
    for (bin, count) in sorted {
        let length = (count as f64 / most as f64 * BAR as f64).ceil() as usize;
        writeln!(
            out,
            "  {bin:>width$}  {:BAR$}  {}",
            "▪".repeat(length),
            numbers::count(count)
        )?;
    }
    Ok(())
}

fn write_worst(screen: Screen, pair: &Value, out: &mut dyn Write) -> io::Result<()> {
    const WORST: &[Column] = &[
        Column::text("index"),
        Column::figure("a"),
        Column::figure("b"),
        Column::figure("|a-b|"),
        Column::figure("ULP"),
    ];
    let worst = pair["worst"].as_array().map_or(&[][..], Vec::as_slice);
    if worst.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nThe largest differences")?;
    let mut grid = Grid::new(WORST);
    let written = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => NOTHING.to_owned(),
        value => value.to_string(),
    };
    for element in worst {
        let index = element["index"].as_array().map_or(&[][..], Vec::as_slice);
        let index: Vec<String> = index.iter().map(Value::to_string).collect();
        let mut cells = vec![Cell::from(format!("[{}]", index.join(", ")))];
        cells.extend(["a", "b", "abs", "ulp"].map(|key| Cell::from(written(&element[key]))));
        grid.push(cells);
    }
    grid.write(screen, out)
}
