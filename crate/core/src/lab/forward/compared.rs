//! How the results of two runs differ, module by module.

use serde::Serialize;

use crate::report::Number;

/// Differences of one module's outputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModuleDifference {
    /// Its name, such as `layers.0.self_attn.q_proj`.
    pub name: String,
    /// Mean of |a − b| over all tokens and numbers.
    pub mean_abs: Number,
    /// Largest |a − b|.
    pub max_abs: Number,
    /// Share of numbers that are equal.
    pub equal: f64,
}

/// Differences of the hidden state behind one layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerDifference {
    /// Its place, from 0.
    pub layer: usize,
    /// Mean of |a − b| over all tokens and numbers.
    pub mean_abs: Number,
    /// Largest |a − b|.
    pub max_abs: Number,
    /// Share of numbers that are equal.
    pub equal: f64,
}

/// |a − b| of two results, in FP64.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Compared {
    pub(super) mean_abs: f64,
    pub(super) max_abs: f64,
    /// A share.
    pub(super) equal: f64,
}

impl Compared {
    pub(super) fn of(a: &[f32], b: &[f32]) -> Self {
        let (mut sum, mut largest, mut equal) = (0.0, 0.0, 0u64);
        for (a, b) in a.iter().zip(b) {
            let distance = (f64::from(*a) - f64::from(*b)).abs();
            equal += u64::from(a == b);
            // Two infinities of one sign are equal; a NaN is told.
            if a != b {
                sum += distance;
                largest = if distance > largest || distance.is_nan() {
                    distance
                } else {
                    largest
                };
            }
        }
        let count = a.len().max(1) as f64;
        Self {
            mean_abs: sum / count,
            max_abs: largest,
            equal: equal as f64 / count,
        }
    }

    pub(super) fn module(self, name: &str) -> ModuleDifference {
        ModuleDifference {
            name: name.to_owned(),
            mean_abs: Number::Real(self.mean_abs),
            max_abs: Number::Real(self.max_abs),
            equal: self.equal,
        }
    }

    pub(super) fn layer(self, layer: usize) -> LayerDifference {
        LayerDifference {
            layer,
            mean_abs: Number::Real(self.mean_abs),
            max_abs: Number::Real(self.max_abs),
            equal: self.equal,
        }
    }
}
