// joined with: parts/product, weights/*, rules/*
//
// A product under a rule of accumulation, bit for bit. A workgroup makes 16 rows by 16 tokens, a thread
// four rows of one token: the rule sees the products of four rows, four columns at a time.
//
// The rule is told products, not factors: where they are exact in FP32, it makes no difference whether
// a driver rounds them before they are added or contracts both to a fused multiply-add. Products of the
// padding are −0, which changes no sum.
const COLUMNS: u32 = 16u;

var<workgroup> row_tile: array<vec4<f32>, 64>;
var<workgroup> token_tile: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn model(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let brought = thread / 4u;
    let quad = thread % 4u;
    let weights_row = (group.x * 16u + brought) * shape.eights;
    let inputs_row = (group.y * 16u + brought) * 2u * shape.eights;
    // Of this thread's outputs, where the first row and the token are in the tiles.
    let row = 16u * (thread % 4u);
    let token = 4u * (thread / 4u);
    var sums = Sums();
    for (var first = 0u; first < 8u * shape.eights; first += COLUMNS) {
        workgroupBarrier();
        row_tile[thread] = weights_at(weights_row + first / 8u + quad / 2u)[quad % 2u];
        token_tile[thread] = inputs[inputs_row + first / 4u + quad];
        workgroupBarrier();
        for (var at = 0u; at < 4u; at++) {
            let columns = transpose(mat4x4(
                row_tile[row + at],
                row_tile[row + 4u + at],
                row_tile[row + 8u + at],
                row_tile[row + 12u + at],
            ));
            let input = token_tile[token + at];
            let products = mat4x4(
                columns[0] * input.x,
                columns[1] * input.y,
                columns[2] * input.z,
                columns[3] * input.w,
            );
            add(&sums, products, first + 4u * at);
        }
    }
    let to = (group.y * 16u + thread / 4u) * (shape.rows / 4u) + group.x * 4u + thread % 4u;
    outputs[to] = finish(&sums, 8u * shape.eights);
}
