// What all products share: their shape, their inputs and outputs, and four steps along the columns.
//
// outputs[token, row] = sum over columns of weights[row, column] * inputs[token, column], where
// rows, columns and tokens are padded to whole tiles, so that no index needs a check.
struct Shape {
    // Columns / 8 with their padding, even.
    eights: u32,
    // Rows with their padding: how far apart two tokens' outputs are.
    rows: u32,
    // Columns of one partial sum, where the rule of accumulation has such.
    tile: u32,
    // 0, which a compiler cannot know.
    nothing: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> inputs: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> outputs: array<vec4<f32>>;

// a + b, rounded here and now. WGSL lets a compiler reorder sums, and Mesa's does: (p + q) + (r + s) becomes
// a chain of multiply-adds where these are products. Through an integer it cannot look.
fn plus(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    return bitcast<vec4<f32>>(bitcast<vec4<u32>>(a + b) ^ vec4(shape.nothing));
}

// The sums of four rows, gone on with by four columns, in their order.
fn step(sums: vec4<f32>, columns: mat4x4<f32>, input: vec4<f32>) -> vec4<f32> {
    var next = sums + columns[0] * input.x;
    next = next + columns[1] * input.y;
    next = next + columns[2] * input.z;
    return next + columns[3] * input.w;
}
