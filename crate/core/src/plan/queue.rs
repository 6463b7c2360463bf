//! The state machine: runs out, observations in, failures retried once.

use std::collections::VecDeque;

use super::cut::{Piece, Run, runs_of_file, runs_of_sample};
use super::{Choice, PlanOptions};
use crate::cast::Losses;
use crate::checkpoint::TensorInfo;
use crate::format::Dtype;
use crate::report::Problem;
use crate::scan::{Matrix, Observations};
use crate::work::Seen;

mod failures;

/// Hands out the work of one pass and puts the results together.
pub struct Plan {
    files: Vec<String>,
    tensors: Vec<Planned>,
    waiting: VecDeque<Run>,
    /// As many as there are workers: too few to need an index.
    handed_out: Vec<HandedOut>,
    strikes: Vec<u32>,
    next_id: u64,
}

/// A run that a worker has, and how many of its pieces came back.
struct HandedOut {
    run: Run,
    taken: usize,
}

impl HandedOut {
    fn pieces_left(&self) -> &[Piece] {
        &self.run.pieces[self.taken..]
    }
}

struct Planned {
    name: String,
    dtype: Dtype,
    matrix: Matrix,
    file: usize,
    pieces_left: usize,
    retried: bool,
    state: State,
    /// Of a sample, what each of its stretches has shown.
    parts: Option<Vec<(u64, Seen)>>,
}

enum State {
    /// What the pieces so far have shown, from the first one on.
    Scanning(Option<Seen>),
    Finished,
    Failed,
}

/// What a step of the plan has brought.
#[derive(Debug, Default)]
pub struct Progress {
    /// Tensors of which everything is seen now.
    pub finished: Vec<(usize, Observations)>,
    /// Tensors of which everything was looked at again.
    pub cast: Vec<(usize, Losses)>,
    /// Of those of both kinds that were sampled, what each stretch has shown.
    pub parts: Vec<(usize, Vec<Seen>)>,
    /// Tensors that were given up.
    pub failed: Vec<usize>,
    /// Why.
    pub problems: Vec<Problem>,
}

impl Plan {
    /// A plan for the tensors of some files, each file's in the order of their
    /// offsets. Tensors are numbered through all files. Empty ones are finished at once.
    pub fn new<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a [TensorInfo])>,
        options: PlanOptions,
    ) -> (Self, Progress) {
        let mut plan = Self::of_some(files, |_| true, options);
        let mut progress = Progress::default();
        for index in 0..plan.tensors.len() {
            plan.finish_if_complete(index, &mut progress);
        }
        (plan, progress)
    }

    /// A plan for some of the tensors, none of them empty; the others are as good as finished.
    pub fn of_some<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a [TensorInfo])>,
        wanted: impl Fn(usize) -> bool,
        options: PlanOptions,
    ) -> Self {
        let mut plan = Self::empty();
        for (name, tensors) in files {
            let first = plan.tensors.len();
            plan.add_file(name, tensors, &wanted);
            let numbered = (first..).zip(tensors).filter(|(at, _)| wanted(*at));
            plan.add_runs(runs_of_file(numbered, options));
        }
        plan
    }

    /// A plan for what was chosen of each tensor, less those that are not wanted. Tensors of which nothing is
    /// read are as good as finished.
    pub fn of_sample<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a [TensorInfo])>,
        choices: &[Choice],
        wanted: impl Fn(usize) -> bool,
        options: PlanOptions,
    ) -> (Self, Progress) {
        let is_read = |at: usize| wanted(at) && choices[at] != Choice::Nothing;
        let mut plan = Self::empty();
        for (name, tensors) in files {
            let first = plan.tensors.len();
            plan.add_file(name, tensors, &is_read);
            for (planned, choice) in plan.tensors[first..].iter_mut().zip(&choices[first..]) {
                planned.parts = matches!(choice, Choice::Some(_)).then(Vec::new);
            }
            let numbered = (first..).zip(tensors).zip(&choices[first..]);
            let chosen = numbered.map(|((at, tensor), choice)| (at, tensor, choice));
            plan.add_runs(runs_of_sample(
                chosen.filter(|(at, ..)| is_read(*at)),
                options,
            ));
        }
        let mut progress = Progress::default();
        for index in 0..plan.tensors.len() {
            plan.finish_if_complete(index, &mut progress);
        }
        (plan, progress)
    }

    fn empty() -> Self {
        Self {
            files: Vec::new(),
            tensors: Vec::new(),
            waiting: VecDeque::new(),
            handed_out: Vec::new(),
            strikes: Vec::new(),
            next_id: 0,
        }
    }

    /// The next run to read, or `None` when there is nothing to hand out now.
    pub fn next_run(&mut self) -> Option<Run> {
        let run = self.waiting.pop_front()?;
        self.handed_out.push(HandedOut {
            run: run.clone(),
            taken: 0,
        });
        Some(run)
    }

    /// Whether every tensor is finished or failed.
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.handed_out.is_empty()
    }

    /// Takes the observations of the next pieces of a run, in order.
    ///
    /// Observations of the wrong length mean a source that ended early: the run fails there.
    pub fn merge<S: Into<Seen>>(&mut self, run_id: u64, seen: Vec<S>) -> Progress {
        let mut progress = Progress::default();
        for seen in seen {
            let seen = seen.into();
            let Some(piece) = self.next_piece(run_id) else {
                break;
            };
            if seen.elements() != piece.span.elements {
                let what = format!(
                    "{} of {} elements could be read",
                    seen.elements(),
                    piece.span.elements
                );
                self.fail_into(run_id, true, &what, &mut progress);
                return progress;
            }
            self.take_piece(run_id);
            self.merge_piece(&piece, seen, &mut progress);
        }
        progress
    }

    /// A run could not go on: its worker died, or its source could not be read.
    ///
    /// The tensor at which it stopped is tried once more by itself, then given
    /// up; the pieces behind it go on.
    pub fn fail(&mut self, run_id: u64, from_source: bool, what: &str) -> Progress {
        let mut progress = Progress::default();
        self.fail_into(run_id, from_source, what, &mut progress);
        progress
    }

    /// A run that was handed out and not begun goes back, and nobody is to blame.
    pub fn give_back(&mut self, run_id: u64) {
        if let Some(HandedOut { run, taken }) = self.take_back(run_id) {
            self.requeue(run.file, run.pieces[taken..].to_vec());
        }
    }

    /// Bytes that still have to be handed out.
    pub fn waiting_bytes(&self) -> u64 {
        self.waiting.iter().map(|run| run.end() - run.begin()).sum()
    }

    /// Gives up everything that is not finished.
    pub fn abandon(&mut self, what: &str) -> Progress {
        self.waiting.clear();
        self.handed_out.clear();
        let mut progress = Progress::default();
        for file in 0..self.files.len() {
            let what = |tensors: &str| format!("{tensors} not read: {what}");
            self.give_up_rest(file, what, &mut progress);
        }
        progress
    }

    fn add_file(&mut self, name: &str, tensors: &[TensorInfo], wanted: &impl Fn(usize) -> bool) {
        let file = self.files.len();
        let first = self.tensors.len();
        self.files.push(name.to_owned());
        self.strikes.push(0);
        let numbered = (first..).zip(tensors);
        self.tensors.extend(numbered.map(|(at, tensor)| Planned {
            name: tensor.name.clone(),
            dtype: tensor.dtype,
            matrix: Matrix::of(&tensor.shape),
            file,
            pieces_left: 0,
            retried: false,
            state: match wanted(at) {
                true => State::Scanning(None),
                false => State::Finished,
            },
            parts: None,
        }));
    }

    /// Adds runs of the last file.
    fn add_runs(&mut self, runs: Vec<Vec<Piece>>) {
        let file = self.files.len() - 1;
        for pieces in runs {
            for piece in &pieces {
                self.tensors[piece.tensor].pieces_left += 1;
            }
            let run = self.run_of(file, pieces);
            self.waiting.push_back(run);
        }
    }

    fn run_of(&mut self, file: usize, pieces: Vec<Piece>) -> Run {
        self.next_id += 1;
        Run {
            id: self.next_id,
            file,
            pieces,
        }
    }

    fn next_piece(&self, run_id: u64) -> Option<Piece> {
        let out = self.handed_out.iter().find(|out| out.run.id == run_id)?;
        out.pieces_left().first().copied()
    }

    fn take_piece(&mut self, run_id: u64) {
        let Some(out) = self.handed_out.iter_mut().find(|out| out.run.id == run_id) else {
            return;
        };
        out.taken += 1;
        self.strikes[out.run.file] = 0;
        if out.pieces_left().is_empty() {
            self.take_back(run_id);
        }
    }

    fn take_back(&mut self, run_id: u64) -> Option<HandedOut> {
        let at = self
            .handed_out
            .iter()
            .position(|out| out.run.id == run_id)?;
        Some(self.handed_out.swap_remove(at))
    }

    fn merge_piece(&mut self, piece: &Piece, seen: Seen, progress: &mut Progress) {
        let tensor = &mut self.tensors[piece.tensor];
        let State::Scanning(sum) = &mut tensor.state else {
            return;
        };
        if let Some(parts) = &mut tensor.parts {
            parts.push((piece.span.first, seen.clone()));
        }
        let merged = match sum {
            Some(sum) => sum.merge(&seen),
            none => {
                *none = Some(seen);
                Ok(())
            }
        };
        match merged {
            Ok(()) => {
                tensor.pieces_left -= 1;
                self.finish_if_complete(piece.tensor, progress);
            }
            Err(error) => self.give_up(piece.tensor, &error.to_string(), progress),
        }
    }

    fn finish_if_complete(&mut self, index: usize, progress: &mut Progress) {
        let tensor = &mut self.tensors[index];
        if tensor.pieces_left > 0 {
            return;
        }
        if let State::Scanning(sum) = std::mem::replace(&mut tensor.state, State::Finished) {
            progress.parts.extend(tensor.parts.take().map(|mut parts| {
                // In the order of the tensor, whoever was first.
                parts.sort_unstable_by_key(|part| part.0);
                (index, parts.into_iter().map(|part| part.1).collect())
            }));
            match sum {
                Some(Seen::Scan(seen)) => progress.finished.push((index, *seen)),
                Some(Seen::Cast(losses)) => progress.cast.push((index, losses)),
                None => {
                    let empty = Observations::empty(tensor.dtype, tensor.matrix);
                    progress.finished.push((index, empty));
                }
            }
        }
    }
}
