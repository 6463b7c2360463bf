//! Cells in columns, fitted to the terminal.

use std::io::{self, Write};

use anstyle::Style;

use crate::table::{FAINT, Screen};
use crate::text;

/// Spaces between columns.
const GAP: usize = 2;

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    title: &'static str,
    is_figure: bool,
    /// The highest rank goes first where the screen is too narrow; 0 stays.
    leaves: u8,
}

impl Column {
    /// To the left.
    pub(crate) const fn text(title: &'static str) -> Self {
        Self {
            title,
            is_figure: false,
            leaves: 0,
        }
    }

    /// To the right.
    pub(crate) const fn figure(title: &'static str) -> Self {
        Self {
            is_figure: true,
            ..Self::text(title)
        }
    }

    /// Can be spared where the screen is too narrow.
    pub(crate) const fn leaving(self, leaves: u8) -> Self {
        Self { leaves, ..self }
    }
}

/// Text in pieces, each with its style.
#[derive(Debug, Clone)]
pub(crate) struct Cell(Vec<(Style, String)>);

impl Cell {
    pub(crate) fn of(pieces: Vec<(Style, String)>) -> Self {
        Self(pieces)
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(_, piece)| text::width(piece)).sum()
    }

    fn painted(&self, screen: Screen) -> String {
        let pieces = self.0.iter();
        pieces
            .map(|(style, piece)| screen.paint(*style, piece))
            .collect()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(vec![(Style::new(), text)])
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// Lines of cells under titles.
pub(crate) struct Grid<'a> {
    columns: &'a [Column],
    lines: Vec<Vec<Cell>>,
}

impl<'a> Grid<'a> {
    pub(crate) fn new(columns: &'a [Column]) -> Self {
        Self {
            columns,
            lines: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, line: Vec<Cell>) {
        debug_assert_eq!(line.len(), self.columns.len());
        self.lines.push(line);
    }

    /// Whether every column has room.
    pub(crate) fn fits(&self, screen: Screen) -> bool {
        screen
            .columns
            .is_none_or(|columns| self.columns_taken() <= columns)
    }

    /// Keeps the first columns only.
    pub(crate) fn cut(&mut self, columns: usize) {
        self.columns = &self.columns[..columns];
        self.lines
            .iter_mut()
            .for_each(|line| line.truncate(columns));
    }

    fn columns_taken(&self) -> usize {
        let widths = (0..self.columns.len()).map(|at| self.width(at));
        widths.sum::<usize>() + GAP * self.columns.len().saturating_sub(1)
    }

    /// Writes what fits, and says what does not.
    pub(crate) fn write(&self, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
        let (shown, left_out) = self.fitted(screen.columns);
        let titles = self.columns.iter().map(|column| column.title.into());
        let titles = self.line(&titles.collect::<Vec<Cell>>(), &shown, screen);
        writeln!(out, "{}", screen.paint(FAINT, &titles))?;
        for line in &self.lines {
            writeln!(out, "{}", self.line(line, &shown, screen))?;
        }
        match (screen.columns, left_out.is_empty()) {
            (Some(columns), false) => {
                let titles = left_out.join(", ");
                let note = format!("Not shown on {columns} columns: {titles}.");
                write_note(screen, &note, out)
            }
            _ => Ok(()),
        }
    }

    /// Places and widths of the columns that fit, and the titles of the others.
    fn fitted(&self, screen_columns: Option<usize>) -> (Vec<(usize, usize)>, Vec<&'static str>) {
        let mut shown: Vec<_> = (0..self.columns.len())
            .map(|at| (at, self.width(at)))
            .collect();
        let mut left_out = Vec::new();
        let fits = |shown: &[(usize, usize)]| {
            let taken: usize = shown.iter().map(|(_, width)| GAP + width).sum();
            screen_columns.is_none_or(|columns| taken <= columns + GAP)
        };
        while !fits(&shown) {
            let ranks = (0..shown.len()).map(|place| (self.columns[shown[place].0].leaves, place));
            let Some((_, place)) = ranks.filter(|&(rank, _)| rank > 0).max() else {
                break;
            };
            left_out.push(self.columns[shown.remove(place).0].title);
        }
        (shown, left_out)
    }

    fn width(&self, at: usize) -> usize {
        let cells = self.lines.iter().map(|line| line[at].width());
        cells
            .max()
            .unwrap_or(0)
            .max(text::width(self.columns[at].title))
    }

    fn line(&self, cells: &[Cell], shown: &[(usize, usize)], screen: Screen) -> String {
        let padded = shown.iter().map(|&(at, width)| {
            let blank = " ".repeat(width - cells[at].width());
            let painted = cells[at].painted(screen);
            if self.columns[at].is_figure {
                blank + &painted
            } else {
                painted + &blank
            }
        });
        let line = padded.collect::<Vec<_>>().join(&" ".repeat(GAP));
        line.trim_end().to_owned()
    }
}

/// A faint line under a table.
pub(crate) fn write_note(screen: Screen, note: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", screen.paint(FAINT, note))
}
