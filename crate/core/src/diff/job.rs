//! The whole way of a comparison, without IO: what the command and the page drive.
//!
//! Feed it the headers of both checkpoints until it wants no more, start it, then hand out runs
//! and merge what comes back until it is done. The report can be asked for at any time.

use std::collections::HashSet;
use std::ops::Range;

use super::collected::Collected;
use super::config::Config;
use super::overview::PairProblem;
use super::pairing::{Held, Pairing, tensor};
use super::plan::{PairRun, Plan, Progress};
use super::renames::Renames;
use super::{Difference, PairFigures, Side, Tolerance, columns::PairColumns};
use crate::checkpoint::Files;
use crate::plan::PlanOptions;
use crate::report::Problem;

/// Two checkpoints on their way from files to a report.
pub struct Comparison {
    sides: [Files; 2],
    held: [Held; 2],
    renames: Renames,
    selection: Option<Selection>,
    plan: Option<Plan>,
    collected: Collected,
}

/// Which tensors are wanted, by name.
type Selection = Box<dyn Fn(&str) -> bool + Send>;

impl Comparison {
    /// Two checkpoints without files, named for people.
    pub fn new(a: &str, b: &str) -> Self {
        Self {
            sides: Default::default(),
            held: Default::default(),
            renames: Renames::default(),
            selection: None,
            plan: None,
            collected: Collected::new(a, b),
        }
    }

    /// Adds a file to a side; its index there is returned.
    pub fn add_file(&mut self, side: Side, name: &str, bytes: u64) -> usize {
        let file = self.files(side).add(name, bytes);
        self.take_problems(side);
        file
    }

    /// A file that is there and cannot be opened.
    pub fn add_unreadable(&mut self, side: Side, name: &str, what: &str) {
        self.files(side).add_unreadable(name, what);
        self.take_problems(side);
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, side: Side, name: &str, bytes: &[u8]) {
        self.files(side).add_index(name, bytes);
    }

    /// Adds a side's config.json.
    pub fn add_config(&mut self, side: Side, name: &str, bytes: &[u8]) {
        match Config::parse(bytes) {
            Ok(config) => self.collected.add_config(side, config),
            Err(what) => self.add_problem(
                Some(side),
                Problem {
                    file: name.to_owned(),
                    tensor: None,
                    place: None,
                    what,
                },
            ),
        }
    }

    /// Something that went wrong outside.
    pub fn add_problem(&mut self, side: Option<Side>, problem: Problem) {
        self.collected.add_problem(PairProblem::of(side, problem));
    }

    /// The bytes that are needed next of a file's header.
    pub fn header_wants(&self, side: Side, file: usize) -> Option<Range<u64>> {
        self.sides[side as usize].wants(file)
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, side: Side, file: usize, bytes: &[u8]) {
        self.files(side).feed(file, bytes);
        self.take_problems(side);
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, side: Side, file: usize, what: &str) {
        self.files(side).fail(file, what);
        self.take_problems(side);
    }

    /// Which names of A go by which in B.
    pub fn rename(&mut self, renames: Renames) {
        self.renames = renames;
    }

    /// What counts as close.
    pub fn tolerate(&mut self, tolerance: Tolerance) {
        self.collected.tolerance = tolerance;
    }

    /// Names of the tensors of a side in the headers read so far.
    pub fn names(&self, side: Side) -> impl Iterator<Item = &str> {
        self.sides[side as usize].names()
    }

    /// Leaves out, from [`start`](Self::start) on, the tensors that are not wanted; of a pair
    /// either name will do.
    pub fn select(&mut self, wanted: impl Fn(&str) -> bool + Send + 'static) {
        self.selection = Some(Box::new(wanted));
    }

    /// All headers are in: matches the tensors and makes the plan. What is finished at once is returned.
    pub fn start(&mut self, workers: u64) -> PairColumns {
        let mut broken = <[HashSet<String>; 2]>::default();
        for side in [Side::A, Side::B] {
            self.held[side as usize] = self.files(side).take();
            for problem in self.files(side).take_problems() {
                broken[side as usize].extend(problem.tensor.clone());
                self.add_problem(Some(side), problem);
            }
        }
        let [a, b] = &self.held;
        let mut pairing = Pairing::of(a, b, &broken, &self.renames, self.collected.tolerance);
        if let Some(wanted) = &self.selection {
            pairing.select([a, b], wanted);
        }
        let bytes = |side| pairing.pairs.iter().map(move |pair| pair.span.bytes(side));
        let total = bytes(Side::A)
            .chain(bytes(Side::B))
            .fold(0u64, u64::saturating_add);
        let options = PlanOptions::for_workers(workers, total);
        let plan = Plan::new([a, b], &pairing.pairs, options);
        let empty = plan.empty();
        self.collected.start([a, b], pairing);
        self.plan = Some(plan);
        let mut columns = PairColumns::default();
        for pair in empty {
            let nothing = super::worker::nothing(&self.collected.pairs()[pair].span);
            self.finish(pair, &nothing, &mut columns);
        }
        self.end_if_done();
        columns
    }

    /// The next run to read, if there is one to hand out now.
    pub fn next_run(&mut self) -> Option<PairRun> {
        self.plan.as_mut()?.next_run()
    }

    /// Takes what was seen of the next pieces of a run; the pairs that this has finished are returned.
    pub fn merge(&mut self, run: u64, seen: Vec<Difference>) -> PairColumns {
        let progress = self.plan.as_mut().map(|plan| plan.merge(run, seen));
        self.take(progress)
    }

    /// A run could not go on: through one side's file, or through its worker.
    pub fn fail(&mut self, run: u64, side: Option<Side>, what: &str) -> PairColumns {
        let progress = self.plan.as_mut().map(|plan| plan.fail(run, side, what));
        self.take(progress)
    }

    /// A run that was handed out and not begun goes back.
    pub fn give_back(&mut self, run: u64) {
        if let Some(plan) = &mut self.plan {
            plan.give_back(run);
        }
    }

    /// Gives up everything that is not finished.
    pub fn abandon(&mut self, what: &str) -> PairColumns {
        let what = format!("not compared: {what}");
        let progress = self.plan.as_mut().map(|plan| plan.abandon(&what));
        self.take(progress)
    }

    /// Bytes of both sides that still have to be handed out.
    pub fn waiting_bytes(&self) -> u64 {
        self.plan.as_ref().map_or(0, Plan::waiting_bytes)
    }

    /// Whether the plan is made and nothing is left of it.
    pub fn is_done(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::is_done)
    }

    /// The report so far.
    pub fn report(&self) -> &Collected {
        &self.collected
    }

    fn files(&mut self, side: Side) -> &mut Files {
        &mut self.sides[side as usize]
    }

    fn take_problems(&mut self, side: Side) {
        for problem in self.sides[side as usize].take_problems() {
            self.add_problem(Some(side), problem);
        }
    }

    fn take(&mut self, progress: Option<Progress>) -> PairColumns {
        let mut columns = PairColumns::default();
        let Progress { finished, failed } = progress.unwrap_or_default();
        for (pair, seen) in finished {
            self.finish(pair, &seen, &mut columns);
        }
        for failure in failed {
            self.collected.fail(failure, &self.held, &mut columns);
        }
        self.end_if_done();
        columns
    }

    fn finish(&mut self, index: usize, seen: &Difference, columns: &mut PairColumns) {
        let pair = self.collected.pairs()[index];
        let [a, b] = &self.held;
        let sides = [
            (tensor(a, pair.a), a[pair.a.0].0.name.as_str()),
            (tensor(b, pair.b), b[pair.b.0].0.name.as_str()),
        ];
        let figures = PairFigures::of(sides, &pair.span, seen);
        self.collected.finish(index, &figures, columns);
    }

    fn end_if_done(&mut self) {
        if self.is_done() {
            self.collected.end(&self.held);
        }
    }
}
