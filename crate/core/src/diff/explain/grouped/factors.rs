//! A factor for each group of values, whatever it is.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Kind, Sides};
use crate::diff::explain::factor::{Factor, Held};
use crate::diff::explain::interval::Target;

/// Pairs a group that must not be zero, on average: of fewer nearly anything is a product.
const ENOUGH_PAIRS: u64 = 8;

/// Groups that may have a factor each, from the largest down: their key and what they are called.
pub(super) const BY: [(Kind, &str, &str); 3] = [
    (Kind::Square, "128x128", "128 × 128"),
    (Kind::Row, "row", "row"),
    (Kind::Block(32), "32", "32 values of a row"),
];

/// Whether groups of one kind have all had a factor so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct GroupFactors {
    /// Of products without error.
    plain: bool,
    /// Of products that are rounded to FP32 first.
    single: bool,
    /// Groups that are not all zero.
    groups: u64,
    /// Pairs in them that are not zero.
    pairs: u64,
}

impl GroupFactors {
    pub(super) fn sought() -> Self {
        Self {
            plain: true,
            single: true,
            ..Self::default()
        }
    }

    pub(super) fn is_left(&self) -> bool {
        self.plain || self.single
    }

    pub(super) fn kill(&mut self) {
        self.plain = false;
        self.single = false;
    }

    /// Adds what another part of the tensor shows.
    pub(in super::super) fn merge(&mut self, other: &Self) {
        self.plain &= other.plain;
        self.single &= other.single;
        self.groups += other.groups;
        self.pairs += other.pairs;
    }

    /// Whether each group has a factor, without error and in FP32.
    pub(in super::super) fn found(&self) -> [bool; 2] {
        let is_enough = self.groups > 0 && self.pairs / self.groups >= ENOUGH_PAIRS;
        [self.plain && is_enough, self.single && is_enough]
    }

    /// Tries a group.
    pub(super) fn add(
        &mut self,
        stretches: impl Iterator<Item = Range<usize>>,
        sides: Sides,
        to: &Target,
    ) {
        let mut factor = Factor::default();
        for stretch in stretches {
            let (x, y) = sides.of(stretch);
            for (x, y) in x.iter().zip(y) {
                factor.add(to, f64::from(*x), f64::from(*y));
                if factor.is_dead() {
                    return self.kill();
                }
            }
        }
        let Held { plain, single, one } = factor.held();
        if factor.pairs() == 0 {
            return;
        }
        // Nothing is multiplied where rounding is enough.
        self.plain &= plain && !one;
        self.single &= single && !one;
        self.groups += 1;
        self.pairs += factor.pairs();
    }
}
