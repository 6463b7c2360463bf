// Weights in FP16, two in a word. By bits, because unpack2x16float may flush subnormal numbers.
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;

// Halves in the low 16 bits of words, as FP32.
fn widened(halves: vec4<u32>) -> vec4<f32> {
    let magnitude = halves & vec4(0x7fffu);
    let normal = (magnitude << vec4(13u)) + vec4(112u << 23u);
    let special = (magnitude << vec4(13u)) | vec4(0x7f800000u);
    // A subnormal number is a whole multiple of 2^-24.
    let subnormal = bitcast<vec4<u32>>(vec4<f32>(magnitude) * 0x1p-24f);
    let finite = select(normal, subnormal, magnitude < vec4(0x400u));
    let bits = select(finite, special, magnitude >= vec4(0x7c00u));
    return bitcast<vec4<f32>>(bits | ((halves & vec4(0x8000u)) << vec4(16u)));
}

// The eight weights from 8 * eight on.
fn weights_at(eight: u32) -> mat2x4<f32> {
    let words = weights[eight];
    let even = widened(words & vec4(0xffffu));
    let odd = widened(words >> vec4(16u));
    return mat2x4(even.x, odd.x, even.y, odd.y, even.z, odd.z, even.w, odd.w);
}
