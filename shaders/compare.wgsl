// joined with nothing
//
// How far two outputs lie apart, element by element: the figures of a block of 4,096 of one token,
// which the host adds in FP64, and counts over all. Everything that is not plain subtraction is done by
// bits, so that neither NaN nor a driver that flushes subnormal numbers makes a count wrong.
struct Extent {
    // Rows that count; those of the padding do not.
    rows: u32,
    // How far apart two tokens' outputs are.
    stride: u32,
    // Where the first token's block has its place among `blocks`.
    blocks_per_token: u32,
    // The first token.
    token: u32,
}

struct Block {
    // The largest |a - b| of finite pairs, as bits.
    most: u32,
    // The exponent field of the unit in which sums are.
    unit: u32,
    // The sum of |a - b| and of its square, in the unit.
    sum: f32,
    squares: f32,
}

struct Counts {
    // Distances in BF16's places: 0, 1, 2, 3-4, 5-8 and so on; then infinite, then NaN.
    bins: array<atomic<u32>, 36>,
    // Pairs of one value.
    equal: atomic<u32>,
    // Pairs of which one at least, or the difference, is not finite: in no sum.
    not_finite: atomic<u32>,
    // The largest finite distance.
    most_places: atomic<u32>,
}

@group(0) @binding(0) var<uniform> extent: Extent;
@group(0) @binding(1) var<storage, read> ours: array<u32>;
@group(0) @binding(2) var<storage, read> theirs: array<u32>;
@group(0) @binding(3) var<storage, read_write> blocks: array<Block>;
@group(0) @binding(4) var<storage, read_write> counts: Counts;

const THREADS: u32 = 256u;
const BLOCK: u32 = 4096u;
const SIGN: u32 = 0x80000000u;
const INFINITY: u32 = 0x7f800000u;
const BINS: u32 = 36u;
const INFINITE: u32 = 34u;
const NOT_A_NUMBER: u32 = 35u;

var<workgroup> most: atomic<u32>;
var<workgroup> most_places: atomic<u32>;
var<workgroup> tallies: array<atomic<u32>, 38>;
var<workgroup> sums: array<vec2<f32>, 256>;

// What |a - b| is, as bits; infinity's and beyond where it is not finite.
fn distance(a: u32, b: u32) -> u32 {
    if (a & ~SIGN) >= INFINITY || (b & ~SIGN) >= INFINITY {
        return INFINITY;
    }
    return bitcast<u32>(bitcast<f32>(a) - bitcast<f32>(b)) & ~SIGN;
}

// The magnitude of a finite number's or infinity's code in BF16, rounded to the nearest, ties to even, with its sign.
fn place(number: u32) -> i32 {
    let magnitude = number & ~SIGN;
    let code = i32((magnitude + 0x7fffu + ((magnitude >> 16u) & 1u)) >> 16u);
    return select(code, -code, (number & SIGN) != 0u);
}

fn is_nan(number: u32) -> bool {
    return (number & ~SIGN) > INFINITY;
}

// Whether both are one number; zeros are, whatever their signs.
fn are_equal(a: u32, b: u32) -> bool {
    return !is_nan(a) && (a == b || ((a | b) & ~SIGN) == 0u);
}

// The bin of a pair, and into `places` its distance if that is finite.
fn bin(a: u32, b: u32, places: ptr<function, u32>) -> u32 {
    if is_nan(a) || is_nan(b) {
        return select(NOT_A_NUMBER, 0u, is_nan(a) && is_nan(b));
    }
    let at_a = place(a);
    let at_b = place(b);
    if at_a == at_b {
        return 0u;
    }
    if max(abs(at_a), abs(at_b)) >= 0x7f80 {
        return INFINITE;
    }
    let apart = u32(abs(at_a - at_b));
    *places = max(*places, apart);
    return 33u - countLeadingZeros(apart - 1u);
}

@compute @workgroup_size(256)
fn compare(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    if thread < 38u {
        atomicStore(&tallies[thread], 0u);
    }
    if thread == 0u {
        atomicStore(&most, 0u);
        atomicStore(&most_places, 0u);
    }
    workgroupBarrier();

    let first = group.x * BLOCK + thread;
    let end = min(extent.rows, (group.x + 1u) * BLOCK);
    let token = extent.token + group.y;
    var places = 0u;
    for (var row = first; row < end; row += THREADS) {
        let a = ours[token * extent.stride + row];
        let b = theirs[token * extent.stride + row];
        atomicAdd(&tallies[bin(a, b, &places)], 1u);
        if are_equal(a, b) {
            atomicAdd(&tallies[BINS], 1u);
        }
        let apart = distance(a, b);
        if apart >= INFINITY {
            atomicAdd(&tallies[BINS + 1u], 1u);
        } else {
            atomicMax(&most, apart);
        }
    }
    atomicMax(&most_places, places);
    workgroupBarrier();

    // In units of the largest one's power of two, neither a sum nor a square can leave FP32's range.
    let unit = clamp(atomicLoad(&most) >> 23u, 1u, 253u);
    let per_unit = bitcast<f32>((254u - unit) << 23u);
    var sum = vec2(0f);
    for (var row = first; row < end; row += THREADS) {
        let apart = distance(ours[token * extent.stride + row], theirs[token * extent.stride + row]);
        if apart < INFINITY {
            let scaled = bitcast<f32>(apart) * per_unit;
            sum += vec2(scaled, scaled * scaled);
        }
    }
    sums[thread] = sum;
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if thread < half {
            sums[thread] += sums[thread + half];
        }
    }
    if thread == 0u {
        let at = token * extent.blocks_per_token + group.x;
        blocks[at] = Block(atomicLoad(&most), unit, sums[0].x, sums[0].y);
        atomicMax(&counts.most_places, atomicLoad(&most_places));
    }
    if thread < BINS {
        atomicAdd(&counts.bins[thread], atomicLoad(&tallies[thread]));
    } else if thread == BINS {
        atomicAdd(&counts.equal, atomicLoad(&tallies[thread]));
    } else if thread == BINS + 1u {
        atomicAdd(&counts.not_finite, atomicLoad(&tallies[thread]));
    }
}
