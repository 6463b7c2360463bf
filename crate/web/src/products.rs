//! The lab's matrix products: headers and weights in, how far outputs are apart under two models out.

use floatscope_core::lab::matmul::{Block, Cpu, Device, Job, Settings, Worker};
use floatscope_core::report::to_json;
use serde::Deserialize;
use std::collections::HashSet;
use wasm_bindgen::prelude::wasm_bindgen;

/// A checkpoint on its way from files to the sensitivity of its layers.
#[wasm_bindgen]
pub struct Products {
    job: Job,
    worker: Worker<Cpu>,
    block: Option<Block>,
    chunk: Vec<u8>,
}

/// What a form says.
#[derive(Deserialize)]
struct Wanted {
    a: String,
    b: String,
    tokens: String,
    seed: String,
}

#[wasm_bindgen]
impl Products {
    /// A checkpoint without files, named for people, and what is wanted, in the words of the command:
    /// `{"a": "f32", "b": "bf16", "tokens": "16", "seed": "0"}`.
    ///
    /// # Errors
    /// A sentence that says what does not do, and what was expected.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, wanted: &str) -> Result<Self, String> {
        crate::panic::keep_message();
        let wanted: Wanted = serde_json::from_str(wanted).map_err(|error| error.to_string())?;
        let settings = Settings::parse(&wanted.a, &wanted.b, &wanted.tokens, &wanted.seed)?;
        Ok(Self {
            job: Job::new(name, settings),
            worker: Worker::new(settings, Cpu),
            block: None,
            chunk: Vec::new(),
        })
    }

    /// Adds a file of so many bytes; its index is returned.
    pub fn add_file(&mut self, name: &str, bytes: f64) -> usize {
        self.job.add_file(name, bytes as u64)
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, name: &str, bytes: &[u8]) {
        self.job.add_index(name, bytes);
    }

    /// A file that is there and cannot be read.
    pub fn add_problem(&mut self, name: &str, what: &str) {
        self.job.add_unreadable(name, what);
    }

    /// The bytes `[begin, end)` that are needed next of the file's header, or nothing.
    pub fn header_wants(&self, file: usize) -> Option<Vec<f64>> {
        let range = self.job.header_wants(file)?;
        Some(vec![range.start as f64, range.end as f64])
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, file: usize, bytes: &[u8]) {
        self.job.header_feed(file, bytes);
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, file: usize, what: &str) {
        self.job.header_failed(file, what);
    }

    /// Leaves out all tensors but these.
    pub fn select(&mut self, names: Vec<String>) {
        let names: HashSet<String> = names.into_iter().collect();
        self.job.select(move |name| names.contains(name));
    }

    /// All headers are in: how many bytes are to be multiplied.
    pub fn start(&mut self) -> f64 {
        self.job.start();
        self.job.waiting_bytes() as f64
    }

    /// The next stretch to be fed: file, begin and end; nothing where all is done. What the block
    /// before came to is taken in.
    pub fn next_block(&mut self) -> Option<Vec<f64>> {
        if let Some(block) = self.block.take() {
            self.job.merge(block.id, &self.worker.take());
        }
        let block = self.job.next_block()?;
        self.worker.begin(&block);
        self.block = Some(block);
        Some(vec![
            block.file as f64,
            block.begin as f64,
            block.end() as f64,
        ])
    }

    /// The block's stretch cannot be read: its tensor is a problem, and the others go on.
    pub fn block_failed(&mut self, what: &str) {
        if let Some(block) = self.block.take() {
            self.worker.take();
            self.job.fail(block.id, what);
        }
    }

    /// Where in wasm's memory the next bytes are to be written, which may have grown: views of it are
    /// to be made anew.
    pub fn buffer(&mut self, bytes: usize) -> *mut u8 {
        if self.chunk.len() < bytes {
            self.chunk.resize(bytes, 0);
        }
        self.chunk.as_mut_ptr()
    }

    /// Multiplies so many bytes of what was written there.
    pub fn feed(&mut self, bytes: usize) {
        self.worker.feed(&self.chunk[..bytes]);
    }

    /// The name of the tensor that is being multiplied.
    pub fn module(&self) -> String {
        let block = self.block.as_ref();
        let name = block.and_then(|block| self.job.name(block.tensor));
        name.unwrap_or_default().to_owned()
    }

    /// What the products have shown, as JSON; `device` says what multiplied.
    pub fn report(&self, device: &str) -> String {
        let device = Device {
            kind: "cpu",
            asked: "cpu",
            says: device.to_owned(),
        };
        to_json(&self.job.report(&device))
    }
}
