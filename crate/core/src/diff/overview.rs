//! Everything that a report says but its pairs.

use serde::Serialize;

use super::config::Config;
use super::figures::Kind;
use super::headline::headline;
use super::pairing::Mismatch;
use super::renames::Rename;
use super::triage::Hint;
use super::{Collected, SCHEMA, Side};
use crate::report::{Checkpoint, Number, Problem, to_json};

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

impl PairCounts {
    pub(super) fn of(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Identical => &mut self.identical,
            Kind::Equal => &mut self.equal,
            Kind::Explained => &mut self.explained,
            Kind::Unexplained => &mut self.unexplained,
            Kind::Failed => &mut self.failed,
        }
    }
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

/// Everything about a comparison but its pairs.
#[derive(Debug, Serialize)]
pub struct DiffOverview<'a> {
    schema: &'static str,
    pub(super) floatscope: &'static str,
    pub(super) a: &'a SideReport,
    pub(super) b: &'a SideReport,
    pub(super) tolerance: ToleranceReport,
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
pub(super) struct ToleranceReport {
    rtol: Number,
    atol: Number,
    equal_nan: bool,
}

impl Collected {
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
}
