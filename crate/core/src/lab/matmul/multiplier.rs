//! What multiplies rows of weights with the probe.

use super::{Probe, Reduction};
use crate::lab::Accumulate;

/// Multiplies rows with the probe under two models and reduces the outputs.
///
/// Whatever does it, the sums are the models' to the bit, and so is the reduction.
pub trait Multiplier {
    /// `rows` are whole rows of [`Probe::columns`] weights, one behind the other.
    fn reduce(&mut self, rows: &[f32], probe: &Probe, models: [Accumulate; 2]) -> Reduction;
}

/// The processor.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu;

impl Multiplier for Cpu {
    fn reduce(&mut self, rows: &[f32], probe: &Probe, models: [Accumulate; 2]) -> Reduction {
        let mut reduction = Reduction::default();
        for weights in rows.chunks_exact(probe.columns()) {
            for inputs in probe.rows() {
                let [a, b, reference] = sums(weights, inputs, models);
                reduction.add(a, b, reference);
            }
        }
        reduction
    }
}

/// The sums of both models and in FP64, none of them twice.
fn sums(weights: &[f32], inputs: &[f32], [a, b]: [Accumulate; 2]) -> [f32; 3] {
    let dot = |model: Accumulate| model.dot(weights, inputs);
    let of_a = dot(a);
    let of_b = if b == a { of_a } else { dot(b) };
    let reference = match Accumulate::F64 {
        model if model == a => of_a,
        model if model == b => of_b,
        model => dot(model),
    };
    [of_a, of_b, reference]
}
