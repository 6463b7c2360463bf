// FP32 by pairs: neighbours are added, then neighbours of these sums, and so on; what has no neighbour
// goes up as it is. Sums of four columns are taken by hand; for those of more, one pending sum a level,
// as a binary counter has digits, gives the same tree.
struct Sums {
    pending: array<vec4<f32>, 32>,
}

fn add(sums: ptr<function, Sums>, products: mat4x4<f32>, column: u32) {
    var carried = plus(plus(products[0], products[1]), plus(products[2], products[3]));
    var level = 0u;
    for (var digits = column / 4u; (digits & 1u) == 1u; digits >>= 1u) {
        carried = plus((*sums).pending[level], carried);
        level += 1u;
    }
    (*sums).pending[level] = carried;
}

fn finish(sums: ptr<function, Sums>, columns: u32) -> vec4<f32> {
    let fours = columns / 4u;
    var level = firstTrailingBit(fours);
    var carried = (*sums).pending[level];
    for (level += 1u; (fours >> level) != 0u; level++) {
        if ((fours >> level) & 1u) == 1u {
            carried = plus((*sums).pending[level], carried);
        }
    }
    // A lone -0 becomes +0, as in every sum that begins with +0; by bits, since adding 0 may be left out.
    let bits = bitcast<vec4<u32>>(carried);
    return select(carried, vec4(0f), bits == vec4(0x80000000u));
}
