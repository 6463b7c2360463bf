//! Puts tensors together into a checkpoint's report, and writes it as a stream.

use std::collections::BTreeMap;

use serde::Serialize;

use super::headline::headline;
use super::pattern::pattern_of;
use super::{Problem, TensorFigures, TensorReport};
use crate::checkpoint::TensorInfo;
use crate::scan::wire;

/// Name and version of the schema.
pub const SCHEMA: &str = "floatscope.report/1";

/// Bytes after which a piece of the JSON stream is handed on.
const CHUNK_BYTES: usize = 64 << 10;

/// A file of the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    /// As the user named it.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The header's `__metadata__`.
    pub metadata: BTreeMap<String, String>,
}

/// Sums over the tensors of one dtype.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DtypeTotals {
    /// Number of tensors.
    pub tensors: u64,
    /// Number of elements.
    pub parameters: u64,
    /// Bytes of tensor data.
    pub bytes: u64,
}

/// What is known of a checkpoint from its headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// A name for people.
    pub name: String,
    /// Its files.
    pub files: Vec<FileEntry>,
    /// Number of tensors.
    pub tensors: u64,
    /// Number of elements.
    pub parameters: u64,
    /// Bytes of tensor data.
    pub bytes: u64,
    /// Sums by dtype.
    pub dtypes: BTreeMap<&'static str, DtypeTotals>,
}

/// Everything about a checkpoint but its tensors.
#[derive(Debug, Serialize)]
pub struct Overview<'a> {
    /// One sentence that a person can quote.
    pub headline: String,
    /// Files and sums.
    pub checkpoint: &'a Checkpoint,
    /// What could not be read.
    pub problems: &'a [Problem],
    /// Module patterns, in the order of their first tensors.
    pub patterns: &'a [String],
}

/// Sums over the figures of finished tensors, for the headline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) finished: u64,
    pub(crate) nan: u64,
    pub(crate) tensors_with_nan: u64,
    pub(crate) infinite: u64,
    pub(crate) tensors_with_infinite: u64,
}

/// A tensor of the checkpoint and, once it is finished, its figures.
struct Entry {
    file: usize,
    info: TensorInfo,
    pattern: usize,
    /// Serialised: a hundred thousand of them must fit in a page.
    figures: Option<Box<[u8]>>,
}

/// How far a JSON report that is taken in pieces is written.
#[derive(Debug, Default)]
pub struct JsonCursor {
    has_head: bool,
    next_tensor: usize,
    has_tensor: bool,
    is_at_end: bool,
}

/// Collects tensors as they finish.
#[derive(Default)]
pub struct Collector {
    checkpoint: Checkpoint,
    entries: Vec<Entry>,
    patterns: Vec<String>,
    pattern_index: BTreeMap<String, usize>,
    problems: Vec<Problem>,
    findings: Findings,
}

impl Collector {
    /// A checkpoint without files.
    pub fn new(name: &str) -> Self {
        let checkpoint = Checkpoint {
            name: name.to_owned(),
            ..Checkpoint::default()
        };
        Self {
            checkpoint,
            ..Self::default()
        }
    }

    /// Adds a file and its tensors, which are numbered on.
    pub fn add_file(&mut self, file: FileEntry, tensors: Vec<TensorInfo>) {
        let index = self.checkpoint.files.len();
        self.checkpoint.files.push(file);
        for info in tensors {
            self.add_tensor(index, info);
        }
    }

    /// Adds something that went wrong.
    pub fn add_problems(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.problems.extend(problems);
    }

    /// Keeps the figures of a tensor that is finished.
    pub fn finish(&mut self, index: usize, figures: &TensorFigures) {
        let bytes = wire::to_bytes(figures);
        self.entries[index].figures = Some(bytes.into_boxed_slice());
        self.findings.add(figures);
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no tensor.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A tensor: its file's index, what the header says, and the index of its pattern.
    pub fn tensor(&self, index: usize) -> Option<(usize, &TensorInfo, usize)> {
        self.entries
            .get(index)
            .map(|entry| (entry.file, &entry.info, entry.pattern))
    }

    /// The figures of a finished tensor.
    pub fn figures(&self, index: usize) -> Option<TensorFigures> {
        let bytes = self.entries.get(index)?.figures.as_ref()?;
        Some(wire::from_bytes(bytes).expect("these bytes were written by finish"))
    }

    /// A finished tensor as JSON.
    pub fn tensor_json(&self, index: usize) -> Option<String> {
        let figures = self.figures(index)?;
        let entry = &self.entries[index];
        let file = &self.checkpoint.files[entry.file].name;
        Some(to_json(&TensorReport::new(file, &entry.info, &figures)))
    }

    /// Everything but the tensors.
    pub fn overview(&self) -> Overview<'_> {
        Overview {
            headline: headline(&self.checkpoint, &self.findings, self.problems.len()),
            checkpoint: &self.checkpoint,
            problems: &self.problems,
            patterns: &self.patterns,
        }
    }

    /// The JSON report in pieces, so that it never has to be one string.
    pub fn json_chunks(&self) -> impl Iterator<Item = String> + '_ {
        let mut cursor = JsonCursor::default();
        std::iter::from_fn(move || self.json_chunk(&mut cursor))
    }

    /// The next piece of the JSON report, for who cannot hold an iterator.
    pub fn json_chunk(&self, cursor: &mut JsonCursor) -> Option<String> {
        if cursor.is_at_end {
            return None;
        }
        let mut chunk = if cursor.has_head {
            String::new()
        } else {
            self.json_head()
        };
        cursor.has_head = true;
        while chunk.len() < CHUNK_BYTES && cursor.next_tensor < self.len() {
            if let Some(tensor) = self.tensor_json(cursor.next_tensor) {
                chunk.push_str(if cursor.has_tensor { ",\n" } else { "\n" });
                chunk.push_str(&tensor);
                cursor.has_tensor = true;
            }
            cursor.next_tensor += 1;
        }
        if cursor.next_tensor == self.len() {
            chunk.push_str(&self.json_tail());
            cursor.is_at_end = true;
        }
        Some(chunk)
    }

    fn json_head(&self) -> String {
        let overview = self.overview();
        format!(
            "{{\"schema\":{},\n\"floatscope\":{},\n\"checkpoint\":{},\n\"headline\":{},\n\"tensors\":[",
            to_json(SCHEMA),
            to_json(env!("CARGO_PKG_VERSION")),
            to_json(overview.checkpoint),
            to_json(&overview.headline),
        )
    }

    fn json_tail(&self) -> String {
        format!("\n],\n\"problems\":{}}}\n", to_json(&self.problems))
    }

    fn add_tensor(&mut self, file: usize, info: TensorInfo) {
        let pattern = self.pattern(&info.name);
        self.checkpoint.add(&info);
        self.entries.push(Entry {
            file,
            info,
            pattern,
            figures: None,
        });
    }

    fn pattern(&mut self, name: &str) -> usize {
        let pattern = pattern_of(name);
        *self
            .pattern_index
            .entry(pattern)
            .or_insert_with_key(|pattern| {
                self.patterns.push(pattern.clone());
                self.patterns.len() - 1
            })
    }
}

impl Checkpoint {
    fn add(&mut self, tensor: &TensorInfo) {
        let totals = self.dtypes.entry(tensor.dtype.name()).or_default();
        for sum in [&mut totals.tensors, &mut self.tensors] {
            *sum += 1;
        }
        // Overlapping tensors may state more than any file holds.
        for sum in [&mut totals.parameters, &mut self.parameters] {
            *sum = sum.saturating_add(tensor.elements());
        }
        for sum in [&mut totals.bytes, &mut self.bytes] {
            *sum = sum.saturating_add(tensor.bytes());
        }
    }
}

impl Findings {
    fn add(&mut self, figures: &TensorFigures) {
        let nan: u64 = figures.stats.each().map(|stats| stats.nan).sum();
        let infinite: u64 = figures
            .stats
            .each()
            .map(|stats| stats.pos_inf + stats.neg_inf)
            .sum();
        self.finished += 1;
        self.nan += nan;
        self.infinite += infinite;
        self.tensors_with_nan += u64::from(nan > 0);
        self.tensors_with_infinite += u64::from(infinite > 0);
    }
}

/// JSON of a report, of a part of it, or of any other plain data.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| unreachable!("{error}"))
}
