//! Random weights.

use std::f64::consts::TAU;

/// Xorshift64* (Vigna 2016).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// In (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Standard normal, after Box and Muller (1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        radius * libm::cos(TAU * self.uniform())
    }
}

/// FP32 weights of this standard deviation.
pub(crate) fn normal(count: usize, sigma: f64, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    let draw = || f64::from((random.normal() * sigma) as f32);
    std::iter::repeat_with(draw).take(count).collect()
}

/// Heavier tails: the width itself is drawn for each value.
pub(crate) fn heavy_tailed(count: usize, sigma: f64, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    let draw = || {
        let width = sigma / (-libm::log(random.uniform())).sqrt().max(0.05);
        f64::from((random.normal() * width) as f32)
    };
    std::iter::repeat_with(draw).take(count).collect()
}
