//! Vectors of four double-precision numbers, as comparisons need them.

use super::{Doubles, Reals};

/// Four double-precision numbers. Every operation rounds to nearest even, lane by lane.
pub trait Fours: Copy {
    /// Where lanes are counted, one counter a lane.
    type Counts: Copy;

    /// The same number in every lane.
    fn splat(value: f64) -> Self;
    /// Sum.
    fn add(self, other: Self) -> Self;
    /// The sum with a product that is exact, as one of two FP32 numbers is.
    fn add_exact_product(self, a: Self, b: Self) -> Self;
    /// Difference.
    fn sub(self, other: Self) -> Self;
    /// Product.
    fn mul(self, other: Self) -> Self;
    /// Quotient; 0 where the divisor is 0.
    fn div_or_zero(self, divisor: Self) -> Self;
    /// Magnitude.
    fn abs(self) -> Self;
    /// The larger one; neither may be NaN.
    fn max(self, other: Self) -> Self;
    /// No lane counted.
    fn no_counts() -> Self::Counts;
    /// Counts the lanes that are no larger.
    fn count_at_most(self, bound: Self, counts: Self::Counts) -> Self::Counts;
    /// All lanes together.
    fn counted(counts: Self::Counts) -> u64;
    /// (first + third) + (second + fourth).
    fn total(self) -> f64;
    /// The largest lane; none may be NaN.
    fn largest(self) -> f64;
}

/// FP32 numbers that can be had in double precision, four at a time.
pub trait Widens: Reals<Lane = f32> {
    /// Four of them.
    type Four: Fours;
    /// All of them, in their order.
    type All: IntoIterator<Item = Self::Four>;

    /// The same numbers in double precision.
    fn widened(self) -> Self::All;
}

/// Four numbers as two vectors of two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<D>(pub D, pub D);

impl<D: Doubles> Pair<D> {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(D, D) -> D) -> Self {
        Self(op(self.0, other.0), op(self.1, other.1))
    }
}

impl<D: Doubles> Fours for Pair<D> {
    type Counts = D::Counts;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(D::splat(value), D::splat(value))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, D::add)
    }
    #[inline(always)]
    fn add_exact_product(self, a: Self, b: Self) -> Self {
        self.add(a.mul(b))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, D::sub)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, D::mul)
    }
    #[inline(always)]
    fn div_or_zero(self, divisor: Self) -> Self {
        self.zip(divisor, D::div_or_zero)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs(), self.1.abs())
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, D::max)
    }
    #[inline(always)]
    fn no_counts() -> D::Counts {
        D::no_counts()
    }
    #[inline(always)]
    fn count_at_most(self, bound: Self, counts: D::Counts) -> D::Counts {
        self.1
            .count_at_most(bound.1, self.0.count_at_most(bound.0, counts))
    }
    #[inline(always)]
    fn counted(counts: D::Counts) -> u64 {
        D::counted(counts)
    }
    #[inline(always)]
    fn total(self) -> f64 {
        let [a, b] = self.0.add(self.1).lanes();
        a + b
    }
    #[inline(always)]
    fn largest(self) -> f64 {
        let [a, b] = self.0.max(self.1).lanes();
        a.max(b)
    }
}
