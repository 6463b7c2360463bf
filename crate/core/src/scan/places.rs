//! The observers that ask where in its tensor a value stands.

use super::rows::RowFollower;
use super::sample::Gather;
use super::{Observations, Span};
use crate::format::Encoding;

/// Follows the elements of a span of floats.
pub(crate) struct Places {
    element_bytes: usize,
    /// Index of the next element in the tensor.
    next: u64,
    rows: RowFollower,
    /// Which values are kept; FP8 is known by its census.
    gather: Option<Gather>,
}

impl Places {
    /// For floats of whole bytes; nothing for other types.
    pub(crate) fn of(span: &Span) -> Option<Self> {
        let bits = span.dtype.bits();
        let is_float = matches!(span.dtype.format().encoding, Encoding::Float(_));
        if !is_float || !bits.is_multiple_of(8) {
            return None;
        }
        let element_bytes = bits as usize / 8;
        let gather = || Gather::new(span.matrix, element_bytes as u64);
        Some(Self {
            element_bytes,
            next: span.first,
            rows: RowFollower::new(span.matrix, span.first, span.dtype),
            gather: (bits >= 16).then(gather),
        })
    }

    /// Looks at the next elements.
    pub(crate) fn look(&mut self, seen: &mut Observations, bytes: &[u8]) {
        let whole = bytes.len() - bytes.len() % self.element_bytes;
        let bytes = &bytes[..whole];
        self.rows.look(&mut seen.rows, bytes);
        if let Some(gather) = &self.gather {
            seen.sample.look(gather, self.next, bytes);
        }
        self.next += (whole / self.element_bytes) as u64;
    }

    /// The span is over.
    pub(crate) fn finish(self, seen: &mut Observations) {
        self.rows.finish(&mut seen.rows);
    }
}
