//! The largest magnitudes of rows, squares and the tensor: what real scales are made of.
//!
//! They are kept in FP32, to which the casts round them anyway. Rows of up to
//! [`LONG_ROW`] elements are left out: who casts them sees them whole.

use serde::{Deserialize, Serialize};

use super::{Matrix, Span};
use crate::format::{Dtype, Encoding, FloatLayout, Specials};
use floatscope_simd::peaks;

/// Rows of more elements have their peaks kept.
pub(crate) const LONG_ROW: u64 = 4096;
/// Rows and columns of a square.
pub(crate) const SQUARE: u64 = 128;

/// Largest magnitudes; +∞ where there is a NaN or an infinity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Peaks {
    /// Of everything seen.
    pub tensor: f32,
    /// Of long rows.
    pub(crate) rows: Stretch,
    /// Of squares, row of squares by row of squares; none of a single row, where they are blocks.
    pub(crate) squares: Stretch,
}

/// Neighbours in a list of which the rest is elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stretch {
    first: u64,
    values: Vec<f32>,
}

impl Stretch {
    /// Raises a value; those between it and the stretch come in as zero.
    fn raise(&mut self, index: u64, value: f32) {
        if self.values.is_empty() {
            self.first = index;
        }
        if index < self.first {
            let missing = (self.first - index) as usize;
            self.values.splice(..0, std::iter::repeat_n(0.0, missing));
            self.first = index;
        }
        let at = (index - self.first) as usize;
        if at >= self.values.len() {
            self.values.resize(at + 1, 0.0);
        }
        if value > self.values[at] {
            self.values[at] = value;
        }
    }

    /// The value at an index, zero where there is none.
    pub(crate) fn get(&self, index: u64) -> f32 {
        let at = index.checked_sub(self.first).map(|at| at as usize);
        at.and_then(|at| self.values.get(at))
            .copied()
            .unwrap_or(0.0)
    }

    /// The part from one index up to another.
    pub(crate) fn part(&self, range: std::ops::Range<u64>) -> Self {
        let place = |index: u64| (index.saturating_sub(self.first) as usize).min(self.values.len());
        Self {
            first: range.start.max(self.first),
            values: self.values[place(range.start)..place(range.end)].to_vec(),
        }
    }

    fn merge(&mut self, other: &Self) {
        if let Some(last) = other.values.len().checked_sub(1) {
            // The whole range first, so that it is made room for once.
            self.raise(other.first, 0.0);
            self.raise(other.first + last as u64, 0.0);
        }
        for (index, value) in (other.first..).zip(&other.values) {
            self.raise(index, *value);
        }
    }
}

impl Peaks {
    /// Adds what another part of the tensor shows.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.tensor = self.tensor.max(other.tensor);
        self.rows.merge(&other.rows);
        self.squares.merge(&other.squares);
    }

    /// What a part of the tensor needs of them.
    pub(crate) fn part(&self, span: &Span) -> Self {
        let columns = span.matrix.columns.max(1);
        let rows = span.first / columns..(span.first + span.elements).div_ceil(columns);
        let across = columns.div_ceil(SQUARE);
        let squares = rows.start / SQUARE * across..rows.end.div_ceil(SQUARE) * across;
        Self {
            tensor: self.tensor,
            rows: self.rows.part(rows),
            squares: self.squares.part(squares),
        }
    }
}

/// Follows the elements of a span.
pub(crate) struct PeakFollower {
    matrix: Matrix,
    row: u64,
    column: u64,
    row_peak: f32,
    seen: Peaks,
    kind: Kind,
    codes: Vec<u8>,
}

/// How magnitudes are found in bytes.
#[derive(Clone, Copy)]
enum Kind {
    /// Codes of up to 8 bits.
    Small(Dtype, &'static FloatLayout),
    /// FP32.
    Single,
    /// FP64.
    Double,
    /// 16 bits: their blocks are looked at elsewhere.
    Half,
}

impl PeakFollower {
    /// For floats that can be cast; nothing for other types.
    pub(crate) fn of(span: &Span) -> Option<Self> {
        let Encoding::Float(layout) = &span.dtype.format().encoding else {
            return None;
        };
        let kind = match span.dtype.bits() {
            _ if layout.specials == Specials::ScaleOnly => return None,
            16 => Kind::Half,
            32 => Kind::Single,
            64 => Kind::Double,
            _ => Kind::Small(span.dtype, layout),
        };
        let columns = span.matrix.columns.max(1);
        Some(Self {
            matrix: span.matrix,
            row: span.first / columns,
            column: span.first % columns,
            row_peak: 0.0,
            seen: Peaks::default(),
            kind,
            codes: Vec::new(),
        })
    }

    /// The next elements, all in one row and, along it, in one stretch of [`SQUARE`], have this peak.
    pub(crate) fn add(&mut self, elements: u64, peak: f32) {
        let columns = self.matrix.columns.max(1);
        if self.matrix.rows > 1 {
            let square = self.row / SQUARE * columns.div_ceil(SQUARE) + self.column / SQUARE;
            self.seen.squares.raise(square, peak);
        }
        self.seen.tensor = self.seen.tensor.max(peak);
        self.row_peak = self.row_peak.max(peak);
        self.column += elements;
        if self.column >= columns {
            self.end_row();
            self.row += self.column / columns;
            self.column %= columns;
        }
    }

    /// Looks at whole elements.
    pub(crate) fn look(&mut self, bytes: &[u8]) {
        match self.kind {
            Kind::Half => {}
            Kind::Single => self.look_by(bytes, 4, |part| not_nan(peaks::largest_f32(part))),
            Kind::Double => self.look_by(bytes, 8, |part| not_nan(peaks::largest_f64(part) as f32)),
            Kind::Small(dtype, layout) => {
                let mut codes = std::mem::take(&mut self.codes);
                codes.clear();
                unpack(dtype.bits(), bytes, &mut codes);
                let has_two_zeros = layout.specials != Specials::NegativeZeroNan;
                self.look_by(&codes, 1, |part| {
                    let code = peaks::largest_code(part, dtype.bits(), has_two_zeros);
                    not_nan(code.map_or(f64::NAN, |code| layout.decode(code.into())) as f32)
                });
                self.codes = codes;
            }
        }
    }

    /// The span is over.
    pub(crate) fn finish(mut self) -> Peaks {
        if self.column > 0 {
            self.end_row();
        }
        self.seen
    }

    fn look_by(&mut self, mut bytes: &[u8], width: usize, peak: impl Fn(&[u8]) -> f32) {
        while bytes.len() >= width {
            let elements = self.together().min((bytes.len() / width) as u64);
            let (part, rest) = bytes.split_at(elements as usize * width);
            self.add(elements, peak(part));
            bytes = rest;
        }
    }

    /// How many of the next elements share a square; of narrow tensors these are whole rows.
    fn together(&self) -> u64 {
        let columns = self.matrix.columns.max(1);
        if columns <= SQUARE {
            return (SQUARE - self.row % SQUARE) * columns - self.column;
        }
        (SQUARE - self.column % SQUARE).min(columns - self.column)
    }

    fn end_row(&mut self) {
        if self.matrix.columns > LONG_ROW {
            self.seen.rows.raise(self.row, self.row_peak);
        }
        self.row_peak = 0.0;
    }
}

fn not_nan(peak: f32) -> f32 {
    if peak.is_nan() { f32::INFINITY } else { peak }
}

/// Codes of 4, 6 or 8 bits, each as a byte; `bytes` holds whole groups, but for the last.
pub(crate) fn unpack(bits: u32, bytes: &[u8], codes: &mut Vec<u8>) {
    match bits {
        4 => codes.extend(bytes.iter().flat_map(|byte| [byte & 15, byte >> 4])),
        6 => codes.extend(bytes.as_chunks::<3>().0.iter().flat_map(|&[a, b, c]| {
            let four = u32::from_le_bytes([a, b, c, 0]);
            [0, 6, 12, 18].map(|at| (four >> at) as u8 & 63)
        })),
        _ => codes.extend_from_slice(bytes),
    }
}

#[cfg(test)]
mod tests;
