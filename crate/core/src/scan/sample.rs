//! Values kept with their places: what shows scales that hold for blocks of a tensor.
//!
//! A tensor of up to [`WHOLE`] elements is kept whole. Of a larger one some
//! windows are kept, which depend on its shape alone, so that the sample is the
//! same however the tensor was cut.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Matrix;

/// Up to so many elements are kept all.
pub(crate) const WHOLE: u64 = 1 << 19;

/// Elements that a window may hold.
const WINDOW: u64 = 1 << 17;
/// Columns that are kept of a row in full, at most.
const LONG_ROW: u64 = 1 << 14;
/// Rows that are kept in full, at most.
const FULL_ROWS: u64 = 32;
/// The largest block along a row that is looked for.
const SEGMENT: u64 = 256;
const SEGMENTS: u64 = 512;
/// The largest square that is looked for; windows hold two side by side.
const SQUARE: u64 = 128;
const SQUARE_WINDOWS: u64 = 4;
/// Neighbouring columns that are kept over very many rows.
const STRIP: u64 = 8;

/// What a window is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The whole tensor.
    Whole,
    /// Rows in full, or the first part of very long ones, spread over the tensor.
    Rows,
    /// Blocks along the last axis, spread over rows and columns.
    Segments,
    /// Neighbouring rows and columns.
    Square,
    /// Some columns over as many rows as may be kept.
    Columns,
}

/// A regular choice of elements: in each of some rows some stretches of equal length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// What it is for.
    pub purpose: Purpose,
    /// The first row.
    pub first_row: u64,
    /// From one row to the next.
    pub row_step: u64,
    /// Number of rows.
    pub rows: u64,
    /// The first column of the first stretch.
    pub first_column: u64,
    /// From one stretch to the next.
    pub stretch_step: u64,
    /// Stretches in a row.
    pub stretches: u64,
    /// Elements of a stretch.
    pub width: u64,
    /// Where stretches move on from row to row: by so much, this many times.
    pub drift: (u64, u64),
}

impl Window {
    /// Elements of the window.
    pub fn elements(&self) -> u64 {
        self.rows * self.stretches * self.width
    }

    /// Row of the tensor and first column of a stretch: (row, column).
    pub fn place(&self, row: u64, stretch: u64) -> (u64, u64) {
        let (step, turns) = self.drift;
        let column = self.first_column + stretch * self.stretch_step + row % turns * step;
        (self.first_row + row * self.row_step, column)
    }
}

/// The windows of a tensor.
pub fn windows(matrix: Matrix) -> Vec<Window> {
    let Matrix { rows, columns } = matrix;
    if matrix.elements() <= WHOLE {
        return vec![block(Purpose::Whole, (0, rows), (0, columns))];
    }
    let mut windows = vec![full_rows(matrix), segments(matrix)];
    if rows >= 32 && columns >= 32 {
        windows.extend((0..SQUARE_WINDOWS).map(|at| square(matrix, at)));
    }
    if rows >= 64 {
        let kept = rows.min(WINDOW / STRIP);
        let width = columns.min(STRIP);
        let strip = block(Purpose::Columns, (0, kept), ((columns - width) / 2, width));
        windows.push(Window {
            row_step: rows / kept,
            ..strip
        });
    }
    windows
}

/// Neighbouring rows and columns, each as (first, count).
fn block(purpose: Purpose, rows: (u64, u64), columns: (u64, u64)) -> Window {
    Window {
        purpose,
        first_row: rows.0,
        row_step: 1,
        rows: rows.1,
        first_column: columns.0,
        stretch_step: 0,
        stretches: 1,
        width: columns.1,
        drift: (0, 1),
    }
}

fn full_rows(Matrix { rows, columns }: Matrix) -> Window {
    let width = columns.min(LONG_ROW);
    let most = if columns < SEGMENT {
        WINDOW / width
    } else {
        FULL_ROWS
    };
    let kept = rows.min((WINDOW / width).clamp(1, most));
    let step = rows / kept;
    Window {
        row_step: step,
        ..block(Purpose::Rows, (step / 2, kept), (0, width))
    }
}

fn segments(Matrix { rows, columns }: Matrix) -> Window {
    let width = columns.min(SEGMENT);
    let kept = rows.min(SEGMENTS);
    let places = columns / width;
    let stretches = (SEGMENTS / kept).min(places);
    let apart = places / stretches;
    Window {
        row_step: rows / kept,
        stretch_step: apart * width,
        stretches,
        drift: (width, apart),
        ..block(Purpose::Segments, (0, kept), (0, width))
    }
}

/// The `at`th window of squares, on the way from one corner to the other.
fn square(Matrix { rows, columns }: Matrix, at: u64) -> Window {
    let side = |length: u64, kept: u64| {
        let places = length / kept;
        (places * (2 * at + 1) / (2 * SQUARE_WINDOWS)) * kept
    };
    let (height, width) = (rows.min(SQUARE), columns.min(2 * SQUARE));
    block(
        Purpose::Square,
        (side(rows, height), height),
        (side(columns, width), width),
    )
}

/// Elements of the windows that were met so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    chunks: Vec<Chunk>,
}

/// Neighbouring elements of one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Chunk {
    window: u8,
    /// Bytes of the window before these.
    offset: u64,
    bytes: Bytes,
}

/// Shared, so that parts of a tensor are put together without being copied.
#[derive(Debug, Clone, PartialEq)]
struct Bytes(Arc<Vec<u8>>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Ok(Self(Arc::new(bytes.to_vec())))
    }
}

impl Sample {
    /// Keeps what lies in a window of the elements from index `first` on, each of
    /// `width` bytes.
    pub(crate) fn look(&mut self, gather: &Gather, first: u64, bytes: &[u8]) {
        let width = gather.element_bytes;
        let end = first + bytes.len() as u64 / width;
        for (at, window) in gather.windows.iter().enumerate() {
            gather.each_stretch(window, first..end, |begin, stop, place| {
                let here = (begin - first) * width..(stop - first) * width;
                let bytes = &bytes[here.start as usize..here.end as usize];
                self.add(at as u8, place * width, bytes);
            });
        }
    }

    fn add(&mut self, window: u8, offset: u64, bytes: &[u8]) {
        let follows = |chunk: &&mut Chunk| {
            chunk.window == window && chunk.offset + chunk.bytes.0.len() as u64 == offset
        };
        // A handful of windows grow at a time.
        if let Some(chunk) = self.chunks.iter_mut().rev().take(8).find(follows) {
            Arc::make_mut(&mut chunk.bytes.0).extend_from_slice(bytes);
            return;
        }
        self.chunks.push(Chunk {
            window,
            offset,
            bytes: Bytes(Arc::new(bytes.to_vec())),
        });
    }

    /// Adds what another part of the tensor has kept.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.chunks.extend(other.chunks.iter().cloned());
    }

    /// Bytes of each window, in the order of [`windows`]; a window that is not
    /// complete is empty.
    pub fn windows(&self, matrix: Matrix, element_bytes: u64) -> Vec<(Window, Arc<Vec<u8>>)> {
        let windows = windows(matrix).into_iter().enumerate();
        let filled = windows.map(|(at, window)| {
            let length = (window.elements() * element_bytes) as usize;
            let of_window = |chunk: &&Chunk| usize::from(chunk.window) == at;
            let chunks: Vec<&Chunk> = self.chunks.iter().filter(of_window).collect();
            let bytes = match chunks[..] {
                [only] if only.bytes.0.len() == length => Arc::clone(&only.bytes.0),
                _ => Arc::new(joined(&chunks, length)),
            };
            (window, bytes)
        });
        filled.collect()
    }
}

/// The chunks of a window in their places; nothing where some are missing.
fn joined(chunks: &[&Chunk], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut missing = length;
    for chunk in chunks {
        let begin = chunk.offset as usize;
        if let Some(place) = bytes.get_mut(begin..begin + chunk.bytes.0.len()) {
            place.copy_from_slice(&chunk.bytes.0);
            missing = missing.saturating_sub(chunk.bytes.0.len());
        }
    }
    if missing > 0 {
        bytes.clear();
    }
    bytes
}

/// Which elements of a tensor are kept.
pub(crate) struct Gather {
    windows: Vec<Window>,
    columns: u64,
    element_bytes: u64,
}

impl Gather {
    pub(crate) fn new(matrix: Matrix, element_bytes: u64) -> Self {
        Self {
            windows: windows(matrix),
            columns: matrix.columns.max(1),
            element_bytes,
        }
    }

    /// Hands on each stretch of a window that lies in the range, or its part that
    /// does: (first element, last element + 1, elements of the window before it).
    fn each_stretch(
        &self,
        window: &Window,
        range: std::ops::Range<u64>,
        mut each: impl FnMut(u64, u64, u64),
    ) {
        if window.purpose == Purpose::Whole {
            each(range.start, range.end, range.start);
            return;
        }
        let first_row = range.start / self.columns;
        let last_row = range.end.saturating_sub(1) / self.columns;
        let skipped = first_row
            .saturating_sub(window.first_row)
            .div_ceil(window.row_step);
        for row in skipped..window.rows {
            if window.first_row + row * window.row_step > last_row {
                break;
            }
            for stretch in 0..window.stretches {
                let (at, column) = window.place(row, stretch);
                let begin = at * self.columns + column;
                let (from, to) = (
                    begin.max(range.start),
                    (begin + window.width).min(range.end),
                );
                if from < to {
                    let before = (row * window.stretches + stretch) * window.width;
                    each(from, to, before + (from - begin));
                }
            }
        }
    }
}
