//! Feeds the bytes of one span after another through the observers.

use super::tables::Tables;
use super::tiles::Tiles;
use super::{Observations, Stream, TILE, WideFloat, WideInteger};
use crate::format::{Dtype, Encoding, FloatLayout};

/// A run of elements of one tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// The element type.
    pub dtype: Dtype,
    /// Number of elements. Where it is not the tensor's last span, a multiple of [`TILE`].
    pub elements: u64,
}

impl Span {
    /// Bytes of the span.
    pub fn bytes(&self) -> u64 {
        bytes_of(self.dtype, self.elements)
    }
}

/// Bytes of so many elements, which must fill whole bytes.
pub(crate) fn bytes_of(dtype: Dtype, elements: u64) -> u64 {
    let bits = u64::from(dtype.bits());
    elements / 8 * bits + elements % 8 * bits / 8
}

/// Scans spans one after another, reusing its tables.
pub struct Scanner {
    tables: Vec<Tables>,
    tiles: Tiles,
    seen: Option<Observations>,
    fed_bytes: u64,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            tables: vec![Tables::new()],
            tiles: Tiles::new(),
            seen: None,
            fed_bytes: 0,
        }
    }
}

impl Scanner {
    /// A scanner with empty tables (1 MiB).
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a span; what was seen of an unfinished one is forgotten.
    pub fn begin(&mut self, dtype: Dtype) {
        if self.seen.take().is_some() {
            self.tables.iter_mut().for_each(Tables::forget);
        }
        let observations = Observations::empty(dtype);
        self.tables.resize_with(
            self.tables.len().max(observations.streams.len()),
            Tables::new,
        );
        self.tiles.begin(unit_bytes(dtype));
        self.seen = Some(observations);
        self.fed_bytes = 0;
    }

    /// Feeds the next bytes of the span; chunks may be cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Self {
            tables,
            tiles,
            seen,
            fed_bytes,
        } = self;
        let Some(seen) = seen else { return };
        *fed_bytes += bytes.len() as u64;
        tiles.feed(bytes, |units| look(seen, tables, units));
    }

    /// What the span has shown.
    pub fn finish(&mut self) -> Option<Observations> {
        let mut seen = self.seen.take()?;
        let last = self.tiles.finish();
        if !last.is_empty() {
            look(&mut seen, &mut self.tables, last);
        }
        seen.elements = self.fed_bytes * 8 / u64::from(seen.dtype.bits());
        for (stream, tables) in seen.streams.iter_mut().zip(&mut self.tables) {
            harvest(stream, seen.dtype, tables);
        }
        Some(seen)
    }
}

/// Empty streams for the observations of a type.
pub(super) fn streams_of(dtype: Dtype) -> Vec<Stream> {
    match dtype.format().encoding {
        Encoding::Complex(layout) => vec![Stream::Float(WideFloat::new(&layout)); 2],
        _ if dtype.bits() <= 16 => vec![Stream::Codes(super::Census::default())],
        Encoding::Float(layout) => vec![Stream::Float(WideFloat::new(&layout))],
        _ => vec![Stream::Integer(WideInteger::new(dtype))],
    }
}

/// Bytes that are counted together: a tile of a wide type, a group of a packed
/// one, two bytes of the others.
fn unit_bytes(dtype: Dtype) -> usize {
    match dtype.bits() {
        6 => 3,
        ..=16 => 2,
        bits => TILE as usize * bits as usize / 8,
    }
}

fn look(seen: &mut Observations, tables: &mut [Tables], units: &[u8]) {
    let dtype = seen.dtype;
    if dtype.bits() <= 16 {
        tables[0].count(dtype.bits(), units);
        return;
    }
    for tile in units.chunks(unit_bytes(dtype)) {
        look_at_tile(seen, tables, tile);
    }
}

fn look_at_tile(seen: &mut Observations, tables: &mut [Tables], tile: &[u8]) {
    let dtype = seen.dtype;
    match (&dtype.format().encoding, &mut seen.streams[..]) {
        (Encoding::Complex(layout), streams) => look_at_complex(layout, streams, tables, tile),
        (Encoding::Float(layout), [Stream::Float(float)]) => {
            float.look(layout, &mut tables[0], tile);
        }
        (_, [Stream::Integer(integer)]) => integer.look(dtype, &mut tables[0], tile),
        _ => unreachable!("streams_of makes the streams of this dtype"),
    }
}

/// Real and imaginary parts, each as a tile of their own.
fn look_at_complex(
    layout: &FloatLayout,
    streams: &mut [Stream],
    tables: &mut [Tables],
    tile: &[u8],
) {
    for (part, (stream, tables)) in streams.iter_mut().zip(tables).enumerate() {
        let words = tile.as_chunks::<4>().0;
        let of_part = words
            .iter()
            .skip(part)
            .step_by(2)
            .flatten()
            .copied()
            .collect::<Vec<u8>>();
        if let Stream::Float(float) = stream {
            float.look(layout, tables, &of_part);
        }
    }
}

/// Moves the counts of the tables into the stream and settles its sums.
fn harvest(stream: &mut Stream, dtype: Dtype, tables: &mut Tables) {
    let sums = match stream {
        Stream::Codes(census) => {
            census.merge(&tables.take(dtype.bits()));
            return;
        }
        Stream::Float(float) => {
            float.tops.merge(&tables.take(16));
            &mut float.sums
        }
        Stream::Integer(integer) => {
            integer.cells.merge(&tables.take(16));
            &mut integer.sums
        }
    };
    sums.iter_mut().for_each(super::ExactSum::settle);
}
