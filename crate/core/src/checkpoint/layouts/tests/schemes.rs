//! Headers as each scheme writes them.

use super::{Row, all_are, told, told_with};
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

#[test]
fn torchao() {
    let rows: &[Row] = &[
        ("q._weight_qdata", F8E4M3, &[1024, 512]),
        ("q._weight_scale", F32, &[1024, 1]),
    ];
    all_are(
        rows,
        "torchao",
        "FP8 E4M3, torchao, one scale for each row",
        &["scales"],
    );
    let int4: &[Row] = &[
        ("q._weight_qdata", U8, &[1024, 512]),
        ("q._weight_scale", BF16, &[8, 1024]),
        ("q._weight_zero_point", BF16, &[8, 1024]),
    ];
    all_are(
        int4,
        "torchao",
        "packed INT4, torchao, group 128",
        &["scales", "zeros"],
    );
    let tiles: &[Row] = &[
        ("q._weight_qdata", I32, &[128, 8, 32, 4]),
        ("q._weight_scale_and_zero", BF16, &[8, 1024, 2]),
    ];
    all_are(
        tiles,
        "torchao",
        "packed INT4, torchao, group 128",
        &["scales"],
    );
    let nvfp4: &[Row] = &[
        ("q.weight:qdata", U8, &[1024, 512]),
        ("q.weight:scale", F8E4M3, &[1024, 64]),
        ("q.weight:per_tensor_scale", F32, &[]),
    ];
    all_are(
        nvfp4,
        "torchao",
        "packed NVFP4, torchao, group 16",
        &["scales", "global_scale"],
    );
}

#[test]
fn torchao_says_in_the_metadata_how_narrow_its_integers_are() {
    let rows: &[Row] = &[
        ("q._weight_qdata", I8, &[1024, 512]),
        ("q._weight_scale", BF16, &[1024, 16]),
        ("q._weight_zero_point", I8, &[1024, 16]),
    ];
    let about = r#"{"_type": "IntxUnpackedToInt8Tensor",
        "_data": {"target_dtype": {"_type": "torch.dtype", "_data": "int4"}}}"#;
    let narrow = told_with(rows, &|key| (key == "q.weight").then_some(about));
    assert_eq!(narrow[0], "torchao codes: INT4, torchao, group 32");
    assert_eq!(told(rows)[0], "torchao codes: INT8, torchao, group 32");
}

#[test]
fn mlx() {
    let layer = |bits: u64, group: u64| {
        [
            ("q.weight", U32, vec![512, 2560 * bits / 32]),
            ("q.scales", BF16, vec![512, 2560 / group]),
            ("q.biases", BF16, vec![512, 2560 / group]),
            ("norm.weight", BF16, vec![2560]),
        ]
    };
    for (bits, group) in [
        (4, 64),
        (4, 32),
        (4, 128),
        (8, 64),
        (8, 32),
        (3, 64),
        (6, 64),
        (2, 32),
    ] {
        let layer = layer(bits, group);
        let rows: Vec<Row> = layer.iter().map(|(n, d, s)| (*n, *d, &s[..])).collect();
        let says = format!("packed INT{bits}, MLX, group {group}");
        assert_eq!(told(&rows)[3], "-");
        all_are(
            &rows[..3],
            "mlx",
            &told(&rows[..3])[0]["mlx codes: ".len()..],
            &["scales", "biases"],
        );
        assert_eq!(told(&rows)[0], format!("mlx codes: {says}"));
    }
    let alone: &[Row] = &[
        ("q.weight", U32, &[256, 64]),
        ("q.scales", F16, &[256, 8]),
        ("q.biases", F16, &[256, 8]),
    ];
    all_are(
        alone,
        "mlx",
        "packed INT4, MLX, group 64",
        &["scales", "biases"],
    );
    let mxfp4: &[Row] = &[("q.weight", U32, &[256, 64]), ("q.scales", U8, &[256, 16])];
    all_are(mxfp4, "mlx", "packed MXFP4, MLX, group 32", &["scales"]);
}

#[test]
fn others() {
    let hqq: &[Row] = &[
        ("q.W_q", U8, &[4096, 64]),
        ("q.scale", F16, &[8192, 1]),
        ("q.zero", F16, &[8192, 1]),
        ("q.nbits", I32, &[]),
    ];
    all_are(
        hqq,
        "hqq",
        "packed INT4, HQQ, group 64",
        &["scales", "zeros", "state"],
    );
    let eetq: &[Row] = &[
        ("q.weight", I8, &[512, 1024]),
        ("q.weight_scales", F16, &[1024]),
    ];
    all_are(
        eetq,
        "eetq",
        "INT8, EETQ, one scale for each row",
        &["scales"],
    );
    let quanto: &[Row] = &[
        ("q.weight._data", I8, &[512, 1024]),
        ("q.weight._scale", BF16, &[512, 1]),
    ];
    all_are(
        quanto,
        "quanto",
        "INT8, Quanto, one scale for each row",
        &["scales"],
    );
    let comfyui: &[Row] = &[
        ("q.weight", F8E4M3, &[512, 1024]),
        ("q.scale_weight", F32, &[1]),
        ("q.scale_input", F32, &[1]),
    ];
    let says = "FP8 E4M3, ComfyUI, one scale for each tensor";
    all_are(comfyui, "comfyui", says, &["scales", "input_scale"]);
}
