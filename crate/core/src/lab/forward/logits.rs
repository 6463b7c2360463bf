//! How the logits of two runs differ.

use serde::Serialize;

use super::compared::Compared;
use crate::report::Number;

/// How many of the likeliest tokens are listed.
const TOP: usize = 5;
/// How many of the first and of the last logits are listed.
const EDGE: usize = 3;
/// What `torch.allclose` allows, times |b| and besides.
const TOLERANCE: (f64, f64) = (1e-5, 1e-8);

/// Differences of the logits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Logits {
    /// Share of logits that are equal.
    pub equal: f64,
    /// Whether all |a − b| ≤ 1e-8 + 1e-5·|b|.
    pub allclose: bool,
    /// Mean of |a − b|.
    pub mean_abs: Number,
    /// Largest |a − b|.
    pub max_abs: Number,
    /// Of each position, the Kullback-Leibler divergence of b's probabilities from a's, in nats.
    pub kl: Vec<Number>,
    /// Of each position, the likeliest tokens.
    pub top_k: Vec<PositionLogits<Vec<TopToken>>>,
    /// Of each position, the first and the last logits.
    pub rows: Vec<PositionLogits<Vec<Number>>>,
}

/// The same of both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PositionLogits<T> {
    /// Of the first.
    pub a: T,
    /// Of the second.
    pub b: T,
}

/// A token and its logit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopToken {
    /// Its id.
    pub token: usize,
    /// Its logit.
    pub logit: Number,
}

impl Logits {
    /// Of `[tokens, vocabulary]`, both.
    pub(super) fn of(a: &[f32], b: &[f32], vocabulary: usize) -> Self {
        let compared = Compared::of(a, b);
        let pairs = a.chunks_exact(vocabulary).zip(b.chunks_exact(vocabulary));
        let positions: Vec<_> = pairs.collect();
        let is_close = |(&a, &b): (&f32, &f32)| {
            let (a, b) = (f64::from(a), f64::from(b));
            let (relative, absolute) = TOLERANCE;
            a == b || (a - b).abs() <= absolute + relative * b.abs() && b.is_finite()
        };
        let both = |of: &dyn Fn(&[f32]) -> Vec<TopToken>| {
            let top = positions
                .iter()
                .map(|(a, b)| PositionLogits { a: of(a), b: of(b) });
            top.collect()
        };
        let rows = positions.iter().map(|(a, b)| PositionLogits {
            a: edges(a),
            b: edges(b),
        });
        Self {
            equal: compared.equal,
            allclose: a.iter().zip(b).all(is_close),
            mean_abs: Number::Real(compared.mean_abs),
            max_abs: Number::Real(compared.max_abs),
            kl: positions
                .iter()
                .map(|(a, b)| Number::Real(divergence(a, b)))
                .collect(),
            top_k: both(&top),
            rows: rows.collect(),
        }
    }
}

/// The largest logits, the first of equal ones first.
fn top(logits: &[f32]) -> Vec<TopToken> {
    let mut best: Vec<usize> = Vec::with_capacity(TOP + 1);
    for (token, logit) in logits.iter().enumerate() {
        let at = best.partition_point(|&other| logits[other] >= *logit || logit.is_nan());
        if at < TOP {
            best.insert(at, token);
            best.truncate(TOP);
        }
    }
    let found = best.into_iter().map(|token| TopToken {
        token,
        logit: Number::Real(logits[token].into()),
    });
    found.collect()
}

fn edges(logits: &[f32]) -> Vec<Number> {
    let first = logits.iter().take(EDGE);
    let last = logits
        .iter()
        .skip(EDGE.max(logits.len().saturating_sub(EDGE)));
    first
        .chain(last)
        .map(|&it| Number::Real(it.into()))
        .collect()
}

/// Σ p · ln(p/q) of the probabilities that two rows of logits mean.
fn divergence(a: &[f32], b: &[f32]) -> f64 {
    let (of_a, of_b) = (log_sum_exp(a), log_sum_exp(b));
    let terms = a.iter().zip(b).map(|(&a, &b)| {
        let (a, b) = (f64::from(a) - of_a, f64::from(b) - of_b);
        libm::exp(a) * (a - b)
    });
    // What rounding makes of nothing.
    let sum: f64 = terms.sum();
    if sum < 0.0 { 0.0 } else { sum }
}

fn log_sum_exp(logits: &[f32]) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let largest = f64::from(largest);
    let sum: f64 = logits
        .iter()
        .map(|&it| libm::exp(f64::from(it) - largest))
        .sum();
    largest + libm::log(sum)
}
