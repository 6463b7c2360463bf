//! A decoder run twice, with two numerics side by side, streaming its weights from the file.
//!
//! Why two models with identical weights give different logits: [`Forward`] runs both policies in
//! one pass over the weights, holds the results of every module against each other, and says where
//! they part and which change does it.
//!
//! Like all of core it does no IO, and it leaves products to whoever is quickest:
//!
//! ```text
//! loop: wants() names bytes; feed() takes them, up to a block of a matrix;
//!       is_ready()? products() → compute them, here, on more threads or on a GPU → supply()
//! ```
//!
//! Memory holds the activations of all runs, one block of a matrix and the logits. The numerics
//! stand in `docs/how-it-knows.md` under *The forward pass*.

mod attention;
mod attribution;
mod compared;
mod config;
mod headline;
mod logits;
mod matrix;
mod numerics;
mod policy;
mod product;
mod quantised;
mod reads;
mod report;
mod run;
mod setup;
mod weights;

pub use attribution::Attribution;
pub use compared::{LayerDifference, ModuleDifference};
pub use logits::{Logits, PositionLogits, TopToken};
pub use policy::{Policy, Precision, Weights};
pub use product::Product;
pub use reads::Read;
pub use report::ForwardReport;
pub use setup::{Options, Setup};

use crate::checkpoint::shown;
use compared::Compared;
use config::Config;
use matrix::Matrix;
use quantised::BAND;
use reads::What;
use run::Run;
use weights::{Role, Use};

/// So many bytes of a matrix are multiplied at a time, or one row.
const BLOCK_BYTES: usize = 2 << 20;

/// A forward pass on its way through the layers.
pub struct Forward {
    name: String,
    config: Config,
    uses: Vec<Use>,
    reads: Vec<Read>,
    /// The read that is going on.
    read: usize,
    options: Options,
    /// a, b, and then a with each change by itself.
    runs: Vec<Run>,
    matrix: Matrix,
    buffer: Vec<u8>,
    bytes_read: u64,
    modules: Vec<ModuleDifference>,
    layers: Vec<LayerDifference>,
    buffers: Vec<ModuleDifference>,
}

impl Forward {
    fn new(name: String, config: Config, uses: Vec<Use>, options: Options) -> Self {
        let changes = match options.attribute {
            true => options.a.changes_to(&options.b),
            false => Vec::new(),
        };
        // One change alone is b.
        let changes = if changes.len() > 1 {
            changes
        } else {
            Vec::new()
        };
        let changed = changes.into_iter().map(|(_, policy)| policy);
        let tokens = options.tokens.len() as u64;
        let policies = [options.a, options.b].into_iter().chain(changed);
        let runs: Vec<Run> = policies.map(|it| Run::new(it, &config, tokens)).collect();
        let reads = reads::listed(&uses, &options.tokens, &runs);
        let angles =
            |name, of: fn(&Run) -> &[f32]| Compared::of(of(&runs[0]), of(&runs[1])).module(name);
        Self {
            buffers: vec![
                angles("rotary_emb.cos", |run| &run.cos),
                angles("rotary_emb.sin", |run| &run.sin),
            ],
            name,
            config,
            uses,
            reads,
            read: 0,
            options,
            runs,
            matrix: Matrix::default(),
            buffer: Vec::new(),
            bytes_read: 0,
            modules: Vec::new(),
            layers: Vec::new(),
        }
    }

    /// What is read, in order, from the first to the last.
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// What is left of the read that is going on: a file, by its index, and bytes of it.
    pub fn wants(&self) -> Option<(usize, std::ops::Range<u64>)> {
        let read = self.reads.get(self.read)?;
        Some((
            read.file,
            read.range.start + self.fed_bytes(read)..read.range.end,
        ))
    }

    /// Bytes of the read that have been fed.
    fn fed_bytes(&self, read: &Read) -> u64 {
        let done = match read.what {
            What::Peak | What::Matrix => self.matrix.rows_done * self.uses[read.at].row_bytes(),
            What::Token(_) | What::Vector => 0,
        };
        (done + self.buffer.len()) as u64
    }

    /// Bytes that have been read, and bytes in all.
    pub fn progress(&self) -> (u64, u64) {
        let all = self.reads.iter();
        let total = all.map(|read| read.range.end - read.range.start).sum();
        (self.bytes_read, total)
    }

    /// The module that is next.
    pub fn module(&self) -> Option<&str> {
        let read = self.reads.get(self.read)?;
        Some(&self.uses[read.at].module)
    }

    /// Whether everything is read and multiplied.
    pub fn is_done(&self) -> bool {
        self.read == self.reads.len()
    }

    /// Takes the next of the bytes that are wanted, and says how many: not all of them where a block
    /// of a matrix is whole, and none before [`supply`](Self::supply) where one already is.
    ///
    /// # Errors
    /// A sentence that says which weight is no finite number. The pass cannot go on then.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<usize, String> {
        let Some(read) = self.reads.get(self.read) else {
            return Ok(0);
        };
        let (at, what) = (read.at, read.what);
        let missing = self.block_bytes() - self.buffer.len();
        let taken = missing.min(bytes.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        self.bytes_read += taken as u64;
        if taken < missing || taken == 0 {
            return Ok(taken);
        }
        match what {
            What::Token(position) => self.embed(at, position)?,
            What::Vector => self.take_vector(at)?,
            What::Peak => self.look_for_peak(at),
            What::Matrix => self.begin_block(at),
        }
        Ok(taken)
    }

    /// Bytes of what is taken at once: a row of the embeddings, a vector, or a block of a matrix.
    fn block_bytes(&self) -> usize {
        self.reads.get(self.read).map_or(0, |read| {
            let it = &self.uses[read.at];
            it.row_bytes() * self.block_rows(it, read.what)
        })
    }

    fn block_rows(&self, it: &Use, what: What) -> usize {
        match what {
            What::Token(position) => self.embedding_rows(it, position).len(),
            What::Vector => 1,
            What::Peak | What::Matrix => {
                let rows = (BLOCK_BYTES / it.row_bytes().max(1)).max(1);
                let rows = match self.is_cast() {
                    true => rows.next_multiple_of(BAND),
                    false => rows,
                };
                rows.min(it.rows - self.matrix.rows_done)
            }
        }
    }

    /// Whether some run's weights go through a cast.
    fn is_cast(&self) -> bool {
        let is_cast = |run: &Run| run.policy.weights != Weights::Stored;
        self.runs.iter().any(is_cast)
    }

    fn embedding_rows(&self, it: &Use, position: usize) -> std::ops::Range<usize> {
        let token = self.options.tokens[position] as usize;
        reads::embedding_rows(it, token, self.is_cast())
    }

    fn embed(&mut self, at: usize, position: usize) -> Result<(), String> {
        let it = &self.uses[at];
        let rows = self.embedding_rows(it, position);
        let token = self.options.tokens[position] as usize - rows.start;
        let own = token * it.columns..(token + 1) * it.columns;
        for run in &mut self.runs {
            let wanted = (run.policy.weights, run.policy.activations);
            let peak = self.matrix.peak;
            let (elements, bytes) =
                quantised::prepared(it.tensor.dtype, &self.buffer, it.columns, wanted, peak);
            let mut numbers = Vec::new();
            quantised::decode(elements, &bytes, &mut numbers);
            run.hidden.extend_from_slice(&numbers[own.clone()]);
        }
        self.finite(at, rows.start)?;
        self.read += 1;
        if position + 1 == self.options.tokens.len() {
            self.matrix = Matrix::default();
            let [a, b] = [0, 1].map(|run| &self.runs[run].hidden);
            let compared = Compared::of(a, b);
            self.note(at, compared);
        }
        Ok(())
    }

    fn take_vector(&mut self, at: usize) -> Result<(), String> {
        let numbers = self.finite(at, 0)?;
        self.read += 1;
        let Role::Norm(norm) = self.uses[at].role else {
            self.matrix.bias = numbers;
            return Ok(());
        };
        let epsilon = self.config.epsilon;
        let results = self.runs.iter_mut().map(|run| {
            let mut weight = numbers.clone();
            run.policy.activations.round_all(&mut weight);
            run.norm(norm, &weight, epsilon)
        });
        let results: Vec<&[f32]> = results.collect();
        let compared = Compared::of(results[0], results[1]);
        self.note(at, compared);
        Ok(())
    }

    /// The buffer's numbers, if they are finite; its first row is `row` of the tensor.
    fn finite(&mut self, at: usize, row: usize) -> Result<Vec<f32>, String> {
        let it = &self.uses[at];
        let numbers = quantised::numbers(it.tensor.dtype, &self.buffer);
        let Some(bad) = numbers.iter().position(|number| !number.is_finite()) else {
            self.buffer.clear();
            return Ok(numbers);
        };
        let (row, column) = (row + bad / it.columns, bad % it.columns);
        let place = match it.tensor.shape.len() {
            1 => format!("[{column}]"),
            _ => format!("[{row}, {column}]"),
        };
        let value = if numbers[bad].is_nan() {
            "NaN"
        } else {
            "an infinity"
        };
        Err(format!(
            "tensor {} has {value} at {place}: all weights must be finite, or every result after them is lost",
            shown(&it.tensor.name)
        ))
    }

    fn note(&mut self, at: usize, compared: Compared) {
        self.modules.push(compared.module(&self.uses[at].module));
    }

    /// Bytes of the logits of all runs.
    fn logits_bytes(&self) -> u64 {
        let numbers = self.options.tokens.len() as u64 * self.config.vocabulary as u64;
        numbers * self.runs.len() as u64 * 4
    }

    /// Rows and columns of the logits: tokens, and the vocabulary.
    pub fn logits_shape(&self) -> [usize; 2] {
        [self.options.tokens.len(), self.config.vocabulary]
    }

    /// The logits of a and of b, `[tokens, vocabulary]` each; empty before the end.
    pub fn logits(&self) -> [&[f32]; 2] {
        [0, 1].map(|run| self.runs[run].logits.as_slice())
    }
}
