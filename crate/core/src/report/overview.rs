//! What a report says of the whole checkpoint, and which parts of a report there are.

use serde::Serialize;

use super::Problem;
use super::checkpoint::Checkpoint;
use super::findings::Totals;
use super::pools::PoolReport;
use crate::cast::{Advice, CastTotals};

/// Everything about a checkpoint but its tensors.
#[derive(Debug, Serialize)]
pub struct Overview<'a> {
    /// A few sentences that a person can quote.
    pub headline: String,
    /// Files and sums.
    pub checkpoint: &'a Checkpoint,
    /// What could not be read.
    pub problems: &'a [Problem],
    /// Module patterns, in the order of their first tensors.
    pub patterns: &'a [String],
    /// The finished tensors by their labels.
    pub ancestry: &'a Totals,
    /// Verdicts of tensors that are inconclusive alone, taken together; none before
    /// every tensor is finished.
    pub pools: Vec<PoolReport<'a>>,
    /// Bytes that smaller forms, which lose nothing, would save.
    pub wasted_bytes: u64,
    /// What each cast would lose of all tensors that are known.
    pub casts: &'a CastTotals,
    /// Where a sample stands for the whole: everything then is an estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleTotals>,
    /// Which format would do, once every cast is known.
    #[serde(flatten)]
    pub advice: Option<&'a Advice>,
}

/// What a sample of a checkpoint reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SampleTotals {
    /// Bytes that were asked for.
    pub size: u64,
    /// Bytes of tensors that are read.
    pub bytes: u64,
    /// Bytes of all tensors.
    pub of: u64,
    /// Tensors of which a sample is read.
    pub sampled: u64,
    /// Tensors that are read whole: their figures are exact.
    pub whole: u64,
    /// Tensors of which nothing is read.
    pub left_out: u64,
}

/// Which parts of the report are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sections {
    /// Statistics, bits and exponents.
    pub stats: bool,
    /// Verdicts with their evidence, layouts, duplicates, wasted bytes.
    pub ancestry: bool,
    /// What narrower formats would lose.
    pub casts: bool,
}

impl Default for Sections {
    /// All of them.
    fn default() -> Self {
        Self {
            stats: true,
            ancestry: true,
            casts: true,
        }
    }
}
