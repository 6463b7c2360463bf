//! The report: one serde schema for page, command and tests.
//!
//! Everything here is a pure function of [`Observations`](crate::scan::Observations).
//! `docs/report.md` describes the JSON.

mod bits;
mod collector;
mod columns;
mod exponents;
mod headline;
mod moments;
mod number;
mod numeric;
mod pattern;
mod problem;
mod stats;
mod tensor;

pub use bits::Bits;
pub use collector::{
    Checkpoint, Collector, DtypeTotals, FileEntry, JsonCursor, Overview, SCHEMA, to_json,
};
pub use columns::{Figures, Listing};
pub use exponents::Exponents;
pub use number::Number;
pub use pattern::pattern_of;
pub use problem::Problem;
pub use stats::{QUANTILES, Quantiles, Stats};
pub use tensor::{Parts, TensorFigures, TensorReport};
