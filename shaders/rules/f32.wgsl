// FP32 in eight partial sums, taken in turn, and then halves: the order of the CPU's vector kernel.
struct Sums {
    eight: array<vec4<f32>, 8>,
}

fn add(sums: ptr<function, Sums>, products: mat4x4<f32>, column: u32) {
    let first = column & 4u;
    (*sums).eight[first] = plus((*sums).eight[first], products[0]);
    (*sums).eight[first + 1u] = plus((*sums).eight[first + 1u], products[1]);
    (*sums).eight[first + 2u] = plus((*sums).eight[first + 2u], products[2]);
    (*sums).eight[first + 3u] = plus((*sums).eight[first + 3u], products[3]);
}

fn finish(sums: ptr<function, Sums>, columns: u32) -> vec4<f32> {
    let s04 = plus((*sums).eight[0], (*sums).eight[4]);
    let s26 = plus((*sums).eight[2], (*sums).eight[6]);
    let s15 = plus((*sums).eight[1], (*sums).eight[5]);
    let s37 = plus((*sums).eight[3], (*sums).eight[7]);
    return plus(plus(s04, s26), plus(s15, s37));
}
