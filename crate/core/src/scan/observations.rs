//! What a scan of a tensor, or of a part of it, has seen.

use serde::{Deserialize, Serialize};

use super::{Census, WideFloat, WideInteger, WireError};
use crate::format::Dtype;

/// Mergeable, serialisable observations of a tensor or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    /// The element type.
    pub dtype: Dtype,
    /// Elements seen.
    pub elements: u64,
    /// One stream; two for complex numbers: real parts, imaginary parts.
    pub streams: Vec<Stream>,
}

/// The numbers of a tensor, or the parts of its complex numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Stream {
    /// Types of at most 16 bits: every code counted.
    Codes(Census),
    /// FP32, FP64.
    Float(WideFloat),
    /// Integers of 32 and 64 bits.
    Integer(WideInteger),
}

impl Observations {
    /// Nothing seen yet of a tensor of this type.
    pub fn empty(dtype: Dtype) -> Self {
        Self {
            dtype,
            elements: 0,
            streams: super::scanner::streams_of(dtype),
        }
    }

    /// Adds what another part of the same tensor shows.
    ///
    /// # Errors
    /// If the other part is of another type.
    pub fn merge(&mut self, other: &Self) -> Result<(), WireError> {
        if self.dtype != other.dtype || self.streams.len() != other.streams.len() {
            let what = format!(
                "{} observations cannot be added to {}",
                other.dtype, self.dtype
            );
            return Err(WireError(what));
        }
        self.elements += other.elements;
        for (mine, theirs) in self.streams.iter_mut().zip(&other.streams) {
            mine.merge(theirs);
        }
        Ok(())
    }
}

impl Stream {
    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Stream::Codes(mine), Stream::Codes(theirs)) => mine.merge(theirs),
            (Stream::Float(mine), Stream::Float(theirs)) => mine.merge(theirs),
            (Stream::Integer(mine), Stream::Integer(theirs)) => mine.merge(theirs),
            _ => unreachable!("streams of one dtype are of one kind"),
        }
    }
}
