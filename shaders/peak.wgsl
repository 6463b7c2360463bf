// joined with nothing
//
// As many multiply-adds as the card can do, and nothing else: what the products' speed is held against.
// Each thread has 32 independent chains of x * factor + addend, `rounds` links long.
struct Work {
    rounds: u32,
    factor: f32,
    addend: f32,
    unused: u32,
}

@group(0) @binding(0) var<uniform> work: Work;
@group(0) @binding(1) var<storage, read_write> results: array<f32>;

@compute @workgroup_size(256)
fn peak(@builtin(global_invocation_id) id: vec3<u32>) {
    var a = vec4<f32>(vec4(id.x) % vec4(3u));
    var b = a + 1f;
    var c = a + 2f;
    var d = a + 3f;
    var e = a + 4f;
    var f = a + 5f;
    var g = a + 6f;
    var h = a + 7f;
    let factor = vec4(work.factor);
    let addend = vec4(work.addend, work.addend + 1f, work.addend + 2f, work.addend + 3f);
    for (var round = 0u; round < work.rounds; round++) {
        a = a * factor + addend;
        b = b * factor + addend;
        c = c * factor + addend;
        d = d * factor + addend;
        e = e * factor + addend;
        f = f * factor + addend;
        g = g * factor + addend;
        h = h * factor + addend;
    }
    let all = ((a + b) + (c + d)) + ((e + f) + (g + h));
    results[id.x] = (all.x + all.y) + (all.z + all.w);
}
