//! The second look: bytes of a span in, tallies out.

use serde::{Deserialize, Serialize};

use super::level;
use super::loss::Loss;
use super::select::CastSet;
use super::tally::Tally;
use super::unit::{Real, Unit};
use super::{CASTS, Group, Scaling};
use crate::estimate::Share;
use crate::format::Dtype;
use floatscope_simd::{Rows, decode};

use crate::scan::{LONG_ROW, Peaks, SQUARE, Span, unpack};

/// Elements of a stretch of a long row, and about those of a unit of short ones.
const UNIT: u64 = LONG_ROW;

/// What a worker must know for a second look at a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CastTask {
    /// Which elements. It begins with a unit: with a row, or in a long one at a multiple of
    /// 4,096 columns.
    pub span: Span,
    /// The casts that are wanted.
    pub wanted: CastSet,
    /// FP8 without a scale keeps the largest value where it would otherwise overflow.
    pub saturate: bool,
    /// The largest magnitudes that the span's elements have a part in.
    pub peaks: Peaks,
}

/// What a second look has seen of a tensor or a part of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// Elements seen.
    pub elements: u64,
    /// By the index of the cast in the table, ascending.
    pub(crate) tallies: Vec<(u8, Tally)>,
}

impl Losses {
    /// Adds what another part of the same tensor shows, of the same casts.
    pub fn merge(&mut self, other: &Self) {
        self.elements += other.elements;
        if self.tallies.is_empty() {
            self.tallies.clone_from(&other.tallies);
            return;
        }
        for ((_, mine), (_, theirs)) in self.tallies.iter_mut().zip(&other.tallies) {
            mine.merge(theirs);
        }
    }

    /// Casts that make a finite value NaN or infinite.
    pub fn breaking(&self) -> CastSet {
        let breaks = |at: usize| self.each().any(|(of, tally)| of == at && tally.broken > 0);
        CastSet::of_indices(breaks)
    }

    /// What they stand for where only a share of the values was looked at.
    pub(crate) fn expanded(&self, share: Share) -> Self {
        let tallies = self.tallies.iter();
        Self {
            elements: share.expand(self.elements),
            tallies: tallies
                .map(|(at, tally)| (*at, tally.expanded(share)))
                .collect(),
        }
    }

    /// What each cast loses, by its index in the table.
    pub(crate) fn losses(&self) -> impl Iterator<Item = (usize, Loss)> {
        self.each().map(|(at, tally)| (at, Loss::of(tally)))
    }

    /// What one cast loses.
    pub(crate) fn loss(&self, index: usize) -> Option<Loss> {
        self.losses()
            .find(|known| known.0 == index)
            .map(|known| known.1)
    }

    /// The casts by their index in the table.
    pub fn each(&self) -> impl Iterator<Item = (usize, &Tally)> {
        self.tallies
            .iter()
            .map(|(at, tally)| (usize::from(*at), tally))
    }
}

/// Casts the elements of spans, one after another.
#[derive(Default)]
pub struct Caster {
    looking: Option<Looking>,
}

impl Caster {
    /// A caster without a span.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a span; what was seen of an unfinished one is forgotten.
    pub fn begin(&mut self, task: CastTask) {
        self.looking = Some(Looking::new(task));
    }

    /// Feeds the next bytes of the span; chunks may be cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        if let Some(looking) = &mut self.looking {
            looking.feed(bytes);
        }
    }

    /// What the span has shown.
    pub fn finish(&mut self) -> Option<Losses> {
        Some(self.looking.take()?.finish())
    }
}

/// A span under way.
struct Looking {
    task: CastTask,
    /// Bytes of an element, or of a group of packed ones, whose end has not come yet.
    held: Vec<u8>,
    group_bytes: usize,
    codes: Vec<u8>,
    numbers: Numbers,
    place: Place,
    losses: Losses,
    rows_of_levels: Box<Rows>,
}

/// Elements that are not yet a whole unit.
enum Numbers {
    /// Of all types that FP32 holds.
    Single { waiting: Vec<f32>, line: Vec<f32> },
    /// FP64.
    Double { waiting: Vec<f64>, line: Vec<f64> },
}

/// Where the next unit begins.
#[derive(Clone, Copy)]
struct Place {
    row: u64,
    column: u64,
    rows: u64,
    columns: u64,
    /// Rows of a unit of short rows: a power of two, so that every cut is at a unit's end.
    rows_at_once: u64,
    /// Whether blocks that run on from row to row are not those that start with each row.
    has_line: bool,
}

impl Place {
    fn of(span: &Span) -> Self {
        let columns = span.matrix.columns.max(1);
        let fitting = (UNIT / columns).max(1);
        Self {
            row: span.first / columns,
            column: span.first % columns,
            rows: span.matrix.rows,
            columns,
            rows_at_once: 1 << fitting.ilog2(),
            has_line: span.matrix.rows > 1 && !columns.is_multiple_of(64),
        }
    }

    /// Elements of the unit that begins here, and the columns of its rows.
    fn unit(&self) -> (usize, usize) {
        if self.columns > UNIT {
            let stretch = UNIT.min(self.columns - self.column) as usize;
            return (stretch, stretch);
        }
        let rows = self.rows_at_once.min(self.rows - self.row.min(self.rows));
        ((rows * self.columns) as usize, self.columns as usize)
    }

    fn advance(&mut self, elements: usize) {
        self.column += elements as u64;
        self.row += self.column / self.columns;
        self.column %= self.columns;
    }
}

impl Looking {
    fn new(task: CastTask) -> Self {
        let span = task.span;
        let tallies = task.wanted.each().map(|at| (at as u8, Tally::default()));
        Self {
            held: Vec::new(),
            group_bytes: match span.dtype.bits() {
                6 => 3,
                bits => (bits / 8).max(1) as usize,
            },
            codes: Vec::new(),
            numbers: match span.dtype {
                Dtype::F64 => Numbers::Double {
                    waiting: Vec::new(),
                    line: Vec::new(),
                },
                _ => Numbers::Single {
                    waiting: Vec::new(),
                    line: Vec::new(),
                },
            },
            place: Place::of(&span),
            losses: Losses {
                elements: 0,
                tallies: tallies.collect(),
            },
            rows_of_levels: Box::new(level::rows()),
            task,
        }
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        if !self.held.is_empty() {
            let missing = (self.group_bytes - self.held.len()).min(bytes.len());
            self.held.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.held.len() < self.group_bytes {
                return;
            }
            let held = std::mem::take(&mut self.held);
            self.decode(&held);
        }
        // Not all at once: what is decoded is cast while it is in the nearest cache.
        let step = 4096 * self.group_bytes;
        let whole = bytes.len() / self.group_bytes * self.group_bytes;
        for part in bytes[..whole].chunks(step) {
            self.decode(part);
        }
        self.held.extend_from_slice(&bytes[whole..]);
    }

    fn decode(&mut self, bytes: &[u8]) {
        match &mut self.numbers {
            Numbers::Double { waiting, .. } => {
                decode::extend_from_f64(bytes, waiting);
            }
            Numbers::Single { waiting, .. } => {
                extend(self.task.span.dtype, bytes, &mut self.codes, waiting);
            }
        }
        self.cast_whole_units(false);
    }

    fn finish(mut self) -> Losses {
        self.cast_whole_units(true);
        for (_, tally) in &mut self.losses.tallies {
            tally.noise.settle();
            tally.signal.settle();
        }
        self.losses
    }

    fn cast_whole_units(&mut self, is_end: bool) {
        let Self {
            numbers,
            place,
            task,
            losses,
            rows_of_levels,
            ..
        } = self;
        let mut units = Units {
            place,
            task,
            losses,
            rows_of_levels,
        };
        match numbers {
            Numbers::Single { waiting, line } => units.cast_whole(waiting, line, is_end),
            Numbers::Double { waiting, line } => units.cast_whole(waiting, line, is_end),
        }
    }
}

/// What is needed to cast units.
struct Units<'a> {
    place: &'a mut Place,
    task: &'a CastTask,
    losses: &'a mut Losses,
    rows_of_levels: &'a Rows,
}

impl Units<'_> {
    fn cast_whole<T: Real>(&mut self, waiting: &mut Vec<T>, line: &mut Vec<T>, is_end: bool) {
        let mut done = 0;
        while done < waiting.len() {
            let (elements, columns) = self.place.unit();
            let elements = elements.max(1);
            if done + elements > waiting.len() && !is_end {
                break;
            }
            let end = (done + elements).min(waiting.len());
            let numbers = &waiting[done..end];
            self.cast_unit(numbers, columns.min(numbers.len()));
            if self.place.has_line {
                line.extend_from_slice(numbers);
            }
            self.place.advance(numbers.len());
            done = end;
        }
        waiting.drain(..done);
        self.cast_line(line, is_end);
    }

    fn cast_unit<T: Real>(&mut self, numbers: &[T], columns: usize) {
        let (place, peaks) = (*self.place, &self.task.peaks);
        let mut unit = Unit::new(numbers, columns, peaks.tensor);
        unit.row_peaks = (place.columns > UNIT).then(|| peaks.rows.get(place.row).into());
        let squares = self.square_peaks(numbers.len(), columns);
        unit.square_peaks = &squares;
        self.losses.elements += numbers.len() as u64;
        for (at, tally) in &mut self.losses.tallies {
            let cast = &CASTS[usize::from(*at)];
            if is_of_line(cast.scaling) && place.has_line {
                continue;
            }
            unit.cast(cast, self.rows_of_levels, self.task.saturate, tally);
        }
    }

    /// The peak of the square of each run of up to 128 columns, row by row.
    fn square_peaks(&self, elements: usize, columns: usize) -> Vec<f64> {
        let place = *self.place;
        if place.rows <= 1 {
            return Vec::new();
        }
        let across = place.columns.div_ceil(SQUARE);
        let first = place.column / SQUARE;
        let runs = (columns as u64).div_ceil(SQUARE);
        let rows = (elements / columns.max(1)) as u64;
        let of_row = |row: u64| {
            let of_squares = row / SQUARE * across + first;
            (of_squares..of_squares + runs).map(|at| f64::from(self.task.peaks.squares.get(at)))
        };
        (place.row..place.row + rows).flat_map(of_row).collect()
    }

    /// NF4's blocks run on from row to row.
    fn cast_line<T: Real>(&mut self, line: &mut Vec<T>, is_end: bool) {
        let unit = UNIT as usize;
        let whole = if is_end {
            line.len()
        } else {
            line.len() / unit * unit
        };
        for numbers in line[..whole].chunks(unit) {
            let unit = Unit::new(numbers, numbers.len(), self.task.peaks.tensor);
            for (at, tally) in &mut self.losses.tallies {
                let cast = &CASTS[usize::from(*at)];
                if is_of_line(cast.scaling) {
                    unit.cast(cast, self.rows_of_levels, self.task.saturate, tally);
                }
            }
        }
        line.drain(..whole);
    }
}

fn is_of_line(scaling: Scaling) -> bool {
    matches!(scaling, Scaling::Real(Group::Line(_)))
}

/// Elements of up to 32 bits as FP32, which holds them all.
fn extend(dtype: Dtype, bytes: &[u8], codes: &mut Vec<u8>, out: &mut Vec<f32>) {
    let format = dtype.format();
    match dtype {
        Dtype::F32 => decode::extend_from_f32(bytes, out),
        Dtype::BF16 => decode::extend_from_bf16(bytes, out),
        Dtype::F16 => decode::extend_from_f16(bytes, out),
        _ => {
            codes.clear();
            unpack(dtype.bits(), bytes, codes);
            let values = std::array::from_fn(|code| match code >> dtype.bits() {
                0 => format.decode(code as u64) as f32,
                _ => 0.0,
            });
            decode::extend_by_table(codes, &values, out);
        }
    }
}

#[cfg(test)]
mod tests;
