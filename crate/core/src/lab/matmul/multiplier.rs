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
            for inputs in probe.panels() {
                add(&mut reduction, sums(weights, inputs, models));
            }
            for inputs in probe.last_rows() {
                add(
                    &mut reduction,
                    sums(weights, inputs.as_chunks::<1>().0, models),
                );
            }
        }
        reduction
    }
}

/// The sums of both models and in FP64, none of them twice.
fn sums<const T: usize>(
    weights: &[f32],
    inputs: &[[f32; T]],
    [a, b]: [Accumulate; 2],
) -> [[f32; T]; 3] {
    let dots = |model: Accumulate| model.dots(weights, inputs);
    let of_a = dots(a);
    let of_b = if b == a { of_a } else { dots(b) };
    let reference = match Accumulate::F64 {
        model if model == a => of_a,
        model if model == b => of_b,
        model => dots(model),
    };
    [of_a, of_b, reference]
}

fn add<const T: usize>(reduction: &mut Reduction, [a, b, reference]: [[f32; T]; 3]) {
    for token in 0..T {
        reduction.add(a[token], b[token], reference[token]);
    }
}
