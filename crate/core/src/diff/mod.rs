//! How two checkpoints differ, and which conversion explains it.
//!
//! The same way as a scan's, with two inputs:
//!
//! ```text
//! headers of both ─ pairing ─▶ plan ─ runs ─▶ worker, comparer ─ differences ─▶ figures ─▶ collected
//! ```
//!
//! The rules are in `docs/how-it-knows.md`, the JSON in `docs/diff.md`.

mod collected;
mod columns;
mod comparer;
mod config;
mod counts;
mod difference;
mod explain;
mod export;
mod figures;
mod headline;
mod job;
mod listing;
mod looks;
mod numbers;
mod overview;
mod pairing;
mod plan;
mod renames;
mod rows;
mod sample;
mod span;
mod stream;
mod summary;
mod tile;
mod triage;
mod ulp;
mod wide;
mod worker;
mod worst;

pub use collected::Collected;
pub use columns::PairColumns;
pub use config::Config;
pub use difference::Difference;
pub use explain::Explanation;
pub use figures::{DifferingRows, Kind, Operand, PairFigures, Ulps, WorstElement};
pub use job::Comparison;
pub use looks::Look;
pub(crate) use numbers::Value;
pub use overview::{DiffOverview, Explained, PairCounts, PairProblem};
pub use pairing::Mismatch;
pub use plan::PairRun;
pub use renames::{Rename, Renames};
pub use span::{PairSpan, Side, Tolerance};
pub use stream::DiffCursor;
pub use summary::Summary;
pub use triage::Hint;
pub(crate) use ulp::{BINS, Distance, Ruler, bin, bin_name};
pub use worker::PairWorker;

/// Name and version of the schema.
pub const SCHEMA: &str = "floatscope.diff/1";
