//! The whole way of one checkpoint, without IO: what the command and the page drive.
//!
//! Feed it headers until it wants no more, start it, then hand out runs and merge
//! what comes back until it is done. The report can be asked for at any time.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::Error;
use crate::cast::{Casting, Remaining};
use crate::checkpoint::{Header, HeaderReader, ShardIndex, TensorInfo};
use crate::plan::{Piece, Plan, PlanOptions, Progress, Run};
use crate::report::{Collector, Figures, FileEntry, Problem, Sections, TensorFigures};
use crate::work::{Seen, Task};

mod casts;

/// A checkpoint on its way from files to a report.
pub struct Job {
    files: Vec<JobFile>,
    /// Names of files that could not even be opened.
    unreadable: Vec<String>,
    indexes: Vec<Result<ShardIndex, Error>>,
    collector: Collector,
    plan: Option<Plan>,
    workers: u64,
    casting: Casting,
    /// By tensor, what a second look is to complete.
    remaining: Vec<Option<Box<Remaining>>>,
    is_second_look: bool,
    selection: Option<Selection>,
}

/// Which tensors are wanted, by name.
type Selection = Box<dyn Fn(&str) -> bool + Send>;

struct JobFile {
    name: String,
    bytes: u64,
    header: HeaderState,
}

enum HeaderState {
    Reading(HeaderReader),
    Read(Header),
    /// Its tensors are with the collector now.
    Taken,
    Failed,
}

impl Job {
    /// A checkpoint without files, named for people.
    pub fn new(name: &str) -> Self {
        Self {
            files: Vec::new(),
            unreadable: Vec::new(),
            indexes: Vec::new(),
            collector: Collector::new(name),
            plan: None,
            workers: 1,
            casting: Casting::default(),
            remaining: Vec::new(),
            is_second_look: false,
            selection: None,
        }
    }

    /// Keeps what the JSON report needs of figures, in little memory, and not the
    /// figures themselves.
    pub fn keep_text_only(&mut self) {
        self.collector.keep_text_only();
    }

    /// Adds a file; its index is returned.
    pub fn add_file(&mut self, name: &str, bytes: u64) -> usize {
        let header = HeaderState::Reading(HeaderReader::new(name, bytes));
        self.files.push(JobFile {
            name: name.to_owned(),
            bytes,
            header,
        });
        self.settle_header(self.files.len() - 1);
        self.files.len() - 1
    }

    /// A file that is there and cannot be opened: a problem, and no file of the job.
    pub fn add_unreadable(&mut self, name: &str, what: &str) {
        self.unreadable.push(name.to_owned());
        self.collector.add_problems([Problem {
            file: name.to_owned(),
            tensor: None,
            place: None,
            what: what.to_owned(),
        }]);
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, name: &str, bytes: &[u8]) {
        self.indexes.push(ShardIndex::parse(name, bytes));
    }

    /// The bytes that are needed next of the file's header, or `None` when it is
    /// complete or has failed.
    pub fn header_wants(&self, file: usize) -> Option<Range<u64>> {
        match &self.files.get(file)?.header {
            HeaderState::Reading(reader) => reader.wants(),
            _ => None,
        }
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, file: usize, bytes: &[u8]) {
        if let Some(JobFile {
            header: HeaderState::Reading(reader),
            ..
        }) = self.files.get_mut(file)
        {
            reader.feed(bytes);
        }
        self.settle_header(file);
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, file: usize, what: &str) {
        let Some(failed) = self.files.get_mut(file) else {
            return;
        };
        failed.header = HeaderState::Failed;
        let problem = Problem {
            file: failed.name.clone(),
            tensor: None,
            place: None,
            what: what.to_owned(),
        };
        self.collector.add_problems([problem]);
    }

    /// Something that went wrong outside, such as a folder that cannot be listed.
    pub fn add_problem(&mut self, problem: Problem) {
        self.collector.add_problems([problem]);
    }

    /// Names of the tensors in the headers read so far, those with a problem among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let headers = self.files.iter().filter_map(|file| match &file.header {
            HeaderState::Read(header) => Some(header),
            _ => None,
        });
        headers.flat_map(|header| {
            let readable = header.tensors.iter().map(|tensor| tensor.name.as_str());
            readable.chain(header.problems.iter().filter_map(|p| p.tensor.as_deref()))
        })
    }

    /// Leaves out, from [`start`](Self::start) on, the tensors that are not wanted
    /// and what is wrong with them; files are still held against their index whole.
    pub fn select(&mut self, wanted: impl Fn(&str) -> bool + Send + 'static) {
        self.selection = Some(Box::new(wanted));
    }

    /// Leaves parts out of the report.
    pub fn only(&mut self, sections: Sections) {
        self.collector.only(sections);
    }

    /// Which casts, and how; all of them unless told otherwise.
    pub fn cast(&mut self, casting: Casting) {
        self.casting = casting;
    }

    /// All headers are in: makes the plan. What is finished at once is returned.
    pub fn start(&mut self, workers: u64) -> Figures {
        self.check_indexes();
        let mut tensors: Vec<(String, Vec<TensorInfo>)> = Vec::new();
        for file in &mut self.files {
            let state = std::mem::replace(&mut file.header, HeaderState::Taken);
            let HeaderState::Read(mut header) = state else {
                self.collector
                    .add_file(file.entry(Default::default()), Vec::new());
                tensors.push((file.name.clone(), Vec::new()));
                continue;
            };
            if let Some(wanted) = &self.selection {
                header.tensors.retain(|tensor| wanted(&tensor.name));
                retain_wanted(&mut header.problems, wanted);
            }
            self.collector.add_problems(header.problems);
            self.collector
                .add_file(file.entry(header.metadata), header.tensors.clone());
            tensors.push((file.name.clone(), header.tensors));
        }
        self.collector.find_layouts();
        let bytes = tensors
            .iter()
            .flat_map(|file| &file.1)
            .map(TensorInfo::bytes);
        let total = bytes.fold(0u64, u64::saturating_add);
        let files = tensors
            .iter()
            .map(|(name, tensors)| (name.as_str(), tensors.as_slice()));
        let (plan, progress) = Plan::new(files, PlanOptions::for_workers(workers, total));
        self.plan = Some(plan);
        self.workers = workers;
        self.take(progress)
    }

    /// The next run to read, if there is one to hand out now.
    pub fn next_run(&mut self) -> Option<Run> {
        self.plan.as_mut()?.next_run()
    }

    /// What a worker must know to look at the run's bytes: a task a piece.
    pub fn tasks(&self, run: &Run) -> Vec<Task> {
        run.pieces.iter().map(|piece| self.task(piece)).collect()
    }

    fn task(&self, piece: &Piece) -> Task {
        let remaining = self.remaining.get(piece.tensor).and_then(Option::as_deref);
        match remaining.filter(|_| self.is_second_look) {
            Some(remaining) => Task::Cast(Box::new(remaining.task(piece.span, self.casting))),
            None => Task::Scan {
                span: piece.span,
                for_casts: self.collector.sections().casts,
            },
        }
    }

    /// Takes the observations of the next pieces of a run; the figures of the
    /// tensors that this has finished are returned.
    pub fn merge<S: Into<Seen>>(&mut self, run: u64, seen: Vec<S>) -> Figures {
        let progress = self.plan.as_mut().map(|plan| plan.merge(run, seen));
        self.take(progress.unwrap_or_default())
    }

    /// A run could not go on; see [`Plan::fail`].
    pub fn fail(&mut self, run: u64, from_source: bool, what: &str) -> Figures {
        let progress = self
            .plan
            .as_mut()
            .map(|plan| plan.fail(run, from_source, what));
        self.take(progress.unwrap_or_default())
    }

    /// A run that was handed out and not begun goes back.
    pub fn give_back(&mut self, run: u64) {
        if let Some(plan) = &mut self.plan {
            plan.give_back(run);
        }
    }

    /// Bytes of tensors that still have to be handed out.
    pub fn waiting_bytes(&self) -> u64 {
        self.plan.as_ref().map_or(0, Plan::waiting_bytes)
    }

    /// Gives up everything that is not finished.
    pub fn abandon(&mut self, what: &str) -> Figures {
        let progress = self.plan.as_mut().map(|plan| plan.abandon(what));
        // Casts that are missing are no problem of the file.
        if self.is_second_look {
            return Figures::default();
        }
        self.take(progress.unwrap_or_default())
    }

    /// Whether the plan is made and nothing is left of it.
    pub fn is_done(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::is_done)
    }

    /// The report so far.
    pub fn report(&self) -> &Collector {
        &self.collector
    }

    fn settle_header(&mut self, file: usize) {
        let Some(entry) = self.files.get_mut(file) else {
            return;
        };
        let complete =
            matches!(&entry.header, HeaderState::Reading(reader) if reader.wants().is_none());
        if !complete {
            return;
        }
        let HeaderState::Reading(reader) =
            std::mem::replace(&mut entry.header, HeaderState::Failed)
        else {
            return;
        };
        match reader.finish() {
            Ok(header) => entry.header = HeaderState::Read(header),
            Err(error) => self.collector.add_problems([Problem::from(&error)]),
        }
    }

    fn check_indexes(&mut self) {
        self.forgive_failed_shards();
        let headers: Vec<(&str, &Header)> = self
            .files
            .iter()
            .filter_map(|file| match &file.header {
                HeaderState::Read(header) => Some((file.name.as_str(), header)),
                _ => None,
            })
            .collect();
        let mut problems: Vec<Problem> = self
            .indexes
            .iter()
            .flat_map(|index| match index {
                Ok(index) => index.check(&headers),
                Err(error) => vec![Problem::from(error)],
            })
            .collect();
        if let Some(wanted) = &self.selection {
            retain_wanted(&mut problems, wanted);
        }
        self.collector.add_problems(problems);
    }

    /// A shard that could not be read is there, and its problem has been told:
    /// the index must not call it missing.
    fn forgive_failed_shards(&mut self) {
        let failed = self
            .files
            .iter()
            .filter(|file| matches!(file.header, HeaderState::Failed));
        let names = failed.map(|file| &file.name).chain(&self.unreadable);
        let failed: HashSet<&str> = names
            .filter_map(|name| name.rsplit(['/', '\\']).next())
            .collect();
        for index in self.indexes.iter_mut().flatten() {
            // Not `retain`: removing from a tree is much code for the page to load.
            for (tensor, shard) in std::mem::take(&mut index.weight_map) {
                if !failed.contains(shard.as_str()) {
                    index.weight_map.insert(tensor, shard);
                }
            }
        }
    }

    fn take(&mut self, progress: Progress) -> Figures {
        let mut columns = Figures::default();
        for (index, seen) in progress.finished {
            let figures = TensorFigures::of_sections(&seen, self.collector.sections());
            self.collector
                .finish(index, figures, seen.fingerprint, &mut columns);
            if self.collector.sections().casts {
                self.cast_from_counts(index, &seen, &mut columns);
            }
        }
        for (index, losses) in progress.cast {
            self.remaining[index] = None;
            self.collector.cast(index, &losses, &mut columns);
        }
        if !self.is_second_look {
            columns.failed(&progress.failed);
        }
        self.collector.add_problems(progress.problems);
        let wants_casts = self.collector.sections().casts;
        if wants_casts && self.is_done() && self.remaining.iter().all(Option::is_none) {
            self.collector.settle_casts(self.casting.wanted);
        }
        columns
    }
}

impl JobFile {
    fn entry(&self, metadata: BTreeMap<String, String>) -> FileEntry {
        FileEntry {
            name: self.name.clone(),
            bytes: self.bytes,
            metadata,
        }
    }
}

fn retain_wanted(problems: &mut Vec<Problem>, wanted: &Selection) {
    problems.retain(|problem| problem.tensor.as_deref().is_none_or(wanted));
}
