//! The steps of a decoder as PyTorch's eager mode runs them on a CPU: FP32 inside a step, its
//! result rounded to the activations' precision.
//!
//! Which step rounds what stands in `docs/how-it-knows.md` under *The forward pass*.

use super::policy::Precision;
use crate::lab::{to_bf16, to_f16};

impl Precision {
    /// A number rounded to nearest, ties to even.
    #[inline]
    pub(super) fn round(self, number: f32) -> f32 {
        match self {
            Self::F32 => number,
            Self::Bf16 => to_bf16(number),
            Self::F16 => to_f16(number),
        }
    }

    /// All of them rounded.
    pub(super) fn round_all(self, numbers: &mut [f32]) {
        match self {
            Self::F32 => {}
            Self::Bf16 => numbers.iter_mut().for_each(|it| *it = to_bf16(*it)),
            Self::F16 => numbers.iter_mut().for_each(|it| *it = to_f16(*it)),
        }
    }
}

/// In what precision what is computed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numerics {
    pub(super) activations: Precision,
    pub(super) norm: Precision,
    pub(super) softmax: Precision,
}

impl Numerics {
    /// One row's RMSNorm: x · rsqrt(mean(x²) + ε), rounded, times the weight, rounded.
    pub(super) fn rms_norm(&self, row: &mut [f32], weight: &[f32], epsilon: f32) {
        let round = |number| self.norm.round(number);
        let squares: f64 = row.iter().map(|&x| f64::from(round(x * x))).sum();
        let mean = round((squares / row.len() as f64) as f32);
        let factor = round(1.0 / round(mean + epsilon).sqrt());
        for (x, &weight) in row.iter_mut().zip(weight) {
            let normed = self.activations.round(round(*x * factor));
            *x = self.activations.round(weight * normed);
        }
    }

    /// Turns one head by its position: x · cos + rotate_half(x) · sin, each of the three rounded.
    /// `cos` and `sin` have a number for each pair.
    pub(super) fn rotate(&self, head: &mut [f32], cos: &[f32], sin: &[f32]) {
        let round = |number| self.activations.round(number);
        let (first, second) = head.split_at_mut(cos.len());
        for (((x, y), &cos), &sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
            let turned = round(round(*x * cos) + round(-*y * sin));
            *y = round(round(*y * cos) + round(*x * sin));
            *x = turned;
        }
    }

    /// Scores of one query to probabilities, rounded.
    pub(super) fn softmax(&self, scores: &mut [f32]) {
        let round = |number| self.softmax.round(number);
        let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0f64;
        for score in scores.iter_mut() {
            *score = round(exp(round(*score - largest)));
            sum += f64::from(*score);
        }
        let sum = round(sum as f32);
        for score in scores {
            *score = self.activations.round(round(*score / sum));
        }
    }

    /// silu(gate), rounded, times up, rounded; into `gate`.
    pub(super) fn gated(&self, gate: &mut [f32], up: &[f32]) {
        for (gate, &up) in gate.iter_mut().zip(up) {
            let silu = self.activations.round(*gate / (1.0 + exp(-*gate)));
            *gate = self.activations.round(silu * up);
        }
    }

    /// The residual sum, rounded.
    pub(super) fn add(&self, hidden: &mut [f32], more: &[f32]) {
        for (hidden, &more) in hidden.iter_mut().zip(more) {
            *hidden = self.activations.round(*hidden + more);
        }
    }
}

/// The exponential, rounded once to FP32 from FP64.
fn exp(x: f32) -> f32 {
    libm::exp(x.into()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const PYTORCH: Numerics = Numerics {
        activations: Precision::Bf16,
        norm: Precision::F32,
        softmax: Precision::F32,
    };

    #[test]
    fn bf16_is_rounded_to_nearest_even_and_nan_stays() {
        let cases = [
            (0x3f80_8000, 0x3f80_0000),
            (0x3f80_8001, 0x3f81_0000),
            (0x3f81_8000, 0x3f82_0000),
            (0x8000_0001, 0x8000_0000),
            (0x7f7f_ffff, 0x7f80_0000),
            (0x7f80_0000, 0x7f80_0000),
        ];
        for (bits, rounded) in cases {
            let number = Precision::Bf16.round(f32::from_bits(bits));
            assert_eq!(number.to_bits(), rounded, "{bits:x}");
        }
        for bits in [0x7fff_ffff, 0x7f80_0001, 0xffff_ffff] {
            assert!(Precision::Bf16.round(f32::from_bits(bits)).is_nan());
        }
        assert_eq!(Precision::F16.round(65_520.0), f32::INFINITY);
        assert_eq!(Precision::F16.round(1.0 + 1.0 / 2048.0), 1.0);
    }

    /// 1/√(2.5 + 0) is 0.632…; times 1 and 2 in BF16, then times the weights.
    #[test]
    fn a_norm_rounds_before_its_weight() {
        let mut row = [1.0, 2.0];
        PYTORCH.rms_norm(&mut row, &[1.0, 3.0], 0.0);
        // 0.63245553 rounds to 0.6328125, 1.2649111 to 1.265625, and 3.796875 to 3.796875.
        assert_eq!(row, [0.632_812_5, 3.796_875]);
    }

    #[test]
    fn a_head_is_turned_in_halves() {
        let mut head = [1.0, 2.0, 3.0, 4.0];
        PYTORCH.rotate(&mut head, &[0.0, 1.0], &[1.0, 0.0]);
        assert_eq!(head, [-3.0, 2.0, 1.0, 4.0]);
    }

    #[test]
    fn probabilities_are_rounded_one_by_one() {
        let mut scores = [0.0, 0.0, 0.0];
        PYTORCH.softmax(&mut scores);
        assert_eq!(scores, [0.333_984_38; 3]);
    }
}
