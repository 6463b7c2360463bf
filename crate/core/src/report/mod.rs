//! The report: one serde schema for page, command and tests.
//!
//! Everything here is a pure function of [`Observations`](crate::scan::Observations).
//! `docs/report.md` describes the JSON.

mod bits;
mod casts;
mod checkpoint;
mod collector;
mod columns;
mod exponents;
mod findings;
mod headline;
mod json;
mod moments;
mod number;
mod numeric;
mod overview;
mod pattern;
mod pools;
mod problem;
mod stats;
mod stream;
mod tensor;
mod words;

pub use bits::Bits;
pub use checkpoint::{Checkpoint, DtypeTotals, FileEntry};
pub use collector::Collector;
pub(crate) use columns::shape;
pub use columns::{Figures, Listing};
pub use exponents::Exponents;
pub use findings::{LabelTotals, Totals};
pub use json::to_json;
pub(crate) use json::{Json, Keys};
pub use number::Number;
pub(crate) use numeric::Cell;
pub use overview::{Overview, SampleTotals, Sections};
pub use pattern::pattern_of;
pub use pools::PoolReport;
pub use problem::Problem;
pub use stats::{QUANTILES, Quantiles, Stats};
pub use stream::{JsonCursor, SCHEMA};
pub use tensor::{Parts, TensorFigures};
pub(crate) use words::{about, bytes, counted, grouped, listed};
