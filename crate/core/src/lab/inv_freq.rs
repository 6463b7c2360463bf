//! The rotary frequencies of a config, as transformers computes them.
//!
//! The frequencies are computed as PyTorch does it in FP32, each step rounded, but for the power: it is
//! taken in FP64 and rounded to FP32, so that page and command agree. PyTorch's own `powf` may differ
//! from that in the last bit, and so may a division by the factor of a scaling on a GPU, which
//! multiplies by the reciprocal.
//!
//! Python computes with numbers in FP64; a tensor makes FP32 of them.

use std::f64::consts::PI;

use super::rope::{Rope, Scaling};

impl Rope {
    /// The frequencies for a text of so many tokens, the highest first; 0 where it is short.
    pub(super) fn inv_freq(&self, tokens: u64) -> Vec<f32> {
        let powers = self.powers(self.base(tokens));
        match self.scaling.kind.as_str() {
            _ if !self.scaling.applied => powers.map(|power| 1.0 / power).collect(),
            "yarn" => self.yarn(&powers.collect::<Vec<_>>()),
            _ => powers.map(|power| self.scaling.of(1.0 / power)).collect(),
        }
    }

    /// What cosines and sines are multiplied by.
    pub(super) fn attention_factor(&self) -> f32 {
        self.scaling.attention_factor.unwrap_or(1.0) as f32
    }

    /// Whether the frequencies are made anew for a text of so many tokens, in FP32, whatever they
    /// were rounded to.
    pub(super) fn is_recomputed(&self, tokens: u64) -> bool {
        self.scaling.kind == "dynamic" && tokens > self.positions
    }

    /// `base ** (arange(0, dim, 2) / dim)`.
    fn powers(&self, base: f32) -> impl Iterator<Item = f32> {
        let dim = self.rotary_dim;
        (0..dim / 2).map(move |index| {
            let exponent = (2 * index) as f32 / dim as f32;
            libm::pow(f64::from(base), f64::from(exponent)) as f32
        })
    }

    /// θ, larger for a text that is longer than the model has positions where the scaling is
    /// dynamic: as many tokens are a tensor there, every step is one of FP32.
    fn base(&self, tokens: u64) -> f32 {
        let base = self.theta as f32;
        let Some(factor) = self.scaling.factor.filter(|_| self.is_recomputed(tokens)) else {
            return base;
        };
        let stretched = factor as f32 * tokens as f32 / self.positions as f32;
        let stretched = stretched - (factor - 1.0) as f32;
        let dim = self.rotary_dim as f64;
        let power = libm::pow(stretched.into(), ((dim / (dim - 2.0)) as f32).into());
        base * power as f32
    }

    /// Between the unscaled frequencies and those divided by the factor: the first for short waves, the
    /// second for long ones, a ramp between.
    fn yarn(&self, powers: &[f32]) -> Vec<f32> {
        let factor = self.scaling.factor.unwrap_or(1.0) as f32;
        let [low, high] = self.ramp();
        let frequency = |(index, &power): (usize, &f32)| {
            let ramp = (index as f32 - low as f32) / (high - low) as f32;
            let kept = 1.0 - ramp.clamp(0.0, 1.0);
            1.0 / (factor * power) * (1.0 - kept) + 1.0 / power * kept
        };
        powers.iter().enumerate().map(frequency).collect()
    }

    /// Indices of the frequencies that turn `beta_fast` and `beta_slow` times in the old context.
    fn ramp(&self) -> [f64; 2] {
        let scaling = &self.scaling;
        let dim = self.rotary_dim as f64;
        let context = scaling.original_max_position_embeddings.unwrap_or(1) as f64;
        let turning = |times: f64| {
            dim * libm::log(context / (times * 2.0 * PI)) / (2.0 * libm::log(self.theta))
        };
        let low = turning(scaling.beta_fast.unwrap_or(32.0));
        let high = turning(scaling.beta_slow.unwrap_or(1.0));
        let (low, high) = match scaling.truncate {
            Some(false) => (low, high),
            _ => (low.floor(), high.ceil()),
        };
        let (low, high) = (low.max(0.0), high.min(dim - 1.0));
        // Keeps the ramp from being a division by zero.
        [low, if low == high { high + 0.001 } else { high }]
    }
}

impl Scaling {
    /// A frequency scaled as transformers does it, where it is.
    fn of(&self, frequency: f32) -> f32 {
        match (self.factor, self.low_freq_factor, self.high_freq_factor) {
            (Some(factor), None, _) if self.kind == "linear" => frequency / factor as f32,
            (Some(factor), Some(low), Some(high)) => self.llama3(frequency, factor, low, high),
            _ => frequency,
        }
    }

    /// Long waves are divided by the factor, short ones stay, and between them both are mixed.
    fn llama3(&self, frequency: f32, factor: f64, low: f64, high: f64) -> f32 {
        let context = self.original_max_position_embeddings.unwrap_or(1) as f64;
        // A tensor divides a number by itself in two steps: its reciprocal, times the number.
        let wave = 1.0 / frequency * (2.0 * PI) as f32;
        if wave > (context / low) as f32 {
            return frequency / factor as f32;
        }
        if wave < (context / high) as f32 {
            return frequency;
        }
        let smooth = (1.0 / wave * context as f32 - low as f32) / (high - low) as f32;
        (1.0 - smooth) * frequency / factor as f32 + smooth * frequency
    }
}
