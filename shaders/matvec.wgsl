// joined with: parts/product, weights/*
//
// The product for few tokens, which is as fast as weights can be read. A workgroup of 64 threads makes
// four rows by one or four tokens. A thread takes every 64th eight columns, in their order;
// then the upper half of the threads' sums is added to the lower, six times.
override SEVERAL: bool = false;

const THREADS: u32 = 64u;

var<workgroup> partial: array<vec4<f32>, 256>;

// Eight columns of one token into the sums of four rows.
fn eight_columns(sums: vec4<f32>, low: mat4x4<f32>, high: mat4x4<f32>, quad: u32) -> vec4<f32> {
    return step(step(sums, low, inputs[quad]), high, inputs[quad + 1u]);
}

@compute @workgroup_size(64)
fn matvec(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let row = 4u * group.x;
    let token = select(1u, 4u, SEVERAL) * group.y;
    let input_quads = 2u * shape.eights;
    var sums_0 = vec4(0f);
    var sums_1 = vec4(0f);
    var sums_2 = vec4(0f);
    var sums_3 = vec4(0f);
    for (var eight = thread; eight < shape.eights; eight += THREADS) {
        let first = row * shape.eights + eight;
        let w0 = weights_at(first);
        let w1 = weights_at(first + shape.eights);
        let w2 = weights_at(first + 2u * shape.eights);
        let w3 = weights_at(first + 3u * shape.eights);
        let low = transpose(mat4x4(w0[0], w1[0], w2[0], w3[0]));
        let high = transpose(mat4x4(w0[1], w1[1], w2[1], w3[1]));
        let quad = token * input_quads + 2u * eight;
        sums_0 = eight_columns(sums_0, low, high, quad);
        if SEVERAL {
            sums_1 = eight_columns(sums_1, low, high, quad + input_quads);
            sums_2 = eight_columns(sums_2, low, high, quad + 2u * input_quads);
            sums_3 = eight_columns(sums_3, low, high, quad + 3u * input_quads);
        }
    }
    partial[thread] = sums_0;
    partial[thread + THREADS] = sums_1;
    partial[thread + 2u * THREADS] = sums_2;
    partial[thread + 3u * THREADS] = sums_3;
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if thread < half {
            partial[thread] += partial[thread + half];
            partial[thread + THREADS] += partial[thread + THREADS + half];
            partial[thread + 2u * THREADS] += partial[thread + 2u * THREADS + half];
            partial[thread + 3u * THREADS] += partial[thread + 3u * THREADS + half];
        }
    }
    workgroupBarrier();
    let tokens = select(1u, 4u, SEVERAL);
    if thread < tokens {
        outputs[(token + thread) * (shape.rows / 4u) + group.x] = partial[thread * THREADS];
    }
}
