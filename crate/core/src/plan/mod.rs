//! What to read next: a state machine without IO.
//!
//! A tensor is read in *pieces*, and pieces that lie one behind the other in a
//! file make a *run*, which one reader takes as one long stream. [`Plan::next_run`]
//! hands out runs, [`Plan::merge`] takes what was seen, [`Plan::fail`] what went
//! wrong, until nothing is left. Every byte is read once, or a sample of them is ([`choose`]).

mod cut;
mod queue;
mod sample;

pub use cut::{Piece, Run};
pub use queue::{Plan, Progress};
pub use sample::{Choice, SampleSize, Sampled, choose};

/// How the work is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanOptions {
    /// About how many bytes a run has. Tensors are never read in parts smaller than a tile.
    pub run_bytes: u64,
}

const MIB: u64 = 1 << 20;

impl PlanOptions {
    /// Runs long enough to be read as a stream, since to open one is not free, and
    /// enough of them for every worker to be busy nearly to the end.
    pub fn for_workers(workers: u64, total_bytes: u64) -> Self {
        let run_bytes = total_bytes / (workers.max(1) * 4);
        Self {
            run_bytes: run_bytes.clamp(MIB, 256 * MIB),
        }
    }
}
