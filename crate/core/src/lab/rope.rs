//! What a config.json says of rotary embeddings.

use serde::Serialize;

use super::entries::{Entries, Kind, must_be};
use crate::ancestry::prose::grouped;
use crate::checkpoint::shown;

/// What transformers takes where a config names none.
const USUAL_THETA: f64 = 10_000.0;
/// As many positions as transformers gives a Llama that names none.
const USUAL_POSITIONS: u64 = 2_048;
const MOST: u64 = 1 << 20;
/// What scaling by the length of the text means for the frequencies.
const DYNAMIC: &str = "Dynamic scaling leaves the frequencies as they are up to max_position_embeddings; for longer texts they are made anew, in FP32.";
/// So many positions times the error of a frequency are exact in FP64.
const MOST_POSITIONS: u64 = 1 << 32;

/// The entries that bear on rotary frequencies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rope {
    /// Numbers in a head.
    pub(super) head_dim: u64,
    /// How many of them are turned; two for each frequency.
    pub(super) rotary_dim: u64,
    pub(super) theta: f64,
    pub(super) scaling: Scaling,
    /// Positions, counted from 0.
    pub(super) positions: u64,
    /// What was taken for granted or left out, in sentences.
    pub(super) notes: Vec<String>,
}

/// How the frequencies are scaled for longer texts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scaling {
    /// Its name: `default`, `linear`, `llama3`, `yarn`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the frequencies here are scaled so; those of `default` always are.
    pub applied: bool,
    /// What low frequencies are divided by: all of them for `linear`.
    pub factor: Option<f64>,
    /// With `original_max_position_embeddings`, which frequencies are low.
    pub low_freq_factor: Option<f64>,
    /// And which are high, and stay as they are.
    pub high_freq_factor: Option<f64>,
    /// Positions before the scaling.
    pub original_max_position_embeddings: Option<u64>,
    /// What cosines and sines are multiplied by (YaRN).
    pub attention_factor: Option<f64>,
    /// Frequencies that turn more often than this in the old context stay (YaRN).
    pub beta_fast: Option<f64>,
    /// Those that turn less often than this are divided by the factor (YaRN).
    pub beta_slow: Option<f64>,
    /// Whether the ramp between begins and ends at whole indices (YaRN).
    pub truncate: Option<bool>,
}

impl Rope {
    /// Reads a config.json.
    ///
    /// # Errors
    /// Names the entry that is missing or absurd, in a sentence without its end.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        Self::parse_as(bytes, None, USUAL_THETA)
    }

    /// Reads a config.json of a family that has a `head_dim` and a θ of its own where the config
    /// has none.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(super) fn parse_as(
        bytes: &[u8],
        usual_head_dim: Option<u64>,
        usual_theta: f64,
    ) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "no text in UTF-8".to_owned())?;
        let mut config = Entries::read(text)?;
        // Models of text and pictures keep the language model's apart; what it says goes first.
        if let Some(inner) = config.object("text_config") {
            config.append(Entries::read(inner)?);
        }
        let mut notes = Vec::new();
        let mut rope = rope_entries(&config, &mut notes)?;
        // What the config itself says of it goes before what its scaling says.
        rope.append(config.only("original_max_position_embeddings"));
        let head_dim = head_dim(&config, usual_head_dim)?;
        let theta = theta(&config, &rope, usual_theta, &mut notes)?;
        let scaling_notes = &mut Vec::new();
        let positions = positions(&config, scaling_notes)?;
        let scaling = Scaling::read(&rope, positions, &mut notes)?;
        notes.append(scaling_notes);
        Ok(Self {
            head_dim,
            rotary_dim: rotary_dim(&config, &rope, head_dim)?,
            theta,
            scaling,
            positions,
            notes,
        })
    }
}

/// The entries of `rope_scaling`, or of `rope_parameters`, as it is called since transformers 5.
fn rope_entries<'a>(config: &Entries<'a>, notes: &mut Vec<String>) -> Result<Entries<'a>, String> {
    let names = ["rope_scaling", "rope_parameters"];
    let found = names.into_iter().find_map(|name| config.object(name));
    let mut rope = found.map_or(Ok(Entries::default()), Entries::read)?;
    let mut has_other_layers = config.raw("rope_local_base_freq").is_some();
    // Where layers differ, each kind has its own.
    if let Some(full) = rope.object("full_attention") {
        rope = Entries::read(full)?;
        has_other_layers = true;
    }
    if has_other_layers {
        let note = "Shown are the layers with full attention; those with a sliding window have rotary frequencies of their own.";
        notes.push(note.to_owned());
    }
    Ok(rope)
}

fn head_dim(config: &Entries, usual: Option<u64>) -> Result<u64, String> {
    // DeepSeek's heads have a part that is turned and one that is not.
    for name in ["qk_rope_head_dim", "head_dim"] {
        if let Some(dim) = config.number(name, Kind::Even, 2, MOST)? {
            return Ok(dim as u64);
        }
    }
    if let Some(usual) = usual {
        return Ok(usual);
    }
    let missing = |name| format!("there is neither head_dim nor {name}");
    let [hidden, heads] = ["hidden_size", "num_attention_heads"].map(|name| {
        let number = config.number(name, Kind::Whole, 1, u64::MAX >> 11)?;
        number.ok_or_else(|| missing(name))
    });
    let dim = hidden? as u64 / heads? as u64;
    let is_sane = (2..=MOST).contains(&dim) && dim.is_multiple_of(2);
    is_sane.then_some(dim).ok_or_else(|| {
        let rule = must_be(Kind::Even, 2, MOST);
        format!("hidden_size / num_attention_heads is {dim}: {rule}")
    })
}

fn rotary_dim(config: &Entries, rope: &Entries, head_dim: u64) -> Result<u64, String> {
    let name = "partial_rotary_factor";
    let share = |entries: &Entries, name| entries.number(name, Kind::Real, 0, 1);
    let share = match (share(rope, name)?, share(config, name)?) {
        (Some(share), _) | (_, Some(share)) => share,
        // As GPT-NeoX calls it.
        _ => share(config, "rotary_pct")?.unwrap_or(1.0),
    };
    let dim = (head_dim as f64 * share) as u64;
    let is_sane = dim >= 2 && dim.is_multiple_of(2);
    is_sane.then_some(dim).ok_or_else(|| {
        let rule = must_be(Kind::Even, 2, head_dim);
        format!("{name} leaves {dim} of head_dim's {head_dim}: {rule}")
    })
}

fn theta(
    config: &Entries,
    rope: &Entries,
    usual: f64,
    notes: &mut Vec<String>,
) -> Result<f64, String> {
    let theta = |entries: &Entries, name| {
        let most = 1_000_000_000_000_000;
        entries.number(name, Kind::Real, 1, most)
    };
    if let Some(theta) = theta(rope, "rope_theta")? {
        return Ok(theta);
    }
    for name in ["rope_theta", "rotary_emb_base"] {
        if let Some(theta) = theta(config, name)? {
            return Ok(theta);
        }
    }
    notes.push(format!(
        "There is no rope_theta: {} is taken, as transformers does. A model whose positions are not rotary has no such frequencies.",
        grouped(usual as u64)
    ));
    Ok(usual)
}

fn positions(config: &Entries, notes: &mut Vec<String>) -> Result<u64, String> {
    let name = "max_position_embeddings";
    if let Some(positions) = config.number(name, Kind::Whole, 2, MOST_POSITIONS)? {
        return Ok(positions as u64);
    }
    let usual = grouped(USUAL_POSITIONS);
    notes.push(format!("There is no {name}: {usual} positions are shown."));
    Ok(USUAL_POSITIONS)
}

impl Scaling {
    /// `positions` are those of the model.
    fn read(rope: &Entries, positions: u64, notes: &mut Vec<String>) -> Result<Self, String> {
        let kind = match rope.text("rope_type")? {
            Some(kind) => Some(kind),
            None => rope.text("type")?,
        };
        let mut scaling = Self {
            kind: kind.unwrap_or_else(|| "default".to_owned()),
            applied: true,
            factor: None,
            low_freq_factor: None,
            high_freq_factor: None,
            original_max_position_embeddings: None,
            attention_factor: None,
            beta_fast: None,
            beta_slow: None,
            truncate: None,
        };
        match scaling.kind.as_str() {
            // Pictures' positions have three parts, the frequencies are the same.
            "default" | "mrope" => {}
            "linear" => scaling.factor = Some(rope.needed("factor", Kind::Real, 1, MOST)?),
            "dynamic" => {
                scaling.factor = Some(rope.needed("factor", Kind::Real, 1, MOST)?);
                notes.push(DYNAMIC.to_owned());
            }
            "llama3" => scaling.read_llama3(rope)?,
            "yarn" => scaling.read_yarn(rope, positions)?,
            other => {
                scaling.applied = false;
                notes.push(format!(
                    "Scaling of type {} is not applied: only the unscaled frequencies are shown.",
                    shown(other)
                ));
            }
        }
        Ok(scaling)
    }

    fn read_yarn(&mut self, rope: &Entries, positions: u64) -> Result<(), String> {
        let real = |name| rope.number(name, Kind::Real, 0, MOST);
        let name = "original_max_position_embeddings";
        let original = rope.number(name, Kind::Whole, 1, MOST_POSITIONS)?;
        let original = original.map_or(positions, |it| it as u64);
        let ratio = positions as f64 / original as f64;
        let factor = rope.number("factor", Kind::Real, 1, MOST)?.unwrap_or(ratio);
        // By which the magnitude grows with the logarithm of the factor.
        let growth = |by: f64| match factor <= 1.0 {
            true => 1.0,
            false => 0.1 * by * libm::log(factor) + 1.0,
        };
        let attention = match (
            real("attention_factor")?,
            real("mscale")?,
            real("mscale_all_dim")?,
        ) {
            (Some(attention), ..) => attention,
            (None, Some(one), Some(all)) => growth(one) / growth(all),
            _ => growth(1.0),
        };
        (self.factor, self.attention_factor) = (Some(factor), Some(attention));
        self.original_max_position_embeddings = Some(original);
        self.beta_fast = Some(real("beta_fast")?.unwrap_or(32.0));
        self.beta_slow = Some(real("beta_slow")?.unwrap_or(1.0));
        self.truncate = Some(rope.flag("truncate")?.unwrap_or(true));
        Ok(())
    }

    fn read_llama3(&mut self, rope: &Entries) -> Result<(), String> {
        let [low_name, high_name] = ["low_freq_factor", "high_freq_factor"];
        let low = rope.needed(low_name, Kind::Real, 0, MOST)?;
        let high = rope.needed(high_name, Kind::Real, 0, MOST)?;
        // As FP32, which they are used in.
        if high as f32 <= low as f32 {
            return Err(format!("{high_name} must be larger than {low_name}"));
        }
        self.factor = Some(rope.needed("factor", Kind::Real, 1, MOST)?);
        (self.low_freq_factor, self.high_freq_factor) = (Some(low), Some(high));
        let name = "original_max_position_embeddings";
        let positions = rope.needed(name, Kind::Whole, 1, MOST_POSITIONS)?;
        self.original_max_position_embeddings = Some(positions as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
