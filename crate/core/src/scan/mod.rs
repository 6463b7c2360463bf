//! One pass over a tensor's bytes: the census, and what the census cannot hold.
//!
//! Up to 16 bits a code is a cell, and counting codes is a lossless summary of
//! everything but position. Wider types count cells of many codes and keep exact
//! extremes, counts and sums beside them.
//!
//! Observations merge by addition. No figure depends on where a tensor was cut
//! (cuts fall on tiles of [`TILE`] elements), in which order the parts came, or
//! who read them.

mod blocks;
mod census;
mod exact_sum;
mod observations;
mod peaks;
mod places;
mod rows;
mod sample;
mod scanner;
mod span;
mod tables;
mod tile_sums;
mod tiles;
mod wide_float;
mod wide_integer;
pub mod wire;

pub use blocks::BlockCensus;
pub use census::Census;
pub use exact_sum::{ExactSum, Scaled};
pub(crate) use exact_sum::{integer_and_exponent, shift};
pub use observations::{Observations, Stream};
pub use peaks::Peaks;
pub(crate) use peaks::{LONG_ROW, SQUARE, unpack};
pub(crate) use rows::RowFollower;
pub use rows::{RowClass, Rows};
pub use sample::{Purpose, Sample, Window, windows};
pub use scanner::Scanner;
pub(crate) use span::bytes_of;
pub use span::{Matrix, Span};
pub use wide_float::WideFloat;
pub use wide_integer::{IntegerCell, WideInteger};
pub use wire::WireError;

/// Elements of a tile: the unit in which wide types are summed. A tensor may be
/// cut at its multiples, counted from the tensor's first element.
pub const TILE: u64 = floatscope_simd::TILE as u64;
