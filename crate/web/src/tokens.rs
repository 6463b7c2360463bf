//! Tokens of a text, for the lab.

use floatscope_core::report::to_json;
use floatscope_tokenizer::Tokenizer;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// A text's tokens.
#[derive(Serialize)]
struct Tokens {
    tokens: Vec<u64>,
    pieces: Vec<String>,
}

impl Tokens {
    fn of(tokenizer_json: &[u8], text: &str) -> Result<Self, String> {
        let tokenizer = Tokenizer::from_json(tokenizer_json)?;
        let tokens = tokenizer.encode(text, true)?;
        let pieces = tokenizer.pieces(&tokens);
        Ok(Self { tokens, pieces })
    }
}

/// Why a text cannot be made tokens.
#[derive(Serialize)]
struct Refusal {
    error: String,
}

/// The ids of a text's tokens and the text of each, `{"tokens": [0, 55], "pieces": ["<s>", "T"]}` as JSON,
/// by the bytes of a tokenizer.json, or `{"error": "…"}`.
#[wasm_bindgen]
pub fn tokenise(tokenizer_json: &[u8], text: &str) -> String {
    crate::panic::keep_message();
    match Tokens::of(tokenizer_json, text) {
        Ok(tokens) => to_json(&tokens),
        Err(error) => to_json(&Refusal { error }),
    }
}
