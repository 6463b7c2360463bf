//! The table of formats, for pictures, and one number in each of them.

use floatscope_core::microscope::{FormatFacts, Microscope};
use floatscope_core::report::to_json;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// Every format of the table and TF32, as JSON.
#[wasm_bindgen]
pub fn formats() -> String {
    to_json(&FormatFacts::all())
}

/// Why a text is no number.
#[derive(Serialize)]
struct Refusal {
    error: String,
}

/// What every format makes of a number, as JSON, or `{"error": "…"}`; `format` is that
/// of a code that names none.
#[wasm_bindgen]
pub fn microscope(text: &str, format: &str) -> String {
    match Microscope::of(text, Some(format)) {
        Ok(seen) => to_json(&seen),
        Err(error) => to_json(&Refusal {
            error: error.to_string(),
        }),
    }
}
