// FP16 after each add: the FP32 sum is rounded to the nearest FP16 number, ties to even, and is infinite from
// 65,520 on, for good.
struct Sums {
    rounded: vec4<f32>,
}

const SIGN: u32 = 0x80000000u;
const INFINITY: u32 = 0x7f800000u;

fn to_f16(numbers: vec4<f32>) -> vec4<f32> {
    let bits = bitcast<vec4<u32>>(numbers);
    let magnitude = bits & vec4(~SIGN);
    let normal = (magnitude + vec4(0xfffu) + ((magnitude >> vec4(13u)) & vec4(1u))) & vec4(~0x1fffu);
    // Below 2^-14 in whole multiples of 2^-24; round() takes ties to even.
    let subnormal = round(bitcast<vec4<f32>>(magnitude) * 0x1p+24f) * 0x1p-24f;
    let finite = select(normal, bitcast<vec4<u32>>(subnormal), magnitude < vec4(0x38800000u));
    let rounded = select(finite, vec4(INFINITY), magnitude >= vec4(0x477ff000u));
    // A NaN keeps its upper bits, and one so that it stays one.
    let chosen = select(rounded, magnitude | vec4(0x00400000u), magnitude > vec4(INFINITY));
    return bitcast<vec4<f32>>(chosen | (bits & vec4(SIGN)));
}

fn add_one(sums: ptr<function, Sums>, products: vec4<f32>) {
    let before = (*sums).rounded;
    // What a driver makes of infinity and a number is its own affair.
    let is_over = (bitcast<vec4<u32>>(before) & vec4(~SIGN)) >= vec4(INFINITY);
    (*sums).rounded = select(to_f16(before + products), before, is_over);
}

fn add(sums: ptr<function, Sums>, products: mat4x4<f32>, column: u32) {
    add_one(sums, products[0]);
    add_one(sums, products[1]);
    add_one(sums, products[2]);
    add_one(sums, products[3]);
}

fn finish(sums: ptr<function, Sums>, columns: u32) -> vec4<f32> {
    return (*sums).rounded;
}
