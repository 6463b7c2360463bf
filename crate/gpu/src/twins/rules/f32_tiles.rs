//! FP32 in tiles (split-K): each tile in the order of its columns, then the tiles' sums in theirs.

use crate::twins::product;

/// Σ `weights`\[k\] · `inputs`\[k\] in tiles of `tile` columns.
pub fn dot(weights: &[f32], inputs: &[f32], tile: usize) -> f32 {
    let tiles = weights.chunks(tile).zip(inputs.chunks(tile));
    tiles.fold(0.0, |sum, (weights, inputs)| {
        sum + product::dot(weights, inputs)
    })
}
