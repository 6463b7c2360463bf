//! What a checkpoint's config.json says of how its weights are loaded.

use serde::Serialize;
use serde_json::Value;

/// The entries that bear on weights.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Config {
    /// `dtype`, or `torch_dtype` as it was called: "bfloat16".
    pub dtype: Option<String>,
    /// Whether the head is the embedding.
    pub tie_word_embeddings: Option<bool>,
}

impl Config {
    /// Reads a config.json.
    ///
    /// # Errors
    /// Says why it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}"))?;
        if !value.is_object() {
            return Err("no JSON object".to_owned());
        }
        // Models of text and pictures keep the language model's apart.
        let parts = [Some(&value), value.get("text_config")];
        let entry = |key: &str| parts.into_iter().flatten().find_map(|part| part.get(key));
        let dtype = ["dtype", "torch_dtype"]
            .into_iter()
            .find_map(|key| entry(key)?.as_str());
        Ok(Self {
            dtype: dtype.map(|dtype| dtype.trim_start_matches("torch.").to_owned()),
            tie_word_embeddings: entry("tie_word_embeddings").and_then(Value::as_bool),
        })
    }

    /// The dtype that safetensors would name for it, where it has one.
    pub(super) fn stored_as(&self) -> Option<&'static str> {
        match self.dtype.as_deref()? {
            "float64" | "double" => Some("F64"),
            "float32" | "float" => Some("F32"),
            "float16" | "half" => Some("F16"),
            "bfloat16" => Some("BF16"),
            "float8_e4m3fn" => Some("F8_E4M3"),
            "float8_e5m2" => Some("F8_E5M2"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_names_and_nested_ones_are_read() {
        let of = |text: &str| Config::parse(text.as_bytes()).expect("a config");
        let old = of(r#"{"torch_dtype": "bfloat16", "tie_word_embeddings": true}"#);
        assert_eq!(old.stored_as(), Some("BF16"));
        assert_eq!(old.tie_word_embeddings, Some(true));
        let nested = of(r#"{"text_config": {"dtype": "float16"}}"#);
        assert_eq!(nested.stored_as(), Some("F16"));
        assert_eq!(of("{}"), Config::default());
        assert!(Config::parse(b"[]").is_err());
        assert!(
            Config::parse(b"{")
                .expect_err("cut")
                .starts_with("no JSON: ")
        );
    }
}
