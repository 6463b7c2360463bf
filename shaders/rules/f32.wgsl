// FP32 in eight partial sums, taken in turn, and then halves: the order of the CPU's vector kernel.
struct Sums {
    eight: array<vec4<f32>, 8>,
}

fn add(sums: ptr<function, Sums>, products: vec4<f32>, column: u32) {
    (*sums).eight[column % 8u] += products;
}

fn finish(sums: ptr<function, Sums>, columns: u32) -> vec4<f32> {
    let s04 = (*sums).eight[0] + (*sums).eight[4];
    let s26 = (*sums).eight[2] + (*sums).eight[6];
    let s15 = (*sums).eight[1] + (*sums).eight[5];
    let s37 = (*sums).eight[3] + (*sums).eight[7];
    return (s04 + s26) + (s15 + s37);
}
