//! The lab's forward pass: headers and weights in, a report out.

use floatscope_core::lab::forward::{Forward, Options, Setup};
use floatscope_core::report::to_json;
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// A checkpoint on its way from files to what two policies make of it.
#[wasm_bindgen]
pub struct ForwardPass {
    setup: Option<Setup>,
    pass: Option<Forward>,
    chunk: Vec<u8>,
}

/// What a form says.
#[derive(Deserialize)]
struct Wanted {
    tokens: String,
    text: Option<String>,
    pieces: Option<Vec<String>>,
    a: String,
    b: String,
    attribute: bool,
}

const OVER: &str = "the pass has begun";
const NOT_BEGUN: &str = "the pass has not begun";

#[wasm_bindgen]
impl ForwardPass {
    /// A checkpoint without files, named for people.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str) -> Self {
        crate::panic::keep_message();
        Self {
            setup: Some(Setup::new(name)),
            pass: None,
            chunk: Vec::new(),
        }
    }

    fn setup(&mut self) -> &mut Setup {
        self.setup.as_mut().expect(OVER)
    }

    pub(crate) fn pass(&self) -> &Forward {
        self.pass.as_ref().expect(NOT_BEGUN)
    }

    pub(crate) fn pass_mut(&mut self) -> &mut Forward {
        self.pass.as_mut().expect(NOT_BEGUN)
    }

    /// Adds a file of so many bytes; its index is returned.
    pub fn add_file(&mut self, name: &str, bytes: f64) -> usize {
        self.setup().add_file(name, bytes as u64)
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, name: &str, bytes: &[u8]) {
        self.setup().add_index(name, bytes);
    }

    /// A file that is there and cannot be read.
    pub fn add_problem(&mut self, name: &str, what: &str) {
        self.setup().add_unreadable(name, what);
    }

    /// The bytes `[begin, end)` that are needed next of the file's header, or nothing.
    pub fn header_wants(&self, file: usize) -> Option<Vec<f64>> {
        let range = self.setup.as_ref()?.header_wants(file)?;
        Some(vec![range.start as f64, range.end as f64])
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, file: usize, bytes: &[u8]) {
        self.setup().header_feed(file, bytes);
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, file: usize, what: &str) {
        self.setup().header_failed(file, what);
    }

    /// All headers are in: what is to be run, in the words of the command:
    /// `{"tokens": "1, 2", "a": "", "b": "inv_freq=bf16", "attribute": true}`, with `text` and `pieces` where the tokens
    /// are of a text.
    ///
    /// # Errors
    /// A sentence that says what does not do, and what was expected.
    pub fn start(&mut self, config: &[u8], wanted: &str) -> Result<(), String> {
        let wanted: Wanted = serde_json::from_str(wanted).map_err(|error| error.to_string())?;
        let options = Options::parse(&wanted.tokens, &wanted.a, &wanted.b, wanted.attribute)?;
        let options = Options {
            text: wanted.text,
            pieces: wanted.pieces,
            ..options
        };
        let setup = self.setup.take().expect(OVER);
        self.pass = Some(setup.start(config, options)?);
        Ok(())
    }

    /// What is read, in order: file, begin and end of each stretch, one after the other.
    pub fn reads(&self) -> Vec<f64> {
        let reads = self.pass().reads().iter();
        let numbers = reads.flat_map(|read| {
            let file = read.file as f64;
            [file, read.range.start as f64, read.range.end as f64]
        });
        numbers.collect()
    }

    /// Where in wasm's memory the next chunk is to be written, which may have grown: views of it are
    /// to be made anew.
    pub fn buffer(&mut self, bytes: usize) -> *mut u8 {
        if self.chunk.len() < bytes {
            self.chunk.resize(bytes, 0);
        }
        self.chunk.as_mut_ptr()
    }

    /// Takes bytes of what was written there, from one place to another, and says how many: fewer
    /// where a product [is ready](Self::is_ready).
    ///
    /// # Errors
    /// A sentence that says which weight is no finite number.
    pub fn feed(&mut self, from: usize, to: usize) -> Result<usize, String> {
        let chunk = std::mem::take(&mut self.chunk);
        let taken = self.pass_mut().feed(&chunk[from..to]);
        self.chunk = chunk;
        taken
    }

    /// Whether something is to be multiplied before more is fed.
    pub fn is_ready(&self) -> bool {
        self.pass().is_ready()
    }

    /// Multiplies it here.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn multiply(&mut self) -> Result<(), String> {
        self.pass_mut().multiply()
    }

    /// The module that is next.
    pub fn module(&self) -> String {
        self.pass().module().unwrap_or_default().to_owned()
    }

    /// Bytes that are read in all.
    pub fn total_bytes(&self) -> f64 {
        self.pass().progress().1 as f64
    }

    /// What the pass has shown, as JSON; `device` says what multiplied.
    pub fn report(&self, device: &str) -> String {
        to_json(&self.pass().report(device))
    }
}
