//! What rounding the rotary frequencies to 16 bits does.
//!
//! A rotary embedding turns pair i of a head's numbers by position × frequency, and the frequencies,
//! `inv_freq`, are a buffer that no state dict holds. Loaded with `from_pretrained(dtype=bfloat16)` it
//! stays FP32; `.to(bfloat16)` rounds it with the weights. Weights and position 0 are then the same,
//! and every other position is turned by other angles: the error grows with the position.

use std::f64::consts::FRAC_PI_2;

use serde::Serialize;

use super::rope::{Rope, Scaling};
use crate::ancestry::prose::{decimal, grouped};
use crate::format::{Dtype, FloatLayout, Overflow, Rounding as Mode};

/// The name of this shape of JSON.
const SCHEMA: &str = "floatscope.rotary/1";

/// The rotary frequencies of a model, and what becomes of them in 16 bits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rotary {
    /// The name and version of this schema.
    pub schema: &'static str,
    /// Numbers in a head.
    pub head_dim: u64,
    /// How many of them are turned: two for each frequency.
    pub rotary_dim: u64,
    /// The base of the powers.
    pub rope_theta: f64,
    /// How the frequencies are scaled.
    pub scaling: Scaling,
    /// Positions that the model has, counted from 0.
    pub max_position_embeddings: u64,
    /// The last one of these.
    pub last_position: u64,
    /// The frequencies, the highest first.
    pub frequencies: Vec<Frequency>,
    /// What rounding to BF16 does.
    pub bf16: Rounding,
    /// What rounding to FP16 does.
    pub f16: Rounding,
    /// What was taken for granted or left out, in sentences.
    pub notes: Vec<String>,
}

/// A frequency, in radians a position; numbers are exact.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Frequency {
    /// Its place in `inv_freq`.
    pub index: u64,
    /// As PyTorch computes it.
    pub f32: f64,
    /// Rounded to BF16.
    pub bf16: f64,
    /// `bf16` less `f32`, over `f32`.
    pub relative_error: f64,
    /// Rounded to FP16.
    pub f16: f64,
    /// `f16` less `f32`, over `f32`.
    pub f16_relative_error: f64,
}

/// What rounding all frequencies to one format does to the angles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rounding {
    /// How many frequencies the format does not have.
    pub moved: u64,
    /// The largest relative error, without its sign.
    pub largest_relative_error: f64,
    /// The index of the frequency whose angles are off most, at all positions; none where all are exact.
    pub worst: Option<u64>,
    /// How far angles are off at some positions up to the last.
    pub angles: Vec<AngleError>,
    /// How many frequencies are off by more than a quarter turn at the last position.
    pub turned: u64,
    /// The first position at which one is; none where none is up to the last.
    pub first_turned: Option<u64>,
    /// All this in sentences.
    pub says: Vec<String>,
}

/// How far angles are off at a position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AngleError {
    /// The position.
    pub position: u64,
    /// That of the worst frequency: |position · (rounded − FP32)| in radians, in FP64 and not reduced
    /// modulo 2π.
    pub error: f64,
    /// How many frequencies are off by more than a quarter turn.
    pub turned: u64,
}

impl Rotary {
    /// Computes it from a config.json.
    ///
    /// # Errors
    /// Names the entry that is missing or absurd, as what stands behind the file's name.
    pub fn of_config(bytes: &[u8]) -> Result<Self, String> {
        let rope = Rope::parse(bytes)?;
        let [bf16, f16] = [Dtype::BF16, Dtype::F16].map(layout);
        let frequencies: Vec<Frequency> = (0..)
            .zip(rope.inv_freq(0))
            .map(|(index, inv_freq)| Frequency::of(index, inv_freq, bf16, f16))
            .collect();
        let last = rope.positions - 1;
        Ok(Self {
            schema: SCHEMA,
            head_dim: rope.head_dim,
            rotary_dim: rope.rotary_dim,
            rope_theta: rope.theta,
            scaling: rope.scaling,
            max_position_embeddings: rope.positions,
            last_position: last,
            bf16: Rounding::of("BF16", &frequencies, last, |it| it.bf16),
            f16: Rounding::of("FP16", &frequencies, last, |it| it.f16),
            frequencies,
            notes: rope.notes,
        })
    }
}

fn layout(dtype: Dtype) -> &'static FloatLayout {
    dtype.format().layout().expect("both are floats")
}

impl Frequency {
    fn of(index: u64, inv_freq: f32, bf16: &FloatLayout, f16: &FloatLayout) -> Self {
        let exact = f64::from(inv_freq);
        let rounded = |layout: &FloatLayout| {
            layout.decode(layout.encode(exact, Mode::NearestEven, Overflow::Ieee))
        };
        let (bf16, f16) = (rounded(bf16), rounded(f16));
        Self {
            index,
            f32: exact,
            bf16,
            relative_error: (bf16 - exact) / exact,
            f16,
            f16_relative_error: (f16 - exact) / exact,
        }
    }
}

impl Rounding {
    /// `last` is a position from 1 on.
    fn of(
        name: &str,
        frequencies: &[Frequency],
        last: u64,
        rounded: impl Fn(&Frequency) -> f64,
    ) -> Self {
        let off = |it: &Frequency| (rounded(it) - it.f32).abs();
        let (mut moved, mut relative, mut worst) = (0, 0f64, None);
        let mut largest = 0.0;
        for frequency in frequencies {
            let error = off(frequency);
            moved += u64::from(error > 0.0);
            relative = relative.max(error / frequency.f32);
            if error > largest {
                (largest, worst) = (error, Some(frequency.index));
            }
        }
        let turned_at = |position: u64| {
            let is_turned = |it: &&Frequency| position as f64 * off(it) > FRAC_PI_2;
            frequencies.iter().filter(is_turned).count() as u64
        };
        let angles = positions(last).map(|position| AngleError {
            position,
            error: position as f64 * largest,
            turned: turned_at(position),
        });
        let mut rounding = Self {
            moved,
            largest_relative_error: relative,
            worst,
            angles: angles.collect(),
            turned: turned_at(last),
            first_turned: first_turned(largest, last),
            says: Vec::new(),
        };
        rounding.say(name, frequencies.len() as u64, last);
        rounding
    }

    fn say(&mut self, name: &str, count: u64, last: u64) {
        let all = grouped(count);
        if self.moved == 0 {
            let says = format!("Every rotary frequency is a number of {name}: no angle differs.");
            self.says.push(says);
            return;
        }
        let frequencies = if count == 1 {
            "frequency"
        } else {
            "frequencies"
        };
        let moves = if self.moved == 1 { "moves" } else { "move" };
        self.says.push(format!(
            "Rounded to {name}, {} of {all} rotary {frequencies} {moves}, by {} %.",
            grouped(self.moved),
            small("up to ", self.largest_relative_error * 100.0, 2)
        ));
        let last_one = grouped(last);
        self.says.push(match self.first_turned {
            Some(first) => format!(
                "From position {} on some angle is off by more than a quarter turn; at {last_one}, the last, {} of {all} {}.",
                grouped(first),
                grouped(self.turned),
                if self.turned == 1 { "is" } else { "are" }
            ),
            None => format!(
                "At position {last_one}, the last, the worst angle is off by {} radians, which is less than a quarter turn.",
                small("", self.angles.last().map_or(0.0, |angle| angle.error), 3)
            ),
        });
        self.says.push("Position 0 never differs.".to_owned());
    }
}

/// A number above zero, rounded, but never to zero.
fn small(words: &str, value: f64, digits: u32) -> String {
    let least = 1.0 / 10u64.pow(digits) as f64;
    match value < least {
        true => format!("less than {}", decimal(least, digits)),
        false => format!("{words}{}", decimal(value, digits)),
    }
}

/// 1, 10, 100, 1,000, 4,096, twice that and so on, and the last one.
fn positions(last: u64) -> impl Iterator<Item = u64> {
    let powers = (12..64).map(|exponent| 1 << exponent);
    let round = [1, 10, 100, 1_000].into_iter().chain(powers);
    round
        .take_while(move |&position| position < last)
        .chain([last])
}

/// The first position at which an angle is off by more than a quarter turn, where it is not behind the last.
fn first_turned(error: f64, last: u64) -> Option<u64> {
    if last as f64 * error <= FRAC_PI_2 {
        return None;
    }
    let about = (FRAC_PI_2 / error) as u64;
    // The quotient is rounded, so that it may be off by one.
    (about.saturating_sub(1)..=last).find(|&position| position as f64 * error > FRAC_PI_2)
}

#[cfg(test)]
mod tests;
