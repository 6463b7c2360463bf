//! One run: a policy, and what its activations are at the moment.

use super::attention::Attention;
use super::config::Config;
use super::numerics::Numerics;
use super::policy::{Policy, Precision};
use super::weights::{Norm, Projection};

/// One of the runs that go through the layers side by side. All numbers are `[tokens, …]`.
pub(super) struct Run {
    pub(super) policy: Policy,
    numerics: Numerics,
    /// The residual stream.
    pub(super) hidden: Vec<f32>,
    /// What the next projections multiply.
    pub(super) normed: Vec<f32>,
    queries: Vec<f32>,
    keys: Vec<f32>,
    attended: Vec<f32>,
    gate: Vec<f32>,
    pub(super) logits: Vec<f32>,
    pub(super) cos: Vec<f32>,
    pub(super) sin: Vec<f32>,
}

impl Run {
    /// A run of so many tokens.
    pub(super) fn new(policy: Policy, config: &Config, tokens: u64) -> Self {
        let mut run = Self {
            policy,
            numerics: Numerics {
                activations: policy.activations,
                norm: policy.norm,
                softmax: policy.softmax,
            },
            hidden: Vec::new(),
            normed: Vec::new(),
            queries: Vec::new(),
            keys: Vec::new(),
            attended: Vec::new(),
            gate: Vec::new(),
            logits: Vec::new(),
            cos: Vec::new(),
            sin: Vec::new(),
        };
        run.turn(config, tokens);
        run
    }

    /// Cosines and sines of all positions, one for each pair of a head's numbers: angles, cosines
    /// and sines in FP32, then rounded as activations are.
    fn turn(&mut self, config: &Config, tokens: u64) {
        let mut frequencies = config.rope.inv_freq(tokens);
        if !config.rope.is_recomputed(tokens) {
            self.policy.inv_freq.round_all(&mut frequencies);
        }
        let factor = config.rope.attention_factor();
        let round = |number: f64| self.policy.activations.round(number as f32 * factor);
        for position in 0..tokens {
            for frequency in &frequencies {
                let angle = f64::from(position as f32 * frequency);
                self.cos.push(round(libm::cos(angle)));
                self.sin.push(round(libm::sin(angle)));
            }
        }
    }

    /// What a projection multiplies.
    pub(super) fn input(&self, projection: Projection) -> &[f32] {
        match projection {
            Projection::O => &self.attended,
            Projection::Down => &self.gate,
            _ => &self.normed,
        }
    }

    /// The result of a norm, of the hidden state or of each head.
    pub(super) fn norm(&mut self, norm: Norm, weight: &[f32], epsilon: f32) -> &[f32] {
        let rows = match norm {
            Norm::Query => &mut self.queries,
            Norm::Key => &mut self.keys,
            Norm::Input | Norm::PostAttention | Norm::Final => {
                self.normed.clone_from(&self.hidden);
                &mut self.normed
            }
        };
        for row in rows.chunks_exact_mut(weight.len()) {
            self.numerics.rms_norm(row, weight, epsilon);
        }
        rows
    }

    /// Takes the sums of a projection, `[tokens, rows]`: adds the bias and rounds.
    pub(super) fn round(&self, sums: &mut [f32], bias: &[f32]) {
        let precision: Precision = self.policy.activations;
        if !bias.is_empty() {
            for row in sums.chunks_exact_mut(bias.len()) {
                row.iter_mut()
                    .zip(bias)
                    .for_each(|(sum, bias)| *sum += bias);
            }
        }
        precision.round_all(sums);
    }

    /// Goes on with a projection's result.
    pub(super) fn take(
        &mut self,
        projection: Projection,
        layer: usize,
        result: Vec<f32>,
        config: &Config,
    ) {
        match projection {
            Projection::Q => self.queries = result,
            Projection::K => self.keys = result,
            Projection::V => self.attend(layer, &result, config),
            Projection::O | Projection::Down => self.numerics.add(&mut self.hidden, &result),
            Projection::Gate => self.gate = result,
            Projection::Up => self.numerics.gated(&mut self.gate, &result),
            Projection::Head => self.logits = result,
        }
    }

    fn attend(&mut self, layer: usize, values: &[f32], config: &Config) {
        let layer = config.layers[layer];
        if layer.has_rope {
            let pairs = config.head_dim / 2;
            for (rows, width) in [
                (&mut self.queries, config.query_width()),
                (&mut self.keys, config.key_width()),
            ] {
                let angles = self
                    .cos
                    .chunks_exact(pairs)
                    .zip(self.sin.chunks_exact(pairs));
                for (row, (cos, sin)) in rows.chunks_exact_mut(width).zip(angles) {
                    let heads = row.chunks_exact_mut(config.head_dim);
                    heads.for_each(|head| self.numerics.rotate(head, cos, sin));
                }
            }
        }
        let attention = Attention {
            queries: &self.queries,
            keys: &self.keys,
            values,
            numerics: self.numerics,
            accumulate: self.policy.accumulate,
        };
        self.attended = attention.attend(config, layer);
    }
}
