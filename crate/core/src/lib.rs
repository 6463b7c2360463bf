//! Says what the bits of a model checkpoint really carry.
//!
//! Pure and sans-IO: core names byte ranges and is fed bytes; it knows no file,
//! thread, clock or browser. Bytes flow one way, through rooms that stand in
//! the order of the data:
//!
//! ```text
//! checkpoint ─ header ─▶ plan ─ runs ─▶ scan ─ observations ─▶ plan (merge) ─▶ ancestry, report
//! ```
//!
//! The mathematics stands in `docs/how-it-knows.md`, the house in
//! `docs/architecture.md`.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod ancestry;
pub mod cast;
pub mod checkpoint;
pub mod diff;
pub mod error;
pub mod estimate;
pub mod export;
pub mod format;
pub mod job;
pub mod lab;
pub mod microscope;
pub mod plan;
pub mod remote;
pub mod report;
pub mod scan;
pub mod work;

pub use error::Error;
pub use job::Job;
