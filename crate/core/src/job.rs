//! The whole way of one checkpoint, without IO: what the command and the page drive.
//!
//! Feed it headers until it wants no more, start it, then hand out runs and merge
//! what comes back until it is done. The report can be asked for at any time.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::cast::{Casting, Losses, Remaining};
use crate::checkpoint::{Files, TensorInfo};
use crate::plan::{Choice, Piece, Plan, PlanOptions, Progress, Run, SampleSize, Sampled, choose};
use crate::report::{Collector, Figures, Problem, SampleTotals, Sections, TensorFigures};
use crate::scan::Observations;
use crate::work::{Seen, Task};

mod casts;

/// A checkpoint on its way from files to a report.
pub struct Job {
    files: Files,
    collector: Collector,
    plan: Option<Plan>,
    workers: u64,
    casting: Casting,
    /// By tensor, what a second look is to complete.
    remaining: Vec<Option<Box<Remaining>>>,
    is_second_look: bool,
    sample: Option<SampleSize>,
    /// Where a sample is read, what is read of each tensor.
    choices: Option<Vec<Choice>>,
}

impl Job {
    /// A checkpoint without files, named for people.
    pub fn new(name: &str) -> Self {
        Self {
            files: Files::default(),
            collector: Collector::new(name),
            plan: None,
            workers: 1,
            casting: Casting::default(),
            remaining: Vec::new(),
            is_second_look: false,
            sample: None,
            choices: None,
        }
    }

    /// Keeps what the JSON report needs of figures, in little memory, and not the
    /// figures themselves.
    pub fn keep_text_only(&mut self) {
        self.collector.keep_text_only();
    }

    /// Adds a file; its index is returned.
    pub fn add_file(&mut self, name: &str, bytes: u64) -> usize {
        let file = self.files.add(name, bytes);
        self.take_problems();
        file
    }

    /// A file that is there and cannot be opened: a problem, and no file of the job.
    pub fn add_unreadable(&mut self, name: &str, what: &str) {
        self.files.add_unreadable(name, what);
        self.take_problems();
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, name: &str, bytes: &[u8]) {
        self.files.add_index(name, bytes);
    }

    /// The bytes that are needed next of the file's header, or `None` when it is
    /// complete or has failed.
    pub fn header_wants(&self, file: usize) -> Option<Range<u64>> {
        self.files.wants(file)
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, file: usize, bytes: &[u8]) {
        self.files.feed(file, bytes);
        self.take_problems();
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, file: usize, what: &str) {
        self.files.fail(file, what);
        self.take_problems();
    }

    /// Something that went wrong outside, such as a folder that cannot be listed.
    pub fn add_problem(&mut self, problem: Problem) {
        self.collector.add_problems([problem]);
    }

    /// Names of the tensors in the headers read so far, those with a problem among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.names()
    }

    /// Leaves out, from [`start`](Self::start) on, the tensors that are not wanted
    /// and what is wrong with them; files are still held against their index whole.
    pub fn select(&mut self, wanted: impl Fn(&str) -> bool + Send + 'static) {
        self.files.select(wanted);
    }

    /// Leaves parts out of the report.
    pub fn only(&mut self, sections: Sections) {
        self.collector.only(sections);
    }

    /// Which casts, and how; all of them unless told otherwise.
    pub fn cast(&mut self, casting: Casting) {
        self.casting = casting;
    }

    /// Reads a sample where there is more than that; every figure is an estimate then, with its interval.
    pub fn sample(&mut self, size: SampleSize) {
        self.sample = Some(size);
    }

    /// All headers are in: makes the plan. What is finished at once is returned.
    pub fn start(&mut self, workers: u64) -> Figures {
        let taken = self.files.take();
        self.take_problems();
        let mut tensors: Vec<(String, Vec<TensorInfo>)> = Vec::new();
        for (entry, of_file) in taken {
            tensors.push((entry.name.clone(), of_file.clone()));
            self.collector.add_file(entry, of_file);
        }
        self.collector.find_layouts();
        let all: Vec<&TensorInfo> = tensors.iter().flat_map(|file| &file.1).collect();
        let total = all
            .iter()
            .fold(0u64, |sum, tensor| sum.saturating_add(tensor.bytes()));
        self.choose(&all, total);
        let files = tensors
            .iter()
            .map(|(name, tensors)| (name.as_str(), tensors.as_slice()));
        let options = PlanOptions::for_workers(workers, total);
        let (plan, progress) = match &self.choices {
            Some(choices) => Plan::of_sample(files, choices, |_| true, options),
            None => Plan::new(files, options),
        };
        self.plan = Some(plan);
        self.workers = workers;
        self.take(progress)
    }

    /// What is read of each tensor, where a sample is wanted and is less than all.
    fn choose(&mut self, tensors: &[&TensorInfo], total: u64) {
        let Some(size) = self.sample.filter(|size| total > size.bytes) else {
            return;
        };
        let choices = choose(tensors, size);
        let mut totals = SampleTotals {
            size: size.bytes,
            of: total,
            ..SampleTotals::default()
        };
        for (tensor, choice) in tensors.iter().zip(&choices) {
            match choice {
                Choice::Whole => {
                    totals.bytes += tensor.bytes();
                    totals.whole += 1;
                }
                Choice::Some(sampled) => {
                    totals.bytes += sampled.bytes(tensor.dtype);
                    totals.sampled += 1;
                }
                Choice::Nothing => totals.left_out += 1,
            }
        }
        // Where every tensor is read whole, nothing is an estimate.
        if totals.whole < tensors.len() as u64 {
            self.collector.sample(totals);
            self.choices = Some(choices);
        }
    }

    /// What is read of a tensor, where that is a sample.
    fn sampled(&self, tensor: usize) -> Option<&Sampled> {
        match self.choices.as_ref()?.get(tensor)? {
            Choice::Some(sampled) => Some(sampled),
            Choice::Whole | Choice::Nothing => None,
        }
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

    /// What the observations of a tensor show; of a sample, what each stretch shows is in `parts`.
    fn figures(&self, index: usize, seen: &Observations, parts: &[Seen]) -> TensorFigures {
        let sections = self.collector.sections();
        let tensor = self.collector.tensor(index);
        let Some((sampled, (_, tensor, _))) = self.sampled(index).zip(tensor) else {
            return TensorFigures::of_sections(seen, sections);
        };
        let parts: Vec<&Observations> = parts.iter().filter_map(Seen::observations).collect();
        TensorFigures::of_sample(seen, &parts, sampled, tensor.elements(), sections)
    }

    fn take_problems(&mut self) {
        let problems = self.files.take_problems();
        self.collector.add_problems(problems);
    }

    fn take(&mut self, progress: Progress) -> Figures {
        let mut columns = Figures::default();
        let mut parts: BTreeMap<usize, Vec<Seen>> = progress.parts.into_iter().collect();
        for (index, seen) in progress.finished {
            let parts = parts.remove(&index).unwrap_or_default();
            let figures = self.figures(index, &seen, &parts);
            self.collector
                .finish(index, figures, seen.fingerprint, &mut columns);
            if self.collector.sections().casts {
                self.cast_from_counts(index, &seen, &parts, &mut columns);
            }
        }
        for (index, losses) in progress.cast {
            self.remaining[index] = None;
            let alone = parts.remove(&index).unwrap_or_default();
            let alone: Vec<Losses> = alone.into_iter().filter_map(Seen::losses).collect();
            self.add_casts(index, &losses, &alone, &mut columns);
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
