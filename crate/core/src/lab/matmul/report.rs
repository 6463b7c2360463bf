//! The report of matrix products, as JSON has it.

use serde::Serialize;

use super::{Figures, Pool, TensorFigures};
use crate::lab::Accumulate;
use crate::report::{Checkpoint, Problem};

/// What multiplied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    /// "cpu" or "gpu".
    pub kind: &'static str,
    /// What was asked for: "auto", "cpu" or "gpu".
    pub asked: &'static str,
    /// In a sentence, why it is this one.
    pub says: String,
}

/// One of the two models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Its key.
    pub model: String,
    /// What it does.
    pub says: String,
}

/// A tensor that was not multiplied, and nothing is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// The file that holds it.
    pub file: String,
    /// The type of its elements.
    pub dtype: &'static str,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// In a sentence.
    pub why: String,
}

/// All that is known when the work is done.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    /// Name and version of the schema.
    pub schema: &'static str,
    /// The program's version.
    pub floatscope: &'static str,
    /// The checkpoint's files and sums, of the tensors that were wanted.
    pub checkpoint: &'a Checkpoint,
    /// The model that the other is held against.
    pub a: Side,
    /// The other one.
    pub b: Side,
    /// Rows of the probe.
    pub tokens: u64,
    /// Which probe it was.
    pub seed: u64,
    /// What multiplied.
    pub device: &'a Device,
    /// The sentences that a person can quote.
    pub headline: String,
    /// Of all outputs.
    pub total: Figures,
    /// Tensors whose names differ in numbers only, the most sensitive first.
    pub pools: Vec<Pool>,
    /// The most sensitive first; equal ones in the order of the files.
    pub tensors: Vec<&'a TensorFigures>,
    /// Tensors that were not multiplied.
    pub skipped: &'a [Skipped],
    /// What could not be read.
    pub problems: &'a [Problem],
}

impl From<Accumulate> for Side {
    fn from(model: Accumulate) -> Self {
        Self {
            model: model.key(),
            says: model.says(),
        }
    }
}
