//! Module patterns × layers, coloured by verdict: the eye finds the odd layer.

use super::{Markup, colour};
use crate::ancestry::Label;
use crate::export::survey::{ascending, in_order};
use crate::export::words;
use crate::report::{Collector, counted};

/// Neighbours share a line or a column where there are more.
const LINES: usize = 56;
const COLUMNS: usize = 128;
/// Columns for tensors of no layer.
const OTHERS: usize = 32;
/// Cells that say what they are when they are pointed at; with more the file grows large.
const NAMED: usize = 1500;

/// Pixels.
const WIDTH: f64 = 1000.0;
const PITCH: f64 = 20.0;
const LETTER: f64 = 6.7;
const WIDEST: f64 = 44.0;
const AXIS: f64 = 18.0;

/// What the map shows.
pub(in crate::export) struct MapPicture<'a> {
    /// Names of tensors and patterns.
    pub(in crate::export) report: &'a Collector,
    /// By tensor; the outer `None` where it was not read.
    pub(in crate::export) labels: &'a [Option<Option<Label>>],
}

/// A line of the picture and, by column, its tensors.
struct Line {
    name: String,
    cells: Vec<Vec<usize>>,
}

/// Draws it; nothing where there are fewer than two tensors.
pub(in crate::export) fn module_map(picture: &MapPicture, out: &mut Markup) {
    let report = picture.report;
    if report.len() < 2 {
        return;
    }
    let layers = layers(report);
    let lines = lines(report, &layers);
    let columns = lines.iter().map(|line| line.cells.len()).max().unwrap_or(1);
    let letters = lines
        .iter()
        .map(|line| line.name.chars().count())
        .max()
        .unwrap_or(0);
    let left = (letters as f64 * LETTER + 12.0).min(WIDTH * 0.42);
    let step = ((WIDTH - left) / columns as f64).min(WIDEST);
    let height = lines.len() as f64 * PITCH;
    let says = format!(
        "Map of {} by module and layer; the tables below say the same",
        counted(report.len() as u64, "tensor", "tensors")
    );
    out.raw("<div class=\"scroll\" tabindex=\"0\">");
    out.begin_picture("map", [left + step * columns as f64, height + AXIS], &says);
    let is_named = report.len() <= NAMED;
    for (at, line) in lines.iter().enumerate() {
        let y = at as f64 * PITCH;
        out.label(
            "code",
            [0.0, y + 14.0],
            &shortened(&line.name, (left / LETTER) as usize),
        );
        for (column, tensors) in line.cells.iter().enumerate() {
            let place = [left + column as f64 * step, y, step, PITCH];
            cell(picture, tensors, place, is_named, out);
        }
    }
    axis(&layers, left, step, height, out);
    out.raw("</svg></div>");
}

/// A cell in the colours of its tensors, the more of them the wider.
fn cell(
    picture: &MapPicture,
    tensors: &[usize],
    [x, y, width, height]: [f64; 4],
    is_named: bool,
    out: &mut Markup,
) {
    let mut shares: Vec<(&'static str, usize)> = Vec::new();
    for index in tensors {
        let class = class_of(picture.labels.get(*index).copied().flatten());
        match shares.iter_mut().find(|share| share.0 == class) {
            Some(share) => share.1 += 1,
            None => shares.push((class, 1)),
        }
    }
    let Some(first) = tensors.first() else {
        return;
    };
    if is_named {
        out.raw("<g>");
        let name = picture
            .report
            .tensor(*first)
            .map_or("", |(_, tensor, _)| words::named(&tensor.name));
        let says = match picture.labels.get(*first).copied().flatten() {
            Some(label) => words::verdict(label),
            None => "not read",
        };
        let more = match tensors.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        out.element("title", &format!("{name}{more}: {says}"));
    }
    let gap = if width > 9.0 { 2.0 } else { 0.5 };
    let mut begin = x;
    for (class, count) in shares {
        let share = (width - gap) * count as f64 / tensors.len() as f64;
        out.rect(class, [begin, y, share, height - gap]);
        begin += share;
    }
    if is_named {
        out.raw("</g>");
    }
}

/// The class of a tensor that was read, or not.
fn class_of(label: Option<Option<Label>>) -> &'static str {
    match label {
        Some(None) => "edge",
        Some(label) => colour(label),
        None => "alert",
    }
}

/// The numbers of all layers, ascending.
fn layers(report: &Collector) -> Vec<u64> {
    ascending((0..report.len()).filter_map(|index| layer_of(report, index)))
}

/// The number that the first star of its pattern stands for.
fn layer_of(report: &Collector, index: usize) -> Option<u64> {
    let (_, tensor, _) = report.tensor(index)?;
    let is_number =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = tensor.name.split('.').find(is_number)?;
    Some(number.parse().unwrap_or(u64::MAX))
}

/// Patterns of tensors that are in a layer, ascending. Their stars do not tell: a name may
/// have one of its own.
fn repeated(report: &Collector) -> Vec<usize> {
    let layered = (0..report.len()).filter(|index| layer_of(report, *index).is_some());
    let patterns = layered.filter_map(|index| report.tensor(index));
    in_order(patterns.map(|(_, _, pattern)| pattern).collect())
}

fn lines(report: &Collector, layers: &[u64]) -> Vec<Line> {
    let patterns = report.patterns();
    let repeated = repeated(report);
    let (high, wide) = (
        repeated.len().div_ceil(LINES).max(1),
        layers.len().div_ceil(COLUMNS).max(1),
    );
    let others: Vec<usize> = (0..report.len())
        .filter(|index| layer_of(report, *index).is_none())
        .collect();
    let columns = layers.len().div_ceil(wide).max(others.len().min(OTHERS));
    let names: Vec<&str> = repeated
        .iter()
        .step_by(high)
        .map(|at| &*patterns[*at])
        .collect();
    let mut lines: Vec<Line> = without_common(&names)
        .into_iter()
        .map(|name| Line {
            name,
            cells: vec![Vec::new(); columns],
        })
        .collect();
    for index in 0..report.len() {
        let (Some(layer), Some((_, _, pattern))) = (layer_of(report, index), report.tensor(index))
        else {
            continue;
        };
        let line = repeated.partition_point(|at| *at < pattern) / high;
        let column = layers.partition_point(|known| *known < layer) / wide;
        if let Some(cell) = lines
            .get_mut(line)
            .and_then(|line| line.cells.get_mut(column))
        {
            cell.push(index);
        }
    }
    let deep = others.len().div_ceil(columns.max(1) * 8).max(1);
    let cells: Vec<Vec<usize>> = others.chunks(deep).map(<[usize]>::to_vec).collect();
    for (at, cells) in cells.chunks(columns.max(1)).enumerate() {
        let name = if at == 0 { "in no layer" } else { "" };
        lines.push(Line {
            name: name.to_owned(),
            cells: cells.to_vec(),
        });
    }
    lines
}

/// Patterns without what all have in common at their beginnings and ends.
fn without_common(patterns: &[&str]) -> Vec<String> {
    let parts: Vec<Vec<&str>> = patterns
        .iter()
        .map(|pattern| pattern.split('.').collect())
        .collect();
    let least = parts.iter().map(Vec::len).min().unwrap_or(0);
    let same = |count: usize, of: &dyn Fn(&Vec<&str>) -> String| {
        count < least.saturating_sub(1) && parts.iter().all(|part| of(part) == of(&parts[0]))
    };
    let mut head = 0;
    while same(head, &|part| part[head].to_owned()) {
        head += 1;
    }
    let mut tail = 0;
    while same(head + tail, &|part| part[part.len() - 1 - tail].to_owned()) {
        tail += 1;
    }
    parts
        .iter()
        .map(|part| part[head..part.len() - tail].join("."))
        .collect()
}

/// At most so many characters, its two ends.
fn shortened(name: &str, most: usize) -> String {
    let name: Vec<char> = words::visible(name).chars().collect();
    if name.is_empty() || name == ['"', '"'] {
        return " ".to_owned();
    }
    if name.len() <= most {
        return name.into_iter().collect();
    }
    let (head, tail) = (most / 2, most - most / 2 - 1);
    let ends = name[..head]
        .iter()
        .chain(['…'].iter())
        .chain(&name[name.len() - tail..]);
    ends.collect()
}

/// Numbers of layers under their columns, as close as they can be read.
fn axis(layers: &[u64], left: f64, step: f64, top: f64, out: &mut Markup) {
    let wide = layers.len().div_ceil(COLUMNS).max(1);
    let letters = layers.last().map_or(1, |last| last.to_string().len());
    let room = letters as f64 * LETTER + 8.0;
    let mut end = 0.0;
    for (column, layer) in layers.iter().step_by(wide).enumerate() {
        let x = left + (column as f64 + 0.5) * step - 1.0;
        if x - room / 2.0 >= end {
            out.label("middle", [x, top + 13.0], &layer.to_string());
            end = x + room / 2.0;
        }
    }
}
