//! What to read next of two checkpoints: runs out, differences in, failures retried once.
//!
//! A run is one stretch of bytes of one file of A beside one of a file of B, with the pieces
//! that lie there one behind the other on both sides.

use std::collections::VecDeque;

use super::pairing::{Held, Pair, tensor};
use super::{Difference, PairSpan, Side};
use crate::plan::PlanOptions;

/// Pieces of a run: many small ones take longer than their bytes.
const MAX_PIECES: usize = 1024;

/// Pairs of one file that may fail one after the other, before the file is given up.
const STRIKES: u32 = 3;

/// Consecutive elements of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub(super) pair: usize,
    /// First byte in the file of A and of B.
    begin: [u64; 2],
    pub(super) span: PairSpan,
}

/// Pieces that lie one behind the other in both files; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct PairRun {
    /// Names the run when its results come back.
    pub id: u64,
    files: [usize; 2],
    pub(super) pieces: Vec<Piece>,
}

impl Piece {
    fn end(&self, side: Side) -> u64 {
        self.begin[side as usize] + self.span.bytes(side)
    }
}

impl PairRun {
    /// Index of the file among its side's.
    pub fn file(&self, side: Side) -> usize {
        self.files[side as usize]
    }

    /// First byte in the file.
    pub fn begin(&self, side: Side) -> u64 {
        self.pieces[0].begin[side as usize]
    }

    /// First byte after it in the file.
    pub fn end(&self, side: Side) -> u64 {
        self.pieces[self.pieces.len() - 1].end(side)
    }

    /// What a worker must know: a span a piece.
    pub fn spans(&self) -> Vec<PairSpan> {
        self.pieces.iter().map(|piece| piece.span).collect()
    }

    fn bytes(&self) -> u64 {
        let side = |side| self.end(side) - self.begin(side);
        side(Side::A) + side(Side::B)
    }
}

/// What a step of the plan has brought.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Pairs of which everything is seen.
    pub(super) finished: Vec<(usize, Difference)>,
    /// Pairs that were given up, and why.
    pub(super) failed: Vec<Failure>,
}

/// A pair that was given up.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) pair: usize,
    pub(super) side: Option<Side>,
    /// The bytes in question, where they are known; `None` where it went down with its file.
    pub(super) place: Option<String>,
    pub(super) what: String,
}

/// Hands out the work and puts the results together.
pub(super) struct Plan {
    pairs: Vec<Planned>,
    waiting: VecDeque<PairRun>,
    handed_out: Vec<(PairRun, usize)>,
    /// By side and file.
    strikes: [Vec<u32>; 2],
    next_id: u64,
}

struct Planned {
    files: [usize; 2],
    pieces_left: usize,
    retried: bool,
    is_over: bool,
    seen: Option<Difference>,
}

impl Plan {
    pub(super) fn new(held: [&Held; 2], pairs: &[Pair], options: PlanOptions) -> Self {
        let mut plan = Self {
            pairs: Vec::new(),
            waiting: VecDeque::new(),
            handed_out: Vec::new(),
            strikes: held.map(|held| vec![0; held.len()]),
            next_id: 0,
        };
        let mut open: Option<PairRun> = None;
        for (index, pair) in pairs.iter().enumerate() {
            let files = [pair.a.0, pair.b.0];
            let begin = [tensor(held[0], pair.a).begin, tensor(held[1], pair.b).begin];
            plan.pairs.push(Planned {
                files,
                pieces_left: 0,
                retried: false,
                is_over: false,
                seen: None,
            });
            for piece in pieces(index, pair.span, begin, options.run_bytes) {
                plan.pairs[index].pieces_left += 1;
                let run = match open.take() {
                    Some(run) if run.takes(&piece, files, options.run_bytes) => run,
                    full => {
                        plan.waiting.extend(full);
                        plan.run_of(files, Vec::new())
                    }
                };
                let mut run = run;
                run.pieces.push(piece);
                open = Some(run);
            }
        }
        plan.waiting.extend(open);
        plan
    }

    pub(super) fn next_run(&mut self) -> Option<PairRun> {
        let run = self.waiting.pop_front()?;
        self.handed_out.push((run.clone(), 0));
        Some(run)
    }

    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.handed_out.is_empty()
    }

    /// Bytes of both sides that still have to be handed out.
    pub(super) fn waiting_bytes(&self) -> u64 {
        self.waiting.iter().map(PairRun::bytes).sum()
    }

    /// Pairs without elements, of which nothing has to be read.
    pub(super) fn empty(&self) -> Vec<usize> {
        let numbered = self.pairs.iter().enumerate();
        let empty = numbered.filter(|(_, pair)| pair.pieces_left == 0);
        empty.map(|(index, _)| index).collect()
    }

    /// Takes what was seen of the next pieces of a run, in order.
    pub(super) fn merge(&mut self, id: u64, seen: Vec<Difference>) -> Progress {
        let mut progress = Progress::default();
        for seen in seen {
            let Some((run, taken)) = self.handed_out.iter_mut().find(|(run, _)| run.id == id)
            else {
                break;
            };
            let piece = run.pieces[*taken];
            *taken += 1;
            let (files, is_last) = (run.files, *taken == run.pieces.len());
            for (strikes, file) in self.strikes.iter_mut().zip(files) {
                strikes[file] = 0;
            }
            if is_last {
                self.take_back(id);
            }
            self.merge_piece(&piece, seen, &mut progress);
        }
        progress
    }

    /// A run could not go on, through one side's file or, with `None`, through its worker. The
    /// pair at which it stopped is tried once more by itself, then given up.
    pub(super) fn fail(&mut self, id: u64, side: Option<Side>, what: &str) -> Progress {
        let mut progress = Progress::default();
        let Some((run, taken)) = self.take_back(id) else {
            return progress;
        };
        let culprit = run.pieces[taken];
        let rest = run.pieces[taken + 1..].to_vec();
        self.requeue(run.files, rest);
        let pair = &mut self.pairs[culprit.pair];
        if pair.is_over {
            // Another piece of it has failed before: one pair is one strike.
            self.drop_pieces_that_are_over();
            return progress;
        }
        if !pair.retried {
            pair.retried = true;
            let alone = self.run_of(run.files, vec![culprit]);
            self.waiting.push_back(alone);
            return progress;
        }
        let place = side.map(|side| {
            let begin = culprit.begin[side as usize];
            format!("bytes {begin} to {}", culprit.end(side))
        });
        self.give_up(culprit.pair, side, place, what, &mut progress);
        if let Some(side) = side {
            let file = run.file(side);
            let strikes = &mut self.strikes[side as usize][file];
            *strikes += 1;
            if *strikes >= STRIKES {
                for index in 0..self.pairs.len() {
                    if self.pairs[index].files[side as usize] == file {
                        self.give_up(index, Some(side), None, what, &mut progress);
                    }
                }
            }
        }
        self.drop_pieces_that_are_over();
        progress
    }

    /// A run that was handed out and not begun goes back, and nobody is to blame.
    pub(super) fn give_back(&mut self, id: u64) {
        if let Some((run, taken)) = self.take_back(id) {
            self.requeue(run.files, run.pieces[taken..].to_vec());
        }
    }

    /// Gives up everything that is not finished.
    pub(super) fn abandon(&mut self, what: &str) -> Progress {
        self.waiting.clear();
        self.handed_out.clear();
        let mut progress = Progress::default();
        for index in 0..self.pairs.len() {
            self.give_up(index, None, None, what, &mut progress);
        }
        progress
    }

    fn merge_piece(&mut self, piece: &Piece, seen: Difference, progress: &mut Progress) {
        let pair = &mut self.pairs[piece.pair];
        if pair.is_over {
            return;
        }
        let merged = match &mut pair.seen {
            Some(sum) => sum.merge(&seen),
            none => {
                *none = Some(seen);
                Ok(())
            }
        };
        if let Err(error) = merged {
            return self.give_up(piece.pair, None, None, &error.to_string(), progress);
        }
        pair.pieces_left -= 1;
        if pair.pieces_left == 0 {
            pair.is_over = true;
            progress
                .finished
                .extend(pair.seen.take().map(|seen| (piece.pair, seen)));
        }
    }

    fn give_up(
        &mut self,
        index: usize,
        side: Option<Side>,
        place: Option<String>,
        what: &str,
        progress: &mut Progress,
    ) {
        let pair = &mut self.pairs[index];
        if pair.is_over || pair.pieces_left == 0 {
            return;
        }
        pair.is_over = true;
        pair.seen = None;
        progress.failed.push(Failure {
            pair: index,
            side,
            place,
            what: what.to_owned(),
        });
    }

    fn run_of(&mut self, files: [usize; 2], pieces: Vec<Piece>) -> PairRun {
        self.next_id += 1;
        PairRun {
            id: self.next_id,
            files,
            pieces,
        }
    }

    fn take_back(&mut self, id: u64) -> Option<(PairRun, usize)> {
        let at = self.handed_out.iter().position(|(run, _)| run.id == id)?;
        Some(self.handed_out.swap_remove(at))
    }

    fn requeue(&mut self, files: [usize; 2], pieces: Vec<Piece>) {
        if !pieces.is_empty() {
            let run = self.run_of(files, pieces);
            self.waiting.push_front(run);
        }
    }

    /// Runs are split where pieces fall out, so that each stays one stretch of bytes.
    fn drop_pieces_that_are_over(&mut self) {
        for run in std::mem::take(&mut self.waiting) {
            let is_over = |piece: &Piece| self.pairs[piece.pair].is_over;
            if !run.pieces.iter().any(is_over) {
                self.waiting.push_back(run);
                continue;
            }
            let stretches: Vec<Vec<Piece>> = run
                .pieces
                .split(is_over)
                .filter(|stretch| !stretch.is_empty())
                .map(<[Piece]>::to_vec)
                .collect();
            for stretch in stretches {
                let run = self.run_of(run.files, stretch);
                self.waiting.push_back(run);
            }
        }
    }
}

impl PairRun {
    /// Whether a piece goes on where it ends, and there is room.
    fn takes(&self, piece: &Piece, files: [usize; 2], run_bytes: u64) -> bool {
        self.files == files
            && [Side::A, Side::B]
                .iter()
                .all(|side| self.end(*side) == piece.begin[*side as usize])
            && self.pieces.len() < MAX_PIECES
            && self.bytes() < run_bytes
    }
}

/// A pair cut into pieces of about so many bytes of both sides.
fn pieces(
    pair: usize,
    whole: PairSpan,
    begin: [u64; 2],
    run_bytes: u64,
) -> impl Iterator<Item = Piece> {
    let bits = u64::from(whole.a.bits()) + u64::from(whole.b.bits());
    let unit = whole.unit();
    let elements = (run_bytes / bits * 8 / unit).max(1) * unit;
    let mut begin = begin;
    let mut first = 0;
    std::iter::from_fn(move || {
        if first == whole.elements {
            return None;
        }
        let span = whole.part(first, elements.min(whole.elements - first));
        let piece = Piece { pair, begin, span };
        first += span.elements;
        begin = [piece.end(Side::A), piece.end(Side::B)];
        Some(piece)
    })
}
