//! Matrix products under two models of accumulation.
//!
//! Y = W Xᵀ for weights W of a checkpoint and probe activations X, summed as one model does and as
//! another: how far the outputs are apart says which layers are sensitive to the order and the width
//! of a sum. [`Job`] hands out blocks of rows and merges what comes back; a [`Worker`] is fed a
//! block's bytes, cut anywhere, and returns a [`Reduction`], which adds up in any order. What
//! multiplies is a [`Multiplier`]: the processor, or a graphics card that returns the same.

mod block;
mod figures;
mod headline;
mod job;
mod multiplier;
mod probe;
mod reduction;
mod report;
#[cfg(test)]
mod tests;
mod worker;

pub use block::Block;
pub use figures::{Apart, Figures, Pool, TensorFigures};
pub use job::Job;
pub use multiplier::{Cpu, Multiplier, Rows};
pub use probe::{MOST_COLUMNS, MOST_NUMBERS, MOST_TOKENS, Probe};
pub use reduction::Reduction;
pub use report::{Device, Report, Side, Skipped};
pub use worker::Worker;

use std::ops::RangeInclusive;

use super::Accumulate;
use crate::ancestry::prose::grouped;
use crate::checkpoint::shown;

/// Name and version of the schema.
pub const SCHEMA: &str = "floatscope.matmul/1";

/// What is multiplied and how it is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The model that the other is held against.
    pub a: Accumulate,
    /// The other one.
    pub b: Accumulate,
    /// Rows of the probe, 1 to [`MOST_TOKENS`].
    pub tokens: u64,
    /// Which probe it is.
    pub seed: u64,
}

impl Settings {
    /// What a form says: two models, rows of the probe, and its seed.
    ///
    /// # Errors
    /// Names what is not understood, and what was expected.
    pub fn parse(a: &str, b: &str, tokens: &str, seed: &str) -> Result<Self, String> {
        let model = |side: &str, key: &str| {
            Accumulate::parse(key).map_err(|what| format!("model {side}: {what}"))
        };
        let number = |what: &str, typed: &str, range: RangeInclusive<u64>| {
            let number = typed.trim().parse().ok();
            number
                .filter(|number| range.contains(number))
                .ok_or_else(|| {
                    let (typed, least, most) = (shown(typed), range.start(), grouped(*range.end()));
                    format!("{what} {typed}: a whole number from {least} to {most} is expected")
                })
        };
        Ok(Self {
            a: model("a", a)?,
            b: model("b", b)?,
            tokens: number("tokens", tokens, 1..=MOST_TOKENS)?,
            seed: number("seed", seed, 0..=u64::MAX)?,
        })
    }
}
