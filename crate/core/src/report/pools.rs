//! Verdicts of tensors that are inconclusive alone: by module pattern, and all together.

use serde::Serialize;

use super::words::grouped;
use crate::ancestry::{Label, Pool, PoolShare, Verdict};

/// One entry of the report's `pools`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PoolReport<'a> {
    /// The module pattern, or "*" for the checkpoint.
    pub pattern: &'a str,
    /// Tensors that were taken together.
    pub tensors: u64,
    /// Their verdict.
    pub ancestry: Verdict,
}

/// Pools of a checkpoint.
#[derive(Default)]
pub(crate) struct Pools {
    /// By index of the pattern, in the order in which they were begun.
    by_pattern: Vec<(usize, Pool)>,
    all: Pool,
}

impl Pools {
    pub(crate) fn add(&mut self, pattern: usize, share: &PoolShare) {
        let at = self.by_pattern.partition_point(|pool| pool.0 < pattern);
        if self.by_pattern.get(at).is_none_or(|pool| pool.0 != pattern) {
            self.by_pattern.insert(at, (pattern, Pool::default()));
        }
        self.by_pattern[at].1.add(share);
        self.all.add(share);
    }

    /// What all of them show together, as a sentence; nothing where that is nothing.
    pub(crate) fn sentence(&self) -> Option<String> {
        let tensors = self.all.tensors();
        if tensors < 2 {
            return None;
        }
        let are = match self.all.verdict().label {
            Label::Native => "are native",
            Label::F16 => "passed through FP16",
            Label::Tf32 => "passed through TF32",
            Label::Arithmetic => "are sums or averages of BF16 values",
            _ => return None,
        };
        Some(format!(
            " Taken together, the {} BF16 tensors that are inconclusive alone {are}.",
            grouped(tensors)
        ))
    }

    /// The pools of two tensors and more, that of the checkpoint first.
    pub(crate) fn report<'a>(&self, patterns: &'a [String]) -> Vec<PoolReport<'a>> {
        let named = self
            .by_pattern
            .iter()
            .map(|(pattern, pool)| (&*patterns[*pattern], pool));
        std::iter::once(("*", &self.all))
            .chain(named)
            .filter(|(_, pool)| pool.tensors() > 1)
            .map(|(pattern, pool)| PoolReport {
                pattern,
                tensors: pool.tensors(),
                ancestry: pool.verdict(),
            })
            .collect()
    }
}
