//! From observations to a verdict with its evidence.
//!
//! The mathematics stands in `docs/how-it-knows.md`.

mod verdict;

pub use verdict::{
    Evidence, Fraction, Granularity, Label, Parity, RowFigures, Scale, Verdict, Witness,
};

use crate::scan::Observations;

/// Everything that ancestry says of one tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The label, and what it rests on.
    pub verdict: Verdict,
    /// Rows by their history; `None` for what is not floating point.
    pub rows: Option<RowFigures>,
    /// The parity picture of 16-bit values; `None` where there is nothing to draw.
    pub parity: Option<Parity>,
    /// The popular witnesses; empty for what is not floating point.
    pub witnesses: Vec<Witness>,
    /// Bytes that a smaller form, which loses nothing, would save.
    pub wasted_bytes: u64,
    /// That form, in words: "BF16", "INT4 with a scale for each 128".
    pub smaller_form: Option<String>,
}

impl Origin {
    /// Judges a tensor.
    pub fn of(seen: &Observations) -> Self {
        let label = match seen.elements {
            0 => Label::Empty,
            _ => Label::Inconclusive,
        };
        Self {
            verdict: Verdict {
                label,
                path: seen.dtype.name().to_ascii_lowercase(),
                granularity: None,
                scale: None,
                fraction: None,
                log10_odds: 0.0,
                evidence: Vec::new(),
                blind_spots: Vec::new(),
            },
            rows: None,
            parity: None,
            witnesses: Vec::new(),
            wasted_bytes: 0,
            smaller_form: None,
        }
    }
}
