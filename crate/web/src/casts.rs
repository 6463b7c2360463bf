//! The table of casts, for the page.

use floatscope_core::cast::CASTS;
use floatscope_core::report::to_json;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

#[derive(Serialize)]
struct Row {
    key: &'static str,
    title: &'static str,
    says: &'static str,
    bits: u32,
}

/// Every cast in the order of the table, as JSON.
#[wasm_bindgen]
pub fn casts() -> String {
    let rows = CASTS.iter().map(|cast| Row {
        key: cast.key,
        title: cast.title,
        says: cast.says(),
        bits: cast.bits,
    });
    to_json(&rows.collect::<Vec<_>>())
}
