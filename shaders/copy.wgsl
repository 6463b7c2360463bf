// joined with nothing
//
// Every vector of one buffer into another: what the speed of the matrix-vector product is held against.
struct Extent {
    // Vectors in a row of workgroups.
    stride: u32,
    unused_0: u32,
    unused_1: u32,
    unused_2: u32,
}

@group(0) @binding(0) var<uniform> extent: Extent;
@group(0) @binding(1) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> target_vectors: array<vec4<u32>>;

@compute @workgroup_size(256)
fn copy(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = id.y * extent.stride + id.x;
    target_vectors[at] = source[at];
}
