//! Whether the tensors of a layout fit each other, and what their shapes say.

use super::Scheme;
use super::shapes::{by_inputs, exact, granularity, is_float, split, widened};
use super::table::*;
use crate::ancestry::Granularity::{self, *};
use crate::checkpoint::TensorInfo;
use crate::format::Dtype;

pub(super) const NF4_STATE: &str = ".quant_state.bitsandbytes__nf4";
pub(super) const FP4_STATE: &str = ".quant_state.bitsandbytes__fp4";

/// The tensors that a rule has found by their names.
pub(super) struct Found<'a> {
    pub(super) codes: &'a TensorInfo,
    pub(super) scales: &'a TensorInfo,
    /// Another tensor beside them, by its suffix.
    pub(super) sibling: &'a dyn Fn(&str) -> Option<&'a TensorInfo>,
    /// The text under a key of the file's metadata.
    pub(super) metadata: &'a dyn Fn(&str) -> Option<&'a str>,
    /// Whether the model has vectors, or other matrices, of this length.
    pub(super) is_width: &'a dyn Fn(u64) -> bool,
    /// What the names have in common.
    pub(super) base: &'a str,
}

/// What the shapes say.
pub(super) struct Fit {
    pub(super) scheme: &'static Scheme,
    pub(super) format: &'static str,
    pub(super) bits: Option<u8>,
    pub(super) is_packed: bool,
    pub(super) granularity: Option<Granularity>,
}

const MXFP4: &str = "MXFP4";
const NVFP4: &str = "NVFP4";

/// Codes of so many bits, packed, of a format that has a name of its own.
fn packed(scheme: &'static Scheme, format: &'static str, bits: u8, by: Granularity) -> Option<Fit> {
    Some(Fit {
        scheme,
        format,
        bits: Some(bits),
        is_packed: true,
        granularity: Some(by),
    })
}

/// Packed integers of so many bits.
fn packed_integers(scheme: &'static Scheme, bits: u64, by: Granularity) -> Option<Fit> {
    let format = match bits {
        2 => "INT2",
        3 => "INT3",
        4 => "INT4",
        5 => "INT5",
        6 => "INT6",
        8 => "INT8",
        _ => return None,
    };
    packed(scheme, format, bits as u8, by)
}

/// Codes that are stored as what they are.
fn as_stored(scheme: &'static Scheme, dtype: Dtype, by: Option<Granularity>) -> Option<Fit> {
    by?;
    Some(Fit {
        scheme,
        format: match dtype {
            Dtype::I8 | Dtype::U8 => "INT8",
            dtype => dtype.format().title,
        },
        bits: Some(dtype.bits() as u8),
        is_packed: false,
        granularity: by,
    })
}

pub(super) fn deepseek(found: &Found) -> Option<Fit> {
    if !is_float(found.scales.dtype) {
        return None;
    }
    let by = granularity(&found.codes.shape, &found.scales.shape);
    as_stored(&DEEPSEEK, found.codes.dtype, by)
}

/// The names that DeepSeek's own runtime uses, with nothing but squares of 128.
pub(super) fn deepseek_runtime(found: &Found) -> Option<Fit> {
    let by = granularity(&found.codes.shape, &found.scales.shape)?;
    let is_square = by == Square(128);
    is_square
        .then(|| as_stored(&DEEPSEEK, found.codes.dtype, Some(by)))
        .flatten()
}

/// Codes under the weight's own name, `_scale` beside them: ModelOpt packs FP4
/// into bytes and has a scalar for FP8; the rest is compressed-tensors' manner.
pub(super) fn plain(found: &Found) -> Option<Fit> {
    let Found { codes, scales, .. } = found;
    if matches!(codes.dtype, Dtype::U8 | Dtype::F4) {
        return four_bits(&MODELOPT, found).or_else(|| modelopt_integers(found));
    }
    let by = granularity(&codes.shape, &scales.shape)?;
    let is_power_of_two = matches!(scales.dtype, Dtype::U8 | Dtype::F8E8M0);
    match (codes.dtype, &scales.shape[..]) {
        (Dtype::F8E4M3, _) if is_power_of_two && by == Block(32) => Some(Fit {
            format: "MXFP8 E4M3",
            ..as_stored(&COMPRESSED, codes.dtype, Some(by))?
        }),
        _ if !is_float(scales.dtype) => None,
        (dtype, []) if is_float(dtype) => as_stored(&MODELOPT, dtype, Some(by)),
        (dtype, _) => as_stored(&COMPRESSED, dtype, Some(by)),
    }
}

/// FP4, two to a byte along the last axis: NVFP4 has E4M3 scales for 16, MXFP4
/// powers of two for 32.
fn four_bits(scheme: &'static Scheme, found: &Found) -> Option<Fit> {
    let Found { codes, scales, .. } = found;
    let per_element = if codes.dtype == Dtype::F4 { 1 } else { 2 };
    let logical = widened(&codes.shape, per_element);
    let by = granularity(&logical, &scales.shape)?;
    match (scales.dtype, by) {
        (Dtype::F8E4M3, Block(16)) => packed(scheme, NVFP4, 4, by),
        (Dtype::U8 | Dtype::F8E8M0, Block(32)) => packed(scheme, MXFP4, 4, by),
        _ => None,
    }
}

/// INT4, two to a byte along the first axis.
fn modelopt_integers(found: &Found) -> Option<Fit> {
    let ([rows, columns], true) = (&found.codes.shape[..], is_float(found.scales.dtype)) else {
        return None;
    };
    let by = granularity(&[rows.saturating_mul(2), *columns], &found.scales.shape)?;
    matches!(by, Block(_) | Row)
        .then(|| packed_integers(&MODELOPT, 4, by))
        .flatten()
}

pub(super) fn compressed(found: &Found) -> Option<Fit> {
    let Found { codes, scales, .. } = found;
    if codes.dtype == Dtype::U8 {
        return four_bits(&COMPRESSED, found);
    }
    let (&[.., rows, words], [.., scale_rows, groups]) = (&codes.shape[..], &scales.shape[..])
    else {
        return None;
    };
    if rows != *scale_rows {
        return None;
    }
    // Zero points are packed along the other axis and the index has one entry an
    // input: each says how many bits a code has.
    let zeros = (found.sibling)("_zero_point").map(|zeros| &zeros.shape[..]);
    let index = (found.sibling)("_g_idx").map(|index| &index.shape[..]);
    let bits = match (zeros, index) {
        (_, Some(&[inputs])) => exact(words.saturating_mul(32), inputs),
        (Some(&[zero_words, _]), _) => exact(zero_words.saturating_mul(32), rows),
        _ => None,
    };
    let (bits, by) = split(words, *groups, bits, found)?;
    packed_integers(&COMPRESSED, bits, by)
}

/// Blocks of 32 codes in 16 bytes, one power of two for each.
pub(super) fn gpt_oss(found: &Found) -> Option<Fit> {
    let [blocks @ .., 16] = &found.codes.shape[..] else {
        return None;
    };
    (blocks == &found.scales.shape[..] && found.scales.dtype == Dtype::U8)
        .then(|| packed(&GPT_OSS, MXFP4, 4, Block(32)))
        .flatten()
}

/// The same names, packed along the inputs (GPTQ) or along the outputs (AWQ).
pub(super) fn gptq_or_awq(found: &Found) -> Option<Fit> {
    let (&[rows, columns], &[groups, outputs]) = (&found.codes.shape[..], &found.scales.shape[..])
    else {
        return None;
    };
    let (scheme, bits, inputs) = if columns == outputs {
        let words = rows.saturating_mul(32);
        let bits = match ((found.sibling)(".g_idx"), (found.sibling)(".qzeros")) {
            (Some(index), _) => exact(words, index.elements()),
            (_, Some(zeros)) => exact(zeros.shape.last()?.saturating_mul(32), outputs),
            _ => Some(4),
        }?;
        (&GPTQ, bits, exact(words, bits)?)
    } else {
        (&AWQ, exact(columns.saturating_mul(32), outputs)?, rows)
    };
    packed_integers(scheme, bits, by_inputs(inputs, groups)?)
}

/// The whole tensor, flattened, in blocks; two codes to a byte, whatever the
/// bytes are stored as.
pub(super) fn bitsandbytes(found: &Found) -> Option<Fit> {
    let has = |suffix| (found.sibling)(suffix).is_some();
    let format = match (has(NF4_STATE), has(FP4_STATE)) {
        (true, _) => "NF4",
        (_, true) => "FP4",
        _ => return None,
    };
    let codes = found.codes.bytes().saturating_mul(2);
    let blocks = found.scales.elements();
    let sizes = [64, 128, 256, 512, 1024, 2048, 4096, 32];
    let size = sizes
        .into_iter()
        .find(|&size| codes.div_ceil(u64::from(size)) == blocks)?;
    packed(&BITSANDBYTES, format, 4, Block(size))
}

/// LLM.int8: each row's largest magnitude.
pub(super) fn llm_int8(found: &Found) -> Option<Fit> {
    let rows = found.codes.shape.first();
    (rows == Some(&found.scales.elements()))
        .then(|| as_stored(&BITSANDBYTES, Dtype::I8, Some(Row)))
        .flatten()
}

pub(super) fn torchao(found: &Found) -> Option<Fit> {
    let Found { codes, scales, .. } = found;
    let by_groups_first = |per_element: u64| match (&codes.shape[..], &scales.shape[..]) {
        (&[outputs, words], &[groups, scale_outputs]) if outputs == scale_outputs => {
            by_inputs(words.saturating_mul(per_element), groups)
        }
        _ => None,
    };
    match codes.dtype {
        Dtype::I32 => packed_integers(&TORCHAO, 4, by_groups_first(8)?),
        Dtype::U8 => {
            four_bits(&TORCHAO, found).or_else(|| packed_integers(&TORCHAO, 4, by_groups_first(2)?))
        }
        Dtype::I8 => torchao_bytes(found),
        _ => as_stored(
            &TORCHAO,
            codes.dtype,
            granularity(&codes.shape, &scales.shape),
        ),
    }
}

fn torchao_bytes(found: &Found) -> Option<Fit> {
    let by = granularity(&found.codes.shape, &found.scales.shape);
    let fit = as_stored(&TORCHAO, Dtype::I8, by)?;
    let (format, bits) = torchao_narrow(found).unwrap_or(("INT8", 8));
    Some(Fit {
        format,
        bits: Some(bits),
        ..fit
    })
}

/// Narrow integers may lie in bytes of their own; then only the metadata says so,
/// under the weight's name: `m._weight_qdata` is about `m.weight`.
fn torchao_narrow(found: &Found) -> Option<(&'static str, u8)> {
    let (module, attribute) = found.base.rsplit_once('.')?;
    let attribute = attribute.strip_prefix('_').unwrap_or(attribute);
    let about = (found.metadata)(&format!("{module}.{attribute}"))?;
    let has = |name: &str| {
        let mut windows = about.as_bytes().windows(name.len());
        windows.any(|window| window == name.as_bytes())
    };
    let names = [
        ("\"int2\"", "INT2", 2),
        ("\"int3\"", "INT3", 3),
        ("\"int4\"", "INT4", 4),
        ("\"int5\"", "INT5", 5),
        ("\"int6\"", "INT6", 6),
    ];
    let named = names.into_iter().find(|(name, ..)| has(name))?;
    Some((named.1, named.2))
}

/// Tiles for tensor cores: 8 codes a word, scales and zeros in pairs, groups first.
pub(super) fn torchao_tiles(found: &Found) -> Option<Fit> {
    let (&[_, _, 32, _], &[groups, outputs, 2]) = (&found.codes.shape[..], &found.scales.shape[..])
    else {
        return None;
    };
    let inputs = exact(found.codes.elements().saturating_mul(8), outputs)?;
    packed_integers(&TORCHAO, 4, by_inputs(inputs, groups)?)
}

/// Words of 32 bits along the inputs; without biases one of the block formats.
pub(super) fn mlx(found: &Found) -> Option<Fit> {
    let ([rows @ .., words], [scale_rows @ .., groups]) =
        (&found.codes.shape[..], &found.scales.shape[..])
    else {
        return None;
    };
    if rows != scale_rows {
        return None;
    }
    if found.scales.dtype == Dtype::U8 {
        return match exact(words.saturating_mul(32), *groups)? {
            64 => packed(&MLX, NVFP4, 4, Block(16)),
            128 => packed(&MLX, MXFP4, 4, Block(32)),
            256 => packed(&MLX, "MXFP8 E4M3", 8, Block(32)),
            _ => None,
        };
    }
    let biases = (found.sibling)(".biases")?;
    let (bits, by) = split(*words, *groups, None, found)?;
    (biases.shape == found.scales.shape)
        .then(|| packed_integers(&MLX, bits, by))
        .flatten()
}

/// Groups are rows of the stored tensor, packed along the other axis.
pub(super) fn hqq(found: &Found) -> Option<Fit> {
    let (&[rows, size], &[groups, 1]) = (&found.codes.shape[..], &found.scales.shape[..]) else {
        return None;
    };
    let bits = exact(rows.saturating_mul(8), groups)?;
    packed_integers(&HQQ, bits, Block(u16::try_from(size).ok()?))
}

/// One scale an output; codes are stored inputs first.
pub(super) fn eetq(found: &Found) -> Option<Fit> {
    let outputs = found.codes.shape.last();
    (outputs == Some(&found.scales.elements()) && is_float(found.scales.dtype))
        .then(|| as_stored(&EETQ, Dtype::I8, Some(Row)))
        .flatten()
}

pub(super) fn quanto(found: &Found) -> Option<Fit> {
    let by = granularity(&found.codes.shape, &found.scales.shape);
    as_stored(&QUANTO, found.codes.dtype, by)
}

pub(super) fn comfyui(found: &Found) -> Option<Fit> {
    let by = granularity(&found.codes.shape, &found.scales.shape);
    as_stored(&COMFYUI, found.codes.dtype, by)
}
