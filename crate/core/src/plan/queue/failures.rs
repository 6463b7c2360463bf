//! What becomes of pieces whose run could not go on: tried once more, alone, then given up, and their file after
//! some of them.

use super::{Piece, Plan, Progress, Run, State};
use crate::report::Problem;

/// Tensors of one file that may fail one after the other, with nothing read in
/// between, before the file is given up.
const STRIKES: u32 = 3;

impl Plan {
    pub(super) fn fail_into(
        &mut self,
        run_id: u64,
        from_source: bool,
        what: &str,
        progress: &mut Progress,
    ) {
        let Some(out) = self.take_back(run_id) else {
            return;
        };
        let file = out.run.file;
        let (culprit, rest) = out
            .pieces_left()
            .split_first()
            .expect("a run that is out has pieces left");
        if !self.tensors[culprit.tensor].retried {
            self.retry(file, *culprit, rest.to_vec());
            return;
        }
        self.give_up(culprit.tensor, what, progress);
        if let Some(problem) = progress.problems.last_mut() {
            problem.place = Some(format!("bytes {} to {}", culprit.begin, culprit.end()));
        }
        self.requeue(file, rest.to_vec());
        self.drop_pieces_of_failed();
        self.strikes[file] += u32::from(from_source);
        if self.strikes[file] >= STRIKES {
            self.give_up_file(file, what, progress);
        }
    }

    /// What is behind the piece goes on first; the piece itself comes last, alone.
    fn retry(&mut self, file: usize, culprit: Piece, rest: Vec<Piece>) {
        self.tensors[culprit.tensor].retried = true;
        self.requeue(file, rest);
        let alone = self.run_of(file, vec![culprit]);
        self.waiting.push_back(alone);
    }

    pub(super) fn requeue(&mut self, file: usize, pieces: Vec<Piece>) {
        if !pieces.is_empty() {
            let run = self.run_of(file, pieces);
            self.waiting.push_front(run);
        }
    }

    pub(super) fn give_up(&mut self, index: usize, what: &str, progress: &mut Progress) {
        let tensor = &mut self.tensors[index];
        if !matches!(tensor.state, State::Scanning(_)) {
            return;
        }
        tensor.state = State::Failed;
        progress.failed.push(index);
        progress.problems.push(Problem {
            file: self.files[tensor.file].clone(),
            tensor: Some(tensor.name.clone()),
            place: None,
            what: what.to_owned(),
        });
    }

    fn give_up_file(&mut self, file: usize, what: &str, progress: &mut Progress) {
        let what = |tensors: &str| format!("{tensors} given up after this: {what}");
        self.give_up_rest(file, what, progress);
        self.drop_pieces_of_failed();
    }

    /// One problem for the file instead of one for each of its tensors; `what` is
    /// given how many were given up.
    pub(super) fn give_up_rest(
        &mut self,
        file: usize,
        what: impl Fn(&str) -> String,
        progress: &mut Progress,
    ) {
        let before = progress.problems.len();
        for index in 0..self.tensors.len() {
            if self.tensors[index].file == file {
                self.give_up(index, "", progress);
            }
        }
        let given_up = progress.problems.len() - before;
        progress.problems.truncate(before);
        let tensors = match given_up {
            0 => return,
            1 => "1 tensor was".to_owned(),
            _ => format!("{given_up} tensors were"),
        };
        progress.problems.push(Problem {
            file: self.files[file].clone(),
            tensor: None,
            place: None,
            what: what(&tensors),
        });
    }

    /// Runs are split where pieces fall out, so that each stays one stretch of bytes.
    fn drop_pieces_of_failed(&mut self) {
        for run in std::mem::take(&mut self.waiting) {
            let Run { id, file, pieces } = run;
            let kept = |piece: &Piece| !matches!(self.tensors[piece.tensor].state, State::Failed);
            if pieces.iter().all(kept) {
                self.waiting.push_back(Run { id, file, pieces });
                continue;
            }
            let stretches: Vec<Vec<Piece>> = pieces
                .split(|piece| !kept(piece))
                .filter(|stretch| !stretch.is_empty())
                .map(<[Piece]>::to_vec)
                .collect();
            for stretch in stretches {
                let run = self.run_of(file, stretch);
                self.waiting.push_back(run);
            }
        }
    }
}
