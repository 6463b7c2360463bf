//! Headers as the libraries write them that quantise on their own.

use super::{Row, all_are, told, told_with};
use crate::format::Dtype::*;

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
