//! The product under a rule.

use crate::Model;
use crate::twins::{product, rules};

/// Σ `weights`\[k\] · `inputs`\[k\] as the rule adds.
pub fn dot(model: Model, weights: &[f32], inputs: &[f32]) -> f32 {
    match model {
        Model::F32 => rules::f32::dot(weights, inputs),
        Model::F32Sequential => product::dot(weights, inputs),
        Model::F32Tiles(size) => rules::f32_tiles::dot(weights, inputs, size.max(1) as usize),
        Model::F32Pairwise => rules::f32_pairwise::dot(weights, inputs),
        Model::Bf16 => rules::bf16::dot(weights, inputs),
        Model::F16 => rules::f16::dot(weights, inputs),
    }
}
