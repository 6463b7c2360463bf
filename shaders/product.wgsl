// joined with: parts/product, weights/*
//
// The tiled product. A workgroup makes 128 rows by 128 tokens, a thread 8 by 8 of them, in steps of
// 16 columns that lie in workgroup memory as FP32. A sum goes over the columns in their order.
const COLUMN_QUADS: u32 = 4u;

var<workgroup> row_tile: array<vec4<f32>, 512>;
var<workgroup> token_tile: array<vec4<f32>, 512>;

// Where four columns of a row lie. Eight neighbouring threads read rows that are four apart, and
// this brings these to the eight groups of four banks.
fn place(row: u32, quad: u32) -> u32 {
    let slot = row ^ ((row >> 4u) & 1u);
    return slot * COLUMN_QUADS + (quad ^ ((row >> 2u) & 3u));
}

// Four columns of four rows, a column a vector.
fn four_rows(row: u32, quad: u32) -> mat4x4<f32> {
    return transpose(mat4x4(
        row_tile[place(row, quad)],
        row_tile[place(row + 1u, quad)],
        row_tile[place(row + 2u, quad)],
        row_tile[place(row + 3u, quad)],
    ));
}

@compute @workgroup_size(256)
fn product(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    // What this thread brings to workgroup memory: eight columns of a row, four of two tokens.
    let brought_row = thread / 2u;
    let brought_half = thread % 2u;
    let brought_token = thread / COLUMN_QUADS;
    let input_quads = 2u * shape.eights;
    var weights_from = (group.x * 128u + brought_row) * shape.eights + brought_half;
    var inputs_from = (group.y * 128u + brought_token) * input_quads + thread % COLUMN_QUADS;

    // What it makes: rows from `row` and from 64 + `row` on, tokens 16 apart.
    let row = 4u * (thread % 16u);
    let token = thread / 16u;
    var a0 = vec4(0f); var a1 = vec4(0f); var a2 = vec4(0f); var a3 = vec4(0f);
    var a4 = vec4(0f); var a5 = vec4(0f); var a6 = vec4(0f); var a7 = vec4(0f);
    var b0 = vec4(0f); var b1 = vec4(0f); var b2 = vec4(0f); var b3 = vec4(0f);
    var b4 = vec4(0f); var b5 = vec4(0f); var b6 = vec4(0f); var b7 = vec4(0f);

    var next_weights = weights_at(weights_from);
    var next_inputs = inputs[inputs_from];
    var more_inputs = inputs[inputs_from + 64u * input_quads];
    let steps = shape.eights / 2u;
    for (var at = 1u; at <= steps; at++) {
        workgroupBarrier();
        row_tile[place(brought_row, 2u * brought_half)] = next_weights[0];
        row_tile[place(brought_row, 2u * brought_half + 1u)] = next_weights[1];
        token_tile[thread] = next_inputs;
        token_tile[thread + 256u] = more_inputs;
        workgroupBarrier();
        // The next step's are on their way while this one is computed; after the last, its own again.
        if at < steps {
            weights_from += 2u;
            inputs_from += COLUMN_QUADS;
        }
        next_weights = weights_at(weights_from);
        next_inputs = inputs[inputs_from];
        more_inputs = inputs[inputs_from + 64u * input_quads];
        for (var quad = 0u; quad < COLUMN_QUADS; quad++) {
            let a = four_rows(row, quad);
            let b = four_rows(row + 64u, quad);
            let start = token * COLUMN_QUADS + quad;
            let x0 = token_tile[start];
            a0 = step(a0, a, x0); b0 = step(b0, b, x0);
            let x1 = token_tile[start + 64u];
            a1 = step(a1, a, x1); b1 = step(b1, b, x1);
            let x2 = token_tile[start + 128u];
            a2 = step(a2, a, x2); b2 = step(b2, b, x2);
            let x3 = token_tile[start + 192u];
            a3 = step(a3, a, x3); b3 = step(b3, b, x3);
            let x4 = token_tile[start + 256u];
            a4 = step(a4, a, x4); b4 = step(b4, b, x4);
            let x5 = token_tile[start + 320u];
            a5 = step(a5, a, x5); b5 = step(b5, b, x5);
            let x6 = token_tile[start + 384u];
            a6 = step(a6, a, x6); b6 = step(b6, b, x6);
            let x7 = token_tile[start + 448u];
            a7 = step(a7, a, x7); b7 = step(b7, b, x7);
        }
    }

    let stride = shape.rows / 4u;
    let to = (group.y * 128u + token) * stride + (group.x * 128u + row) / 4u;
    let apart = 16u * stride;
    outputs[to] = a0; outputs[to + 16u] = b0;
    outputs[to + apart] = a1; outputs[to + apart + 16u] = b1;
    outputs[to + 2u * apart] = a2; outputs[to + 2u * apart + 16u] = b2;
    outputs[to + 3u * apart] = a3; outputs[to + 3u * apart + 16u] = b3;
    outputs[to + 4u * apart] = a4; outputs[to + 4u * apart + 16u] = b4;
    outputs[to + 5u * apart] = a5; outputs[to + 5u * apart + 16u] = b5;
    outputs[to + 6u * apart] = a6; outputs[to + 6u * apart + 16u] = b6;
    outputs[to + 7u * apart] = a7; outputs[to + 7u * apart + 16u] = b7;
}
