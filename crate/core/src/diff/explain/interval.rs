//! Which factors bring a number to another: bounds of products, and intervals that meet.

use serde::{Deserialize, Serialize};

use crate::format::{FloatLayout, Overflow, Rounding};

/// Positive numbers from `low` to `high`, both among them; none where `low` is larger.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
}

pub(super) const EVERYTHING: Interval = Interval {
    low: 0.0,
    high: f64::INFINITY,
};

pub(super) const NOTHING: Interval = Interval {
    low: f64::INFINITY,
    high: 0.0,
};

impl Interval {
    pub(super) fn is_empty(&self) -> bool {
        self.low > self.high
    }

    pub(super) fn meet(&mut self, other: Self) {
        self.low = self.low.max(other.low);
        self.high = self.high.min(other.high);
        if self.is_empty() {
            *self = NOTHING;
        }
    }
}

/// Between which products, in magnitude, a number is the nearest.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Whether the ends belong to it.
    is_closed: bool,
}

impl Bounds {
    /// Of a number of the layout; `None` where no finite product becomes it.
    pub(super) fn of(layout: &FloatLayout, y: f64) -> Option<Self> {
        let largest = layout.max_finite_code();
        // The step above the largest number is that below it.
        let beyond = 2.0 * layout.decode(largest) - layout.decode(largest - 1);
        let value = |code: u64| match code > largest {
            true => beyond,
            false => layout.decode(code),
        };
        let middle = |code: u64| (value(code) + value(code + 1)) / 2.0;
        if !y.is_finite() {
            let is_overflow = match y.is_nan() {
                true => layout.infinity_code().is_none() && layout.nan_code().is_some(),
                false => layout.infinity_code().is_some(),
            };
            return is_overflow.then(|| Self {
                low: middle(largest),
                high: f64::INFINITY,
                is_closed: largest & 1 == 1,
            });
        }
        let code = layout.encode(y.abs(), Rounding::NearestEven, Overflow::Ieee);
        let stops = layout.infinity_code().is_none() && layout.nan_code().is_none();
        Some(Self {
            low: if code == 0 { 0.0 } else { middle(code - 1) },
            high: match code == largest && stops {
                true => f64::INFINITY,
                false => middle(code),
            },
            is_closed: code & 1 == 0,
        })
    }

    /// The same for products that were rounded to FP32 before.
    pub(super) fn in_single(self) -> Self {
        let half_step = |bound: f64, up: bool| {
            let bits = (bound as f32).to_bits();
            let next = f32::from_bits(if up { bits + 1 } else { bits - 1 });
            (f64::from(next) - bound) / 2.0
        };
        // A midpoint of the narrower format has an even code in FP32, to which ties go.
        Self {
            low: match self.low {
                0.0 => 0.0,
                low => low + half_step(low, !self.is_closed),
            },
            high: match self.high {
                f64::INFINITY => f64::INFINITY,
                high => high + half_step(high, self.is_closed),
            },
            is_closed: self.is_closed,
        }
    }

    /// The factors that bring a number of this magnitude here, ends rounded inwards.
    pub(super) fn factors(&self, magnitude: f64) -> Interval {
        let low = match self.low {
            0.0 => 0.0,
            low => {
                let quotient = low / magnitude;
                let rest = libm::fma(quotient, magnitude, -low);
                match rest < 0.0 || (rest == 0.0 && !self.is_closed) {
                    true => next_up(quotient),
                    false => quotient,
                }
            }
        };
        let high = match self.high {
            f64::INFINITY => f64::INFINITY,
            high => {
                let quotient = high / magnitude;
                let rest = libm::fma(quotient, magnitude, -high);
                match rest > 0.0 || (rest == 0.0 && !self.is_closed) {
                    true => next_down(quotient),
                    false => quotient,
                }
            }
        };
        Interval { low, high }
    }

    /// Whether all of the interval is within the bounds by more than rounding: the usual
    /// case, without a division.
    pub(super) fn surely_hold(&self, interval: Interval, magnitude: f64) -> bool {
        const MARGIN: f64 = 1.0 / (1u64 << 48) as f64;
        interval.low * magnitude >= self.low * (1.0 + MARGIN)
            && interval.high * magnitude <= self.high * (1.0 - MARGIN)
    }
}

/// The next larger positive number.
fn next_up(value: f64) -> f64 {
    f64::from_bits(value.to_bits() + 1)
}

fn next_down(value: f64) -> f64 {
    f64::from_bits(value.to_bits().saturating_sub(1))
}

/// The number of the interval with the fewest significant bits, of equals the smallest.
pub(super) fn simplest(interval: Interval, most_bits: i32) -> Option<f64> {
    let Interval { low, high } = interval;
    if low <= 0.0 {
        return None;
    }
    let top = libm::ilogb(if high.is_finite() { high } else { low });
    (0..most_bits).find_map(|bits| {
        let step = libm::ldexp(1.0, top - bits);
        let candidate = libm::ceil(low / step) * step;
        (candidate <= high && candidate >= low).then_some(candidate)
    })
}
