//! Small checkpoints whose values have a history.

use serde_json::{Value, json};

use crate::support::{Outcome, Scratch, container, floatscope, outcome};

/// Tensors of a test file: name, dtype, shape, bytes.
pub(crate) type Tensor<'a> = (&'a str, &'a str, Vec<u64>, Vec<u8>);

pub(crate) fn file(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, dtype, shape, bytes) in tensors {
        let begin = data.len();
        data.extend(bytes);
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert((*name).to_owned(), entry);
    }
    container(&Value::Object(header), &data)
}

/// So many values around zero: sums of uniform ones, each time the same.
pub(crate) fn normal(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut value = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    (0..count).map(|_| (value() * 0.02) as f32).collect()
}

pub(crate) fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// FP32, of which the lower half is cut off: BF16 in a wider coat.
pub(crate) fn cut(values: &[f32]) -> Vec<f32> {
    let cut = |value: &f32| f32::from_bits(value.to_bits() & 0xffff_0000);
    values.iter().map(cut).collect()
}

/// `native`: FP32; `coat`: FP32 that holds BF16; `copy` with its bytes; `odd` with
/// a NaN, an infinity and a value beyond FP16.
pub(crate) fn mixed(scratch: &Scratch) -> std::path::PathBuf {
    let native = f32_bytes(&normal(40_000, 1));
    let coat = f32_bytes(&cut(&normal(40_000, 2)));
    let mut odd = normal(40_000, 3);
    odd[..3].copy_from_slice(&[f32::NAN, f32::INFINITY, 70_000.0]);
    let shape = vec![200, 200];
    let tensors = [
        ("coat", "F32", shape.clone(), coat.clone()),
        ("copy", "F32", shape.clone(), coat),
        ("native", "F32", shape.clone(), native),
        ("odd", "F32", shape, f32_bytes(&odd)),
    ];
    scratch.write("mixed.safetensors", file(&tensors))
}

/// A layer as GPTQ writes it, and a norm.
pub(crate) fn packed(scratch: &Scratch) -> std::path::PathBuf {
    let tensors = [
        ("norm.weight", "F32", vec![256], f32_bytes(&normal(256, 4))),
        ("q.g_idx", "I32", vec![256], vec![0; 1024]),
        ("q.qweight", "I32", vec![32, 8], vec![0x5a; 1024]),
        ("q.qzeros", "I32", vec![2, 1], vec![0x77; 8]),
        ("q.scales", "F16", vec![2, 8], vec![0x1c; 32]),
    ];
    scratch.write("packed.safetensors", file(&tensors))
}

pub(crate) fn run(path: &std::path::Path, arguments: &[&str]) -> Outcome {
    outcome(floatscope().arg("scan").arg(path).args(arguments))
}

pub(crate) fn report(path: &std::path::Path) -> Value {
    run(path, &["--json", "-"]).json()
}

pub(crate) fn tensor<'a>(report: &'a Value, name: &str) -> &'a Value {
    let tensors = report["tensors"].as_array().expect("a list of tensors");
    let found = tensors.iter().find(|tensor| tensor["name"] == name);
    found.expect("the tensor is in the report")
}
