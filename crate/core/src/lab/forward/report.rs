//! What a forward pass has shown, as JSON has it.

use serde::Serialize;

use super::Forward;
use super::attribution::Attribution;
use super::compared::{Compared, LayerDifference, ModuleDifference};
use super::headline;
use super::logits::Logits;
use super::policy::Policy;

/// The name of this shape of JSON.
const SCHEMA: &str = "floatscope.forward/1";

/// Two runs side by side. The fields are in `docs/lab.md`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForwardReport {
    /// The name and version of this schema.
    pub schema: &'static str,
    /// The version of Floatscope that wrote it.
    pub floatscope: &'static str,
    /// The checkpoint, named for people.
    pub checkpoint: String,
    /// What was run.
    pub model: Model,
    /// Ids of the tokens, the first at position 0.
    pub tokens: Vec<u64>,
    /// The text that they are of; `null` where they were given by id.
    pub text: Option<String>,
    /// The text of each token; `null` where they were given by id.
    pub pieces: Option<Vec<String>>,
    /// The first policy.
    pub a: Policy,
    /// The second policy.
    pub b: Policy,
    /// What multiplied, in words.
    pub device: String,
    /// The first module whose results differ; `null` where none does.
    pub first_difference: Option<String>,
    /// In order of execution.
    pub modules: Vec<ModuleDifference>,
    /// Cosines and sines of the rotary embedding, which are no module's results.
    pub buffers: Vec<ModuleDifference>,
    /// The hidden state behind each layer.
    pub layers: Vec<LayerDifference>,
    /// Share of the logits of position 0 that are equal.
    pub position_0_equal: f64,
    /// What comes out.
    pub logits: Logits,
    /// What each change does by itself, the largest first.
    pub attribution: Vec<Attribution>,
    /// All this in a few sentences.
    pub headline: String,
    /// What was taken for granted, in sentences.
    pub notes: Vec<String>,
}

/// A decoder's family and sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Model {
    /// `model_type` of config.json.
    pub family: &'static str,
    /// Layers.
    pub layers: usize,
    /// Numbers of the hidden state.
    pub hidden: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Numbers of a head.
    pub head_dim: usize,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Whether the head is the embeddings.
    pub is_tied: bool,
    /// Numbers that were multiplied, the head's among them, each once for its use.
    pub parameters: u64,
}

impl Forward {
    /// What the pass has shown; `device` says what multiplied.
    ///
    /// # Panics
    /// Before [`is_done`](Self::is_done).
    pub fn report(&self, device: &str) -> ForwardReport {
        assert!(self.is_done(), "a pass is told when it is over");
        let [a, b] = self.logits();
        let mut report = ForwardReport {
            schema: SCHEMA,
            floatscope: env!("CARGO_PKG_VERSION"),
            checkpoint: self.name.clone(),
            model: self.model(),
            tokens: self.options.tokens.clone(),
            text: self.options.text.clone(),
            pieces: self.options.pieces.clone(),
            a: self.options.a,
            b: self.options.b,
            device: device.to_owned(),
            first_difference: self.first_difference(),
            modules: self.modules.clone(),
            buffers: self.buffers.clone(),
            layers: self.layers.clone(),
            position_0_equal: {
                let vocabulary = self.config.vocabulary;
                Compared::of(&a[..vocabulary], &b[..vocabulary]).equal
            },
            logits: Logits::of(a, b, self.config.vocabulary),
            attribution: self.attribution(),
            headline: String::new(),
            notes: self.notes(),
        };
        report.headline = headline::of(&report);
        report
    }

    fn model(&self) -> Model {
        let config = &self.config;
        let used = self.uses.iter();
        Model {
            family: config.family,
            layers: config.layers.len(),
            hidden: config.hidden,
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            vocabulary: config.vocabulary,
            is_tied: config.is_tied,
            parameters: used.map(|it| it.rows as u64 * it.columns as u64).sum(),
        }
    }

    fn first_difference(&self) -> Option<String> {
        let first = self.modules.iter().find(|module| module.equal < 1.0);
        first.map(|module| module.name.clone())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.config.notes.clone();
        let tokens = self.options.tokens.len() as u64;
        if self.config.rope.is_recomputed(tokens) {
            let positions = self.config.rope.positions;
            notes.push(format!(
                "There are {tokens} tokens and {positions} positions: the rotary frequencies are made anew in FP32, and inv_freq does nothing."
            ));
        }
        let mut rounded: Vec<&str> = Vec::new();
        for run in &self.runs[..2] {
            let precision = run.policy.activations;
            let is_rounded = |it: &&super::Use| it.tensor.dtype.name() != dtype(precision);
            if precision != super::Precision::F32 && self.uses.iter().any(|it| is_rounded(&it)) {
                rounded.push(precision.name());
            }
        }
        rounded.dedup();
        if !rounded.is_empty() {
            let kinds = rounded.join(" and ");
            notes.push(format!(
                "Weights of other types are rounded to {kinds} when they are loaded, as from_pretrained does."
            ));
        }
        notes
    }
}

/// The type that holds just the numbers of a precision.
fn dtype(precision: super::Precision) -> &'static str {
    match precision {
        super::Precision::F32 => "F32",
        super::Precision::Bf16 => "BF16",
        super::Precision::F16 => "F16",
    }
}
