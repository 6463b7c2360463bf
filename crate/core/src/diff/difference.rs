//! What a part of two tensors has shown; parts add up in any order.

use serde::{Deserialize, Serialize};

use super::PairSpan;
use super::explain::Explained;
use super::rows::Rows;
use super::sample::Sample;
use super::ulp::BINS;
use super::worst::Worst;
use crate::scan::{ExactSum, WireError};

/// Everything that is seen of two tensors side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Elements that were compared.
    pub elements: u64,
    /// Elements that differ in their bits; between two types, in their values.
    pub(super) differing: u64,
    /// The first that differs in its bits, and both codes; of one type only.
    pub(super) first_codes: Option<(u64, u64, u64)>,
    pub(super) equal: u64,
    pub(super) both_nan: u64,
    /// Index of the first element whose values differ.
    pub(super) first: Option<u64>,
    /// Elements by distance; no bins where there are no ULPs.
    pub(super) ulp: Vec<u64>,
    pub(super) max_ulp: Option<u128>,
    pub(super) finite: u64,
    /// Of these, those with b ≠ 0.
    pub(super) nonzero_b: u64,
    pub(super) not_close: u64,
    pub(super) max_absolute: f64,
    pub(super) max_relative: f64,
    pub(super) sums: Sums,
    pub(super) worst: Worst,
    pub(super) rows: Rows,
    pub(super) sample: Sample,
    /// From A to B and from B to A; of two floats only, `exact` of any two.
    pub(super) explained: [Explained; 2],
}

/// Sums over the pairs that are finite on both sides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sums {
    pub(super) squares_a: ExactSum,
    pub(super) squares_b: ExactSum,
    pub(super) products: ExactSum,
    /// Σ|a − b|.
    pub(super) absolute: ExactSum,
    /// Σ(a − b)².
    pub(super) squares: ExactSum,
    /// Σ|a − b|/|b|.
    pub(super) relative: ExactSum,
    /// A quotient was too large for FP64.
    pub(super) has_infinite_relative: bool,
}

impl Sums {
    fn merge(&mut self, other: &Self) {
        self.squares_a.merge(&other.squares_a);
        self.squares_b.merge(&other.squares_b);
        self.products.merge(&other.products);
        self.absolute.merge(&other.absolute);
        self.squares.merge(&other.squares);
        self.relative.merge(&other.relative);
        self.has_infinite_relative |= other.has_infinite_relative;
    }
}

impl Difference {
    /// Nothing seen yet.
    pub(super) fn new(has_ulps: bool, explained: [Explained; 2]) -> Self {
        Self {
            elements: 0,
            differing: 0,
            first_codes: None,
            equal: 0,
            both_nan: 0,
            first: None,
            ulp: vec![0; if has_ulps { BINS } else { 0 }],
            max_ulp: None,
            finite: 0,
            nonzero_b: 0,
            not_close: 0,
            max_absolute: 0.0,
            max_relative: 0.0,
            sums: Sums::default(),
            worst: Worst::default(),
            rows: Rows::default(),
            sample: Sample::default(),
            explained,
        }
    }

    /// Adds what another part shows.
    ///
    /// # Errors
    /// If the other part is of other types.
    pub fn merge(&mut self, other: &Self) -> Result<(), WireError> {
        if self.ulp.len() != other.ulp.len() {
            return Err(WireError(
                "two kinds of pairs cannot be added up".to_owned(),
            ));
        }
        self.elements += other.elements;
        self.differing += other.differing;
        self.first_codes = first_of(self.first_codes, other.first_codes);
        self.equal += other.equal;
        self.both_nan += other.both_nan;
        self.first = first_of(self.first, other.first);
        for (mine, theirs) in self.ulp.iter_mut().zip(&other.ulp) {
            *mine += theirs;
        }
        self.max_ulp = self.max_ulp.max(other.max_ulp);
        self.finite += other.finite;
        self.nonzero_b += other.nonzero_b;
        self.not_close += other.not_close;
        self.max_absolute = self.max_absolute.max(other.max_absolute);
        self.max_relative = self.max_relative.max(other.max_relative);
        self.sums.merge(&other.sums);
        self.worst.merge(&other.worst);
        self.rows.merge(&other.rows);
        self.sample.merge(&other.sample);
        for (mine, theirs) in self.explained.iter_mut().zip(&other.explained) {
            mine.merge(theirs);
        }
        Ok(())
    }

    /// Whether two tensors of one type are the same, bit for bit.
    pub(super) fn is_identical(&self, span: &PairSpan) -> bool {
        span.a == span.b && self.differing == 0
    }
}

fn first_of<T: Ord>(mine: Option<T>, theirs: Option<T>) -> Option<T> {
    match (mine, theirs) {
        (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
        (mine, theirs) => mine.or(theirs),
    }
}
