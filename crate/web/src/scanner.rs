//! Bytes in, observations out.

use std::collections::VecDeque;

use floatscope_core::scan::{self, Observations, Span, wire};
use wasm_bindgen::prelude::wasm_bindgen;

/// Scans one run after another, each a stream of bytes.
#[wasm_bindgen]
#[derive(Default)]
pub struct Scanner {
    inner: scan::Scanner,
    chunk: Vec<u8>,
    waiting: VecDeque<Span>,
    /// Bytes that the span at the head of `waiting` still needs; it has begun.
    left_bytes: u64,
    finished: Vec<Observations>,
}

#[wasm_bindgen]
impl Scanner {
    /// A scanner without a run.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        crate::panic::keep_message();
        Self::default()
    }

    /// Starts a run; what is left of an earlier one is forgotten.
    ///
    /// # Errors
    /// If the bytes are not a run's spans.
    pub fn begin(&mut self, spans: &[u8]) -> Result<(), String> {
        let spans: Vec<Span> = wire::from_bytes(spans).map_err(|error| error.to_string())?;
        self.waiting = spans.into();
        self.finished.clear();
        self.begin_span();
        Ok(())
    }

    /// Where in wasm's memory the next chunk is to be written, which may have
    /// grown: views of it are to be made anew.
    pub fn buffer(&mut self, bytes: usize) -> *mut u8 {
        if self.chunk.len() < bytes {
            self.chunk.resize(bytes, 0);
        }
        self.chunk.as_mut_ptr()
    }

    /// Scans so many bytes of what was written there; what is beyond the end of
    /// the run is ignored.
    pub fn feed(&mut self, bytes: usize) {
        let chunk = std::mem::take(&mut self.chunk);
        let mut rest = &chunk[..bytes.min(chunk.len())];
        while !rest.is_empty() && !self.waiting.is_empty() {
            rest = self.feed_span(rest);
        }
        self.chunk = chunk;
    }

    /// Spans that are finished and not yet taken.
    pub fn finished(&self) -> usize {
        self.finished.len()
    }

    /// The observations of these spans, for [`Coordinator::merge`](crate::Coordinator::merge).
    pub fn take(&mut self) -> Vec<u8> {
        wire::to_bytes(&std::mem::take(&mut self.finished))
    }
}

impl Scanner {
    fn begin_span(&mut self) {
        if let Some(span) = self.waiting.front() {
            self.inner.begin(*span);
            self.left_bytes = span.bytes();
        }
    }

    /// Feeds what belongs to the first span and returns the rest.
    fn feed_span<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let length =
            usize::try_from(self.left_bytes).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (head, rest) = bytes.split_at(length);
        self.inner.feed(head);
        self.left_bytes -= length as u64;
        if self.left_bytes == 0 {
            self.finished.extend(self.inner.finish());
            self.waiting.pop_front();
            self.begin_span();
        }
        rest
    }
}
