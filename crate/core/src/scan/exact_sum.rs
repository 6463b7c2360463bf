//! Sums without rounding, so that neither order nor cuts can change a digit.
//!
//! A number is an array of 32-bit digits kept in 64-bit limbs around a window of
//! exponents that grows as needed; carries are put off (Kulisch's accumulator,
//! made sparse).

use serde::{Deserialize, Serialize};

const DIGIT_BITS: i32 = 32;
const DIGIT_MASK: i64 = (1 << DIGIT_BITS) - 1;
/// Additions after which carries are settled; a limb has room for 2^31 digits.
const SETTLE_AFTER: u32 = 1 << 30;

/// An exact sum of integers times powers of two.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ExactSum {
    /// Weight of the first limb is 2^(32·low).
    low: i32,
    limbs: Vec<i64>,
    #[serde(skip)]
    unsettled: u32,
}

/// A number significand × 2^exponent with a significand in [1, 2) or zero, so
/// that fourth powers of any `f64` are representable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaled {
    /// In ±[1, 2), or 0.
    pub significand: f64,
    /// Power of two.
    pub exponent: i32,
}

impl ExactSum {
    /// Adds `integer` × 2^`exponent`.
    pub fn add(&mut self, integer: i128, exponent: i32) {
        if integer == 0 {
            return;
        }
        let first = exponent.div_euclid(DIGIT_BITS);
        let shift = exponent.rem_euclid(DIGIT_BITS) as u32;
        let mut rest = integer.unsigned_abs();
        let sign = if integer < 0 { -1 } else { 1 };
        self.reach(first, first + 5);
        let mut at = (first - self.low) as usize;
        self.limbs[at] += sign * ((rest << shift) as i64 & DIGIT_MASK);
        rest >>= DIGIT_BITS as u32 - shift;
        while rest != 0 {
            at += 1;
            self.limbs[at] += sign * (rest as i64 & DIGIT_MASK);
            rest >>= DIGIT_BITS;
        }
        self.count_additions(1);
    }

    /// Adds a finite number, multiplied by `factor` × 2^`exponent`; |factor| ≤ 2^74.
    pub fn add_product(&mut self, value: f64, factor: i128, exponent: i32) {
        let (integer, own_exponent) = integer_and_exponent(value);
        self.add(i128::from(integer) * factor, own_exponent + exponent);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.add_multiple(other, 1, 0);
    }

    /// Adds `other` × `factor` × 2^`exponent`; |factor| ≤ 2^64.
    pub fn add_multiple(&mut self, other: &Self, factor: i128, exponent: i32) {
        let mut settled = other.clone();
        settled.settle();
        for (at, &limb) in settled.limbs.iter().enumerate() {
            let own_exponent = (settled.low + at as i32) * DIGIT_BITS;
            self.add(i128::from(limb) * factor, own_exponent + exponent);
        }
    }

    /// The one representation of this number: digits in [0, 2^32) but for the
    /// last, which carries the sign; no zero digit at either end.
    pub fn settle(&mut self) {
        let mut carry = 0;
        for limb in &mut self.limbs {
            let sum = *limb + carry;
            *limb = sum & DIGIT_MASK;
            carry = sum >> DIGIT_BITS;
        }
        if carry != 0 {
            self.limbs.push(carry);
        }
        self.fold_sign();
        self.trim();
        self.unsettled = 0;
    }

    /// The sum as a number, rounded once.
    pub fn to_scaled(&self) -> Scaled {
        let mut magnitude = self.clone();
        magnitude.settle();
        let negative = magnitude.limbs.last().is_some_and(|&limb| limb < 0);
        if negative {
            magnitude.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            magnitude.settle();
        }
        let value = magnitude.leading_digits();
        if negative {
            Scaled {
                significand: -value.significand,
                ..value
            }
        } else {
            value
        }
    }

    /// A number of one digit more than the leading one, and −1 above a positive
    /// digit, are the same; only the shorter is kept.
    fn fold_sign(&mut self) {
        while let [.., digit, top] = self.limbs[..] {
            if top != -1 || digit <= DIGIT_MASK >> 1 {
                break;
            }
            self.limbs.pop();
            let last = self.limbs.len() - 1;
            self.limbs[last] = digit - (1 << DIGIT_BITS);
        }
    }

    fn trim(&mut self) {
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
        let zeros = self.limbs.iter().take_while(|&&limb| limb == 0).count();
        self.limbs.drain(..zeros);
        self.low = if self.limbs.is_empty() {
            0
        } else {
            self.low + zeros as i32
        };
    }

    /// Makes room for digits `first` to `last`.
    fn reach(&mut self, first: i32, last: i32) {
        if self.limbs.is_empty() {
            self.low = first;
        }
        if first < self.low {
            let missing = (self.low - first) as usize;
            self.limbs.splice(..0, std::iter::repeat_n(0, missing));
            self.low = first;
        }
        let needed = (last - self.low + 1) as usize;
        if self.limbs.len() < needed {
            self.limbs.resize(needed, 0);
        }
    }

    fn count_additions(&mut self, additions: u32) {
        self.unsettled += additions;
        if self.unsettled >= SETTLE_AFTER {
            self.settle();
        }
    }

    /// A settled, positive number from its first 128 bits and a sticky bit.
    fn leading_digits(&self) -> Scaled {
        let leading = self.limbs.len().saturating_sub(4);
        let (rest, top) = self.limbs.split_at(leading);
        let bits = top
            .iter()
            .rev()
            .fold(0u128, |bits, &limb| (bits << DIGIT_BITS) | limb as u128);
        let sticky = u128::from(rest.iter().any(|&limb| limb != 0));
        let value = Scaled::from((bits | sticky) as f64);
        Scaled {
            exponent: value.exponent + (self.low + leading as i32) * DIGIT_BITS,
            ..value
        }
    }
}

/// Turns Σxᵏ (k = 0 to 4) into Σ(x + c)ᵏ with c = `integer` × 2^`exponent`, |integer| ≤ 2^64.
///
/// Replacing Sⱼ by Sⱼ + c·Sⱼ₋₁ from the top down, once for every power, is the
/// binomial expansion.
pub(crate) fn shift(sums: &mut [ExactSum; 5], integer: i128, exponent: i32) {
    for pass in 1..=4 {
        for k in (pass..=4).rev() {
            let (lower, upper) = sums.split_at_mut(k);
            upper[0].add_multiple(&lower[k - 1], integer, exponent);
        }
    }
}

impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        let (mut mine, mut theirs) = (self.clone(), other.clone());
        mine.settle();
        theirs.settle();
        (mine.low, mine.limbs) == (theirs.low, theirs.limbs)
    }
}

/// A finite number as integer × 2^exponent, the integer below 2^53 in magnitude.
pub(crate) fn integer_and_exponent(value: f64) -> (i64, i32) {
    let bits = value.to_bits();
    let field = (bits >> 52 & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let magnitude = if field == 0 {
        fraction
    } else {
        fraction | 1 << 52
    };
    (
        if value < 0.0 { -magnitude } else { magnitude },
        field.max(1) - 1075,
    )
}

impl From<f64> for Scaled {
    /// Of a finite number.
    fn from(value: f64) -> Self {
        let (integer, exponent) = integer_and_exponent(value);
        if integer == 0 {
            return Self {
                significand: 0.0,
                exponent: 0,
            };
        }
        let above = 63 - integer.unsigned_abs().leading_zeros() as i32;
        let significand = integer as f64 / (1u64 << above) as f64;
        Self {
            significand,
            exponent: exponent + above,
        }
    }
}

impl Scaled {
    /// The nearest `f64`: may overflow to an infinity or underflow.
    pub fn to_f64(self) -> f64 {
        libm::ldexp(self.significand, self.exponent)
    }

    /// This number divided by a count, which must not be zero.
    pub fn divided_by(self, count: u64) -> Self {
        let quotient = Self::from(self.significand / count as f64);
        Self {
            exponent: quotient.exponent + self.exponent,
            ..quotient
        }
    }

    /// This number × 2^`exponent`.
    pub fn times_power_of_two(self, exponent: i32) -> Self {
        Self {
            exponent: self.exponent + exponent,
            ..self
        }
    }

    /// The square root of a number that is not negative.
    pub fn square_root(self) -> Self {
        let odd = self.exponent.rem_euclid(2);
        let root = Self::from(libm::sqrt(self.significand * f64::from(1 + odd)));
        root.times_power_of_two((self.exponent - odd) / 2)
    }
}
