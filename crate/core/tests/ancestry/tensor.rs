//! Tensors of values, and what is said of them.

use floatscope_core::ancestry::{Granularity, Label, Scale, Verdict};
use floatscope_core::format::Dtype;
use floatscope_core::report::TensorFigures;
use floatscope_core::scan::{Scanner, Span};

/// Little-endian bytes of values, rounded to nearest even.
fn bytes(dtype: Dtype, values: &[f64]) -> Vec<u8> {
    let values = values.iter();
    match dtype {
        // By f64's own bits: to go through FP32 would round twice.
        Dtype::BF16 => values
            .flat_map(|x| half::bf16::from_f64(*x).to_le_bytes())
            .collect(),
        Dtype::F16 => values
            .flat_map(|x| half::f16::from_f64(*x).to_le_bytes())
            .collect(),
        Dtype::F32 => values.flat_map(|x| (*x as f32).to_le_bytes()).collect(),
        Dtype::F64 => values.flat_map(|x| x.to_le_bytes()).collect(),
        _ => panic!("no tensor of {dtype} here"),
    }
}

/// Everything that is computed of a tensor of these bytes.
pub(crate) fn figures_of_bytes(dtype: Dtype, shape: &[u64], bytes: &[u8]) -> TensorFigures {
    let mut scanner = Scanner::new();
    let span = Span::whole(dtype, shape);
    assert_eq!(span.bytes(), bytes.len() as u64, "a tensor of {shape:?}");
    scanner.begin(span);
    scanner.feed(bytes);
    TensorFigures::of(&scanner.finish().expect("a span was begun"))
}

/// Everything that is computed of a matrix with so many columns.
pub(crate) fn figures(dtype: Dtype, columns: usize, values: &[f64]) -> TensorFigures {
    let shape = [(values.len() / columns) as u64, columns as u64];
    figures_of_bytes(dtype, &shape, &bytes(dtype, values))
}

pub(crate) fn verdict(dtype: Dtype, columns: usize, values: &[f64]) -> Verdict {
    figures(dtype, columns, values).ancestry
}

/// The label, the path, and the granularity and kind of the scale.
pub(crate) fn told(verdict: &Verdict) -> (Label, &str, Option<Granularity>, Option<Scale>) {
    let Verdict {
        label,
        path,
        granularity,
        scale,
        ..
    } = verdict;
    (*label, path, *granularity, *scale)
}

/// Asserts label and path of values that have no scale.
#[track_caller]
pub(crate) fn assert_told(found: &Verdict, label: Label, path: &str) {
    let told = (found.label, &found.path[..]);
    assert_eq!(told, (label, path), "{:#?}", found.evidence);
}
