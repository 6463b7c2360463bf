//! What each shader computes, as it is defined: one file for each file of `shaders/`, of the same name.
//!
//! Twins are the oracle of the self-test and of the tests. They are slow, and read like the definition.

pub mod compare;
pub mod copy;
pub mod matvec;
pub mod model;
pub mod peak;
pub mod product;
pub mod rules;
pub mod weights;

use crate::Weights;

/// A product, `[token, row]`, by what a dot product is: of a row's weights and a token's inputs.
///
/// # Panics
/// Where weights are neither BF16, F16 nor F32.
pub fn outputs(
    weights: &Weights<'_>,
    inputs: &[f32],
    dot: impl Fn(&[f32], &[f32]) -> f32,
) -> Vec<f32> {
    let widened = weights::widened(weights.dtype, weights.bytes);
    let rows = || widened.chunks_exact(weights.columns);
    let tokens = inputs.chunks_exact(weights.columns);
    tokens
        .flat_map(|inputs| {
            rows()
                .map(|weights| dot(weights, inputs))
                .collect::<Vec<_>>()
        })
        .collect()
}
