//! Cuts a stream of chunks of any size into whole units.

/// Hands on whole units, keeping what is left of one until the next chunk.
#[derive(Default)]
pub(crate) struct Tiles {
    unit_bytes: usize,
    held: Vec<u8>,
}

impl Tiles {
    pub(crate) fn new() -> Self {
        Self {
            unit_bytes: 1,
            held: Vec::new(),
        }
    }

    /// Starts a stream of units of `unit_bytes`.
    pub(crate) fn begin(&mut self, unit_bytes: usize) {
        self.unit_bytes = unit_bytes;
        self.held.clear();
    }

    /// Feeds a chunk; `each` is given runs of one or more whole units.
    pub(crate) fn feed(&mut self, mut chunk: &[u8], mut each: impl FnMut(&[u8])) {
        if !self.held.is_empty() {
            let missing = self.unit_bytes - self.held.len();
            let (head, rest) = chunk.split_at(missing.min(chunk.len()));
            self.held.extend_from_slice(head);
            chunk = rest;
            if self.held.len() < self.unit_bytes {
                return;
            }
            each(&self.held);
            self.held.clear();
        }
        let whole = chunk.len() - chunk.len() % self.unit_bytes;
        if whole > 0 {
            each(&chunk[..whole]);
        }
        self.held.extend_from_slice(&chunk[whole..]);
    }

    /// The short last unit, if there is one.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.held
    }
}
