//! Bytes in, observations out.

use floatscope_core::scan::wire;
use floatscope_core::work::{Task, Worker};
use wasm_bindgen::prelude::wasm_bindgen;

/// Looks at one run after another, each a stream of bytes.
#[wasm_bindgen]
#[derive(Default)]
pub struct Scanner {
    inner: Worker,
    chunk: Vec<u8>,
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
    /// If the bytes are not a run's tasks.
    pub fn begin(&mut self, spans: &[u8]) -> Result<(), String> {
        let tasks: Vec<Task> = wire::from_bytes(spans).map_err(|error| error.to_string())?;
        self.inner.begin(tasks);
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

    /// Looks at so many bytes of what was written there; what is beyond the end of
    /// the run is ignored.
    pub fn feed(&mut self, bytes: usize) {
        self.inner.feed(&self.chunk[..bytes.min(self.chunk.len())]);
    }

    /// Spans that are finished and not yet taken.
    pub fn finished(&self) -> usize {
        self.inner.finished()
    }

    /// What these have shown, for [`Coordinator::merge`](crate::Coordinator::merge).
    pub fn take(&mut self) -> Vec<u8> {
        wire::to_bytes(&self.inner.take())
    }
}
