//! Attention of one layer, head by head.

use super::config::{Config, LayerConfig};
use super::numerics::Numerics;
use crate::lab::Accumulate;

/// Queries, keys and values of all tokens, `[tokens, heads × head_dim]` each.
pub(super) struct Attention<'a> {
    pub(super) queries: &'a [f32],
    pub(super) keys: &'a [f32],
    pub(super) values: &'a [f32],
    pub(super) numerics: Numerics,
    pub(super) accumulate: Accumulate,
}

impl Attention<'_> {
    /// softmax(q · kᵀ / √d) · v, causal, `[tokens, heads × head_dim]`; each of the products, the scaled
    /// scores and the probabilities rounded.
    pub(super) fn attend(&self, config: &Config, layer: LayerConfig) -> Vec<f32> {
        let mut attended = vec![0.0; self.queries.len()];
        let shared = config.heads / config.kv_heads;
        let tokens = self.queries.len() / config.query_width();
        let mut columns = Vec::new();
        for kv_head in 0..config.kv_heads {
            self.gather_columns(config, kv_head, tokens, &mut columns);
            for head in kv_head * shared..(kv_head + 1) * shared {
                for token in 0..tokens {
                    let first = first_seen(token, layer.window);
                    let row = self.probabilities(config, [head, kv_head], first..token + 1);
                    let at = token * config.query_width() + head * config.head_dim;
                    let out = &mut attended[at..at + config.head_dim];
                    for (out, column) in out.iter_mut().zip(columns.chunks_exact(tokens)) {
                        let sum = self.accumulate.dot(&column[first..=token], &row);
                        *out = self.numerics.activations.round(sum);
                    }
                }
            }
        }
        attended
    }

    /// One head's values by column, `[head_dim, tokens]`.
    fn gather_columns(&self, config: &Config, kv_head: usize, tokens: usize, out: &mut Vec<f32>) {
        out.clear();
        for column in 0..config.head_dim {
            let at = kv_head * config.head_dim + column;
            out.extend((0..tokens).map(|token| self.values[token * config.key_width() + at]));
        }
    }

    /// How much the last of the tokens looks at each of them.
    fn probabilities(
        &self,
        config: &Config,
        [head, kv_head]: [usize; 2],
        tokens: std::ops::Range<usize>,
    ) -> Vec<f32> {
        let scaling = (1.0 / (config.head_dim as f64).sqrt()) as f32;
        let part = |all: &[f32], width: usize, token: usize, head: usize| {
            let at = token * width + head * config.head_dim;
            at..(at + config.head_dim).min(all.len())
        };
        let query = part(self.queries, config.query_width(), tokens.end - 1, head);
        let query = &self.queries[query];
        let round = |number| self.numerics.activations.round(number);
        let scores = tokens.map(|token| {
            let key = &self.keys[part(self.keys, config.key_width(), token, kv_head)];
            round(round(self.accumulate.dot(key, query)) * scaling)
        });
        let mut scores: Vec<f32> = scores.collect();
        self.numerics.softmax(&mut scores);
        scores
    }
}

/// The first token that a token sees.
fn first_seen(token: usize, window: Option<u64>) -> usize {
    match window {
        Some(window) if window <= token as u64 => token + 1 - window as usize,
        _ => 0,
    }
}
