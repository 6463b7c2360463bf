//! Casts of different numbers that occur so many times each: what a census holds.
//!
//! A plain loop in double precision: there are thousands of cells where there are millions
//! of numbers.

use super::casts::{Float, Seen, Target};

/// Casts numbers that share a scale, which is left out where there is none; there are as many counts, and each
/// number is counted so often; squares are summed in the order of the numbers. What [`Target`] presumes is presumed here; levels, which no count settles, are not taken.
#[inline(never)]
pub fn cast(numbers: &[f32], counts: &[u64], scale: f32, target: &Target) -> Seen {
    let cells = Cells { numbers, counts };
    let (scale, inverse) = (f64::from(scale), 1.0 / f64::from(scale));
    match *target {
        Target::Float(float) => {
            let (round, least) = to_float(float);
            cells.weigh(round, |x| x, |code| code, f64::INFINITY, least)
        }
        Target::FloatAway { mantissa_bits } => {
            let dropped = 52 - mantissa_bits;
            let round = |x: f64| {
                f64::from_bits((x.to_bits() + (1 << (dropped - 1))) & !((1 << dropped) - 1))
            };
            let least = f64::from_bits((1023 - 126) << 52);
            cells.weigh(round, |x| x, |code| code, f64::INFINITY, least)
        }
        Target::ScaledFloat { float, largest } => {
            let (round, least) = to_float(float);
            let single = |x: f64| f64::from(x as f32);
            let (down, up) = (|x: f64| single(x / scale), |code: f64| single(code * scale));
            cells.weigh(round, down, up, largest.unwrap_or(f64::INFINITY), least)
        }
        Target::SharedFloat { float, largest } => {
            let (round, least) = to_float(float);
            cells.weigh(round, |x| x * inverse, |code| code * scale, largest, least)
        }
        Target::SharedMultiples { step, largest } => {
            let rounder = 1.5 * (1u64 << 52) as f64 * step;
            let round = |x: f64| x + rounder - rounder;
            cells.weigh(round, |x| x * inverse, |code| code * scale, largest, 0.0)
        }
        Target::ScaledIntegers => {
            let rounder = 1.5 * (1u64 << 52) as f64;
            let single = |x: f64| f64::from(x as f32);
            let (down, up) = (|x: f64| single(x / scale), |code: f64| single(code * scale));
            cells.weigh(|x| x + rounder - rounder, down, up, f64::INFINITY, 0.0)
        }
        Target::ScaledLevels { .. } => {
            unreachable!("levels have a scale for each block, which no count settles")
        }
    }
}

/// Rounds to the codes of a float; and the smallest normal one.
#[inline(always)]
fn to_float(float: Float) -> (impl Fn(f64) -> f64, f64) {
    let least = ((float.min_exponent + 1023) as u64) << 52;
    let lift = u64::from(52 - float.mantissa_bits) << 52 | 1 << 51;
    let round = move |x: f64| {
        let exponent = x.to_bits() & 0x7ff << 52;
        let rounder = f64::from_bits(exponent.max(least) + lift);
        x + rounder - rounder
    };
    (round, f64::from_bits(least))
}

struct Cells<'a> {
    numbers: &'a [f32],
    counts: &'a [u64],
}

impl Cells<'_> {
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
