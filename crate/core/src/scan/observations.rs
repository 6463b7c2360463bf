//! What a scan of a tensor, or of a part of it, has seen.

use serde::{Deserialize, Serialize};

use super::{BlockCensus, Census, Matrix, Peaks, Rows, Sample, WideFloat, WideInteger, WireError};
use crate::format::Dtype;

/// Mergeable, serialisable observations of a tensor or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    /// The element type.
    pub dtype: Dtype,
    /// Elements seen.
    pub elements: u64,
    /// The tensor's rows and columns.
    pub matrix: Matrix,
    /// One stream; two for complex numbers: real parts, imaginary parts.
    pub streams: Vec<Stream>,
    /// Sum over the bytes' blocks: equal tensors have equal ones.
    pub fingerprint: u64,
    /// Values with their places; floats of 16 bits and more only.
    pub sample: Sample,
    /// What the rows hold; floats of 8 bits and more only.
    pub rows: Rows,
    /// Codes by block; 16-bit floats only, and where casts are wanted.
    pub blocks: BlockCensus,
    /// What real scales are made of; floats only, and where casts are wanted.
    pub peaks: Peaks,
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
    pub fn empty(dtype: Dtype, matrix: Matrix) -> Self {
        Self {
            dtype,
            elements: 0,
            matrix,
            streams: super::scanner::streams_of(dtype),
            fingerprint: 0,
            sample: Sample::default(),
            rows: Rows::default(),
            blocks: BlockCensus::default(),
            peaks: Peaks::default(),
        }
    }

    /// Adds what another part of the same tensor shows.
    ///
    /// # Errors
    /// If the other part is of another type or shape.
    pub fn merge(&mut self, other: &Self) -> Result<(), WireError> {
        let is_same = (self.dtype, self.matrix) == (other.dtype, other.matrix);
        if !is_same || self.streams.len() != other.streams.len() {
            let what = format!(
                "{} observations cannot be added to {}",
                other.dtype, self.dtype
            );
            return Err(WireError(what));
        }
        self.elements += other.elements;
        self.fingerprint = self.fingerprint.wrapping_add(other.fingerprint);
        self.sample.merge(&other.sample);
        self.rows.merge(&other.rows);
        self.blocks.merge(&other.blocks);
        self.peaks.merge(&other.peaks);
        for (mine, theirs) in self.streams.iter_mut().zip(&other.streams) {
            mine.merge(theirs);
        }
        Ok(())
    }
}

impl Stream {
    /// Adds what another part of the same tensor shows.
    pub(crate) fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Stream::Codes(mine), Stream::Codes(theirs)) => mine.merge(theirs),
            (Stream::Float(mine), Stream::Float(theirs)) => mine.merge(theirs),
            (Stream::Integer(mine), Stream::Integer(theirs)) => mine.merge(theirs),
            _ => unreachable!("streams of one dtype are of one kind"),
        }
    }
}
