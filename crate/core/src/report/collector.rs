//! Puts tensors together into a checkpoint's report.

use std::collections::BTreeMap;

use super::casts::CastBook;
use super::checkpoint::{Checkpoint, FileEntry};
use super::findings::{Findings, Totals};
use super::headline::{headline, stored_as};
use super::json::{Json, Keys};
use super::pattern::pattern_of;
use super::pools::Pools;
use super::{Figures, Overview, Problem, SampleTotals, Sections, TensorFigures};
use crate::ancestry::Label;
use crate::cast::ByKey;
use crate::checkpoint::{Layout, TensorInfo, find_layouts};

mod casts;

/// A tensor of the checkpoint and, once it is finished, its figures.
struct Entry {
    file: usize,
    info: TensorInfo,
    pattern: usize,
    layout: Option<Layout>,
    /// Tells the bytes of a finished tensor from others'.
    content: Option<String>,
    figures: Option<Kept>,
}

/// How the figures of a finished tensor are kept.
enum Kept {
    /// To be asked for.
    Figures(Box<TensorFigures>),
    /// As fields of the report, to be unfolded: a hundred thousand of them must fit
    /// in a page.
    Text(Box<str>),
}

/// Collects tensors as they finish.
#[derive(Default)]
pub struct Collector {
    checkpoint: Checkpoint,
    entries: Vec<Entry>,
    pub(super) patterns: Vec<String>,
    pattern_index: BTreeMap<String, usize>,
    pub(super) problems: Vec<Problem>,
    findings: Findings,
    /// What the bytes are, each with their number, where layouts are known.
    laid_out: Option<Vec<(String, u64)>>,
    /// The first finished tensor of each content.
    first_of: BTreeMap<String, usize>,
    pub(super) sections: Sections,
    pub(super) pools: Pools,
    pub(super) casts: CastBook,
    sample: Option<SampleTotals>,
    /// The keys in figures that are kept as text; none where they are kept whole.
    keys: Option<Keys>,
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

    /// Says that only a sample is read.
    pub(crate) fn sample(&mut self, totals: SampleTotals) {
        self.sample = Some(totals);
    }

    /// What a sample reads, where only a sample is read.
    pub fn sampled(&self) -> Option<SampleTotals> {
        self.sample
    }

    /// Leaves parts out of the report.
    pub fn only(&mut self, sections: Sections) {
        self.sections = sections;
    }

    /// The parts of the report that are wanted.
    pub fn sections(&self) -> Sections {
        self.sections
    }

    /// Keeps what the JSON report needs of figures, in little memory, and nothing for
    /// [`Collector::figures`].
    pub fn keep_text_only(&mut self) {
        self.keys = Some(Keys::default());
    }

    /// Looks for known layouts of quantised weights. All files must be in.
    pub fn find_layouts(&mut self) {
        let tensors: Vec<_> = self
            .entries
            .iter()
            .map(|entry| (entry.file, &entry.info))
            .collect();
        let files = &self.checkpoint.files;
        let metadata = |file: usize, key: &str| files[file].metadata.get(key).map(String::as_str);
        let layouts = find_layouts(&tensors, &metadata);
        if layouts.is_empty() {
            return;
        }
        for (index, layout) in layouts {
            self.entries[index].layout = Some(layout);
        }
        self.laid_out = Some(self.forms());
    }

    /// Keeps the figures of a tensor that is finished, completes them with what
    /// follows from the tensors around it, and adds them to columns. `fingerprint` is
    /// equal for equal bytes.
    pub fn finish(
        &mut self,
        index: usize,
        mut figures: TensorFigures,
        fingerprint: u64,
        columns: &mut Figures,
    ) {
        let entry = &mut self.entries[index];
        if let Some(layout) = &entry.layout {
            figures.lay_out(&entry.info, layout);
        }
        self.findings
            .add(&entry.info, entry.layout.as_ref(), &figures);
        if let Some(share) = &figures.pool_share {
            self.pools.add(entry.pattern, share);
        }
        columns.push(index, &figures);
        let is_trivial = matches!(figures.ancestry.label, Label::Constant | Label::Empty);
        // A sample does not show that all is equal.
        if !is_trivial && figures.estimate.is_none() {
            let (dtype, bytes) = (entry.info.dtype.name(), entry.info.bytes());
            let content = format!("{dtype} {bytes} {fingerprint}");
            entry.content = Some(content.clone());
            let first = self.first_of.entry(content).or_insert(index);
            *first = index.min(*first);
        }
        self.keep(index, figures);
    }

    fn keep(&mut self, index: usize, mut figures: TensorFigures) {
        figures.pool_share = None;
        let kept = match self.keys.take() {
            None => Kept::Figures(Box::new(figures)),
            Some(keys) => {
                let mut json = Json::with_keys(keys);
                self.write_figures(index, &figures, &mut json);
                self.keys = json.keys;
                Kept::Text(json.text.into_boxed_str())
            }
        };
        self.entries[index].figures = Some(kept);
    }

    fn write_figures(&self, index: usize, figures: &TensorFigures, out: &mut Json) {
        figures.write(self.sections, self.layout(index), out);
    }

    /// What a tensor is in a quantised checkpoint of a known layout.
    pub fn layout(&self, index: usize) -> Option<&Layout> {
        self.entries.get(index)?.layout.as_ref()
    }

    /// The first tensor, in the order of the files, that holds the same bytes as
    /// this one; constant tensors aside, which say nothing by being equal.
    pub fn duplicate_of(&self, index: usize) -> Option<&str> {
        let content = self.entries.get(index)?.content.as_ref()?;
        let first = *self.first_of.get(content)?;
        (first < index).then(|| &*self.entries[first].info.name)
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

    /// The figures of a finished tensor; none where text only is kept.
    pub fn figures(&self, index: usize) -> Option<&TensorFigures> {
        match self.entries.get(index)?.figures.as_ref()? {
            Kept::Figures(figures) => Some(figures),
            Kept::Text(_) => None,
        }
    }

    /// A finished tensor as JSON.
    pub fn tensor_json(&self, index: usize) -> Option<String> {
        let entry = self.entries.get(index)?;
        let kept = entry.figures.as_ref()?;
        let mut json = Json::default();
        json.text.push('{');
        json.field("name", &entry.info.name);
        json.field("file", &self.checkpoint.files[entry.file].name);
        json.field("dtype", entry.info.dtype.name());
        json.field("shape", &entry.info.shape);
        json.field("bytes", &entry.info.bytes());
        match (kept, &self.keys) {
            (Kept::Figures(figures), _) => self.write_figures(index, figures, &mut json),
            (Kept::Text(text), Some(keys)) => keys.unfold(text, &mut json),
            (Kept::Text(_), None) => {}
        }
        if self.sections.ancestry {
            json.field("duplicate_of", &self.duplicate_of(index));
        }
        if self.sections.casts {
            let casts = self.casts.table(index);
            json.field("casts", &casts.as_ref().map(ByKey));
            json.field("outliers_db", &self.casts.outliers_db(index));
        }
        json.text.push('}');
        Some(json.text)
    }

    /// Files and sums.
    pub(crate) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Module patterns, in the order of their first tensors.
    pub(crate) fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// The finished tensors by their labels.
    pub(crate) fn labels(&self) -> &Totals {
        &self.findings.ancestry
    }

    /// Number of tensors that are finished.
    pub(crate) fn finished(&self) -> u64 {
        self.findings.finished
    }

    /// Bytes that smaller forms, which lose nothing, would save.
    pub(crate) fn wasted_bytes(&self) -> u64 {
        self.findings.wasted_bytes
    }

    /// What the bytes are, each with their number: layouts as wholes, the rest by dtype.
    pub(crate) fn stored(&self) -> Vec<(String, u64)> {
        self.laid_out.clone().unwrap_or_else(|| self.forms())
    }

    /// Everything but the tensors.
    pub fn overview(&self) -> Overview<'_> {
        Overview {
            headline: self.headline(),
            checkpoint: &self.checkpoint,
            problems: &self.problems,
            patterns: &self.patterns,
            ancestry: &self.findings.ancestry,
            pools: if self.is_complete() {
                self.pools.report(&self.patterns)
            } else {
                Vec::new()
            },
            wasted_bytes: self.findings.wasted_bytes,
            casts: &self.casts.totals,
            sample: self.sample,
            advice: self.casts.advice.as_ref(),
        }
    }

    fn headline(&self) -> String {
        let stored = self.stored();
        let mut headline = headline(
            &self.checkpoint,
            &stored,
            &self.findings,
            self.problems.len(),
            self.sections.ancestry,
            self.sample,
        );
        if self.sections.ancestry && self.is_complete() {
            headline.extend(self.pools.sentence());
        }
        headline
    }

    /// Whether every tensor is finished.
    fn is_complete(&self) -> bool {
        let left_out = self.sample.map_or(0, |sample| sample.left_out);
        (self.findings.finished + left_out) as usize == self.len()
    }

    /// What the bytes are, each with their number: layouts as wholes, the rest by dtype.
    fn forms(&self) -> Vec<(String, u64)> {
        let mut plain = self.checkpoint.dtypes.clone();
        let mut forms: Vec<(String, u64)> = Vec::new();
        for entry in &self.entries {
            let Some(layout) = &entry.layout else {
                continue;
            };
            let dtype = entry.info.dtype.name();
            if let Some((_, totals)) = plain.iter_mut().find(|totals| totals.0 == dtype) {
                totals.tensors -= 1;
                totals.bytes = totals.bytes.saturating_sub(entry.info.bytes());
            }
            let title = layout.title();
            match forms.iter_mut().find(|form| form.0 == title) {
                Some(form) => form.1 = form.1.saturating_add(entry.info.bytes()),
                None => forms.push((title, entry.info.bytes())),
            }
        }
        let plain = plain.iter().filter(|(_, totals)| totals.tensors > 0);
        forms.extend(plain.map(|(name, totals)| (stored_as(name), totals.bytes)));
        forms
    }

    fn add_tensor(&mut self, file: usize, info: TensorInfo) {
        let pattern = self.pattern(&info.name);
        self.checkpoint.add(&info);
        self.entries.push(Entry {
            file,
            info,
            pattern,
            layout: None,
            content: None,
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
