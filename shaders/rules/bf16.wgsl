// BF16 after each add: the FP32 sum is rounded to the nearest BF16 number, ties to even, by bits.
struct Sums {
    rounded: vec4<f32>,
}

fn to_bf16(numbers: vec4<f32>) -> vec4<f32> {
    let bits = bitcast<vec4<u32>>(numbers);
    let rounded = bits + vec4(0x7fffu) + ((bits >> vec4(16u)) & vec4(1u));
    // What is added could carry out of a NaN; it keeps its upper half, and one bit so that it stays one.
    let is_nan = (bits & vec4(0x7fffffffu)) > vec4(0x7f800000u);
    let chosen = select(rounded, bits | vec4(0x00400000u), is_nan);
    return bitcast<vec4<f32>>(chosen & vec4(0xffff0000u));
}

fn add(sums: ptr<function, Sums>, products: mat4x4<f32>, column: u32) {
    (*sums).rounded = to_bf16((*sums).rounded + products[0]);
    (*sums).rounded = to_bf16((*sums).rounded + products[1]);
    (*sums).rounded = to_bf16((*sums).rounded + products[2]);
    (*sums).rounded = to_bf16((*sums).rounded + products[3]);
}

fn finish(sums: ptr<function, Sums>, columns: u32) -> vec4<f32> {
    return (*sums).rounded;
}
