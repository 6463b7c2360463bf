//! What a config.json says of a decoder: its family and its sizes.

use crate::checkpoint::shown;
use crate::lab::entries::{Entries, Kind};
use crate::lab::rope::Rope;

/// So many of anything are absurd.
const MOST: u64 = 1 << 24;
/// No model has more layers than that.
const MOST_LAYERS: u64 = 1 << 12;

/// What transformers takes for `rms_norm_eps` in all these families.
const USUAL_EPSILON: f64 = 1e-6;

/// What transformers takes for `sliding_window`.
const USUAL_WINDOW: u64 = 4_096;

/// What transformers takes for `max_window_layers`.
const USUAL_FIRST_WINDOW: usize = 28;

/// A family of decoders that differ from Llama in little.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Family {
    /// `model_type` of its configs.
    model_type: &'static str,
    /// `num_key_value_heads`; as many as there are heads where it is none.
    kv_heads: Option<usize>,
    /// `head_dim`; `hidden_size` over the heads where it is none.
    head_dim: Option<u64>,
    /// `rope_theta`.
    theta: f64,
    /// `tie_word_embeddings`.
    is_tied: bool,
    /// Which projections have one.
    biases: Biases,
    /// Whether each head's queries and keys are normalised.
    has_head_norms: bool,
    /// What says which layers see a window only.
    window: WindowRule,
}

/// Which projections have a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Biases {
    Never,
    /// q, k and v, whatever the config says.
    Qkv,
    /// By `attention_bias` and `mlp_bias`.
    ByConfig,
}

/// Which layers slide a window over the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WindowRule {
    Never,
    /// All, where there is a `sliding_window`.
    Always,
    /// Those from `max_window_layers` on, where `use_sliding_window` is true.
    FromLayer,
    /// Those that turn no positions, where `use_sliding_window` is true.
    WithoutRope,
}

/// Families whose numerics are known, and what transformers takes where their configs are silent.
#[rustfmt::skip]
const FAMILIES: &[Family] = &[
    Family { model_type: "llama", kv_heads: None, head_dim: None, theta: 1e4, is_tied: false, biases: Biases::ByConfig, has_head_norms: false, window: WindowRule::Never },
    Family { model_type: "mistral", kv_heads: Some(8), head_dim: None, theta: 1e4, is_tied: false, biases: Biases::Never, has_head_norms: false, window: WindowRule::Always },
    Family { model_type: "qwen2", kv_heads: Some(32), head_dim: None, theta: 1e4, is_tied: false, biases: Biases::Qkv, has_head_norms: false, window: WindowRule::FromLayer },
    Family { model_type: "qwen3", kv_heads: Some(32), head_dim: Some(128), theta: 1e4, is_tied: false, biases: Biases::ByConfig, has_head_norms: true, window: WindowRule::FromLayer },
    Family { model_type: "smollm3", kv_heads: Some(4), head_dim: None, theta: 2e6, is_tied: true, biases: Biases::ByConfig, has_head_norms: false, window: WindowRule::WithoutRope },
];

/// The sentence's end that says what can be run.
pub(super) const SUPPORTED: &str =
    "supported are llama (SmolLM2 is one), mistral, qwen2, qwen3 and smollm3";

const SCALINGS: &str = "supported are default, linear, dynamic, llama3 and yarn";

/// A decoder as its config.json describes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    /// `model_type`.
    pub(super) family: &'static str,
    pub(super) hidden: usize,
    pub(super) intermediate: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_dim: usize,
    pub(super) vocabulary: usize,
    pub(super) epsilon: f32,
    pub(super) is_tied: bool,
    pub(super) has_qkv_biases: bool,
    pub(super) has_o_bias: bool,
    pub(super) has_mlp_biases: bool,
    pub(super) has_head_norms: bool,
    pub(super) layers: Vec<LayerConfig>,
    pub(super) rope: Rope,
    pub(super) notes: Vec<String>,
}

/// In what a layer differs from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LayerConfig {
    /// Whether its heads are turned by their positions.
    pub(super) has_rope: bool,
    /// How many positions back it sees, itself among them.
    pub(super) window: Option<u64>,
}

impl Config {
    /// Reads a config.json.
    ///
    /// # Errors
    /// Names the entry that is missing, absurd or not supported, as what stands behind the file's name.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "no text in UTF-8".to_owned())?;
        let entries = Entries::read(text)?;
        let family = family(&entries)?;
        refuse_others(&entries)?;
        let rope = Rope::parse_as(bytes, family.head_dim, family.theta)?;
        if rope.rotary_dim != rope.head_dim {
            let turned = format!("{} of head_dim's {}", rope.rotary_dim, rope.head_dim);
            return Err(format!(
                "partial_rotary_factor turns {turned}: supported are whole heads"
            ));
        }
        if !rope.scaling.applied {
            let kind = shown(&rope.scaling.kind);
            return Err(format!("rotary scaling of type {kind}: {SCALINGS}"));
        }
        let (heads, kv_heads) = heads(&entries, family)?;
        let flag = |name| Ok::<_, String>(entries.flag(name)?.unwrap_or(false));
        let by_config = family.biases == Biases::ByConfig;
        let has_bias = by_config && flag("attention_bias")?;
        Ok(Self {
            family: family.model_type,
            hidden: needed(&entries, "hidden_size")?,
            intermediate: needed(&entries, "intermediate_size")?,
            heads,
            kv_heads,
            head_dim: rope.head_dim as usize,
            vocabulary: needed(&entries, "vocab_size")?,
            epsilon: epsilon(&entries)?,
            is_tied: entries
                .flag("tie_word_embeddings")?
                .unwrap_or(family.is_tied),
            has_qkv_biases: has_bias || family.biases == Biases::Qkv,
            has_o_bias: has_bias,
            has_mlp_biases: by_config && flag("mlp_bias")?,
            has_head_norms: family.has_head_norms,
            layers: layers(&entries, family)?,
            notes: rope.notes.clone(),
            rope,
        })
    }

    /// Rows of q_proj's weight.
    pub(super) fn query_width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Rows of k_proj's and v_proj's.
    pub(super) fn key_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }
}

fn family(entries: &Entries) -> Result<&'static Family, String> {
    let Some(model_type) = entries.text("model_type")? else {
        return Err(format!("there is no model_type: {SUPPORTED}"));
    };
    let found = FAMILIES.iter().find(|it| it.model_type == model_type);
    found.ok_or_else(|| format!("model_type is {}: {SUPPORTED}", shown(&model_type)))
}

/// What would be run wrongly is not run.
fn refuse_others(entries: &Entries) -> Result<(), String> {
    let act = entries
        .text("hidden_act")?
        .unwrap_or_else(|| "silu".to_owned());
    if act != "silu" && act != "swish" {
        return Err(format!("hidden_act is {}: supported is silu", shown(&act)));
    }
    if let Some(quantised) = entries.object("quantization_config") {
        let method = Entries::read(quantised)?.text("quant_method")?;
        let method = method.map_or_else(String::new, |it| format!(" ({})", shown(&it)));
        return Err(format!(
            "quantization_config{method}: weights of packed codes are not supported, only BF16, FP16 and FP32"
        ));
    }
    Ok(())
}

/// Heads of queries, and of keys and values.
fn heads(entries: &Entries, family: &Family) -> Result<(usize, usize), String> {
    let heads = needed(entries, "num_attention_heads")?;
    let kv_heads = match entries.number("num_key_value_heads", Kind::Whole, 1, MOST)? {
        Some(number) => number as usize,
        None => family.kv_heads.unwrap_or(heads),
    };
    match heads.is_multiple_of(kv_heads) {
        true => Ok((heads, kv_heads)),
        false => Err(format!(
            "num_key_value_heads is {kv_heads}: it must divide num_attention_heads, which is {heads}"
        )),
    }
}

fn needed(entries: &Entries, name: &str) -> Result<usize, String> {
    let number = entries.number(name, Kind::Whole, 1, MOST)?;
    let number = number.ok_or_else(|| format!("there is no {name}"))?;
    Ok(number as usize)
}

fn epsilon(entries: &Entries) -> Result<f32, String> {
    let epsilon = entries.number("rms_norm_eps", Kind::Real, 0, 1)?;
    Ok(epsilon.unwrap_or(USUAL_EPSILON) as f32)
}

fn layers(entries: &Entries, family: &Family) -> Result<Vec<LayerConfig>, String> {
    let name = "num_hidden_layers";
    let count = entries.number(name, Kind::Whole, 1, MOST_LAYERS)?;
    let count = count.ok_or_else(|| format!("there is no {name}"))? as usize;
    let has_rope = rope_layers(entries, family, count)?;
    let windows = windows(entries, family, &has_rope)?;
    let both = has_rope.into_iter().zip(windows);
    Ok(both
        .map(|(has_rope, window)| LayerConfig { has_rope, window })
        .collect())
}

/// SmolLM3 turns no positions in every fourth layer, or where `no_rope_layers` has a 0.
fn rope_layers(entries: &Entries, family: &Family, count: usize) -> Result<Vec<bool>, String> {
    if family.window != WindowRule::WithoutRope {
        return Ok(vec![true; count]);
    }
    let name = "no_rope_layers";
    if let Some(list) = entries.value::<Vec<u64>>(name, "a list of 0 and 1")? {
        if list.len() < count {
            must_be_per_layer(name, list.len(), count)?;
        }
        return Ok(list.into_iter().take(count).map(|flag| flag != 0).collect());
    }
    let interval = entries.number("no_rope_layer_interval", Kind::Whole, 1, MOST)?;
    let interval = interval.unwrap_or(4.0) as usize;
    Ok((1..=count)
        .map(|layer| !layer.is_multiple_of(interval))
        .collect())
}

/// Of each layer, the window that it slides.
fn windows(
    entries: &Entries,
    family: &Family,
    has_rope: &[bool],
) -> Result<Vec<Option<u64>>, String> {
    let name = "layer_types";
    let kinds = entries.value::<Vec<String>>(name, "a list of strings")?;
    let Some(window) = window(entries, family, kinds.is_some())? else {
        return Ok(vec![None; has_rope.len()]);
    };
    if let Some(kinds) = kinds {
        must_be_per_layer(name, kinds.len(), has_rope.len())?;
        return kinds.iter().map(|kind| of_kind(kind, window)).collect();
    }
    let first = match family.window {
        WindowRule::FromLayer => {
            let first = entries.value("max_window_layers", "a whole number")?;
            first.unwrap_or(USUAL_FIRST_WINDOW)
        }
        _ => 0,
    };
    let slides = |(layer, &has_rope): (usize, &bool)| {
        layer >= first && (family.window != WindowRule::WithoutRope || !has_rope)
    };
    let layers = has_rope.iter().enumerate();
    Ok(layers
        .map(|layer| slides(layer).then_some(window))
        .collect())
}

/// How many positions a window has, where there is one.
fn window(entries: &Entries, family: &Family, has_kinds: bool) -> Result<Option<u64>, String> {
    let is_used = match family.window {
        WindowRule::Never => false,
        WindowRule::Always => true,
        // Layers that are said to slide do.
        WindowRule::WithoutRope if has_kinds => true,
        _ => entries.flag("use_sliding_window")?.unwrap_or(false),
    };
    let usual = match family.window {
        WindowRule::WithoutRope => None,
        // `null` is none, and nothing is the usual one.
        _ => (!entries.has("sliding_window")).then_some(USUAL_WINDOW),
    };
    let window = entries.number("sliding_window", Kind::Whole, 1, 1 << 40)?;
    Ok(window.map(|it| it as u64).or(usual).filter(|_| is_used))
}

fn of_kind(kind: &str, window: u64) -> Result<Option<u64>, String> {
    match kind {
        "full_attention" => Ok(None),
        "sliding_attention" => Ok(Some(window)),
        other => Err(format!(
            "layer_types has {}: supported are full_attention and sliding_attention",
            shown(other)
        )),
    }
}

fn must_be_per_layer(name: &str, length: usize, layers: usize) -> Result<(), String> {
    match length == layers {
        true => Ok(()),
        false => Err(format!(
            "{name} has {length} entries for the {layers} of num_hidden_layers"
        )),
    }
}
