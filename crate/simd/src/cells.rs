//! Casts of different numbers that occur so many times each: what a census holds.
//!
//! A plain loop in double precision: there are thousands of cells where there are millions
//! of numbers.

use super::casts::{Codes, Scale, Seen, Target};

/// Casts numbers that share a scale, which is left out where there is none; there are as many counts, and each
/// number is counted so often; squares are summed in the order of the numbers. What [`Codes`] presumes is presumed here; levels are not taken.
#[inline(never)]
pub fn cast(numbers: &[f32], counts: &[u64], scale: f32, target: &Target) -> Seen {
    let cells = Cells { numbers, counts };
    match target.codes {
        Codes::Float {
            mantissa_bits,
            min_exponent,
            largest,
        } => {
            let least = ((min_exponent + 1023) as u64) << 52;
            let lift = u64::from(52 - mantissa_bits) << 52 | 1 << 51;
            let round = |x: f64| {
                let exponent = x.to_bits() & 0x7ff << 52;
                let rounder = f64::from_bits(exponent.max(least) + lift);
                x + rounder - rounder
            };
            cells.scaled(round, scale, target.scale, largest, f64::from_bits(least))
        }
        Codes::FloatAway { mantissa_bits } => {
            let dropped = 52 - mantissa_bits;
            let round = |x: f64| {
                f64::from_bits((x.to_bits() + (1 << (dropped - 1))) & !((1 << dropped) - 1))
            };
            let least = f64::from_bits((1023 - 126) << 52);
            cells.scaled(round, scale, target.scale, None, least)
        }
        Codes::Multiples { step, largest } => {
            let rounder = 1.5 * (1u64 << 52) as f64 * step;
            let round = |x: f64| x + rounder - rounder;
            cells.scaled(round, scale, target.scale, largest, 0.0)
        }
        Codes::Levels { .. } => Seen::default(),
    }
}

struct Cells<'a> {
    numbers: &'a [f32],
    counts: &'a [u64],
}

impl Cells<'_> {
    #[inline(always)]
    fn scaled(
        &self,
        round: impl Fn(f64) -> f64,
        scale: f32,
        kind: Scale,
        largest: Option<f64>,
        least_normal: f64,
    ) -> Seen {
        let largest = largest.unwrap_or(f64::INFINITY);
        let (power, inverse) = (f64::from(scale), 1.0 / f64::from(scale));
        let single = |x: f64| f64::from(x as f32);
        match kind {
            Scale::None => self.weigh(round, |x| x, |code| code, largest, least_normal),
            Scale::PowerOfTwo => self.weigh(
                round,
                |x| x * inverse,
                |code| code * power,
                largest,
                least_normal,
            ),
            Scale::Real => self.weigh(
                round,
                |x| single(x / power),
                |code| single(code * power),
                largest,
                least_normal,
            ),
        }
    }

    #[inline(always)]
    fn weigh(
        &self,
        round: impl Fn(f64) -> f64,
        down: impl Fn(f64) -> f64,
        up: impl Fn(f64) -> f64,
        largest: f64,
        least_normal: f64,
    ) -> Seen {
        let mut all = Seen::default();
        for (&x, &count) in self.numbers.iter().zip(self.counts) {
            let x = f64::from(x);
            let code = round(down(x));
            let magnitude = code.abs();
            let stopped = if magnitude > largest {
                all.overflow += count;
                largest.copysign(code)
            } else {
                code
            };
            let error = x - up(stopped);
            all.exact += if error == 0.0 { count } else { 0 };
            all.zeros += if code == 0.0 { count } else { 0 };
            all.subnormal += if magnitude < least_normal { count } else { 0 };
            all.max_error = all.max_error.max(error.abs());
            all.squares += error * error * count as f64;
        }
        // Those below the smallest normal number that are zero are not subnormal.
        all.subnormal = all.subnormal.saturating_sub(all.zeros);
        all
    }
}
