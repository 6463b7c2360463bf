//! Which factors bring a number to another: bounds of products, and intervals that meet.

use serde::{Deserialize, Serialize};

use crate::format::{FloatLayout, Overflow, Rounding, power_of_two};

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

/// A layout as bounds need it.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) layout: FloatLayout,
    mantissa_bits: i32,
    min_exponent: i32,
    largest: f64,
    /// What lies beyond the largest number, in magnitude, and what becomes it.
    overflow: Bounds,
    /// Too large a product becomes an infinity, or NaN, or the largest number.
    beyond: Beyond,
    pub(super) has_negative_zero: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Beyond {
    Infinity,
    Nan,
    Largest,
}

impl Target {
    pub(super) fn of(layout: &FloatLayout) -> Self {
        let largest_code = layout.max_finite_code();
        let largest = layout.decode(largest_code);
        // The step above the largest number is that below it.
        let step = largest - layout.decode(largest_code - 1);
        let beyond = match (layout.infinity_code(), layout.nan_code()) {
            (Some(_), _) => Beyond::Infinity,
            (None, Some(_)) => Beyond::Nan,
            (None, None) => Beyond::Largest,
        };
        Self {
            layout: *layout,
            mantissa_bits: layout.mantissa_bits as i32,
            min_exponent: layout.min_exponent(),
            largest,
            overflow: Bounds {
                low: largest + step / 2.0,
                high: f64::INFINITY,
                is_closed: largest_code & 1 == 1,
            },
            beyond,
            has_negative_zero: layout.encode(-0.0, Rounding::NearestEven, Overflow::Ieee) != 0,
        }
    }

    /// Whether products are rounded to FP32 and no further.
    pub(super) fn is_single(&self) -> bool {
        self.mantissa_bits == 23
    }

    /// Between which products a number of the layout is the nearest; `None` where no finite
    /// product becomes it.
    pub(super) fn bounds(&self, y: f64) -> Option<Bounds> {
        if !y.is_finite() {
            let is_overflow = match y.is_nan() {
                true => self.beyond == Beyond::Nan,
                false => self.beyond == Beyond::Infinity,
            };
            return is_overflow.then_some(self.overflow);
        }
        let y = y.abs();
        // Below the smallest normal number steps are all the same.
        let exponent = ((y.to_bits() >> 52) as i32 - 1023).max(self.min_exponent);
        let half = power_of_two(exponent - self.mantissa_bits - 1);
        // A power of two is nearer to the number below it.
        let is_power = y.to_bits() << 12 == 0 && exponent > self.min_exponent;
        let low = if is_power { half / 2.0 } else { half };
        let steps = y * power_of_two(self.mantissa_bits - exponent);
        Some(Bounds {
            low: if y == 0.0 { 0.0 } else { y - low },
            high: match y == self.largest && self.beyond == Beyond::Largest {
                true => f64::INFINITY,
                false => y + half,
            },
            is_closed: steps as u64 & 1 == 0,
        })
    }
}

impl Bounds {
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

    /// Whether they may be subnormal numbers of FP32, whose steps are not small beside them.
    pub(super) fn are_small(&self) -> bool {
        const SMALL: f64 = power_of_two(-120);
        self.low < SMALL
    }

    /// Leaves of an interval the factors that bring a number of this magnitude here. Ends that
    /// do not matter by more than rounding are not made exact.
    pub(super) fn narrow(&self, interval: &mut Interval, magnitude: f64) {
        const NEAR: f64 = 1.0 / (1u64 << 50) as f64;
        let mut found = EVERYTHING;
        if self.low / magnitude > interval.low * (1.0 - NEAR) {
            found.low = self.low_factor(magnitude);
        }
        if self.high / magnitude < interval.high * (1.0 + NEAR) {
            found.high = self.high_factor(magnitude);
        }
        interval.meet(found);
    }

    /// The smallest factor, rounded up.
    fn low_factor(&self, magnitude: f64) -> f64 {
        if self.low == 0.0 {
            return 0.0;
        }
        let quotient = self.low / magnitude;
        let rest = libm::fma(quotient, magnitude, -self.low);
        match rest < 0.0 || (rest == 0.0 && !self.is_closed) {
            true => next_up(quotient),
            false => quotient,
        }
    }

    /// The largest factor, rounded down.
    fn high_factor(&self, magnitude: f64) -> f64 {
        if self.high == f64::INFINITY {
            return self.high;
        }
        let quotient = self.high / magnitude;
        let rest = libm::fma(quotient, magnitude, -self.high);
        match rest > 0.0 || (rest == 0.0 && !self.is_closed) {
            true => next_down(quotient),
            false => quotient,
        }
    }

    /// Whether all of the interval is within the bounds by more than rounding: the usual
    /// case, without a division. It holds for products that are rounded to FP32, too, unless the
    /// bounds [are small](Self::are_small).
    pub(super) fn surely_hold(&self, interval: Interval, magnitude: f64) -> bool {
        const MARGIN: f64 = 1.0 / (1u64 << 21) as f64;
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
