//! The whole way of one checkpoint, without IO.
//!
//! Feed it headers until it wants no more, start it, then hand out blocks and merge what comes
//! back until it is done.

use std::collections::BTreeMap;
use std::ops::Range;

use super::headline::headline;
use super::{
    Block, Device, Figures, MOST_COLUMNS, MOST_NUMBERS, Pool, Reduction, Report, SCHEMA, Settings,
    Skipped, TensorFigures,
};
use crate::checkpoint::{Files, TensorInfo};
use crate::format::Dtype;
use crate::report::{Checkpoint, Problem, grouped, pattern_of};

/// A block has whole rows of about so many bytes: enough to be worth handing out.
const BLOCK_BYTES: u64 = 1 << 20;

/// Weights on their way from files to a report.
pub struct Job {
    settings: Settings,
    files: Files,
    checkpoint: Checkpoint,
    problems: Vec<Problem>,
    skipped: Vec<Skipped>,
    matrices: Vec<Matrix>,
    /// The first matrix of which a block waits.
    next: usize,
    /// Blocks that somebody has, by number.
    out: BTreeMap<u64, Block>,
    next_id: u64,
    finished: Vec<(usize, TensorFigures)>,
    pools: BTreeMap<String, (u64, Reduction)>,
    total: Reduction,
}

/// A tensor that is multiplied.
struct Matrix {
    name: String,
    file: String,
    dtype: Dtype,
    shape: [u64; 2],
    index_of_file: usize,
    begin: u64,
    /// Rows that were handed out.
    handed_out: u64,
    /// Rows that have not come back.
    rows_left: u64,
    seen: Reduction,
    has_failed: bool,
}

impl Job {
    /// A checkpoint without files, named for people.
    pub fn new(name: &str, settings: Settings) -> Self {
        let checkpoint = Checkpoint {
            name: name.to_owned(),
            ..Checkpoint::default()
        };
        Self {
            settings,
            files: Files::default(),
            checkpoint,
            problems: Vec::new(),
            skipped: Vec::new(),
            matrices: Vec::new(),
            next: 0,
            out: BTreeMap::new(),
            next_id: 0,
            finished: Vec::new(),
            pools: BTreeMap::new(),
            total: Reduction::default(),
        }
    }

    /// What is multiplied and how.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Adds a file; its index is returned.
    pub fn add_file(&mut self, name: &str, bytes: u64) -> usize {
        self.files.add(name, bytes)
    }

    /// A file that is there and cannot be opened: a problem, and no file of the job.
    pub fn add_unreadable(&mut self, name: &str, what: &str) {
        self.files.add_unreadable(name, what);
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, name: &str, bytes: &[u8]) {
        self.files.add_index(name, bytes);
    }

    /// Something that went wrong outside, such as a folder that cannot be listed.
    pub fn add_problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The bytes that are needed next of the file's header, or `None` when it is
    /// complete or has failed.
    pub fn header_wants(&self, file: usize) -> Option<Range<u64>> {
        self.files.wants(file)
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, file: usize, bytes: &[u8]) {
        self.files.feed(file, bytes);
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, file: usize, what: &str) {
        self.files.fail(file, what);
    }

    /// Names of the tensors in the headers read so far, those with a problem among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.names()
    }

    /// Leaves out the tensors that are not wanted and what is wrong with them.
    pub fn select(&mut self, wanted: impl Fn(&str) -> bool + Send + 'static) {
        self.files.select(wanted);
    }

    /// All headers are in: cuts what can be multiplied into blocks.
    pub fn start(&mut self) {
        let taken = self.files.take();
        self.problems.extend(self.files.take_problems());
        for (file, (entry, tensors)) in taken.into_iter().enumerate() {
            for tensor in tensors {
                self.checkpoint.add(&tensor);
                match why_not(&tensor, &self.settings) {
                    Some(why) => self.skipped.push(Skipped {
                        name: tensor.name,
                        file: entry.name.clone(),
                        dtype: tensor.dtype.name(),
                        shape: tensor.shape,
                        why,
                    }),
                    None => self.add_matrix(file, &entry.name, tensor),
                }
            }
            self.checkpoint.files.push(entry);
        }
    }

    /// The next block to multiply; none where all are handed out.
    pub fn next_block(&mut self) -> Option<Block> {
        while self.matrices.get(self.next)?.waiting_rows() == 0 {
            self.next += 1;
        }
        let matrix = &mut self.matrices[self.next];
        let block = matrix.next_block(self.next, self.next_id);
        self.next_id += 1;
        self.out.insert(block.id, block);
        Some(block)
    }

    /// The name of a tensor that is multiplied.
    pub fn name(&self, tensor: usize) -> Option<&str> {
        let matrix = self.matrices.get(tensor)?;
        Some(&matrix.name)
    }

    /// Takes a block's reduction back. One that holds less than the block has failed.
    pub fn merge(&mut self, id: u64, seen: &Reduction) {
        let Some(block) = self.out.remove(&id) else {
            return;
        };
        if seen.outputs() != block.rows * self.settings.tokens {
            return self.fail_block(&block, "it was not read to its end");
        }
        let matrix = &mut self.matrices[block.tensor];
        matrix.seen.merge(seen);
        matrix.rows_left -= block.rows;
        if matrix.rows_left == 0 && !matrix.has_failed {
            self.finish(block.tensor);
        }
    }

    /// A block could not be read: its tensor is a problem, and no more of it is handed out.
    pub fn fail(&mut self, id: u64, what: &str) {
        if let Some(block) = self.out.remove(&id) {
            self.fail_block(&block, what);
        }
    }

    /// Whether nothing is left to multiply or to wait for.
    pub fn is_done(&self) -> bool {
        self.waiting_bytes() == 0 && self.out.is_empty()
    }

    /// Bytes of the rows that were not handed out yet.
    pub fn waiting_bytes(&self) -> u64 {
        let waiting = self.matrices.iter().skip(self.next);
        let bytes = waiting.map(|matrix| matrix.waiting_rows() * matrix.row_bytes());
        bytes.fold(0, u64::saturating_add)
    }

    /// All that is known; `device` is what multiplied.
    pub fn report<'a>(&'a self, device: &'a Device) -> Report<'a> {
        let settings = self.settings;
        let mut finished: Vec<_> = self.finished.iter().collect();
        finished.sort_by_cached_key(|(index, tensor)| (tensor.figures.rank(), *index));
        let tensors: Vec<_> = finished.into_iter().map(|(_, tensor)| tensor).collect();
        let total = Figures::of(&self.total);
        Report {
            schema: SCHEMA,
            floatscope: env!("CARGO_PKG_VERSION"),
            checkpoint: &self.checkpoint,
            a: settings.a.into(),
            b: settings.b.into(),
            tokens: settings.tokens,
            seed: settings.seed,
            device,
            headline: headline(&settings, &total, &tensors),
            total,
            pools: self.pools(),
            tensors,
            skipped: &self.skipped,
            problems: &self.problems,
        }
    }

    fn pools(&self) -> Vec<Pool> {
        let pools = self.pools.iter().map(|(pattern, (tensors, seen))| Pool {
            pattern: pattern.clone(),
            tensors: *tensors,
            figures: Figures::of(seen),
        });
        let mut pools: Vec<Pool> = pools.collect();
        pools.sort_by_cached_key(|pool| pool.figures.rank());
        pools
    }

    fn add_matrix(&mut self, file: usize, file_name: &str, tensor: TensorInfo) {
        let [rows, columns] = tensor.shape[..] else {
            return;
        };
        self.matrices.push(Matrix {
            name: tensor.name,
            file: file_name.to_owned(),
            dtype: tensor.dtype,
            shape: [rows, columns],
            index_of_file: file,
            begin: tensor.begin,
            handed_out: 0,
            rows_left: rows,
            seen: Reduction::default(),
            has_failed: false,
        });
    }

    fn fail_block(&mut self, block: &Block, what: &str) {
        let matrix = &mut self.matrices[block.tensor];
        if std::mem::replace(&mut matrix.has_failed, true) {
            return;
        }
        matrix.seen = Reduction::default();
        self.problems.push(Problem {
            file: matrix.file.clone(),
            tensor: Some(matrix.name.clone()),
            place: Some(format!("bytes {} to {}", block.begin, block.end())),
            what: what.to_owned(),
        });
    }

    /// Figures of a whole tensor; what was seen is kept in sums alone.
    fn finish(&mut self, index: usize) {
        let matrix = &mut self.matrices[index];
        let seen = std::mem::take(&mut matrix.seen);
        self.total.merge(&seen);
        let pool = self.pools.entry(pattern_of(&matrix.name)).or_default();
        pool.0 += 1;
        pool.1.merge(&seen);
        let figures = TensorFigures {
            name: matrix.name.clone(),
            file: matrix.file.clone(),
            dtype: matrix.dtype.name(),
            shape: matrix.shape,
            figures: Figures::of(&seen),
        };
        self.finished.push((index, figures));
    }
}

impl Matrix {
    fn row_bytes(&self) -> u64 {
        self.shape[1] * u64::from(self.dtype.bits() / 8)
    }

    /// Rows that are to be handed out.
    fn waiting_rows(&self) -> u64 {
        match self.has_failed {
            true => 0,
            false => self.shape[0] - self.handed_out,
        }
    }

    fn next_block(&mut self, tensor: usize, id: u64) -> Block {
        let rows_at_once = (BLOCK_BYTES / self.row_bytes()).max(1);
        let first = self.handed_out;
        let rows = rows_at_once.min(self.waiting_rows());
        self.handed_out += rows;
        Block {
            id,
            file: self.index_of_file,
            tensor,
            begin: self.begin + first * self.row_bytes(),
            dtype: self.dtype,
            rows,
            columns: self.shape[1],
        }
    }
}

/// Why a tensor is not multiplied.
fn why_not(tensor: &TensorInfo, settings: &Settings) -> Option<String> {
    let [rows, columns] = tensor.shape[..] else {
        let dimensions = tensor.shape.len();
        return Some(format!("a matrix has 2 dimensions, this has {dimensions}"));
    };
    if !matches!(tensor.dtype, Dtype::BF16 | Dtype::F16 | Dtype::F32) {
        let dtype = tensor.dtype.name();
        return Some(format!("weights are BF16, F16 or F32, these are {dtype}"));
    }
    if rows == 0 || columns == 0 {
        return Some("it has no elements".to_owned());
    }
    let most = MOST_COLUMNS.min(MOST_NUMBERS / settings.tokens.max(1));
    (columns > most).then(|| {
        let (columns, most) = (grouped(columns), grouped(most));
        format!("its rows have {columns} elements: at most {most} are multiplied")
    })
}
