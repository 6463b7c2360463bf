// Weights in FP32.
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;

// The eight weights from 8 * eight on.
fn weights_at(eight: u32) -> mat2x4<f32> {
    return mat2x4(weights[2u * eight], weights[2u * eight + 1u]);
}
