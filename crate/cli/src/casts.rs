//! What narrower formats would lose, for people: below the table of tensors.

use std::io::{self, Write};

use anstyle::Style;
use floatscope_core::cast::{CASTS, Loss};
use floatscope_core::report::{Collector, Number};
use floatscope_core::scan::Matrix;

use crate::grid::{self, Cell, Column, Grid};
use crate::numbers::{self, NOTHING, brief_count};
use crate::table::{ALARM, HEADLINE, Screen};
use crate::text;

const TOTALS: &[Column] = &[
    Column::text("cast"),
    Column::figure("size"),
    Column::figure("of now"),
    Column::figure("SQNR dB"),
    Column::figure("exact").leaving(1),
    Column::figure("overflow"),
    Column::figure("to zero"),
    Column::figure("subnormal").leaving(3),
    Column::figure("max error").leaving(2),
];

const RANKING: &[Column] = &[
    Column::text("tensor"),
    Column::text("dtype").leaving(4),
    Column::figure("values").leaving(3),
    Column::figure("SQNR dB"),
    Column::figure("exact").leaving(1),
    Column::figure("overflow"),
    Column::figure("to zero"),
    Column::figure("max error").leaving(2),
    Column::figure("size").leaving(5),
];

/// Columns of a name in the ranking.
const NAME_COLUMNS: usize = 48;

/// Writes the casts of the whole checkpoint; of a single cast also the tensors, those that lose most first.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(screen: Screen, report: &Collector, out: &mut dyn Write) -> io::Result<()> {
    let casts: Vec<_> = report.cast_totals().each().collect();
    let Some((_, sums)) = casts.first() else {
        return Ok(());
    };
    let (tensors, _) = sums.counts();
    let of = match tensors == report.len() as u64 {
        true => String::new(),
        false => format!(", {} of floats", numbers::plural(tensors, "tensor")),
    };
    writeln!(out)?;
    let title = format!("What narrower formats would lose{of}");
    writeln!(out, "{}", screen.paint(HEADLINE, &title))?;
    let mut table = Grid::new(TOTALS);
    for (at, sums) in &casts {
        let (_, values) = sums.counts();
        let mut line = vec![
            Cell::from(CASTS[*at].key),
            numbers::bytes(sums.bytes()).into(),
            percent(sums.bytes(), sums.stored_bytes()).into(),
        ];
        line.extend(figures(&sums.loss(), values));
        table.push(line);
    }
    table.write(screen, out)?;
    if let [(at, _)] = casts[..] {
        write_ranking(screen, report, at, out)?;
    }
    write_advice(screen, report, out)
}

/// SQNR, share of exact values, overflow, underflow, subnormal, largest error.
fn figures(loss: &Loss, values: u64) -> [Cell; 6] {
    [
        decibels(loss.sqnr_db).into(),
        percent(loss.exact, values).into(),
        alarming(loss.overflow),
        alarming(loss.underflow),
        brief_count(loss.subnormal).into(),
        numbers::value(loss.max_abs_error.map(Number::Real), 3).into(),
    ]
}

fn write_ranking(
    screen: Screen,
    report: &Collector,
    at: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let of_tensor = |index: usize| {
        let table = report.casts(index)?;
        let (_, loss, bytes) = table.each().find(|(cast, _, _)| *cast == at)?;
        Some((index, *loss, bytes))
    };
    let mut losses: Vec<_> = (0..report.len()).filter_map(of_tensor).collect();
    // Without a figure last.
    let key = |loss: &Loss| loss.sqnr_db.unwrap_or(f64::INFINITY);
    losses.sort_by(|a, b| key(&a.1).total_cmp(&key(&b.1)));
    let mut table = Grid::new(RANKING);
    for (index, loss, bytes) in losses {
        let (_, tensor, _) = report.tensor(index).expect("it has casts");
        let values = Matrix::of(&tensor.shape).elements();
        let [sqnr, exact, overflow, underflow, _, error] = figures(&loss, values);
        table.push(vec![
            text::shortened(&text::name(&tensor.name), NAME_COLUMNS).into(),
            tensor.dtype.name().into(),
            brief_count(values).into(),
            sqnr,
            exact,
            overflow,
            underflow,
            error,
            numbers::bytes(bytes).into(),
        ]);
    }
    writeln!(out)?;
    table.write(screen, out)
}

fn write_advice(screen: Screen, report: &Collector, out: &mut dyn Write) -> io::Result<()> {
    let Some(advice) = report.advice() else {
        return grid::write_note(
            screen,
            "Some casts are missing, since a tensor could not be read again.",
            out,
        );
    };
    writeln!(out)?;
    // Of one cast there is nothing to choose.
    if report.cast_totals().each().count() > 1 {
        for level in &advice.recommendations {
            writeln!(out, "{}", text::line(&level.says))?;
        }
        if let Some(says) = &advice.outliers {
            writeln!(out, "{}", text::line(says))?;
        }
    }
    match &advice.f16 {
        Some(says) => writeln!(out, "{}", text::line(says)),
        None => Ok(()),
    }
}

fn decibels(sqnr: Option<f64>) -> String {
    match sqnr {
        None => NOTHING.to_owned(),
        Some(sqnr) if sqnr.is_finite() => format!("{sqnr:.1}"),
        Some(_) => "lossless".to_owned(),
    }
}

/// A share; neither 0 nor 100 unless it is.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NOTHING.to_owned();
    }
    let share = part as f64 / whole as f64 * 100.0;
    match share {
        _ if part.is_multiple_of(whole) => format!("{share:.0} %"),
        ..0.01 => "<0.01 %".to_owned(),
        99.99.. if part < whole => ">99.99 %".to_owned(),
        ..9.995 | 99.95..99.99 => format!("{share:.2} %"),
        _ => format!("{share:.1} %"),
    }
}

fn alarming(count: u64) -> Cell {
    let style = if count == 0 { Style::new() } else { ALARM };
    Cell::of(vec![(style, brief_count(count))])
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn neither_all_nor_none_is_said_of_less_or_more() {
        for (part, whole, said) in [
            (0, 7, "0 %"),
            (7, 7, "100 %"),
            (14, 7, "200 %"),
            (1, 0, "–"),
            (1, 100_000, "<0.01 %"),
            (1, 1000, "0.10 %"),
            (503, 1000, "50.3 %"),
            (9_997, 10_000, "99.97 %"),
            (999_999, 1_000_000, ">99.99 %"),
            (10_001, 10_000, "100.0 %"),
        ] {
            assert_eq!(percent(part, whole), said, "{part} of {whole}");
        }
    }
}
