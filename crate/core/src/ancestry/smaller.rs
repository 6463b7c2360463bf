//! The smallest form that holds every value of a tensor: what is wasted.

use super::dequantised::form;
use super::draft::Draft;
use super::{Granularity, Label, Scale};
use crate::format::Dtype;
use crate::scan::{Observations, Stream};

/// What a narrower form is called, and its bits for each value.
pub(super) struct Form {
    pub(super) name: String,
    pub(super) bits: f64,
}
/// The smallest form that holds every value of the tensor.
pub(super) fn smaller_form(seen: &Observations, draft: &Draft) -> Option<Form> {
    if draft.label == Label::Constant || !draft.is_exact {
        return contained(seen);
    }
    let bits = match draft.label {
        Label::F8E4m3 | Label::F8E5m2 | Label::Int8 | Label::Mxfp8E4m3 | Label::Mxfp8E5m2 => 8.0,
        Label::Mxfp6E2m3 | Label::Mxfp6E3m2 => 6.0,
        Label::Mxfp4 | Label::Nvfp4 | Label::Int4 | Label::Nf4 => 4.0,
        _ => return contained(seen),
    };
    let (granularity, scale) = (draft.granularity?, draft.scale?);
    let group = match granularity {
        Granularity::Element | Granularity::Tensor => seen.elements,
        Granularity::Row => seen.matrix.columns,
        Granularity::Column => seen.matrix.rows,
        Granularity::Block(size) => u64::from(size),
        Granularity::Square(size) => u64::from(size) * u64::from(size),
    };
    let of_scale = match scale {
        Scale::None => 0.0,
        Scale::PowerOfTwo => 8.0,
        Scale::Real => 32.0,
    };
    let bits = bits + of_scale / group.max(1) as f64;
    let title = draft.label.title();
    let name = match scale {
        Scale::None => title.to_owned(),
        _ => format!("{title}, {}", form(granularity, scale)),
    };
    Some(Form { name, bits })
}

/// BF16 or FP16, where the planes of bits show that it holds every value.
fn contained(seen: &Observations) -> Option<Form> {
    let [Stream::Float(float)] = &seen.streams[..] else {
        return None;
    };
    let low_zeros = float.ones.iter().take_while(|ones| **ones == 0).count();
    let is_finite = float.pos_inf + float.neg_inf == 0;
    let form = |name: &str, bits: f64| {
        Some(Form {
            name: name.to_owned(),
            bits,
        })
    };
    match seen.dtype {
        Dtype::F32 if low_zeros >= 16 => form("BF16", 16.0),
        Dtype::F32 if low_zeros >= 13 && is_finite => {
            let rows = &seen.rows;
            let all = [rows.bf16, rows.ten_bits, rows.alike];
            let held = all.iter().all(|class| class.outside == class.outside_f16);
            (held && rows.wider == 0).then(|| Form {
                name: "FP16".to_owned(),
                bits: 16.0,
            })
        }
        Dtype::F64
            if low_zeros >= 29
                && float.min_magnitude >= 0x3810_0000_0000_0000
                && float.max_magnitude <= 0x47ef_ffff_e000_0000 =>
        {
            form("FP32", 32.0)
        }
        _ => None,
    }
}

/// What the form saves of the tensor's bytes.
pub(super) fn saved_bytes(seen: &Observations, form: &Form) -> u64 {
    let saved = (f64::from(seen.dtype.bits()) - form.bits) * seen.elements as f64 / 8.0;
    saved.max(0.0) as u64
}
