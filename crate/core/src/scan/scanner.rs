//! Feeds the bytes of one span after another through the observers.

use super::blocks::{BlockCounter, half_of};
use super::peaks::PeakFollower;
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
    /// Whether what casts need is looked at.
    casts: bool,
    by_block: BlockCounter,
    peaks: Option<PeakFollower>,
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
            casts: true,
            by_block: BlockCounter::default(),
            peaks: None,
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

    /// Whether what only casts need is looked at, from the next span on: it is, unless told otherwise.
    pub fn watch_casts(&mut self, casts: bool) {
        self.casts = casts;
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
        self.peaks = if self.casts {
            PeakFollower::of(&span)
        } else {
            None
        };
        if let Some(half) = half_of(span.dtype).filter(|_| self.casts) {
            self.by_block.begin(half, &span);
        }
        self.seen = Some(observations);
        self.fed_bytes = 0;
    }

    /// Feeds the next bytes of the span; chunks may be cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(mut seen) = self.seen.take() else {
            return;
        };
        self.fed_bytes += bytes.len() as u64;
        let mut tiles = std::mem::take(&mut self.tiles);
        tiles.feed(bytes, |units| self.look(&mut seen, units));
        self.tiles = tiles;
        let block = &mut self.block;
        self.blocks
            .feed(bytes, |blocks| add_blocks(&mut seen, block, blocks));
        self.seen = Some(seen);
    }

    /// What the span has shown.
    pub fn finish(&mut self) -> Option<Observations> {
        let mut seen = self.seen.take()?;
        let tiles = std::mem::take(&mut self.tiles);
        if !tiles.rest().is_empty() {
            self.look(&mut seen, tiles.rest());
        }
        self.tiles = tiles;
        add_blocks(&mut seen, &mut self.block, self.blocks.rest());
        if let Some(places) = self.places.take() {
            places.finish(&mut seen);
        }
        seen.elements = self.fed_bytes * 8 / u64::from(seen.dtype.bits());
        for (stream, tables) in seen.streams.iter_mut().zip(&mut self.tables) {
            harvest(stream, seen.dtype, tables);
        }
        if let Some(mut peaks) = self.peaks.take() {
            if half_of(seen.dtype).is_some() {
                seen.blocks = self.by_block.finish(&mut peaks);
                seen.streams = vec![Stream::Codes(seen.blocks.sum())];
            }
            seen.peaks = peaks.finish();
        }
        Some(seen)
    }

    fn look(&mut self, seen: &mut Observations, units: &[u8]) {
        let dtype = seen.dtype;
        if let Some(places) = &mut self.places {
            places.look(seen, units);
        }
        if let Some(peaks) = &mut self.peaks {
            if half_of(dtype).is_some() {
                let whole = units.len() / 2 * 2;
                return self.by_block.feed(&units[..whole], peaks);
            }
            peaks.look(units);
        }
        if dtype.bits() <= 16 {
            self.tables[0].count(dtype.bits(), units);
            return;
        }
        for tile in units.chunks(unit_bytes(dtype)) {
            look_at_tile(seen, &mut self.tables, tile);
        }
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
