// joined with: parts/product, weights/*, rules/*
//
// A product under a rule of accumulation, bit for bit. A workgroup makes 16 rows by 16 tokens, a thread
// four rows of one token: the rule sees the products of four rows, column by column.
//
// The rule is told products, not factors: where they are exact in FP32, it makes no difference whether
// a driver rounds them before they are added or contracts both to a fused multiply-add.
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
    let row = 4u * (thread % 4u);
    let token = thread / 4u;
    var sums = Sums();
    for (var first = 0u; first < shape.columns; first += COLUMNS) {
        workgroupBarrier();
        let eights = weights_at((group.x * 16u + brought) * shape.eights + first / 8u + quad / 2u);
        row_tile[thread] = eights[quad % 2u];
        token_tile[thread] =
            inputs[(group.y * 16u + brought) * 2u * shape.eights + first / 4u + quad];
        workgroupBarrier();
        let columns = min(COLUMNS, shape.columns - first);
        for (var column = 0u; column < columns; column++) {
            let at = column / 4u;
            let factors = vec4(
                row_tile[row * 4u + at][column % 4u],
                row_tile[row * 4u + 4u + at][column % 4u],
                row_tile[row * 4u + 8u + at][column % 4u],
                row_tile[row * 4u + 12u + at][column % 4u],
            );
            let input = token_tile[token * 4u + at][column % 4u];
            add(&sums, factors * input, first + column);
        }
    }
    let to = (group.y * 16u + token) * (shape.rows / 4u) + group.x * 4u + thread % 4u;
    outputs[to] = finish(&sums, shape.columns);
}
