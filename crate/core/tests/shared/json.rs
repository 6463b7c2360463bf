//! The figures of a tensor as the report writes them.

use floatscope_core::report::{TensorFigures, to_json};
use floatscope_core::scan::Observations;

/// One object with a field for each figure.
pub(crate) fn json(seen: &Observations) -> String {
    let figures = TensorFigures::of(seen);
    let fields = [
        ("stats", to_json(&figures.stats)),
        ("bits", to_json(&figures.bits)),
        ("exponents", to_json(&figures.exponents)),
        ("ancestry", to_json(&figures.ancestry)),
        ("rows", to_json(&figures.rows)),
        ("parity", to_json(&figures.parity)),
        ("witnesses", to_json(&figures.witnesses)),
        ("wasted_bytes", to_json(&figures.wasted_bytes)),
        ("smaller_form", to_json(&figures.smaller_form)),
    ];
    let fields = fields.map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", fields.join(","))
}
