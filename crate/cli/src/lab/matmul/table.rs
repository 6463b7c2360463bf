//! Matrix products for people: a headline, what was summed how, and one line a tensor.

use std::io::{self, Write};

use floatscope_core::lab::matmul::{Figures, Report, Side};
use floatscope_core::report::Number;

use crate::casts::percent;
use crate::grid::{self, Cell, Column, Grid};
use crate::numbers::{self, NOTHING, plural};
use crate::table::{HEADLINE, Screen, write_sums};
use crate::text;

/// Lines of the list, unless all are wanted.
const MOST: usize = 20;

const COLUMNS: &[Column] = &[
    Column::text("tensor"),
    Column::text("dtype").leaving(4),
    Column::text("shape").leaving(5),
    Column::figure("relative RMS"),
    Column::figure("max |a-b|").leaving(2),
    Column::figure("equal in FP32").leaving(3),
    Column::figure("in BF16"),
    Column::figure("over 1 ULP").leaving(1),
    Column::figure("not finite: a").leaving(6),
    Column::figure("b").leaving(6),
];
/// Of these, the last ones are of what is not finite.
const OF_NOT_FINITE: usize = 2;

/// Writes the report, fitted to the terminal where standard output is one.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn write(report: &Report, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let screen = Screen::of_stdout();
    writeln!(out, "{}", screen.paint(HEADLINE, &report.headline))?;
    write_sums(report.checkpoint, out)?;
    for (letter, side) in [("a", &report.a), ("b", &report.b)] {
        writeln!(out, "{letter}  {}", model(side))?;
    }
    let tokens = plural(report.tokens, "token");
    writeln!(
        out,
        "{tokens}, seed {}. {}",
        report.seed, report.device.says
    )?;
    if !report.tensors.is_empty() {
        writeln!(out)?;
        write_pools(screen, report, out)?;
        write_tensors(screen, report, all, out)?;
    }
    write_skipped(screen, report, out)
}

fn model(side: &Side) -> String {
    format!("{}: {}", side.model, side.says)
}

/// What layers have in common, where there are several of a kind.
fn write_pools(screen: Screen, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let pools: Vec<_> = report
        .pools
        .iter()
        .filter(|pool| pool.tensors > 1)
        .collect();
    if pools.is_empty() {
        return Ok(());
    }
    let mut grid = Grid::new(COLUMNS);
    for pool in pools {
        let tensors = plural(pool.tensors, "tensor");
        let name = text::name(&pool.pattern);
        grid.push(line(name, NOTHING, tensors, &pool.figures));
    }
    write_grid(screen, report, grid, out)?;
    writeln!(out)
}

fn write_tensors(
    screen: Screen,
    report: &Report,
    all: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = match all {
        true => report.tensors.len(),
        false => report.tensors.len().min(MOST),
    };
    let mut grid = Grid::new(COLUMNS);
    for tensor in &report.tensors[..shown] {
        let [rows, columns] = tensor.shape;
        let name = text::name(&tensor.name);
        let shape = format!("{rows}×{columns}");
        grid.push(line(name, tensor.dtype, shape, &tensor.figures));
    }
    write_grid(screen, report, grid, out)?;
    let mut note = "Relative RMS: that of a-b in FP32 over that of the FP64 sums. \
        In BF16: of the sums rounded to it, over 1 ULP those more than one of its numbers apart."
        .to_owned();
    let more = report.tensors.len() - shown;
    if more > 0 {
        let more = numbers::count(more as u64);
        note += &format!(" Those that are most sensitive; --all lists the other {more}, too.");
    }
    grid::write_note(screen, &note, out)
}

fn line(name: String, dtype: &str, shape: String, figures: &Figures) -> Vec<Cell> {
    let (sums, rounded) = (&figures.sums, &figures.rounded);
    let share = |part: u64| percent(part, figures.outputs);
    let not_finite = |count: u64| match count {
        0 => NOTHING.to_owned(),
        count => numbers::brief_count(count),
    };
    vec![
        name.into(),
        dtype.into(),
        shape.into(),
        figure(sums.relative_rms).into(),
        figure(sums.max_abs).into(),
        share(sums.equal).into(),
        share(rounded.equal).into(),
        share(over_one(figures)).into(),
        not_finite(sums.a_not_finite).into(),
        not_finite(sums.b_not_finite).into(),
    ]
}

/// Outputs that are more than one BF16 number apart.
fn over_one(figures: &Figures) -> u64 {
    let bins = figures.rounded.ulp.iter().filter(|(bin, _)| *bin > 1);
    bins.map(|(_, count)| count).sum()
}

/// A table without the columns of what is not finite, where all is.
fn write_grid(
    screen: Screen,
    report: &Report,
    mut grid: Grid,
    out: &mut dyn Write,
) -> io::Result<()> {
    if report.total.sums.finite == report.total.outputs {
        grid.cut(COLUMNS.len() - OF_NOT_FINITE);
    }
    grid.write(screen, out)
}

fn figure(number: Option<Number>) -> String {
    numbers::value(number, 3)
}

/// How many tensors were left out for which reason.
fn write_skipped(screen: Screen, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: Vec<(&str, u64)> = Vec::new();
    for skipped in report.skipped {
        match reasons.iter_mut().find(|(why, _)| *why == skipped.why) {
            Some((_, count)) => *count += 1,
            None => reasons.push((&skipped.why, 1)),
        }
    }
    for (why, count) in reasons {
        let tensors = plural(count, "tensor");
        grid::write_note(screen, &format!("Left out: {tensors}: {why}."), out)?;
    }
    Ok(())
}
