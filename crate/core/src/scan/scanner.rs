//! Feeds the bytes of one span after another through the observers.

use super::places::Places;
use super::tables::Tables;
use super::tiles::Tiles;
use super::{Observations, Span, Stream, TILE, WideFloat, WideInteger};
use crate::format::{Dtype, Encoding, FloatLayout};
use floatscope_simd::fingerprint;

/// Scans spans one after another, reusing its tables.
pub struct Scanner {
    tables: Vec<Tables>,
    tiles: Tiles,
    seen: Option<Observations>,
    /// What looks at values where they are.
    places: Option<Places>,
    blocks: Tiles,
    /// Number of the next block of the fingerprint.
    block: u64,
    fed_bytes: u64,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            tables: vec![Tables::new()],
            tiles: Tiles::new(),
            seen: None,
            places: None,
            blocks: Tiles::new(),
            block: 0,
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
    pub fn begin(&mut self, span: Span) {
        if self.seen.take().is_some() {
            self.tables.iter_mut().for_each(Tables::forget);
        }
        let observations = Observations::empty(span.dtype, span.matrix);
        self.tables.resize_with(
            self.tables.len().max(observations.streams.len()),
            Tables::new,
        );
        self.tiles.begin(unit_bytes(span.dtype));
        self.blocks.begin(fingerprint::BLOCK);
        self.block = super::bytes_of(span.dtype, span.first) / fingerprint::BLOCK as u64;
        self.places = Places::of(&span);
        self.seen = Some(observations);
        self.fed_bytes = 0;
    }

    /// Feeds the next bytes of the span; chunks may be cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(seen) = &mut self.seen else { return };
        self.fed_bytes += bytes.len() as u64;
        let (tables, places, block) = (&mut self.tables, &mut self.places, &mut self.block);
        self.tiles
            .feed(bytes, |units| look(seen, tables, places, units));
        self.blocks
            .feed(bytes, |blocks| add_blocks(seen, block, blocks));
    }

    /// What the span has shown.
    pub fn finish(&mut self) -> Option<Observations> {
        let mut seen = self.seen.take()?;
        let last = self.tiles.finish();
        if !last.is_empty() {
            look(&mut seen, &mut self.tables, &mut self.places, last);
        }
        add_blocks(&mut seen, &mut self.block, self.blocks.finish());
        if let Some(places) = self.places.take() {
            places.finish(&mut seen);
        }
        seen.elements = self.fed_bytes * 8 / u64::from(seen.dtype.bits());
        for (stream, tables) in seen.streams.iter_mut().zip(&mut self.tables) {
            harvest(stream, seen.dtype, tables);
        }
        Some(seen)
    }
}

fn add_blocks(seen: &mut Observations, block: &mut u64, bytes: &[u8]) {
    let sum = fingerprint::of_blocks(*block, bytes);
    seen.fingerprint = seen.fingerprint.wrapping_add(sum);
    *block += (bytes.len() / fingerprint::BLOCK) as u64;
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

fn look(seen: &mut Observations, tables: &mut [Tables], places: &mut Option<Places>, units: &[u8]) {
    let dtype = seen.dtype;
    if let Some(places) = places {
        places.look(seen, units);
    }
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
