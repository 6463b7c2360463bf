//! What a checkpoint's config.json says of how its weights are loaded.

use serde::Serialize;

use crate::checkpoint::json;

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
        let text = std::str::from_utf8(bytes).map_err(|_| "no text in UTF-8".to_owned())?;
        let mut config = Self::default();
        let mut nested = None;
        config.read(text, &mut nested)?;
        // Models of text and pictures keep the language model's apart.
        if let Some(nested) = nested {
            let mut inner = Self::default();
            inner.read(nested, &mut None)?;
            config.dtype = config.dtype.or(inner.dtype);
            config.tie_word_embeddings = config.tie_word_embeddings.or(inner.tie_word_embeddings);
        }
        Ok(config)
    }

    /// Reads the entries of one object, and finds the one within.
    fn read<'a>(&mut self, text: &'a str, nested: &mut Option<&'a str>) -> Result<(), String> {
        if !text.trim_start().starts_with('{') {
            return Err("no JSON object".to_owned());
        }
        json::for_each_entry(text, |key, value| {
            let string = || serde_json::from_str::<String>(value).ok();
            match key.as_str() {
                "dtype" => self.dtype = string().or(self.dtype.take()),
                "torch_dtype" => self.dtype = self.dtype.take().or_else(string),
                "tie_word_embeddings" => {
                    self.tie_word_embeddings = serde_json::from_str(value).ok();
                }
                "text_config" => *nested = Some(value),
                _ => {}
            }
        })
        .map_err(|error| format!("no JSON: {error}"))?;
        let plain = |dtype: String| dtype.trim_start_matches("torch.").to_owned();
        self.dtype = self.dtype.take().map(plain);
        Ok(())
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
