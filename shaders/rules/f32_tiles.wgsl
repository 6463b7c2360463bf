// FP32 in tiles of shape.tile columns (split-K): each tile is summed from zero in the order of its
// columns, and so are the tiles' sums.
struct Sums {
    whole: vec4<f32>,
    tile: vec4<f32>,
    in_tile: u32,
}

fn add(sums: ptr<function, Sums>, products: vec4<f32>, column: u32) {
    (*sums).tile += products;
    (*sums).in_tile += 1u;
    if (*sums).in_tile == shape.tile {
        (*sums).whole += (*sums).tile;
        (*sums).tile = vec4(0f);
        (*sums).in_tile = 0u;
    }
}

fn finish(sums: ptr<function, Sums>, columns: u32) -> vec4<f32> {
    // Adding a tile of nothing would change nothing: no sum that began at +0 is -0.
    return (*sums).whole + (*sums).tile;
}
