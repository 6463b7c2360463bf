//! Evidence of several tensors together, where none of them can carry a verdict alone.
//!
//! A norm of 4,000 values expects a tenth of a witness; those of a hundred layers expect ten.

use super::bf16::Traces;
use super::judge::finished;
use super::prose::counted;
use super::{Evidence, Verdict};

/// What a tensor that is inconclusive alone adds to a pool. BF16 only: what FP16 and
/// FP32 hold shows in every tensor that has a few different values.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolShare {
    pub(crate) traces: Traces,
    /// Whether the tensor lies on no lattice.
    pub(crate) is_excluded: bool,
}

/// Tensors that are judged together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pool {
    tensors: u64,
    traces: Traces,
    maybe_lattices: u64,
}

impl Pool {
    /// Adds a tensor. The sums are integers: the order of tensors does not matter.
    pub fn add(&mut self, share: &PoolShare) {
        self.tensors += 1;
        self.traces.merge(&share.traces);
        self.maybe_lattices += u64::from(!share.is_excluded);
    }

    /// Tensors in it.
    pub fn tensors(&self) -> u64 {
        self.tensors
    }

    /// The verdict of all of them.
    pub fn verdict(&self) -> Verdict {
        // A lattice that all of them went through would be excluded in none.
        let mut draft = self.traces.judge(self.maybe_lattices * 2 <= self.tensors);
        let of = counted(self.tensors, "tensor that is", "tensors that are");
        let says = format!("Of {of} inconclusive alone, taken together.");
        draft
            .evidence
            .insert(0, Evidence::new("pool", self.tensors, says));
        if self.maybe_lattices > 0 {
            draft
                .blind_spots
                .push("A lattice with real scales is not excluded in all of them.");
        }
        finished(draft, "bf16")
    }
}
