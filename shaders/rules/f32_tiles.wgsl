// FP32 in tiles of shape.tile columns (split-K): each tile is summed from zero in the order of its
// columns, and so are the tiles' sums.
struct Sums {
    whole: vec4<f32>,
    tile: vec4<f32>,
    in_tile: u32,
}

fn add_one(sums: ptr<function, Sums>, products: vec4<f32>) {
    (*sums).tile = plus((*sums).tile, products);
    (*sums).in_tile += 1u;
    if (*sums).in_tile == shape.tile {
        (*sums).whole = plus((*sums).whole, (*sums).tile);
        (*sums).tile = vec4(0f);
        (*sums).in_tile = 0u;
    }
}

fn add(sums: ptr<function, Sums>, products: mat4x4<f32>, column: u32) {
    add_one(sums, products[0]);
    add_one(sums, products[1]);
    add_one(sums, products[2]);
    add_one(sums, products[3]);
}

fn finish(sums: ptr<function, Sums>, columns: u32) -> vec4<f32> {
    // A tile of nothing is +0 and changes nothing.
    return plus((*sums).whole, (*sums).tile);
}
