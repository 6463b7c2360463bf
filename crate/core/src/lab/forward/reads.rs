//! What is read of which file, in order: it is known before the first byte.

use std::ops::Range;

use super::policy::Weights;
use super::quantised::{BAND, needs_peak};
use super::run::Run;
use super::weights::{Role, Use};

/// A stretch of a file that is read next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The file, by its index.
    pub file: usize,
    /// Which bytes of it.
    pub range: Range<u64>,
    /// The tensor, by its place among those that are used.
    pub(super) at: usize,
    pub(super) what: What,
}

/// What a stretch is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The embedding of one of the tokens, by its position.
    Token(usize),
    /// A vector, whole.
    Vector,
    /// The largest magnitude of a matrix.
    Peak,
    /// A matrix, block by block.
    Matrix,
}

/// All of it.
pub(super) fn listed(uses: &[Use], tokens: &[u64], runs: &[Run]) -> Vec<Read> {
    let needs_peak = runs.iter().any(|run| needs_peak(run.policy.weights));
    let is_cast = runs.iter().any(|run| run.policy.weights != Weights::Stored);
    let mut reads = Vec::new();
    for (at, it) in uses.iter().enumerate() {
        let mut add = |what, range| {
            reads.push(Read {
                file: it.file,
                range,
                at,
                what,
            });
        };
        let whole = it.tensor.begin..it.tensor.end;
        match it.role {
            Role::Embedding => {
                if needs_peak {
                    add(What::Peak, whole.clone());
                }
                let row_bytes = it.row_bytes() as u64;
                for (position, &token) in tokens.iter().enumerate() {
                    let rows = embedding_rows(it, token as usize, is_cast);
                    let begin = whole.start + rows.start as u64 * row_bytes;
                    add(
                        What::Token(position),
                        begin..begin + rows.len() as u64 * row_bytes,
                    );
                }
            }
            Role::Norm(_) | Role::Bias => add(What::Vector, whole),
            Role::Projection(_) => {
                if needs_peak {
                    add(What::Peak, whole.clone());
                }
                add(What::Matrix, whole);
            }
        }
    }
    reads
}

/// The rows that are read for a token's embedding: its own, or the band in which a cast's scales are
/// shared.
pub(super) fn embedding_rows(it: &Use, token: usize, is_cast: bool) -> Range<usize> {
    match is_cast {
        false => token..token + 1,
        true => {
            let first = token - token % BAND;
            first..(first + BAND).min(it.rows)
        }
    }
}
