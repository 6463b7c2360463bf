//! Puts pairs together into the report of a comparison.

use std::collections::HashMap;

use serde::Serialize;

use super::config::Config;
use super::figures::Kind;
use super::headline::headline;
use super::pairing::{Held, Mismatch, Pair, Pairing, tensor};
use super::plan::Failure;
use super::renames::Rename;
use super::triage::{Facts, Hint, hints};
use super::{PairColumns, PairFigures, SCHEMA, Side, Tolerance};
use crate::report::{Checkpoint, Json, Keys, Number, Problem, pattern_of, shape, to_json};

/// Bytes after which a piece of the JSON stream is handed on.
const CHUNK_BYTES: usize = 64 << 10;

/// One side of the report.
#[derive(Debug, Default, Serialize)]
pub(super) struct SideReport {
    #[serde(flatten)]
    pub(super) checkpoint: Checkpoint,
    pub(super) config: Option<Config>,
}

/// What could not be read, and of which side it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PairProblem {
    /// "a" or "b"; `None` where it is neither's fault.
    pub side: Option<&'static str>,
    /// The problem.
    #[serde(flatten)]
    pub problem: Problem,
}

impl PairProblem {
    pub(super) fn of(side: Option<Side>, problem: Problem) -> Self {
        let side = side.map(|side| match side {
            Side::A => "a",
            Side::B => "b",
        });
        Self { side, problem }
    }
}

/// How many pairs are of which kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PairCounts {
    /// All of these but the failed ones.
    pub compared: u64,
    /// The same type and bits.
    pub identical: u64,
    /// Equal values.
    pub equal: u64,
    /// Turned into each other by a conversion.
    pub explained: u64,
    /// Neither.
    pub unexplained: u64,
    /// Not read.
    pub failed: u64,
}

/// How many pairs one conversion explains best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Its key.
    pub conversion: String,
    /// "a>b" or "b>a".
    pub direction: &'static str,
    /// How many.
    pub tensors: u64,
    /// In a sentence without a full stop.
    pub says: String,
}

/// What lists, tables and spreadsheets need of a finished pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How it is sorted.
    pub kind: Kind,
    /// Elements.
    pub count: u64,
    /// Elements of equal values.
    pub equal: u64,
    /// The largest distance.
    pub max_ulp: Option<Number>,
    /// The largest |a − b|.
    pub max_abs: Option<Number>,
    /// Their mean.
    pub mean_abs: Option<Number>,
    /// The largest |a − b|/|b|.
    pub max_rel: Option<Number>,
    /// Elements that are not close.
    pub not_close: u64,
    /// The cosine.
    pub cosine: Option<Number>,
    /// Signal to noise.
    pub sqnr_db: Option<Number>,
    /// The best explanation: its key, direction and sentence.
    pub best: Option<(String, &'static str, String)>,
    /// What it looks like: key and sentence.
    pub looks: Option<(&'static str, String)>,
}

/// A pair that was read, or could not be.
pub(super) enum Outcome {
    Finished {
        summary: Box<Summary>,
        /// As in the report, keys by their numbers.
        text: Box<str>,
    },
    Failed,
}

/// Everything about a comparison but its pairs.
#[derive(Debug, Serialize)]
pub struct DiffOverview<'a> {
    schema: &'static str,
    floatscope: &'static str,
    a: &'a SideReport,
    b: &'a SideReport,
    tolerance: ToleranceReport,
    /// A few sentences that a person can quote.
    pub headline: String,
    /// Whether anything differs: a bit, a type, a shape, a name.
    pub differ: bool,
    /// Pairs by kind.
    pub pairs: PairCounts,
    /// Pairs by their best explanation, the most frequent first.
    pub explanations: &'a [Explained],
    /// Names that match by a rename.
    pub renames: &'a [Rename],
    /// Names that B has not.
    pub only_in_a: &'a [String],
    /// Names that A has not.
    pub only_in_b: &'a [String],
    /// Names of two shapes.
    pub shape_mismatch: &'a [Mismatch],
    /// What to look at.
    pub triage: &'a [Hint],
    /// What could not be read.
    pub problems: &'a [PairProblem],
    /// Pairs that differ in the signs of zeros alone; not in the report.
    #[serde(skip)]
    pub other_zeros: u64,
    /// Module patterns of A's names; not in the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patterns: Option<&'a [String]>,
}

#[derive(Debug, Serialize)]
struct ToleranceReport {
    rtol: Number,
    atol: Number,
    equal_nan: bool,
}

/// A comparison as far as it has come.
pub struct Collected {
    pub(super) sides: [SideReport; 2],
    pub(super) tolerance: Tolerance,
    pairs: Vec<Pair>,
    /// By pair: its names, types and shape for lists.
    rows: Vec<Row>,
    outcomes: Vec<Option<Outcome>>,
    keys: Keys,
    counts: PairCounts,
    explanations: Vec<Explained>,
    renames: Vec<Rename>,
    only: [Vec<String>; 2],
    shape_mismatch: Vec<Mismatch>,
    triage: Vec<Hint>,
    problems: Vec<PairProblem>,
    patterns: Vec<String>,
    /// What is known of a head that only one side stores, beside the other's embedding.
    tied: Option<Box<Summary>>,
    is_over: bool,
}

/// What the headers say of a pair.
struct Row {
    name: String,
    /// In B, where it is another one.
    name_b: Option<String>,
    dtypes: [&'static str; 2],
    shape: String,
    parameters: u64,
    bytes: u64,
    pattern: usize,
}

/// Columns of what the headers say of consecutive pairs.
#[derive(Debug, Default, Serialize)]
pub(super) struct PairListing<'a> {
    name: Vec<&'a str>,
    name_b: Vec<Option<&'a str>>,
    dtype_a: Vec<&'static str>,
    dtype_b: Vec<&'static str>,
    shape: Vec<&'a str>,
    parameters: Vec<u64>,
    bytes: Vec<u64>,
    pattern: Vec<usize>,
}

/// How far a JSON report that is taken in pieces is written.
#[derive(Debug, Default)]
pub struct DiffCursor {
    has_head: bool,
    next: usize,
    has_pair: bool,
    is_at_end: bool,
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

    /// Everything but the pairs.
    pub fn overview(&self) -> DiffOverview<'_> {
        let is_same = self.counts.identical == self.rows.len() as u64
            && self.counts.failed == 0
            && self.only.iter().all(Vec::is_empty)
            && self.shape_mismatch.is_empty();
        DiffOverview {
            schema: SCHEMA,
            floatscope: env!("CARGO_PKG_VERSION"),
            a: &self.sides[0],
            b: &self.sides[1],
            tolerance: ToleranceReport {
                rtol: Number::Real(self.tolerance.relative),
                atol: Number::Real(self.tolerance.absolute),
                equal_nan: self.tolerance.equal_nan,
            },
            headline: headline(self),
            differ: !is_same,
            pairs: self.counts,
            explanations: &self.explanations,
            renames: &self.renames,
            only_in_a: &self.only[0],
            only_in_b: &self.only[1],
            shape_mismatch: &self.shape_mismatch,
            triage: &self.triage,
            problems: &self.problems,
            other_zeros: self.other_zeros(),
            patterns: None,
        }
    }

    /// The overview as JSON for the page, with the patterns.
    pub fn overview_json(&self) -> String {
        let mut overview = self.overview();
        overview.patterns = Some(&self.patterns);
        to_json(&overview)
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What the headers say of `count` pairs from `first` on, as JSON columns.
    pub fn listing_json(&self, first: usize, count: usize) -> String {
        let mut listing = PairListing::default();
        for row in self.rows.iter().skip(first).take(count) {
            listing.name.push(&row.name);
            listing.name_b.push(row.name_b.as_deref());
            listing.dtype_a.push(row.dtypes[0]);
            listing.dtype_b.push(row.dtypes[1]);
            listing.shape.push(&row.shape);
            listing.parameters.push(row.parameters);
            listing.bytes.push(row.bytes);
            listing.pattern.push(row.pattern);
        }
        to_json(&listing)
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

    /// The JSON report in pieces, so that it never has to be one string.
    pub fn json_chunks(&self) -> impl Iterator<Item = String> + '_ {
        let mut cursor = DiffCursor::default();
        std::iter::from_fn(move || self.json_chunk(&mut cursor))
    }

    /// The next piece of the JSON report.
    pub fn json_chunk(&self, cursor: &mut DiffCursor) -> Option<String> {
        if cursor.is_at_end {
            return None;
        }
        let mut chunk = String::new();
        if !std::mem::replace(&mut cursor.has_head, true) {
            chunk = self.json_head();
        }
        while chunk.len() < CHUNK_BYTES && cursor.next < self.len() {
            if let Some(pair) = self.pair_json(cursor.next) {
                chunk.push_str(if cursor.has_pair { ",\n" } else { "\n" });
                chunk.push_str(&pair);
                cursor.has_pair = true;
            }
            cursor.next += 1;
        }
        if cursor.next == self.len() {
            chunk.push_str(&format!(
                "\n],\n\"problems\":{}}}\n",
                to_json(&self.problems)
            ));
            cursor.is_at_end = true;
        }
        Some(chunk)
    }

    /// All fields before the pairs, a line each.
    fn json_head(&self) -> String {
        let overview = self.overview();
        let fields = [
            ("schema", to_json(SCHEMA)),
            ("floatscope", to_json(overview.floatscope)),
            ("a", to_json(overview.a)),
            ("b", to_json(overview.b)),
            ("tolerance", to_json(&overview.tolerance)),
            ("headline", to_json(&overview.headline)),
            ("differ", to_json(&overview.differ)),
            ("pairs", to_json(&overview.pairs)),
            ("explanations", to_json(overview.explanations)),
            ("renames", to_json(overview.renames)),
            ("only_in_a", to_json(overview.only_in_a)),
            ("only_in_b", to_json(overview.only_in_b)),
            ("shape_mismatch", to_json(overview.shape_mismatch)),
            ("triage", to_json(overview.triage)),
        ];
        let lines: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("\"{key}\":{value},\n"))
            .collect();
        format!("{{{}\"tensors\":[", lines.concat())
    }
}

impl PairCounts {
    fn of(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Identical => &mut self.identical,
            Kind::Equal => &mut self.equal,
            Kind::Explained => &mut self.explained,
            Kind::Unexplained => &mut self.unexplained,
            Kind::Failed => &mut self.failed,
        }
    }
}

impl Summary {
    fn of(figures: &PairFigures) -> Self {
        let best = figures.explained_by.first();
        Self {
            kind: figures.kind(),
            count: figures.count,
            equal: figures.equal,
            max_ulp: figures.max_ulp,
            max_abs: figures.max_abs,
            mean_abs: figures.mean_abs,
            max_rel: figures.max_rel,
            not_close: figures.not_close,
            cosine: figures.cosine,
            sqnr_db: figures.sqnr_db,
            best: best.map(|best| (best.conversion.clone(), best.direction, best.says.clone())),
            looks: figures
                .looks
                .as_ref()
                .map(|look| (look.like, look.says.clone())),
        }
    }
}

/// The words that two sentences begin with, and a word for where they part.
fn common(one: &str, other: &str) -> String {
    let words = one.split(' ').zip(other.split(' '));
    let same: Vec<&str> = words.take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    format!("{} …", same.join(" ").trim_end_matches([',', ' ']))
}
