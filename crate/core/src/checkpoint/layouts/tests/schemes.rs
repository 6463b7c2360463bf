//! Headers as each scheme writes them.

use super::{Row, all_are};
use crate::format::Dtype::*;

#[test]
fn deepseek() {
    let rows: &[Row] = &[
        ("m.kv_a.weight", F8E4M3, &[576, 7168]),
        ("m.kv_a.weight_scale_inv", F32, &[5, 56]),
    ];
    all_are(
        rows,
        "deepseek_fp8",
        "FP8 E4M3, DeepSeek, blocks of 128×128",
        &["scales"],
    );
    let fused: &[Row] = &[
        ("m.experts.gate_up_proj", F8E4M3, &[8, 512, 256]),
        ("m.experts.gate_up_proj_scale_inv", BF16, &[8, 4, 2]),
    ];
    all_are(
        fused,
        "deepseek_fp8",
        "FP8 E4M3, DeepSeek, blocks of 128×128",
        &["scales"],
    );
    let whole: &[Row] = &[
        ("q.weight", F8E4M3, &[512, 256]),
        ("q.weight_scale_inv", BF16, &[]),
        ("q.activation_scale", BF16, &[]),
    ];
    let says = "FP8 E4M3, DeepSeek, one scale for each tensor";
    all_are(whole, "deepseek_fp8", says, &["scales", "input_scale"]);
    let runtime: &[Row] = &[("q.weight", F8E4M3, &[512, 256]), ("q.scale", F32, &[4, 2])];
    all_are(
        runtime,
        "deepseek_fp8",
        "FP8 E4M3, DeepSeek, blocks of 128×128",
        &["scales"],
    );
}

#[test]
fn compressed_tensors() {
    let packed: &[Row] = &[
        ("q.weight_packed", I32, &[4096, 512]),
        ("q.weight_scale", BF16, &[4096, 32]),
        ("q.weight_shape", I64, &[2]),
        ("q.weight_zero_point", I32, &[512, 32]),
        ("q.weight_g_idx", I32, &[4096]),
    ];
    let says = "packed INT4, compressed-tensors, group 128";
    let roles = ["scales", "shape", "zeros", "index"];
    all_are(packed, "compressed_tensors", says, &roles);
    all_are(&packed[..3], "compressed_tensors", says, &roles[..2]);
    let rows: &[Row] = &[
        ("q.weight_packed", I32, &[1024, 1024]),
        ("q.weight_scale", BF16, &[1024, 1]),
        ("q.weight_zero_point", I32, &[256, 1]),
    ];
    let says = "packed INT8, compressed-tensors, one scale for each row";
    all_are(rows, "compressed_tensors", says, &["scales", "zeros"]);
    let nvfp4: &[Row] = &[
        ("q.weight_packed", U8, &[1024, 512]),
        ("q.weight_scale", F8E4M3, &[1024, 64]),
        ("q.weight_global_scale", F32, &[1]),
        ("q.input_global_scale", F32, &[1]),
    ];
    let says = "packed NVFP4, compressed-tensors, group 16";
    all_are(
        nvfp4,
        "compressed_tensors",
        says,
        &["scales", "global_scale", "input_scale"],
    );
    let mxfp4: &[Row] = &[
        ("q.weight_packed", U8, &[1024, 512]),
        ("q.weight_scale", U8, &[1024, 32]),
    ];
    all_are(
        mxfp4,
        "compressed_tensors",
        "packed MXFP4, compressed-tensors, group 32",
        &["scales"],
    );
}

#[test]
fn codes_under_the_name_of_the_weight() {
    let int8: &[Row] = &[
        ("q.weight", I8, &[1024, 512]),
        ("q.weight_scale", BF16, &[1024, 1]),
        ("q.weight_zero_point", I8, &[1024, 1]),
    ];
    let says = "INT8, compressed-tensors, one scale for each row";
    all_are(int8, "compressed_tensors", says, &["scales", "zeros"]);
    let fp8: &[Row] = &[
        ("q.weight", F8E4M3, &[1024, 512]),
        ("q.weight_scale", BF16, &[1024, 1]),
        ("q.input_scale", BF16, &[1]),
    ];
    let says = "FP8 E4M3, compressed-tensors, one scale for each row";
    all_are(fp8, "compressed_tensors", says, &["scales", "input_scale"]);
    let mxfp8: &[Row] = &[
        ("q.weight", F8E4M3, &[1024, 512]),
        ("q.weight_scale", U8, &[1024, 16]),
    ];
    all_are(
        mxfp8,
        "compressed_tensors",
        "MXFP8 E4M3, compressed-tensors, group 32",
        &["scales"],
    );
}

#[test]
fn modelopt() {
    let fp8: &[Row] = &[
        ("q.weight", F8E4M3, &[1024, 512]),
        ("q.weight_scale", F32, &[]),
        ("q.input_scale", F32, &[]),
    ];
    let says = "FP8 E4M3, ModelOpt, one scale for each tensor";
    all_are(fp8, "modelopt", says, &["scales", "input_scale"]);
    let nvfp4: &[Row] = &[
        ("q.weight", U8, &[1024, 512]),
        ("q.weight_scale", F8E4M3, &[1024, 64]),
        ("q.weight_scale_2", F32, &[]),
        ("q.input_scale", F32, &[]),
    ];
    let roles = ["scales", "global_scale", "input_scale"];
    all_are(
        nvfp4,
        "modelopt",
        "packed NVFP4, ModelOpt, group 16",
        &roles,
    );
    let fused: &[Row] = &[
        ("experts.down_proj", U8, &[8, 1024, 512]),
        ("experts.down_proj_weight_scale", F8E4M3, &[8, 1024, 64]),
        ("experts.down_proj_weight_scale_2", F32, &[]),
        ("experts.down_proj_input_scale", F32, &[]),
    ];
    all_are(
        fused,
        "modelopt",
        "packed NVFP4, ModelOpt, group 16",
        &roles,
    );
    let awq: &[Row] = &[
        ("q.weight", U8, &[512, 1024]),
        ("q.weight_scale", BF16, &[1024, 8]),
        ("q.pre_quant_scale", BF16, &[1024]),
    ];
    let says = "packed INT4, ModelOpt, group 128";
    all_are(awq, "modelopt", says, &["scales", "input_scale"]);
}

#[test]
fn gpt_oss() {
    let rows: &[Row] = &[
        ("e.gate_up_proj_blocks", U8, &[32, 5760, 90, 16]),
        ("e.gate_up_proj_scales", U8, &[32, 5760, 90]),
    ];
    all_are(
        rows,
        "gpt_oss",
        "packed MXFP4, gpt-oss, group 32",
        &["scales"],
    );
    let original: &[Row] = &[
        ("mlp1_weight.blocks", U8, &[32, 5760, 90, 16]),
        ("mlp1_weight.scales", U8, &[32, 5760, 90]),
    ];
    all_are(
        original,
        "gpt_oss",
        "packed MXFP4, gpt-oss, group 32",
        &["scales"],
    );
}

#[test]
fn gptq() {
    let rows: &[Row] = &[
        ("q.qweight", I32, &[512, 1024]),
        ("q.scales", F16, &[32, 1024]),
        ("q.qzeros", I32, &[32, 128]),
        ("q.g_idx", I32, &[4096]),
    ];
    let roles = ["scales", "zeros", "index"];
    all_are(rows, "gptq", "packed INT4, GPTQ, group 128", &roles);
    all_are(
        &rows[..3],
        "gptq",
        "packed INT4, GPTQ, group 128",
        &roles[..2],
    );
    let three: &[Row] = &[
        ("q.qweight", I32, &[384, 1024]),
        ("q.scales", F16, &[1, 1024]),
        ("q.qzeros", I32, &[1, 96]),
        ("q.g_idx", I32, &[4096]),
    ];
    all_are(
        three,
        "gptq",
        "packed INT3, GPTQ, one scale for each row",
        &roles,
    );
    let eight: &[Row] = &[
        ("q.qweight", I32, &[1024, 1024]),
        ("q.scales", F16, &[64, 1024]),
        ("q.qzeros", I32, &[64, 256]),
    ];
    all_are(eight, "gptq", "packed INT8, GPTQ, group 64", &roles[..2]);
}

#[test]
fn awq() {
    let rows: &[Row] = &[
        ("q.qweight", I32, &[4096, 128]),
        ("q.scales", F16, &[32, 1024]),
        ("q.qzeros", I32, &[32, 128]),
    ];
    all_are(
        rows,
        "awq",
        "packed INT4, AWQ, group 128",
        &["scales", "zeros"],
    );
}

#[test]
fn bitsandbytes() {
    let nf4: &[Row] = &[
        ("q.weight", U8, &[524_288, 1]),
        ("q.weight.absmax", U8, &[16384]),
        ("q.weight.quant_map", F32, &[16]),
        ("q.weight.nested_absmax", F32, &[64]),
        ("q.weight.nested_quant_map", F32, &[256]),
        ("q.weight.quant_state.bitsandbytes__nf4", U8, &[160]),
    ];
    let roles = ["scales", "quant_map", "absmax", "quant_map", "state"];
    all_are(
        nf4,
        "bitsandbytes",
        "packed NF4, bitsandbytes, group 64",
        &roles,
    );
    // Bytes may be stored as whatever the rest is stored as.
    let fp4: &[Row] = &[
        ("q.weight", BF16, &[262_144, 1]),
        ("q.weight.absmax", F32, &[16384]),
        ("q.weight.quant_state.bitsandbytes__fp4", U8, &[80]),
    ];
    all_are(
        fp4,
        "bitsandbytes",
        "packed FP4, bitsandbytes, group 64",
        &["scales", "state"],
    );
    let int8: &[Row] = &[
        ("q.weight", I8, &[1024, 512]),
        ("q.SCB", F32, &[1024]),
        ("q.weight_format", U8, &[]),
    ];
    let says = "INT8, bitsandbytes, one scale for each row";
    all_are(int8, "bitsandbytes", says, &["scales", "state"]);
}
