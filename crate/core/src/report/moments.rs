//! Mean, standard deviation, skewness and kurtosis from exact power sums.
//!
//! With Sₖ = Σxᵏ known exactly, the sums about the rounded mean P follow exactly:
//! Σ(x−P)² = S₂ − 2P·S₁ + nP², and so on. What cancels has then cancelled before
//! anything is rounded; the distance of P from the true mean is a last correction.

use crate::format::{Encoding, Format};
use crate::scan::{ExactSum, integer_and_exponent, shift};

use super::numeric::CodeCell;

/// Moments of a stream of finite values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub(crate) mean: f64,
    pub(crate) std: f64,
    pub(crate) rms: f64,
    /// `None` where all values are equal.
    pub(crate) skewness: Option<f64>,
    pub(crate) kurtosis: Option<f64>,
}

/// Moments of `count` values with these power sums; `None` without values.
pub(crate) fn moments(count: u64, sums: &[ExactSum; 4]) -> Option<Moments> {
    if count == 0 {
        return None;
    }
    let mean = sums[0].to_scaled().divided_by(count).to_f64();
    let rms = sums[1].to_scaled().divided_by(count).square_root().to_f64();
    let about = sums_about_mean(mean, count, sums).map(|sum| sum.to_scaled().divided_by(count));
    let constant = Moments {
        mean,
        std: 0.0,
        rms,
        skewness: None,
        kurtosis: None,
    };
    if about[1].significand <= 0.0 {
        return Some(constant);
    }
    // Scaled so that the second moment lies in [1, 4).
    let half = about[1].exponent.div_euclid(2);
    let scaled = |k: usize| about[k - 1].times_power_of_two(-(k as i32) * half).to_f64();
    let (rest, second, third, fourth) = (scaled(1), scaled(2), scaled(3), scaled(4));
    let m2 = second - rest * rest;
    if m2 <= 0.0 {
        return Some(constant);
    }
    let m3 = third - 3.0 * rest * second + 2.0 * rest * rest * rest;
    let m4 = fourth - 4.0 * rest * third + 6.0 * rest * rest * second
        - 3.0 * (rest * rest) * (rest * rest);
    Some(Moments {
        mean,
        std: libm::ldexp(libm::sqrt(m2), half),
        rms,
        skewness: Some(m3 / (m2 * libm::sqrt(m2))),
        kurtosis: Some(m4 / (m2 * m2)),
    })
}

/// Σ(x − m)ᵏ without rounding, m being the mean to twice the precision of `mean`:
/// integers beyond 2^53 may lie closer to each other than to any double.
fn sums_about_mean(mean: f64, count: u64, sums: &[ExactSum; 4]) -> [ExactSum; 4] {
    let mut about: [ExactSum; 5] = Default::default();
    about[0].add(i128::from(count), 0);
    about[1..].clone_from_slice(sums);
    subtract(&mut about, mean);
    let rest = about[1].to_scaled().divided_by(count).to_f64();
    subtract(&mut about, rest);
    let [_, s1, s2, s3, s4] = about;
    [s1, s2, s3, s4]
}

fn subtract(sums: &mut [ExactSum; 5], value: f64) {
    let (integer, exponent) = integer_and_exponent(value);
    if integer != 0 {
        shift(sums, -i128::from(integer), exponent);
    }
}

/// Count and Σxᵏ of finite values.
///
/// Significands are added up by binade in integers, so that each binade costs one
/// step of the exact sum.
fn sums_of_codes(format: &Format, cells: &[CodeCell]) -> (u64, [ExactSum; 4]) {
    let mut sums: [ExactSum; 4] = Default::default();
    let mut count = 0;
    let mut binade = BinadeSums::default();
    for cell in cells.iter().filter(|cell| cell.is_finite()) {
        let (significand, exponent) = significand_and_exponent(format, cell);
        if exponent != binade.exponent {
            binade.add_to(&mut sums);
            binade = BinadeSums {
                exponent,
                ..Default::default()
            };
        }
        binade.add(significand, cell.count);
        count += cell.count;
    }
    binade.add_to(&mut sums);
    sums.iter_mut().for_each(ExactSum::settle);
    (count, sums)
}

/// Σ count·significandᵏ of values that share an exponent.
#[derive(Default)]
struct BinadeSums {
    exponent: i32,
    sums: [i128; 4],
}

impl BinadeSums {
    /// Significands have at most 16 bits, so fourth powers have 64 and counts room to spare.
    fn add(&mut self, significand: i64, count: u64) {
        let bits =
            4 * (64 - significand.unsigned_abs().leading_zeros()) + 64 - count.leading_zeros();
        if bits < 64 {
            return self.add_short(significand, count as i64);
        }
        let mut term = i128::from(count);
        for sum in &mut self.sums {
            term *= i128::from(significand);
            *sum += term;
        }
    }

    /// The same where all products fit 63 bits: wasm has no wider multiplication.
    fn add_short(&mut self, significand: i64, count: i64) {
        let mut term = count;
        for sum in &mut self.sums {
            term *= significand;
            *sum += i128::from(term);
        }
    }

    fn add_to(&self, sums: &mut [ExactSum; 4]) {
        for (k, (sum, &own)) in (1..).zip(sums.iter_mut().zip(&self.sums)) {
            sum.add(own, k * self.exponent);
        }
    }
}

/// A finite value as integer × 2^exponent, the exponent shared by its binade.
fn significand_and_exponent(format: &Format, cell: &CodeCell) -> (i64, i32) {
    let Encoding::Float(layout) = format.encoding else {
        return (cell.value as i64, 0);
    };
    let field = (layout.exponent_field(u64::from(cell.code)) as i32)
        .max(i32::from(layout.min_exponent() == 1 - layout.bias));
    let exponent = field - layout.bias - layout.mantissa_bits as i32;
    (
        (cell.value * crate::format::power_of_two(-exponent)) as i64,
        exponent,
    )
}

impl Moments {
    /// The moments of the finite values among these codes, and their number.
    pub(crate) fn of_codes(format: &Format, cells: &[CodeCell]) -> (u64, Option<Self>) {
        let (count, sums) = sums_of_codes(format, cells);
        (count, moments(count, &sums))
    }
}
