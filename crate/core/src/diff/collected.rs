//! Puts pairs together into the report of a comparison.

use std::collections::HashMap;

use super::config::Config;
use super::figures::Kind;
use super::listing::Row;
use super::overview::{Explained, PairCounts, PairProblem, SideReport};
use super::pairing::{Held, Mismatch, Pair, Pairing, tensor};
use super::plan::Failure;
use super::renames::Rename;
use super::summary::Summary;
use super::triage::{Facts, Hint, hints};
use super::{PairColumns, PairFigures, Side, Tolerance};
use crate::report::{Checkpoint, Json, Keys, Problem, pattern_of, shape};

/// A pair that was read, or could not be.
pub(super) enum Outcome {
    Finished {
        summary: Box<Summary>,
        /// As in the report, keys by their numbers.
        text: Box<str>,
    },
    Failed,
}

/// A comparison as far as it has come.
pub struct Collected {
    pub(super) sides: [SideReport; 2],
    pub(super) tolerance: Tolerance,
    pairs: Vec<Pair>,
    /// By pair: its names, types and shape for lists.
    pub(super) rows: Vec<Row>,
    outcomes: Vec<Option<Outcome>>,
    keys: Keys,
    pub(super) counts: PairCounts,
    pub(super) explanations: Vec<Explained>,
    pub(super) renames: Vec<Rename>,
    pub(super) only: [Vec<String>; 2],
    pub(super) shape_mismatch: Vec<Mismatch>,
    pub(super) triage: Vec<Hint>,
    pub(super) problems: Vec<PairProblem>,
    pub(super) patterns: Vec<String>,
    /// What is known of a head that only one side stores, beside the other's embedding.
    tied: Option<Box<Summary>>,
    is_over: bool,
}

impl Collected {
    pub(super) fn new(a: &str, b: &str) -> Self {
        let side = |name: &str| SideReport {
            checkpoint: Checkpoint {
                name: name.to_owned(),
                ..Checkpoint::default()
            },
            config: None,
        };
        Self {
            sides: [side(a), side(b)],
            tolerance: Tolerance::default(),
            pairs: Vec::new(),
            rows: Vec::new(),
            outcomes: Vec::new(),
            keys: Keys::default(),
            counts: PairCounts::default(),
            explanations: Vec::new(),
            renames: Vec::new(),
            only: Default::default(),
            shape_mismatch: Vec::new(),
            triage: Vec::new(),
            problems: Vec::new(),
            patterns: Vec::new(),
            tied: None,
            is_over: false,
        }
    }

    pub(super) fn add_config(&mut self, side: Side, config: Config) {
        self.sides[side as usize].config = Some(config);
    }

    pub(super) fn add_problem(&mut self, problem: PairProblem) {
        self.problems.push(problem);
    }

    /// The headers are in and the tensors matched.
    pub(super) fn start(&mut self, held: [&Held; 2], pairing: Pairing) {
        for (side, held) in self.sides.iter_mut().zip(held) {
            for (file, tensors) in held {
                side.checkpoint.files.push(file.clone());
                tensors
                    .iter()
                    .for_each(|tensor| side.checkpoint.add(tensor));
            }
        }
        let mut patterns: HashMap<String, usize> = HashMap::new();
        for pair in pairing.pairs.iter().filter(|pair| !pair.is_tied) {
            let (a, b) = (tensor(held[0], pair.a), tensor(held[1], pair.b));
            let pattern = pattern_of(&a.name);
            let next = patterns.len();
            let at = *patterns.entry(pattern.clone()).or_insert(next);
            if at == next {
                self.patterns.push(pattern);
            }
            self.rows.push(Row {
                name: a.name.clone(),
                name_b: (a.name != b.name).then(|| b.name.clone()),
                dtypes: [a.dtype.name(), b.dtype.name()],
                shape: shape(&a.shape),
                parameters: a.elements(),
                bytes: a.bytes().saturating_add(b.bytes()),
                pattern: at,
            });
        }
        self.counts.failed = pairing.unread;
        self.outcomes.resize_with(self.rows.len(), || None);
        self.pairs = pairing.pairs;
        self.renames = pairing.renames;
        self.only = [pairing.only_in_a, pairing.only_in_b];
        self.shape_mismatch = pairing.shape_mismatch;
    }

    /// What the headers say of A and of B.
    pub fn checkpoints(&self) -> [&Checkpoint; 2] {
        self.sides.each_ref().map(|side| &side.checkpoint)
    }

    pub(super) fn counts(&self) -> PairCounts {
        self.counts
    }

    pub(super) fn explanations(&self) -> &[Explained] {
        &self.explanations
    }

    pub(super) fn only(&self) -> &[Vec<String>; 2] {
        &self.only
    }

    pub(super) fn shape_mismatch(&self) -> &[Mismatch] {
        &self.shape_mismatch
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub(super) fn finish(
        &mut self,
        index: usize,
        figures: &PairFigures,
        columns: &mut PairColumns,
    ) {
        let summary = Box::new(Summary::of(figures));
        if self.pairs[index].is_tied {
            self.tied = Some(summary);
            return;
        }
        columns.finish(index, figures);
        self.counts.compared += 1;
        *self.counts.of(summary.kind) += 1;
        if let Some(best) = &summary.best {
            self.explain(best);
        }
        let mut json = Json::with_keys(std::mem::take(&mut self.keys));
        json.value(figures);
        self.keys = json.keys.take().unwrap_or_default();
        let text = json.text.into_boxed_str();
        self.outcomes[index] = Some(Outcome::Finished { summary, text });
    }

    fn explain(&mut self, (conversion, direction, says): &(String, &'static str, String)) {
        let known = self
            .explanations
            .iter()
            .position(|known| known.conversion == *conversion && known.direction == *direction);
        let at = known.unwrap_or_else(|| {
            self.explanations.push(Explained {
                conversion: conversion.clone(),
                direction,
                tensors: 0,
                says: says.clone(),
            });
            self.explanations.len() - 1
        });
        let entry = &mut self.explanations[at];
        entry.tensors += 1;
        if entry.says != *says {
            // What all of them have in common: each has a factor or a type of its own.
            entry.says = common(&entry.says, says);
        }
        // The most frequent first, of equals the one that was there.
        let mut at = at;
        while at > 0 && self.explanations[at - 1].tensors < self.explanations[at].tensors {
            self.explanations.swap(at - 1, at);
            at -= 1;
        }
    }

    pub(super) fn fail(&mut self, failure: Failure, held: &[Held; 2], columns: &mut PairColumns) {
        let pair = self.pairs[failure.pair];
        let side = failure.side;
        let (of, place) = match side {
            Some(Side::B) => (&held[1], pair.b),
            _ => (&held[0], pair.a),
        };
        let problem = Problem {
            file: of[place.0].0.name.clone(),
            tensor: Some(tensor(of, place).name.clone()),
            place: failure.place,
            what: failure.what,
        };
        self.problems.push(PairProblem::of(side, problem));
        if !pair.is_tied {
            columns.fail(failure.pair);
            self.counts.failed += 1;
            self.outcomes[failure.pair] = Some(Outcome::Failed);
        }
    }

    /// Every pair is finished or given up.
    pub(super) fn end(&mut self, held: &[Held; 2]) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        // Once more in the order of the pairs, so that no worker's haste shows.
        self.explanations.clear();
        let outcomes = std::mem::take(&mut self.outcomes);
        for outcome in outcomes.iter().flatten() {
            if let Outcome::Finished { summary, .. } = outcome
                && let Some(best) = &summary.best
            {
                self.explain(best);
            }
        }
        self.outcomes = outcomes;
        self.triage = hints(&Facts {
            held,
            sides: &self.sides,
            counts: self.counts,
            only: &self.only,
            shape_mismatch: &self.shape_mismatch,
            tied: self.tied.as_deref(),
            differing: self.differing(),
        });
    }

    /// Names of the pairs that are neither the same nor explained.
    fn differing(&self) -> Vec<&str> {
        let all = self.rows.iter().zip(&self.outcomes);
        let differing = all.filter(|(_, outcome)| {
            matches!(outcome, Some(Outcome::Finished { summary, .. }) if summary.kind == Kind::Unexplained)
        });
        differing.map(|(row, _)| row.name.as_str()).collect()
    }

    fn summaries(&self) -> impl Iterator<Item = &Summary> {
        let finished = self.outcomes.iter().flatten();
        finished.filter_map(|outcome| match outcome {
            Outcome::Finished { summary, .. } => Some(&**summary),
            Outcome::Failed => None,
        })
    }

    /// What the pairs that are neither look like.
    pub(super) fn looks(&self) -> impl Iterator<Item = &(&'static str, String)> {
        let unexplained = self
            .summaries()
            .filter(|summary| summary.kind == Kind::Unexplained);
        unexplained.filter_map(|summary| summary.looks.as_ref())
    }

    /// How many pairs are equal, and no conversion makes one of the other: only zeros can be so,
    /// of one sign here and of the other there.
    pub(super) fn other_zeros(&self) -> u64 {
        let equal = self
            .summaries()
            .filter(|summary| summary.kind == Kind::Equal && summary.best.is_none());
        equal.count() as u64
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A finished pair's name in A, its name in B, types, shape and summary.
    pub fn summary(&self, index: usize) -> Option<(&str, &str, [&'static str; 2], &str, &Summary)> {
        let row = self.rows.get(index)?;
        match self.outcomes.get(index)?.as_ref()? {
            Outcome::Finished { summary, .. } => {
                let name_b = row.name_b.as_deref().unwrap_or(&row.name);
                Some((&row.name, name_b, row.dtypes, &row.shape, summary))
            }
            Outcome::Failed => None,
        }
    }

    /// A pair as in the report, as JSON; nothing until it is finished.
    pub fn pair_json(&self, index: usize) -> Option<String> {
        match self.outcomes.get(index)?.as_ref()? {
            Outcome::Finished { text, .. } => {
                let mut json = Json::default();
                self.keys.unfold(text, &mut json);
                Some(json.text)
            }
            Outcome::Failed => None,
        }
    }
}

/// The words that two sentences begin with, and a word for where they part.
fn common(one: &str, other: &str) -> String {
    let words = one.split(' ').zip(other.split(' '));
    let same: Vec<&str> = words.take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    format!("{} …", same.join(" ").trim_end_matches([',', ' ']))
}
