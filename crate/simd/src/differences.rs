//! How far the numbers of a tile are from others: counts, sums and maxima of two slices.
//!
//! Number i is added to running sum i mod 4, and the four come together as (s₀ + s₂) +
//! (s₁ + s₃), whatever adds them: not a bit depends on the processor.

use super::{BestReal32, Fours, Widens};

/// What lies within it counts as close: |a − b| ≤ absolute + relative·|b|.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Share of |b|.
    pub relative: f64,
    /// What is added to that.
    pub absolute: f64,
}

/// What two slices of numbers have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Compared {
    /// Pairs that are equal as numbers: −0 is 0.
    pub equal: u64,
    /// Pairs that are not close, each operation of it rounded to FP64.
    pub not_close: u64,
    /// Numbers b that are not zero.
    pub nonzero_b: u64,
    /// Σa².
    pub squares_a: f64,
    /// Σb².
    pub squares_b: f64,
    /// Σab.
    pub products: f64,
    /// Σ|a − b|, differences rounded to FP64 as everywhere here.
    pub absolute: f64,
    /// Σ(a − b)².
    pub squares: f64,
    /// Σ|a − b|/|b| over b that are not zero.
    pub relative: f64,
    /// The largest |a − b|; 0 where there is none.
    pub max_absolute: f64,
    /// The largest |a − b|/|b| over b that are not zero; 0 where there is none.
    pub max_relative: f64,
}

/// Compares finite numbers. Both slices have one length, [`super::TILE`] at most.
#[inline(never)]
pub fn compare(a: &[f32], b: &[f32], tolerance: Tolerance) -> Compared {
    #[cfg(target_arch = "x86_64")]
    if let Some(seen) = super::avx2::compare(a, b, tolerance) {
        return seen;
    }
    compare_as::<BestReal32>(a, b, tolerance)
}

/// What finite numbers have by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Squares {
    /// Numbers that are not zero.
    pub nonzero: u64,
    /// Σa², to the bit the `squares_a` of [`compare`].
    pub sum: f64,
}

/// Squares of finite numbers, [`super::TILE`] at most.
#[inline(never)]
pub fn squares(a: &[f32]) -> Squares {
    #[cfg(target_arch = "x86_64")]
    if let Some(squares) = super::avx2::squares(a) {
        return squares;
    }
    squares_as::<BestReal32>(a)
}

/// Whether none is an infinity or NaN.
#[inline(never)]
pub fn are_finite(numbers: &[f32]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if let Some(are_finite) = super::avx2::are_finite(numbers) {
        return are_finite;
    }
    are_finite_of(numbers)
}

/// A plain loop without a branch, of which compilers make vector code.
#[inline(always)]
pub(crate) fn are_finite_of(numbers: &[f32]) -> bool {
    // What is added makes the sign bit of infinities and NaN.
    let odd = |number: &f32| (number.to_bits() & (u32::MAX >> 1)) + (1 << 23);
    numbers.iter().fold(0, |any, number| any | odd(number)) >> 31 == 0
}

/// [`compare`] with the vectors of a backend.
#[inline(always)]
pub fn compare_as<R: Widens>(a: &[f32], b: &[f32], tolerance: Tolerance) -> Compared {
    debug_assert_eq!(a.len(), b.len());
    let mut all = Running::<R>::new(tolerance);
    let vectors = a.chunks_exact(R::LANES).zip(b.chunks_exact(R::LANES));
    for (a, b) in vectors {
        all.add(R::load(a), R::load(b));
    }
    let rest = a.len() % R::LANES;
    let padding = if rest == 0 { 0 } else { R::LANES - rest };
    if padding > 0 {
        all.add(last::<R>(a), last::<R>(b));
    }
    all.seen(a.len() as u64, padding as u64)
}

/// [`squares`] with the vectors of a backend.
#[inline(always)]
pub fn squares_as<R: Widens>(a: &[f32]) -> Squares {
    let mut sums = R::Four::splat(0.0);
    let (mut zeros, mut vectors_seen) = (R::no_counts(), 0);
    let vectors = a.chunks_exact(R::LANES).map(R::load);
    for vector in vectors.chain([last::<R>(a)]) {
        zeros = vector.count_equal(R::splat(0.0), zeros);
        vectors_seen += 1;
        for a in vector.widened() {
            sums = sums.add_exact_product(a, a);
        }
    }
    Squares {
        nonzero: (vectors_seen * R::LANES) as u64 - R::counted(zeros),
        sum: sums.total(),
    }
}

/// What is left of numbers behind their last whole vector, and zeros: they leave sums as they are.
#[inline(always)]
fn last<R: Widens>(numbers: &[f32]) -> R {
    let rest = numbers.chunks_exact(R::LANES).remainder();
    let mut vector = [0.0; 8];
    vector[..rest.len()].copy_from_slice(rest);
    R::load(&vector)
}

/// Running counts, sums and maxima by lane.
struct Running<R: Widens> {
    tolerance: Tolerance,
    equal: R::Counts,
    zeros_b: R::Counts,
    close: <R::Four as Fours>::Counts,
    squares_a: R::Four,
    squares_b: R::Four,
    products: R::Four,
    absolute: R::Four,
    squares: R::Four,
    relative: R::Four,
    max_absolute: R::Four,
    max_relative: R::Four,
}

impl<R: Widens> Running<R> {
    #[inline(always)]
    fn new(tolerance: Tolerance) -> Self {
        let zero = R::Four::splat(0.0);
        Self {
            tolerance,
            equal: R::no_counts(),
            zeros_b: R::no_counts(),
            close: R::Four::no_counts(),
            squares_a: zero,
            squares_b: zero,
            products: zero,
            absolute: zero,
            squares: zero,
            relative: zero,
            max_absolute: zero,
            max_relative: zero,
        }
    }

    #[inline(always)]
    fn add(&mut self, a: R, b: R) {
        self.equal = a.count_equal(b, self.equal);
        self.zeros_b = b.count_equal(R::splat(0.0), self.zeros_b);
        for (a, b) in a.widened().into_iter().zip(b.widened()) {
            self.add_four(a, b);
        }
    }

    #[inline(always)]
    fn add_four(&mut self, a: R::Four, b: R::Four) {
        let difference = a.sub(b).abs();
        let magnitude = b.abs();
        let bound = R::Four::splat(self.tolerance.relative).mul(magnitude);
        let bound = R::Four::splat(self.tolerance.absolute).add(bound);
        self.close = difference.count_at_most(bound, self.close);
        self.squares_a = self.squares_a.add_exact_product(a, a);
        self.squares_b = self.squares_b.add_exact_product(b, b);
        self.products = self.products.add_exact_product(a, b);
        self.absolute = self.absolute.add(difference);
        self.squares = self.squares.add(difference.mul(difference));
        let relative = difference.div_or_zero(magnitude);
        self.relative = self.relative.add(relative);
        self.max_absolute = self.max_absolute.max(difference);
        self.max_relative = self.max_relative.max(relative);
    }

    /// Zeros that filled up a last vector are no numbers.
    #[inline(always)]
    fn seen(self, numbers: u64, padding: u64) -> Compared {
        let Tolerance { relative, absolute } = self.tolerance;
        let is_zero_close = 0.0 <= absolute + relative * 0.0;
        let close_padding = if is_zero_close { padding } else { 0 };
        Compared {
            equal: R::counted(self.equal) - padding,
            not_close: numbers + close_padding - R::Four::counted(self.close),
            nonzero_b: numbers + padding - R::counted(self.zeros_b),
            squares_a: self.squares_a.total(),
            squares_b: self.squares_b.total(),
            products: self.products.total(),
            absolute: self.absolute.total(),
            squares: self.squares.total(),
            relative: self.relative.total(),
            max_absolute: self.max_absolute.largest(),
            max_relative: self.max_relative.largest(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PortableReal32, TILE};

    /// Σa², Σb², Σab, Σ|a − b|, Σ(a − b)² and Σ|a − b|/|b|.
    fn sums(seen: &Compared) -> [f64; 6] {
        [
            seen.squares_a,
            seen.squares_b,
            seen.products,
            seen.absolute,
            seen.squares,
            seen.relative,
        ]
    }

    /// What each pair adds to them.
    fn terms(a: f32, b: f32) -> [f64; 6] {
        let (a, b) = (f64::from(a), f64::from(b));
        let difference = (a - b).abs();
        let relative = if b == 0.0 { 0.0 } else { difference / b.abs() };
        [
            a * a,
            b * b,
            a * b,
            difference,
            difference * difference,
            relative,
        ]
    }

    fn is_close(a: f32, b: f32, tolerance: Tolerance) -> bool {
        let (a, b) = (f64::from(a), f64::from(b));
        (a - b).abs() <= tolerance.absolute + tolerance.relative * b.abs()
    }

    /// By the definition; sums by running sums.
    fn defined(a: &[f32], b: &[f32], tolerance: Tolerance) -> Compared {
        let pairs = || a.iter().copied().zip(b.iter().copied());
        let count =
            |is: &dyn Fn(f32, f32) -> bool| pairs().filter(|&(a, b)| is(a, b)).count() as u64;
        let largest = |term: usize| pairs().map(|(a, b)| terms(a, b)[term]).fold(0.0, f64::max);
        let sum = |term: usize| {
            let mut running = [0.0; 4];
            for (at, (a, b)) in pairs().enumerate() {
                running[at % 4] += terms(a, b)[term];
            }
            (running[0] + running[2]) + (running[1] + running[3])
        };
        Compared {
            equal: count(&|a, b| a == b),
            not_close: count(&|a, b| !is_close(a, b, tolerance)),
            nonzero_b: count(&|_, b| b != 0.0),
            squares_a: sum(0),
            squares_b: sum(1),
            products: sum(2),
            absolute: sum(3),
            squares: sum(4),
            relative: sum(5),
            max_absolute: largest(3),
            max_relative: largest(5),
        }
    }

    fn bits(seen: &Compared) -> [u64; 11] {
        let [a, b, ab, absolute, squares, relative] = sums(seen).map(f64::to_bits);
        let counts = [seen.equal, seen.not_close, seen.nonzero_b];
        let [equal, not_close, nonzero_b] = counts;
        let (max_absolute, max_relative) = (seen.max_absolute, seen.max_relative);
        let [most, most_relative] = [max_absolute, max_relative].map(f64::to_bits);
        [
            equal,
            not_close,
            nonzero_b,
            a,
            b,
            ab,
            absolute,
            squares,
            relative,
            most,
            most_relative,
        ]
    }

    const TOLERANCES: [Tolerance; 6] = [
        tolerance(1e-5, 1e-8),
        tolerance(0.0, 0.0),
        tolerance(0.01, 0.0),
        tolerance(0.0, -1.0),
        tolerance(f64::INFINITY, 0.0),
        tolerance(0.0, f64::NAN),
    ];

    const fn tolerance(relative: f64, absolute: f64) -> Tolerance {
        Tolerance { relative, absolute }
    }

    fn assert_as_defined(a: &[f32], b: &[f32]) {
        for tolerance in TOLERANCES {
            let expected = defined(a, b, tolerance);
            for compare in [
                compare,
                compare_as::<PortableReal32>,
                compare_as::<BestReal32>,
            ] {
                let seen = compare(a, b, tolerance);
                assert_eq!(bits(&seen), bits(&expected), "{seen:?}, not {expected:?}");
            }
        }
        let of_a = compare(a, a, TOLERANCES[0]);
        for squares in [
            squares,
            squares_as::<PortableReal32>,
            squares_as::<BestReal32>,
        ] {
            let squares = squares(a);
            assert_eq!(squares.sum.to_bits(), of_a.squares_a.to_bits());
            assert_eq!(squares.nonzero, of_a.nonzero_b);
        }
        assert!(are_finite(a) && are_finite_of(a));
        for odd in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN] {
            let mut numbers = a.to_vec();
            numbers.push(odd);
            numbers.extend_from_slice(b);
            assert!(!are_finite(&numbers) && !are_finite_of(&numbers));
        }
    }

    /// Numbers of all sizes; some are zero.
    fn any_numbers(seed: u32, count: usize) -> Vec<f32> {
        let mut state = seed;
        let mut numbers = Vec::new();
        while numbers.len() < count {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let code = state ^ state >> 16;
            let number = f32::from_bits(if code.is_multiple_of(11) {
                code & 1 << 31
            } else {
                code
            });
            numbers.extend(number.is_finite().then_some(number));
        }
        numbers
    }

    /// Numbers near others: some of them equal, some up to a sign, some by less than a millionth.
    fn near(numbers: &[f32]) -> Vec<f32> {
        let near = |(at, number): (usize, &f32)| match at % 5 {
            0 | 1 => *number,
            2 => -number,
            3 => number * (1.0 + 4.0 * f32::EPSILON),
            _ => number * 1.001,
        };
        let numbers = numbers.iter().enumerate().map(near);
        numbers
            .map(|number| number.clamp(f32::MIN, f32::MAX))
            .collect()
    }

    #[test]
    fn any_numbers_are_compared_as_defined_to_the_bit() {
        for length in (0..=40).chain([TILE - 1, TILE]) {
            let a = any_numbers(length as u32, length);
            assert_as_defined(&a, &any_numbers(77, length));
            assert_as_defined(&a, &near(&a));
            assert_as_defined(&near(&a), &a);
            assert_as_defined(&a, &a);
        }
    }

    #[test]
    fn sums_are_those_of_any_order() {
        let a: Vec<f32> = (0..TILE)
            .map(|at| (at as f32 * 0.37 + 1.0) % 3.0 - 1.2)
            .collect();
        let b = near(&a);
        let seen = sums(&compare(&a, &b, TOLERANCES[0]));
        for (at, seen) in seen.into_iter().enumerate() {
            let terms = || a.iter().zip(&b).map(|(a, b)| terms(*a, *b)[at]);
            let (sum, of_magnitudes) = (terms().sum::<f64>(), terms().map(f64::abs).sum::<f64>());
            assert!(
                (seen - sum).abs() <= 1e-13 * of_magnitudes,
                "{at}: {seen}, not {sum}"
            );
        }
    }

    #[test]
    fn a_known_comparison() {
        let seen = compare(
            &[1.0, -0.0, 3.0, 0.5, 0.0],
            &[1.0, 0.0, 2.0, 0.0, 0.25],
            tolerance(0.5, 0.0),
        );
        let expected = Compared {
            equal: 2,
            not_close: 2,
            nonzero_b: 3,
            squares_a: 10.25,
            squares_b: 5.0625,
            products: 7.0,
            absolute: 1.75,
            squares: 1.3125,
            relative: 1.5,
            max_absolute: 1.0,
            max_relative: 1.0,
        };
        assert_eq!(seen, expected);
    }
}
