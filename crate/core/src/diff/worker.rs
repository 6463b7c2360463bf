//! What one worker does: two streams in, differences out.

use std::collections::VecDeque;

use super::comparer::Comparer;
use super::difference::Difference;
use super::rows::sides;
use super::{PairSpan, Side};
use crate::scan::TILE;

/// Tiles that are compared in one go.
const TILES: u64 = 64;

/// Compares one run after another, each two streams of bytes.
#[derive(Default)]
pub struct PairWorker {
    comparer: Option<Comparer>,
    waiting: VecDeque<PairSpan>,
    /// Elements of the first of these that are compared.
    compared: u64,
    /// What came of a side and is not compared yet.
    held: [Held; 2],
    finished: Vec<Difference>,
}

/// Bytes in the order of their coming: those from `used` to `end` are still to be looked at.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    used: usize,
    end: usize,
}

impl Held {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.used..self.end]
    }

    /// Room for so many bytes behind the others.
    fn room(&mut self, bytes: usize) -> &mut [u8] {
        if self.bytes.len() < self.end + bytes {
            self.bytes.copy_within(self.used..self.end, 0);
            self.end -= self.used;
            self.used = 0;
        }
        if self.bytes.len() < self.end + bytes {
            self.bytes.resize(self.end + bytes, 0);
        }
        &mut self.bytes[self.end..self.end + bytes]
    }

    fn clear(&mut self) {
        self.used = 0;
        self.end = 0;
    }
}

impl PairWorker {
    /// A worker without a run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a run; what is left of an earlier one is forgotten.
    pub fn begin(&mut self, spans: Vec<PairSpan>) {
        self.waiting = spans.into();
        self.held.iter_mut().for_each(Held::clear);
        self.finished.clear();
        self.begin_span();
    }

    /// The side of which bytes are needed next: the one that holds the others up.
    pub fn wants(&self) -> Option<Side> {
        let span = self.waiting.front()?;
        let elements = |side: Side| {
            let bytes = self.held[side as usize].rest().len() as u64;
            bytes * 8 / u64::from(span.dtype(side).bits())
        };
        match elements(Side::A) <= elements(Side::B) {
            true => Some(Side::A),
            false => Some(Side::B),
        }
    }

    /// Where the next bytes of a side are to be written, so that they are not copied again.
    pub fn room(&mut self, side: Side, bytes: usize) -> &mut [u8] {
        self.held[side as usize].room(bytes)
    }

    /// Takes the next bytes of a side, cut anywhere.
    pub fn feed(&mut self, side: Side, bytes: &[u8]) {
        self.room(side, bytes.len()).copy_from_slice(bytes);
        self.filled(side, bytes.len());
    }

    /// So many bytes were written into the [`room`](Self::room) of a side.
    pub fn filled(&mut self, side: Side, bytes: usize) {
        let held = &mut self.held[side as usize];
        held.end = (held.end + bytes).min(held.bytes.len());
        while let Some(span) = self.waiting.front() {
            let left = span.elements - self.compared;
            let there = |side: Side| {
                let bytes = self.held[side as usize].rest().len() as u64;
                bytes.saturating_mul(8) / u64::from(span.dtype(side).bits())
            };
            let mut count = left
                .min(there(Side::A))
                .min(there(Side::B))
                .min(TILES * TILE);
            if count < left {
                count -= count % TILE;
            }
            if count == 0 {
                return;
            }
            let span = *span;
            let streams = [self.held[0].rest(), self.held[1].rest()];
            let bytes = sides(&span, streams, count as usize);
            if let Some(comparer) = &mut self.comparer {
                comparer.add(bytes, count as usize);
            }
            let used = bytes.map(<[u8]>::len);
            for (held, used) in self.held.iter_mut().zip(used) {
                held.used += used;
            }
            self.compared += count;
            if self.compared == span.elements {
                self.finished
                    .extend(self.comparer.as_mut().map(Comparer::finish));
                self.waiting.pop_front();
                self.begin_span();
            }
        }
    }

    /// Spans that are finished and not yet taken.
    pub fn finished(&self) -> usize {
        self.finished.len()
    }

    /// What they have shown, in order.
    pub fn take(&mut self) -> Vec<Difference> {
        std::mem::take(&mut self.finished)
    }

    fn begin_span(&mut self) {
        self.compared = 0;
        let Some(span) = self.waiting.front() else {
            return;
        };
        let comparer = match self.comparer.take() {
            Some(comparer) if comparer.fits(span) => comparer,
            _ => Comparer::new(span),
        };
        self.comparer.insert(comparer).begin(span);
    }
}

/// What is seen of a pair without elements.
pub(super) fn nothing(span: &PairSpan) -> Difference {
    Comparer::new(span).finish()
}
