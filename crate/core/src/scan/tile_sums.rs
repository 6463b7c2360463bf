//! Power sums of one tile about a pivot of its own, added up without rounding.
//!
//! The pivot keeps later subtractions from cancelling: where all values of a tile
//! have one sign it is the smallest magnitude, else zero, so |x − pivot| ≤ |x| and
//! the rounding within the tile stays small beside Σ|x|ᵏ. Tiles of FP64 far from
//! 1 are also summed at another scale, so that fourth powers neither overflow nor
//! vanish.

use super::ExactSum;
use super::exact_sum::{integer_and_exponent, shift};
use crate::format::{FloatLayout, power_of_two};
use floatscope_simd::powers::{self, Frame};

/// Largest magnitudes outside 2^±200 call for another scale.
const SAFE_EXPONENT: i32 = 200;

/// Σ(x·2^−scale − pivot)ᵏ of a tile, the pivot being integer × 2^exponent.
pub(crate) struct TileSums {
    elements: u64,
    pivot: (i128, i32),
    scale_exponent: i32,
    sums: [f64; 4],
}

impl TileSums {
    /// Of a tile of finite numbers with these extremes.
    pub(crate) fn of_floats(layout: &FloatLayout, tile: &[u8], min: f64, max: f64) -> Self {
        let scale_exponent = scale_exponent(max.abs().max(min.abs()));
        let scale = power_of_two(-scale_exponent);
        let frame = Frame {
            pivot: pivot(min, max) * scale,
            scale,
        };
        let sums = match layout.bits() {
            32 => powers::sums_of_f32(tile, frame),
            _ => powers::sums_of_f64(tile, frame),
        };
        let (integer, exponent) = integer_and_exponent(frame.pivot);
        let elements = tile.len() as u64 * 8 / u64::from(layout.bits());
        Self {
            elements,
            pivot: (integer.into(), exponent),
            scale_exponent,
            sums,
        }
    }

    /// Of integers, whose sums about `pivot` are these.
    pub(crate) fn about(pivot: i128, elements: u64, sums: [f64; 4]) -> Self {
        Self {
            elements,
            pivot: (pivot, 0),
            scale_exponent: 0,
            sums,
        }
    }

    /// Adds Σxᵏ.
    pub(crate) fn add_to(&self, sums: &mut [ExactSum; 4]) {
        match short(self.pivot) {
            (0, _) => self.add_plain(sums),
            (integer, exponent) if integer.unsigned_abs() < 1 << 24 => {
                self.add_plain(sums);
                self.add_short_pivot(sums, integer, exponent);
            }
            (integer, exponent) => self.add_long_pivot(sums, integer, exponent),
        }
    }

    fn add_plain(&self, sums: &mut [ExactSum; 4]) {
        for (k, (sum, &own)) in (1..).zip(sums.iter_mut().zip(&self.sums)) {
            sum.add_product(own, 1, k * self.scale_exponent);
        }
    }

    /// Σxᵏ = Σⱼ C(k,j) pivotᵏ⁻ʲ Σ(x − pivot)ʲ, the terms with j below k: products
    /// that fit 127 bits for a pivot of 24.
    fn add_short_pivot(&self, sums: &mut [ExactSum; 4], integer: i128, exponent: i32) {
        for (k, sum) in (1..).zip(sums) {
            let mut power = 1;
            for j in (0..k).rev() {
                power *= integer;
                let at = k as i32 * self.scale_exponent + (k - j) as i32 * exponent;
                match j {
                    0 => sum.add(power * i128::from(self.elements), at),
                    _ => sum.add_product(self.sums[j - 1], power * BINOMIALS[k][j], at),
                }
            }
        }
    }

    /// The same for any pivot, by sums that have no limit.
    fn add_long_pivot(&self, sums: &mut [ExactSum; 4], integer: i128, exponent: i32) {
        let mut shifted: [ExactSum; 5] = Default::default();
        shifted[0].add(self.elements.into(), 0);
        for (sum, &own) in shifted[1..].iter_mut().zip(&self.sums) {
            sum.add_product(own, 1, 0);
        }
        shift(&mut shifted, integer, exponent);
        for (k, (sum, own)) in (1..).zip(sums.iter_mut().zip(&shifted[1..])) {
            sum.add_multiple(own, 1, k * self.scale_exponent);
        }
    }
}

const BINOMIALS: [[i128; 5]; 5] = [
    [1, 0, 0, 0, 0],
    [1, 1, 0, 0, 0],
    [1, 2, 1, 0, 0],
    [1, 3, 3, 1, 0],
    [1, 4, 6, 4, 1],
];

fn pivot(min: f64, max: f64) -> f64 {
    if min > 0.0 {
        min
    } else if max < 0.0 {
        max
    } else {
        0.0
    }
}

/// The same number with an odd integer.
fn short((integer, exponent): (i128, i32)) -> (i128, i32) {
    let zeros = if integer == 0 {
        0
    } else {
        integer.trailing_zeros()
    };
    (integer >> zeros, exponent + zeros as i32)
}

fn scale_exponent(largest: f64) -> i32 {
    let (integer, exponent) = integer_and_exponent(largest);
    if integer == 0 {
        return 0;
    }
    let exponent = exponent + integer.ilog2() as i32;
    // 2^−exponent itself must be a normal number.
    if exponent.abs() <= SAFE_EXPONENT {
        0
    } else {
        exponent.clamp(-1000, 1000)
    }
}
