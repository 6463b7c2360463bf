//! The layouts: one row for each way to name scales and codes.

use super::fit::{self, Fit, Found};
use super::{Role, Scheme};
use crate::checkpoint::TensorInfo;
use crate::format::Dtype::{self, *};

/// How the scales and the codes of a weight are named, and what must hold of them.
pub(super) struct Rule {
    /// What the name of the scales ends with, after the base.
    pub(super) scales: &'static str,
    /// What the name of the codes ends with, after the same base.
    pub(super) codes: &'static str,
    /// What codes are stored as.
    pub(super) dtypes: &'static [Dtype],
    /// Whether the shapes fit, and what they say.
    pub(super) fit: fn(&Found) -> Option<Fit>,
    /// Tensors that may stand beside them: after the base or, with a `^`, after
    /// the module's name.
    pub(super) others: &'static [(&'static str, &'static Role)],
}

impl Rule {
    /// What the name begins with, if it ends as scales of this layout do.
    pub(super) fn base<'a>(&self, tensor: &'a TensorInfo) -> Option<&'a str> {
        tensor.name.strip_suffix(self.scales)
    }

    /// Whether the tensor may be codes of this layout.
    pub(super) fn may_be_codes(&self, tensor: &TensorInfo) -> bool {
        self.dtypes.contains(&tensor.dtype) && tensor.bytes() > 0
    }
}

macro_rules! named {
    ($type:ident; $($(#[$doc:meta])* $constant:ident $name:literal $title:literal;)*) => {
        $($(#[$doc])* pub(super) static $constant: $type = $type { name: $name, title: $title };)*
    };
}

named! { Scheme;
    /// <https://github.com/deepseek-ai/DeepSeek-V3>, `README_WEIGHTS.md`.
    DEEPSEEK "deepseek_fp8" "DeepSeek";
    /// <https://github.com/vllm-project/compressed-tensors>
    COMPRESSED "compressed_tensors" "compressed-tensors";
    /// <https://github.com/NVIDIA/Model-Optimizer>
    MODELOPT "modelopt" "ModelOpt";
    /// <https://github.com/openai/gpt-oss>
    GPT_OSS "gpt_oss" "gpt-oss";
    /// <https://github.com/ModelCloud/GPTQModel>
    GPTQ "gptq" "GPTQ";
    /// <https://github.com/casper-hansen/AutoAWQ>
    AWQ "awq" "AWQ";
    /// <https://github.com/bitsandbytes-foundation/bitsandbytes>
    BITSANDBYTES "bitsandbytes" "bitsandbytes";
    /// <https://github.com/pytorch/ao>, `torchao/prototype/safetensors`.
    TORCHAO "torchao" "torchao";
    /// <https://github.com/ml-explore/mlx>
    MLX "mlx" "MLX";
    /// <https://github.com/mobiusml/hqq>
    HQQ "hqq" "HQQ";
    /// <https://github.com/NetEase-FuXi/EETQ>
    EETQ "eetq" "EETQ";
    /// <https://github.com/huggingface/optimum-quanto>
    QUANTO "quanto" "Quanto";
    /// <https://github.com/comfyanonymous/ComfyUI>
    COMFYUI "comfyui" "ComfyUI";
}

named! { Role;
    /// The quantised values themselves.
    CODES "codes" "codes";
    /// What codes are multiplied with.
    SCALES "scales" "scales";
    /// What is taken from codes before.
    ZEROS "zeros" "zero points";
    /// What is added to scaled codes.
    BIASES "biases" "biases";
    /// Which column belongs to which group.
    INDEX "index" "group indices";
    /// The weight's shape before packing.
    SHAPE "shape" "shapes";
    /// The scale of the scales.
    GLOBAL_SCALE "global_scale" "scales of the scales";
    /// What activations are scaled with.
    INPUT_SCALE "input_scale" "activation scales";
    /// Each block's largest magnitude.
    ABSMAX "absmax" "block maxima";
    /// The value of each code.
    QUANT_MAP "quant_map" "code books";
    /// Parameters, packed as text or numbers.
    STATE "state" "parameters";
}

const FP8: &[Dtype] = &[F8E4M3, F8E5M2, F8E4M3Fnuz, F8E5M2Fnuz];
const PLAIN: &[Dtype] = &[F8E4M3, F8E5M2, F8E4M3Fnuz, F8E5M2Fnuz, I8, U8, F4];
const WORDS: &[Dtype] = &[I32];

/// What may stand beside codes that are named as the weight itself.
const BESIDE_WEIGHT: &[(&str, &Role)] = &[
    ("_scale_2", &GLOBAL_SCALE),
    ("_global_scale", &GLOBAL_SCALE),
    ("_zero_point", &ZEROS),
    ("_shape", &SHAPE),
    ("_g_idx", &INDEX),
    ("^input_scale", &INPUT_SCALE),
    ("^input_global_scale", &INPUT_SCALE),
    ("^input_zero_point", &ZEROS),
    ("^input_scale_ub", &INPUT_SCALE),
    ("^activation_scale", &INPUT_SCALE),
    ("^pre_quant_scale", &INPUT_SCALE),
];

const BESIDE_FUSED: &[(&str, &Role)] = &[
    ("_weight_scale_2", &GLOBAL_SCALE),
    ("_input_scale", &INPUT_SCALE),
];

const BESIDE_QDATA: &[(&str, &Role)] = &[
    ("_zero_point", &ZEROS),
    ("_per_tensor_scale", &GLOBAL_SCALE),
    ("_act_pre_scale", &INPUT_SCALE),
    ("_act_quant_scale", &INPUT_SCALE),
    ("_act_quant_zero_point", &ZEROS),
    ("_act_per_tensor_scale", &INPUT_SCALE),
    (":zero_point", &ZEROS),
    (":per_tensor_scale", &GLOBAL_SCALE),
];

/// HQQ writes its parameters as tensors beside the codes.
const BESIDE_HQQ: &[(&str, &Role)] = &[
    (".zero", &ZEROS),
    (".shape", &SHAPE),
    (".axis", &STATE),
    (".nbits", &STATE),
    (".packing", &STATE),
    (".group_size", &STATE),
    (".channel_wise", &STATE),
    (".quant_scale", &STATE),
    (".quant_zero", &STATE),
    (".round_zero", &STATE),
    (".optimize", &STATE),
    (".view_as_float", &STATE),
    (".unpack_view_dtype", &STATE),
    (".offload_meta", &STATE),
    (".compute_dtype", &STATE),
    (".stores_quant_config", &STATE),
    (".encoded_state_dict", &STATE),
];

const fn rule(
    scales: &'static str,
    codes: &'static str,
    dtypes: &'static [Dtype],
    fit: fn(&Found) -> Option<Fit>,
    others: &'static [(&'static str, &'static Role)],
) -> Rule {
    Rule {
        scales,
        codes,
        dtypes,
        fit,
        others,
    }
}

/// Every layout. Where two fit the same tensors, the first counts.
pub(super) static RULES: &[Rule] = &[
    rule("_scale_inv", "", FP8, fit::deepseek, BESIDE_WEIGHT),
    rule(".scale", ".weight", FP8, fit::deepseek_runtime, &[]),
    rule(
        "_scale",
        "_packed",
        &[I32, U8],
        fit::compressed,
        BESIDE_WEIGHT,
    ),
    rule(
        "_scale",
        "_qdata",
        &[I32, U8, I8, F8E4M3, F8E5M2],
        fit::torchao,
        BESIDE_QDATA,
    ),
    rule(
        ":scale",
        ":qdata",
        &[I32, U8, I8, F8E4M3, F8E5M2],
        fit::torchao,
        BESIDE_QDATA,
    ),
    rule(
        "_scale_and_zero",
        "_qdata",
        WORDS,
        fit::torchao_tiles,
        BESIDE_QDATA,
    ),
    rule("_weight_scale", "", PLAIN, fit::plain, BESIDE_FUSED),
    rule("_scale", "", PLAIN, fit::plain, BESIDE_WEIGHT),
    rule("_scales", "_blocks", &[U8], fit::gpt_oss, &[]),
    rule(".scales", ".blocks", &[U8], fit::gpt_oss, &[]),
    rule(
        ".scales",
        ".qweight",
        WORDS,
        fit::gptq_or_awq,
        &[(".qzeros", &ZEROS), (".g_idx", &INDEX)],
    ),
    rule(
        ".scales",
        ".weight",
        &[U32],
        fit::mlx,
        &[(".biases", &BIASES)],
    ),
    rule(
        ".absmax",
        "",
        &[U8, BF16, F16, F32],
        fit::bitsandbytes,
        &[
            (".quant_map", &QUANT_MAP),
            (".nested_absmax", &ABSMAX),
            (".nested_quant_map", &QUANT_MAP),
            (fit::NF4_STATE, &STATE),
            (fit::FP4_STATE, &STATE),
        ],
    ),
    rule(
        ".SCB",
        ".weight",
        &[I8],
        fit::llm_int8,
        &[(".weight_format", &STATE)],
    ),
    rule(".scale", ".W_q", &[U8], fit::hqq, BESIDE_HQQ),
    rule("_scales", "", &[I8], fit::eetq, &[]),
    rule(".weight_scales", ".qweight", &[I8], fit::eetq, &[]),
    rule(
        "._scale",
        "._data",
        &[I8, F8E4M3, F8E5M2],
        fit::quanto,
        &[
            ("^input_scale", &INPUT_SCALE),
            ("^output_scale", &INPUT_SCALE),
        ],
    ),
    rule(
        ".scale_weight",
        ".weight",
        FP8,
        fit::comfyui,
        &[(".scale_input", &INPUT_SCALE)],
    ),
];
