//! FP64: does it hold FP32, and what do those hold?

use super::convert::{f16_of_f32, f32_of_f64, is_f32};
use super::draft::Draft;
use super::formats::{Judged, f32_view, inside, layout_of, places, plain, wide_constant};
use super::gaps::doubted;
use super::prose::{counted, grouped};
use super::view::View;
use super::{Evidence, Fraction, Label};
use crate::format::{Dtype, FloatLayout, Specials};
use crate::scan::{Matrix, Observations, RowFollower, Rows, WideFloat};

/// The upper 16 bits of FP64.
pub(super) static TOP: FloatLayout = FloatLayout {
    signed: true,
    exponent_bits: 11,
    mantissa_bits: 4,
    bias: 1023,
    specials: Specials::Ieee,
};

/// What the sample shows of FP32.
pub(super) fn judge(
    seen: &Observations,
    layout: &'static FloatLayout,
    float: &WideFloat,
) -> Judged {
    let sample = View::of_sample(layout, places(seen, |code| code));
    if let Some(constant) = wide_constant(&sample, seen, float) {
        return constant;
    }
    let held = sample
        .cells
        .iter()
        .filter(|cell| is_f32(cell.value))
        .count();
    let (different, says) = (sample.cells.len(), |what: &str| {
        format!(
            "{} of {} that were looked at {what}.",
            grouped(held as u64),
            counted(
                sample.cells.len() as u64,
                "different value",
                "different values"
            )
        )
    });
    if held * 20 < different * 19 {
        let label = if different >= 16 && held * 2 < different {
            Label::Native
        } else {
            Label::Inconclusive
        };
        let says = says("fit FP32");
        let evidence = Evidence::new("containment", different as u64, says);
        let draft = doubted(&sample, Draft::new(label).with(evidence));
        return plain(&sample, draft);
    }
    let as_f32 = View::of_sample(layout_of(Dtype::F32), places(seen, f32_of_f64));
    let mut rows = Rows::default();
    let codes: Vec<u8> = sampled_f32(&as_f32);
    let mut row = RowFollower::new(
        Matrix {
            rows: 1,
            columns: codes.len() as u64 / 4,
        },
        0,
        Dtype::F32,
    );
    row.look(&mut rows, &codes);
    row.finish(&mut rows);
    let inner = f32_view(
        &as_f32,
        &rows,
        &|| {
            View::of_sample(
                layout_of(Dtype::BF16),
                places(seen, |code| f32_of_f64(code) >> 16),
            )
        },
        &|| {
            View::of_sample(
                layout_of(Dtype::F16),
                places(seen, |code| f16_of_f32(f32_of_f64(code))),
            )
        },
    );
    let evidence = Evidence::new("containment", different as u64, says("fit FP32"));
    let mut outer = Draft::new(Label::F32).via("f32").with(evidence);
    outer.fraction = Some(Fraction::of_sample(held, different));
    // FP32 has 29 bits less: each value would fit by chance once in 2^29.
    outer.odds = held as f64 * 29.0 * std::f64::consts::LOG10_2;
    outer.is_exact = held == different;
    inside(inner, outer, "f32")
}
/// FP32 words of all the values of a sample.
fn sampled_f32(view: &View) -> Vec<u8> {
    let patches = view.patches.iter();
    let codes =
        patches.flat_map(|patch| (0..patch.elements()).map(|at| view.code_at(patch, at) as u32));
    codes.flat_map(u32::to_le_bytes).collect()
}
