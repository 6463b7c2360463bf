//! The columns of the table, and the lines that they make.

use floatscope_core::ancestry::Label;
use floatscope_core::checkpoint::TensorInfo;
use floatscope_core::report::{Bits, Collector, Sections, Stats, TensorFigures};

use crate::numbers::{self, NOTHING};
use crate::text;

/// One line: a tensor, or one part of a complex one.
pub(super) struct Line {
    pub(super) file: usize,
    pub(super) cells: [String; COLUMNS.len()],
}

/// What the cells of a line are made of.
struct Row<'a> {
    tensor: &'a TensorInfo,
    part: Part,
    /// None where the tensor could not be read.
    figures: Option<(&'a Stats, &'a Bits)>,
    verdict: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Real,
    Imaginary,
}

/// A column of the table.
pub(super) struct Column {
    pub(super) title: &'static str,
    cell: fn(&Row) -> String,
    /// On a narrow terminal columns are left out from 1 on; those of 0 never.
    pub(super) leaves: u8,
    /// Nothing but zeros says nothing: only shown where something is found.
    pub(super) only_alarms: bool,
    pub(super) about: About,
}

/// Which part of the report a column belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Header,
    Stats,
    Ancestry,
}

impl About {
    pub(super) fn is_wanted(self, sections: Sections) -> bool {
        match self {
            About::Header => true,
            About::Stats => sections.stats,
            About::Ancestry => sections.ancestry,
        }
    }
}

const fn column(title: &'static str, leaves: u8, cell: fn(&Row) -> String) -> Column {
    Column {
        title,
        cell,
        leaves,
        only_alarms: false,
        about: About::Stats,
    }
}

const fn header(title: &'static str, leaves: u8, cell: fn(&Row) -> String) -> Column {
    Column {
        about: About::Header,
        ..column(title, leaves, cell)
    }
}

const fn alarm(title: &'static str, cell: fn(&Row) -> String) -> Column {
    Column {
        only_alarms: true,
        ..column(title, 0, cell)
    }
}

/// From left to right. The first, the name, takes what the others leave.
pub(super) const COLUMNS: [Column; 13] = [
    header("tensor", 0, |row| match row.part {
        Part::Imaginary => String::new(),
        _ => text::name(&row.tensor.name),
    }),
    header("dtype", 5, |row| match row.part {
        Part::Whole => row.tensor.dtype.name().to_owned(),
        Part::Real => format!("{} re", row.tensor.dtype.name()),
        Part::Imaginary => format!("{} im", row.tensor.dtype.name()),
    }),
    header("shape", 3, |row| of_tensor(row, shape)),
    header("size", 1, |row| {
        of_tensor(row, |tensor| numbers::bytes(tensor.bytes()))
    }),
    Column {
        about: About::Ancestry,
        ..column("verdict", 0, |row| row.verdict.to_owned())
    },
    column("min", 8, |row| {
        figure(row, |stats| numbers::value(stats.min, 4))
    }),
    column("max", 9, |row| {
        figure(row, |stats| numbers::value(stats.max, 4))
    }),
    column("mean", 4, |row| {
        figure(row, |stats| numbers::value(stats.mean, 4))
    }),
    column("std", 6, |row| {
        figure(row, |stats| numbers::value(stats.std, 4))
    }),
    column("zeros", 2, |row| {
        figure(row, |stats| numbers::brief_count(stats.zeros))
    }),
    alarm("NaN", |row| {
        figure(row, |stats| numbers::brief_count(stats.nan))
    }),
    alarm("Inf", |row| {
        figure(row, |stats| {
            numbers::brief_count(stats.pos_inf + stats.neg_inf)
        })
    }),
    column("bits", 7, |row| match row.figures {
        Some((_, bits)) => carried(bits),
        None => NOTHING.to_owned(),
    }),
];

/// What belongs to both parts of a complex tensor stands on the first line.
fn of_tensor(row: &Row, show: fn(&TensorInfo) -> String) -> String {
    match row.part {
        Part::Imaginary => String::new(),
        _ => show(row.tensor),
    }
}

fn figure(row: &Row, show: fn(&Stats) -> String) -> String {
    row.figures
        .map_or_else(|| NOTHING.to_owned(), |(stats, _)| show(stats))
}

fn shape(tensor: &TensorInfo) -> String {
    let sizes: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
    match &sizes[..] {
        [] => "scalar".to_owned(),
        sizes => sizes.join("×"),
    }
}

/// The entropy of the codes out of their width; an upper bound for wide types.
fn carried(bits: &Bits) -> String {
    let bound = if bits.exact { "" } else { "≤" };
    format!("{bound}{:.1}/{}", bits.joint_entropy, bits.width)
}

pub(super) fn lines_of(report: &Collector, index: usize) -> Vec<Line> {
    let Some((file, tensor, _)) = report.tensor(index) else {
        return Vec::new();
    };
    let line = |part, figures: Option<(&Stats, &Bits)>, verdict: &str| {
        let row = Row {
            tensor,
            part,
            figures,
            verdict,
        };
        let cells = COLUMNS.map(|column| (column.cell)(&row));
        Line { file, cells }
    };
    let Some(figures) = report.figures(index) else {
        return vec![line(Part::Whole, None, NOTHING)];
    };
    let verdict = verdict(report, index, figures);
    let pairs: Vec<_> = figures.stats.each().zip(figures.bits.each()).collect();
    match pairs[..] {
        [real, imaginary] => vec![
            line(Part::Real, Some(real), &verdict),
            line(Part::Imaginary, Some(imaginary), ""),
        ],
        _ => vec![line(Part::Whole, pairs.first().copied(), &verdict)],
    }
}

/// The label, with what a scale holds for; for a part of a known layout, that.
fn verdict(report: &Collector, index: usize, figures: &TensorFigures) -> String {
    let verdict = &figures.ancestry;
    match (report.layout(index), verdict.granularity) {
        (Some(layout), _) if layout.is_codes() || verdict.label == Label::NotFloat => {
            format!("{} {}", layout.scheme.name, layout.role.name)
        }
        (_, Some(by)) => format!("{} {by}", verdict.label.name()),
        _ => verdict.label.name().to_owned(),
    }
}

/// Whether the cell of a verdict names a history.
pub(super) fn is_history(cell: &str) -> bool {
    let none = [
        Label::Native,
        Label::Inconclusive,
        Label::Constant,
        Label::Empty,
        Label::NotFloat,
    ];
    let word = cell.split(' ').next().unwrap_or_default();
    let is_label = Label::ALL.iter().any(|label| label.name() == word);
    is_label && none.iter().all(|label| label.name() != word)
}
