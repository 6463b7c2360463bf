// Weights in BF16: the upper half of an FP32 number, two in a word.
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;

// The eight weights from 8 * eight on.
fn weights_at(eight: u32) -> mat2x4<f32> {
    let words = weights[eight];
    let even = bitcast<vec4<f32>>(words << vec4(16u));
    let odd = bitcast<vec4<f32>>(words & vec4(0xffff0000u));
    return mat2x4(even.x, odd.x, even.y, odd.y, even.z, odd.z, even.w, odd.w);
}
