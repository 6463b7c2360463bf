//! Benches of the lab. They are in the module for comparisons, which lead to them.

use floatscope_core::lab::Rotary;
use floatscope_core::report::to_json;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// Why a bench does not run.
#[derive(Serialize)]
struct Refusal {
    error: String,
}

/// What rounding the rotary frequencies of a config.json does, as JSON, or `{"error": "…"}`.
#[wasm_bindgen]
pub fn rotary(config: &[u8]) -> String {
    match Rotary::of_config(config) {
        Ok(rotary) => to_json(&rotary),
        Err(error) => to_json(&Refusal { error }),
    }
}
