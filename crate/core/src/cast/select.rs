//! Which casts are wanted, and how.

use serde::{Deserialize, Serialize};

use super::table::Group;
use super::{CASTS, Cast, Scaling};

/// A set of rows of the table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CastSet(u32);

impl CastSet {
    /// All of them.
    pub fn all() -> Self {
        Self((1 << CASTS.len()) - 1)
    }

    /// Those that a condition holds for.
    pub fn of(wanted: impl Fn(&Cast) -> bool) -> Self {
        Self::of_indices(|at| wanted(&CASTS[at]))
    }

    /// Those at whose index a condition holds.
    pub(crate) fn of_indices(wanted: impl Fn(usize) -> bool) -> Self {
        let bits = (0..CASTS.len()).map(|at| u32::from(wanted(at)) << at);
        Self(bits.fold(0, |set, bit| set | bit))
    }

    /// What a census of the codes settles: casts without a scale, or with one for the tensor.
    pub(crate) fn of_census() -> Self {
        Self::of(|cast| matches!(cast.scaling, Scaling::None | Scaling::Real(Group::Tensor)))
    }

    /// What a census by block settles.
    pub(crate) fn of_blocks() -> Self {
        Self::of(|cast| cast.scaling == Scaling::PowerOfTwo)
    }

    /// Whether the row at this index is in it.
    pub fn has(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in it and not in the other.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Indices of its rows.
    pub fn each(self) -> impl Iterator<Item = usize> {
        (0..CASTS.len()).filter(move |at| self.has(*at))
    }
}

/// Which casts, and whether FP8 without a scale saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Casting {
    /// The casts that are wanted.
    pub wanted: CastSet,
    /// FP8 without a scale keeps the largest value where it would otherwise overflow.
    pub saturate: bool,
}

impl Default for Casting {
    /// All of them, as IEEE 754 has it.
    fn default() -> Self {
        Self {
            wanted: CastSet::all(),
            saturate: false,
        }
    }
}
