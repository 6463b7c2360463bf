//! One value, one cast: the definition. Kernels are fast ways to the same result.

use super::level;
use super::{Cast, Codes};
use crate::format::{FloatLayout, Specials, power_of_two};

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outcome {
    /// What comes back.
    pub(crate) value: f64,
    /// Whether it was rounded beyond the largest code.
    pub(crate) is_over: bool,
    /// Whether its code is a subnormal number.
    pub(crate) is_subnormal: bool,
}

impl Outcome {
    const NAN: Self = Self {
        value: f64::NAN,
        is_over: false,
        is_subnormal: false,
    };
}

/// What values of a group are divided by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// An FP32 number, not zero.
    Real(f32),
    /// 2^k with k from −127 to 127.
    PowerOfTwo(i32),
    /// All values become zero: they are zero, or the scale has vanished.
    Zero,
    /// All values become NaN.
    NotFinite,
}

/// The codes of a cast, ready to be rounded to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    kind: Kind,
    /// The largest code.
    pub(crate) largest: f64,
    /// The smallest code.
    pub(crate) least: f64,
    /// What a value without a scale becomes beyond the largest.
    beyond: f64,
    can_saturate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Float {
        mantissa_bits: i32,
        min_exponent: i32,
        ties_away: bool,
    },
    Multiples(f64),
    Nf4,
}

impl Rule {
    pub(crate) fn of(cast: &Cast) -> Self {
        let integers = |step: f64, least: i32, largest: i32| Self {
            kind: Kind::Multiples(step),
            largest: f64::from(largest) * step,
            least: f64::from(least) * step,
            beyond: f64::NAN,
            can_saturate: false,
        };
        match cast.codes {
            Codes::Integers(least, largest) => integers(1.0, least, largest),
            Codes::SixtyFourths => integers(1.0 / 64.0, -127, 127),
            Codes::Nf4 => Self {
                kind: Kind::Nf4,
                ..integers(1.0, -1, 1)
            },
            Codes::Tf32 | Codes::Format(_) => {
                Self::float(cast.layout().expect("codes are floats"), cast.codes)
            }
        }
    }

    fn float(layout: &FloatLayout, codes: Codes) -> Self {
        let largest = layout.decode(layout.max_finite_code());
        Self {
            kind: Kind::Float {
                mantissa_bits: layout.mantissa_bits as i32,
                min_exponent: layout.min_exponent(),
                ties_away: codes == Codes::Tf32,
            },
            largest,
            least: -largest,
            beyond: match layout.specials {
                Specials::Ieee => f64::INFINITY,
                _ => f64::NAN,
            },
            can_saturate: matches!(codes, Codes::Format(dtype) if dtype.bits() == 8),
        }
    }

    /// Whether values of at least this magnitude are left to this definition: they may be
    /// rounded beyond the largest code.
    pub(crate) fn limit(&self) -> f64 {
        self.largest
    }

    /// A cast without a scale.
    pub(crate) fn unscaled(&self, x: f64, saturate: bool) -> Outcome {
        if x.is_nan() {
            return Outcome::NAN;
        }
        let saturate = saturate && self.can_saturate;
        let outcome = self.round(x);
        let beyond = match saturate {
            true => self.largest,
            false => self.beyond,
        };
        match outcome.is_over {
            true => Outcome {
                value: if x < 0.0 { -beyond } else { beyond },
                ..outcome
            },
            false => outcome,
        }
    }

    /// A cast with a scale.
    pub(crate) fn scaled(&self, x: f64, scale: Scale) -> Outcome {
        match scale {
            Scale::NotFinite => Outcome::NAN,
            Scale::Zero => Outcome {
                value: 0.0,
                ..Outcome::NAN
            },
            Scale::PowerOfTwo(exponent) => {
                let outcome = self.round(x * power_of_two(-exponent));
                Outcome {
                    value: outcome.value * power_of_two(exponent),
                    ..outcome
                }
            }
            Scale::Real(scale) => {
                let outcome = self.round(f64::from(x as f32 / scale));
                Outcome {
                    value: f64::from(outcome.value as f32 * scale),
                    ..outcome
                }
            }
        }
    }

    /// The nearest code, at most the largest.
    fn round(&self, x: f64) -> Outcome {
        let code = match self.kind {
            Kind::Float {
                mantissa_bits,
                min_exponent,
                ties_away,
            } => {
                let code = round_float(x, mantissa_bits, min_exponent, ties_away);
                return self.clamped(code, code.abs() < power_of_two(min_exponent));
            }
            Kind::Multiples(step) => (x / step).round_ties_even() * step,
            Kind::Nf4 => f64::from(level::nearest(x as f32)),
        };
        self.clamped(code, false)
    }

    fn clamped(&self, code: f64, is_small: bool) -> Outcome {
        Outcome {
            value: code.min(self.largest).max(self.least),
            is_over: code > self.largest || code < self.least,
            is_subnormal: is_small && code != 0.0,
        }
    }
}

/// x rounded to so many bits of mantissa, and to multiples of the smallest subnormal
/// number below the smallest normal one; as if exponents had no end.
fn round_float(x: f64, mantissa_bits: i32, min_exponent: i32, ties_away: bool) -> f64 {
    let exponent = (x.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    // Beyond every target, and beyond what the steps below can take.
    if exponent > 900 {
        return x;
    }
    let step = exponent.max(min_exponent) - mantissa_bits;
    if !ties_away {
        // A sum of this size has no room for less than a step, and is rounded to even.
        let rounder = 1.5 * power_of_two(step + 52);
        return x + rounder - rounder;
    }
    let steps = x * power_of_two(-step);
    let whole = steps.trunc();
    let away = if (steps - whole).abs() >= 0.5 {
        1.0f64.copysign(x)
    } else {
        0.0
    };
    (whole + away) * power_of_two(step)
}

/// NVFP4's block scale: a quotient in E4M3, stopping at the largest.
pub(crate) fn to_e4m3(x: f32) -> f32 {
    round_float(x.into(), 3, -6, false).min(448.0) as f32
}

#[cfg(test)]
mod tests;
