//! The table of formats, for pictures.

use floatscope_core::format::{FORMATS, FloatLayout, Format, TF32};
use floatscope_core::report::to_json;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// Widths and range of a format. Exponents are ⌊log2|x|⌋; integers have none.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    title: &'static str,
    bits: u32,
    exponent_bits: Option<u32>,
    mantissa_bits: Option<u32>,
    exponent_min_subnormal: Option<i32>,
    exponent_min_normal: Option<i32>,
    exponent_max: Option<i32>,
}

impl Row {
    fn of(format: &Format) -> Self {
        let layout = format.layout();
        Self {
            name: format.name,
            title: format.title,
            bits: format.bits,
            exponent_bits: layout.map(|layout| layout.exponent_bits),
            mantissa_bits: layout.map(|layout| layout.mantissa_bits),
            exponent_min_subnormal: layout.map(FloatLayout::min_subnormal_exponent),
            exponent_min_normal: layout.map(FloatLayout::min_exponent),
            exponent_max: layout.map(FloatLayout::max_exponent),
        }
    }
}

/// Every format of the table and TF32, as JSON.
#[wasm_bindgen]
pub fn formats() -> String {
    let rows: Vec<Row> = FORMATS.iter().chain([&TF32]).map(Row::of).collect();
    to_json(&rows)
}
