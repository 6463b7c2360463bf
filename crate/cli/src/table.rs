//! The report for people: a headline, sums, and one line a tensor.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use floatscope_core::ancestry::Label;
use floatscope_core::report::{Checkpoint, Collector, Overview, PoolReport, Sections};

use crate::numbers::{self, NOTHING, plural};
use crate::{casts, evidence, text};

mod columns;

use columns::{About, COLUMNS, Line, is_history, lines_of};

pub(crate) const HEADLINE: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const ALARM: Style = AnsiColor::Red.on_default();
const HISTORY: Style = AnsiColor::Yellow.on_default();

/// What the lines are shown on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// Columns of the terminal; none where there is no terminal to fit.
    pub(crate) columns: Option<usize>,
    pub(crate) colour: bool,
}

impl Screen {
    pub(crate) fn of_stdout() -> Self {
        let size = terminal_size::terminal_size_of(io::stdout());
        let choice = anstream::AutoStream::choice(&io::stdout());
        Self {
            columns: size.map(|(width, _)| usize::from(width.0)),
            colour: choice != anstream::ColorChoice::Never,
        }
    }

    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Writes the report, fitted to the terminal where standard output is one.
///
/// Where nothing could be read the problems, which are on standard error, say it all.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(report: &Collector, out: &mut dyn Write) -> io::Result<()> {
    let any_read = (0..report.len()).any(|index| report.figures(index).is_some());
    if !any_read && !report.overview().problems.is_empty() {
        return Ok(());
    }
    write_on(Screen::of_stdout(), report, out)
}

fn write_on(screen: Screen, report: &Collector, out: &mut dyn Write) -> io::Result<()> {
    let overview = report.overview();
    let headline = screen.paint(HEADLINE, &overview.headline);
    writeln!(out, "{headline}")?;
    write_sums(overview.checkpoint, out)?;
    if report.is_empty() {
        return Ok(());
    }
    if report.sections().ancestry {
        write_verdicts(&overview, out)?;
    }
    let lines: Vec<Line> = (0..report.len())
        .flat_map(|index| lines_of(report, index))
        .collect();
    let layout = Layout::of(&lines, report.sections(), screen.columns);
    writeln!(out)?;
    layout.write(screen, overview.checkpoint, &lines, out)?;
    if report.len() == 1 && report.sections().ancestry {
        evidence::write(report, out)?;
    }
    casts::write(screen, report, out)
}

/// "Verdicts: 210 native, 2 f16, 61 inconclusive; 2.10 GB carry nothing".
fn write_verdicts(overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let labels = overview.ancestry.each();
    let labels = labels.map(|(label, sums)| {
        let tensors = numbers::count(sums.tensors);
        format!("{tensors} {}", label.name())
    });
    let labels: Vec<String> = labels.collect();
    if labels.is_empty() {
        return Ok(());
    }
    let wasted = match overview.wasted_bytes {
        0 => String::new(),
        bytes => format!("; {} carry nothing", numbers::bytes(bytes)),
    };
    writeln!(out, "Verdicts: {}{wasted}", labels.join(", "))?;
    write_pools(&overview.pools, out)
}

/// Pools that are written; a checkpoint has few kinds of tensors that are inconclusive.
const MOST_POOLS: usize = 12;

/// "  native when taken together: 24 of model.layers.*.input_layernorm.weight", where that is more
/// than these tensors show alone. The headline has the checkpoint's.
fn write_pools(pools: &[PoolReport], out: &mut dyn Write) -> io::Result<()> {
    let says =
        |pool: &&PoolReport| pool.pattern != "*" && pool.ancestry.label != Label::Inconclusive;
    let said: Vec<&PoolReport> = pools.iter().filter(says).collect();
    for pool in said.iter().take(MOST_POOLS) {
        let label = pool.ancestry.label.name();
        let tensors = numbers::count(pool.tensors);
        let pattern = text::name(pool.pattern);
        writeln!(out, "  {label} when taken together: {tensors} of {pattern}")?;
    }
    match said.len().saturating_sub(MOST_POOLS) {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", plural(more as u64, "kind")),
    }
}

/// How many tensors, parameters and bytes, in all and, where there are several, by dtype.
pub(crate) fn write_sums(checkpoint: &Checkpoint, out: &mut dyn Write) -> io::Result<()> {
    let files = match checkpoint.files.len() as u64 {
        1 => String::new(),
        files => format!(" in {}", plural(files, "file")),
    };
    let name = text::line(&checkpoint.name);
    let tensors = plural(checkpoint.tensors, "tensor");
    let parameters = plural(checkpoint.parameters, "parameter");
    let bytes = numbers::bytes(checkpoint.bytes);
    writeln!(out, "{name}{files}: {tensors}, {parameters}, {bytes}")?;
    if checkpoint.dtypes.len() > 1 {
        write_sums_by_dtype(checkpoint, out)?;
    }
    Ok(())
}

fn write_sums_by_dtype(checkpoint: &Checkpoint, out: &mut dyn Write) -> io::Result<()> {
    let names = checkpoint.dtypes.iter().map(|(name, _)| name.len());
    let name_columns = names.max().unwrap_or(0);
    // Nouns are as wide as their plurals.
    let sum = |number, of_all, noun: &str| {
        let columns = plural(of_all, noun).len().max(noun.len() + 3);
        let text = plural(number, noun);
        let missing_s = if number == 1 { " " } else { "" };
        format!("{:>columns$}", text + missing_s)
    };
    for (dtype, sums) in &checkpoint.dtypes {
        let tensors = sum(sums.tensors, checkpoint.tensors, "tensor");
        let parameters = sum(sums.parameters, checkpoint.parameters, "parameter");
        let bytes = numbers::bytes(sums.bytes);
        writeln!(
            out,
            "  {dtype:name_columns$}  {tensors}  {parameters}  {bytes:>7}"
        )?;
    }
    Ok(())
}

/// Which columns are shown, and how wide.
struct Layout {
    /// Indices into [`COLUMNS`] and widths.
    columns: Vec<(usize, usize)>,
    /// The titles of those that found no room.
    left_out: Vec<&'static str>,
    screen_columns: Option<usize>,
}

/// Spaces between columns.
const GAP: usize = 2;
/// Names say which tensor it is: for their sake the columns up to this rank go first.
const LIGHT: u8 = 4;
/// What they get at that, if they need it.
const NAME_COLUMNS: usize = 60;
/// A name is not cut shorter than this while any other column can be left out.
const LEAST_NAME_COLUMNS: usize = 28;

impl Layout {
    fn of(lines: &[Line], sections: Sections, screen_columns: Option<usize>) -> Self {
        let width = |at: usize| {
            let cells = lines.iter().map(|line| text::width(&line.cells[at]));
            cells.max().unwrap_or(0).max(text::width(COLUMNS[at].title))
        };
        let is_shown = |&at: &usize| {
            let alarming = |line: &Line| !matches!(&*line.cells[at], "0" | NOTHING);
            let wanted = COLUMNS[at].about.is_wanted(sections);
            wanted && (!COLUMNS[at].only_alarms || lines.iter().any(alarming))
        };
        let shown = (0..COLUMNS.len()).filter(is_shown);
        let mut layout = Self {
            columns: shown.map(|at| (at, width(at))).collect(),
            left_out: Vec::new(),
            screen_columns,
        };
        if let Some(columns) = screen_columns {
            layout.fit(columns);
        }
        layout
    }

    /// Leaves columns out until the name has room, then gives it what there is.
    fn fit(&mut self, screen_columns: usize) {
        let name_columns = self.columns[0].1;
        while let Some((rank, leaving)) = self.next_to_leave() {
            let wanted = if rank <= LIGHT {
                NAME_COLUMNS
            } else {
                LEAST_NAME_COLUMNS
            };
            if self.room_for_name(screen_columns) >= name_columns.min(wanted) {
                break;
            }
            let (column, _) = self.columns.remove(leaving);
            self.left_out.push(COLUMNS[column].title);
        }
        let room = self.room_for_name(screen_columns).max(8);
        self.columns[0].1 = name_columns.min(room);
    }

    /// The rank and place of the column that can best be spared.
    fn next_to_leave(&self) -> Option<(u8, usize)> {
        let ranks = self
            .columns
            .iter()
            .map(|&(column, _)| COLUMNS[column].leaves);
        ranks.zip(0..).filter(|&(rank, _)| rank > 0).min()
    }

    fn room_for_name(&self, screen_columns: usize) -> usize {
        let others = self.columns[1..].iter().map(|(_, width)| GAP + width);
        screen_columns.saturating_sub(others.sum())
    }

    fn write(
        &self,
        screen: Screen,
        checkpoint: &Checkpoint,
        lines: &[Line],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let titles = self.line(|at| COLUMNS[at].title, |_, cell| cell);
        writeln!(out, "{}", screen.paint(FAINT, &titles))?;
        let mut file = None;
        for line in lines {
            if checkpoint.files.len() > 1 && file != Some(line.file) {
                let name = text::line(&checkpoint.files[line.file].name);
                writeln!(out, "{}", screen.paint(HEADLINE, &name))?;
                file = Some(line.file);
            }
            let paint = |at: usize, cell: String| match &*line.cells[at] {
                "0" | NOTHING => cell,
                _ if COLUMNS[at].only_alarms => screen.paint(ALARM, &cell),
                _ if COLUMNS[at].about == About::Ancestry && is_history(&cell) => {
                    screen.paint(HISTORY, &cell)
                }
                _ => cell,
            };
            writeln!(out, "{}", self.line(|at| &line.cells[at], paint))?;
        }
        self.write_left_out(screen, out)
    }

    /// Cells in their columns: text to the left, figures to the right.
    fn line<'a>(
        &self,
        cell: impl Fn(usize) -> &'a str,
        paint: impl Fn(usize, String) -> String,
    ) -> String {
        let padded = self.columns.iter().map(|&(at, width)| {
            let text = text::shortened(cell(at), width);
            let blank = " ".repeat(width - text::width(&text));
            match COLUMNS[at].title {
                "tensor" | "dtype" | "shape" | "verdict" => paint(at, text) + &blank,
                _ => blank + &paint(at, text),
            }
        });
        let line = padded.collect::<Vec<_>>().join(&" ".repeat(GAP));
        line.trim_end().to_owned()
    }

    fn write_left_out(&self, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
        let (false, Some(columns)) = (self.left_out.is_empty(), self.screen_columns) else {
            return Ok(());
        };
        let titles = self.left_out.join(", ");
        let note = format!("Not shown on {columns} columns: {titles}.");
        writeln!(out, "{}", screen.paint(FAINT, &note))
    }
}

#[cfg(test)]
mod tests;
