//! What is looked at before the library reads a file, since its own words say little of it, and
//! since it takes for granted that a prefix of subwords is in front of each.

use serde::Deserialize;
use serde_json::Value;

/// The types of models that the library has.
const MODELS: [&str; 4] = ["BPE", "Unigram", "WordPiece", "WordLevel"];

/// A tokenizer.json, as far as it is looked at.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct Outline {
    model: Option<Model>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Model {
    #[serde(rename = "type")]
    kind: Option<Value>,
    dropout: Option<f64>,
    continuing_subword_prefix: Option<String>,
}

impl Outline {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| match error.is_data() {
            true => format!("this is no tokenizer.json: {error}"),
            false => format!("no JSON: {error}"),
        })
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let Some(model) = &self.model else {
            return Err("this is no tokenizer.json: there is no entry model".to_owned());
        };
        model.check()
    }
}

impl Model {
    fn check(&self) -> Result<(), String> {
        if let Some(kind) = &self.kind
            && !MODELS.iter().any(|known| kind == known)
        {
            let known = MODELS.join(", ");
            return Err(format!("model.type is {kind}: it must be one of {known}"));
        }
        if let Some(dropout) = self.dropout.filter(|&it| it > 0.0) {
            return Err(format!(
                "model.dropout is {dropout}: with dropout, a text has other tokens each time"
            ));
        }
        match &self.continuing_subword_prefix {
            Some(prefix) if !prefix.is_empty() && self.kind != Some("WordPiece".into()) => {
                Err(format!(
                    "model.continuing_subword_prefix is {prefix:?}: only WordPiece may have one"
                ))
            }
            _ => Ok(()),
        }
    }
}
