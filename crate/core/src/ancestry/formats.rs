//! Formats in their turn: what a tensor is stored in, and what that turns out to hold.

use super::bf16::Traces;
use super::convert::{bf16_of_f16, f16_of_f32};
use super::dequantised;
use super::draft::Draft;
use super::f32::{Containment, Ten};
use super::gaps::doubted;
use super::grid::witnesses;
use super::pool::PoolShare;
use super::prose::counted;
use super::view::{Patch, Places, View};
use super::{Evidence, Fraction, Label, Parity, Scale, Witness};
use super::{bands, f8, f16};
use crate::format::{Dtype, Encoding, FloatLayout};
use crate::scan::{Observations, Rows, Stream, WideFloat};

/// A view's verdict, and the pictures that belong to it.
pub(super) struct Judged {
    pub(super) draft: Draft,
    pub(super) parity: Option<Parity>,
    pub(super) witnesses: Vec<Witness>,
    pub(super) share: Option<PoolShare>,
}
/// The draft of a float tensor; `None` for the others and for empty ones.
pub(super) fn judged(seen: &Observations) -> Option<Judged> {
    let Encoding::Float(layout) = &seen.dtype.format().encoding else {
        return None;
    };
    let bits = seen.dtype.bits();
    if seen.elements == 0 || !layout.signed || bits < 8 {
        return None;
    }
    match &seen.streams[..] {
        [Stream::Codes(census)] => {
            let codes = || census.cells().map(|(code, count)| (u64::from(code), count));
            let view = View::of_codes(layout, codes(), places(seen, |code| code));
            Some(constant(&view, seen).unwrap_or_else(|| match seen.dtype {
                Dtype::BF16 => of_bf16(&view),
                Dtype::F16 => of_f16(seen, &view, codes()),
                _ => plain(&view, f8::judge(&view)),
            }))
        }
        [Stream::Float(float)] if bits == 32 => Some(of_f32(seen, layout, float)),
        [Stream::Float(float)] => {
            let mut judged = super::f64::judge(seen, layout, float);
            judged.witnesses = top_witnesses(seen, &super::f64::TOP, float);
            Some(judged)
        }
        _ => None,
    }
}
pub(super) fn places(seen: &Observations, narrow: fn(u64) -> u64) -> Places {
    let element_bytes = seen.dtype.bits() as usize / 8;
    let windows = seen.sample.windows(seen.matrix, element_bytes as u64);
    Places {
        matrix: seen.matrix,
        element_bytes,
        patches: windows.into_iter().filter_map(Patch::of).collect(),
        narrow,
    }
}
/// All values alike, or none that is finite and not zero.
fn constant(view: &View, seen: &Observations) -> Option<Judged> {
    let different = view
        .cells
        .iter()
        .map(|cell| usize::from(cell.positive > 0) + usize::from(cell.negative > 0));
    let different = different.sum::<usize>() + usize::from(view.zeros > 0);
    if different > 1 || different == 1 && view.not_finite > 0 {
        return None;
    }
    let label = if different == 0 {
        Label::Inconclusive
    } else {
        Label::Constant
    };
    let all = match seen.elements {
        2 => "Both values".to_owned(),
        elements => format!("All {}", counted(elements, "value", "values")),
    };
    let says = match (different, view.zeros, seen.elements) {
        (0, ..) => "No value is a finite number.".to_owned(),
        (_, 0, 1) => "It holds one value.".to_owned(),
        (_, _, 1) => "Its one value is zero.".to_owned(),
        (_, 0, _) => format!("{all} are equal."),
        _ => format!("{all} are zero."),
    };
    let mut draft = Draft::new(label);
    draft.fraction = (different == 1).then(|| Fraction::exact(1.0));
    draft.is_exact = true;
    Some(plain(
        view,
        draft.with(Evidence::new("constant", seen.elements, says)),
    ))
}
/// The same of a sample, where no two of all values differ either.
pub(super) fn wide_constant(
    sample: &View,
    seen: &Observations,
    float: &WideFloat,
) -> Option<Judged> {
    constant(sample, seen).filter(|_| float.min >= float.max)
}
pub(super) fn plain(view: &View, draft: Draft) -> Judged {
    Judged {
        draft,
        parity: None,
        witnesses: witnesses(view),
        share: None,
    }
}
fn of_bf16(view: &View) -> Judged {
    let traces = Traces::of(view);
    let lattices = dequantised::search(view, traces.grid.off == 0);
    let of_traces = || by_bands(view, &traces, traces.judge(lattices.is_excluded));
    let draft = lattices.draft.unwrap_or_else(of_traces);
    let parity = traces.profile.picture();
    // What is doubted has traces that say native, and would say so in a pool.
    let share = (draft.label == Label::Inconclusive).then_some(PoolShare {
        traces,
        is_excluded: lattices.is_excluded,
    });
    Judged {
        draft: doubted(view, draft),
        parity,
        witnesses: witnesses(view),
        share,
    }
}

/// A tensor that is neither native nor rounded twice, or not quite, may be both, in one
/// band of rows and in another.
fn by_bands(view: &View, traces: &Traces, draft: Draft) -> Draft {
    let may_be_mixed = match draft.label {
        Label::Unexplained | Label::Arithmetic => true,
        Label::Native => traces.leans(),
        _ => false,
    };
    if !may_be_mixed {
        return draft;
    }
    bands::mixture(view).unwrap_or(draft)
}

fn of_f16(seen: &Observations, view: &View, codes: impl Iterator<Item = (u64, u64)>) -> Judged {
    let short = f16::Short::of(view);
    if !short.holds_bf16() {
        let lattices = dequantised::search(view, false);
        let draft = lattices.draft.or_else(|| f16::mixture(view));
        let native = || f16::judge(view, &short, lattices.is_excluded);
        return plain(view, doubted(view, draft.unwrap_or_else(native)));
    }
    let outer = f16::judge(view, &short, false);
    let codes = codes.map(|(code, count)| (bf16_of_f16(code), count));
    let places = places(seen, bf16_of_f16);
    let mut inner = View::of_codes(layout_of(Dtype::BF16), codes, places);
    inner.is_complete = short.is_all();
    let Some(lattice) = whole_lattice(&inner) else {
        return plain(view, outer);
    };
    // A scale with few bits makes products that BF16 holds without having rounded them.
    // FP16 has, below its normal range.
    let share = |draft: &Draft| draft.fraction.map(|fraction| fraction.value);
    let is_same =
        |direct: &Draft| direct.label == lattice.label && share(direct) >= share(&lattice);
    match whole_lattice(view).filter(is_same) {
        Some(direct) => plain(view, direct.with(short.evidence())),
        None => inside(plain(view, lattice), outer, "bf16"),
    }
}

/// A lattice of all the values of a view.
fn whole_lattice(view: &View) -> Option<Draft> {
    let lattice = dequantised::search(view, false).draft;
    lattice.filter(|draft| draft.label != Label::Mixed)
}

fn of_f32(seen: &Observations, layout: &'static FloatLayout, float: &WideFloat) -> Judged {
    let sample = View::of_sample(layout, places(seen, |code| code));
    if let Some(constant) = wide_constant(&sample, seen, float) {
        return constant;
    }
    let mut judged = f32_view(
        &sample,
        &seen.rows,
        &|| {
            let tops = float
                .tops
                .cells()
                .map(|(code, count)| (u64::from(code), count));
            View::of_codes(
                layout_of(Dtype::BF16),
                tops,
                places(seen, |code| code >> 16),
            )
        },
        &|| View::of_sample(layout_of(Dtype::F16), places(seen, f16_of_f32)),
    );
    judged.witnesses = top_witnesses(seen, layout_of(Dtype::BF16), float);
    judged
}

/// Witnesses by the upper 16 bits, which all values are counted by.
fn top_witnesses(
    seen: &Observations,
    top: &'static FloatLayout,
    float: &WideFloat,
) -> Vec<Witness> {
    let tops = float
        .tops
        .cells()
        .map(|(code, count)| (u64::from(code), count));
    let no_places = Places {
        matrix: seen.matrix,
        element_bytes: 2,
        patches: Vec::new(),
        narrow: |code| code,
    };
    witnesses(&View::of_codes(top, tops, no_places))
}

/// FP32 values, as BF16 or FP16 where these hold them.
pub(super) fn f32_view(
    view: &View,
    rows: &Rows,
    as_bf16: &dyn Fn() -> View,
    as_f16: &dyn Fn() -> View,
) -> Judged {
    let containment = Containment::of(view, rows);
    let outer = containment.judge();
    if let Some(outer) = outer.as_ref().filter(|outer| outer.label == Label::Bf16) {
        return inside(of_bf16(&as_bf16()), outer.clone(), "bf16");
    }
    let narrower = match &outer {
        // Where some rows need all bits, a lattice of the others is none of the tensor.
        Some(outer) if ![Label::Tf32, Label::Mixed].contains(&outer.label) => {
            whole_lattice(&as_f16())
        }
        _ => None,
    };
    // Integers times short scales have few bits, too: lattices come before averages.
    let mut lattices = dequantised::search(view, false);
    let is_part = |draft: &Draft| draft.label == Label::Mixed;
    let is_table = |draft: &Draft| draft.label == Label::FewLevels;
    // Where nearly all values are FP16's, FP16's own grid is no table.
    let direct = lattices
        .draft
        .take_if(|draft| !is_part(draft) && (outer.is_none() || !is_table(draft)));
    let part = lattices.draft.filter(is_part);
    let draft = match (direct, narrower, outer) {
        (Some(direct), _, _) => direct.with(containment.evidence()),
        (None, Some(narrower), Some(outer)) => inside(plain(view, narrower), outer, "f16").draft,
        (None, _, outer) => match (part, outer) {
            (Some(part), _) => part.with(containment.evidence()),
            (None, Some(outer)) => outer,
            (None, None) => {
                let native = native_f32(view, &containment, lattices.is_excluded);
                doubted(view, native.with(containment.evidence()))
            }
        },
    };
    let mut judged = plain(view, draft);
    let is_by_row = containment.ten_bits + containment.bf16 > 0;
    if judged.draft.rows.is_empty() && is_by_row && judged.draft.scale.is_none() {
        judged.draft.rows = containment.rows_by_label();
    }
    let is_either = containment.ten == Ten::Either && containment.ten_bits > 0;
    if judged.draft.label == Label::Inconclusive && is_either {
        judged
            .draft
            .blind_spots
            .push("No value lies where FP16 and TF32 differ, so that they cannot be told apart.");
    }
    judged
}

/// What was found inside a narrower format, and that the outer one holds it.
pub(super) fn inside(mut inner: Judged, outer: Draft, format: &'static str) -> Judged {
    inner.share = None;
    let draft = &mut inner.draft;
    match draft.label {
        Label::Inconclusive if format == "f32" => {}
        // Nothing before it is proven: the narrower format is what is found.
        Label::Native
        | Label::Inconclusive
        | Label::Mixed
        | Label::Unexplained
        | Label::Arithmetic => {
            draft.label = outer.label;
            draft.stops = outer.stops;
            draft.fraction = outer.fraction;
            draft.odds = outer.odds;
            (draft.granularity, draft.scale) = (None, None);
            draft.rows.clear();
        }
        _ if is_proven(draft, format) => draft.stops.push(format),
        _ => {}
    }
    draft.is_exact &= outer.is_exact;
    // Not `splice`: it is more code to download than taking both.
    let mut evidence = outer.evidence;
    evidence.append(&mut draft.evidence);
    draft.evidence = evidence;
    inner
}

/// Whether values that a format holds must have gone through it, after all that is
/// known of them. Few significant bits pass through any format, FP32 holds whatever
/// the narrower ones do, and BF16 → FP16 leaves values that BF16 holds.
fn is_proven(draft: &Draft, format: &str) -> bool {
    let is_short = matches!(draft.scale, Some(Scale::PowerOfTwo | Scale::None));
    let is_table = draft.label == Label::FewLevels;
    let was_there = draft.stops.first() == Some(&format);
    !(is_short || is_table || was_there || format == "f32")
}

/// Fewer different values may be a table's levels, whatever bits they need.
const HANDFUL: usize = 8;

fn native_f32(view: &View, containment: &Containment, is_excluded: bool) -> Draft {
    let different = view.cells.len();
    // Few values in FP32 lie on no lattice by chance: a group of three shows it.
    let is_excluded = different >= 16 || is_excluded && different >= HANDFUL;
    let label = if containment.is_wide() && is_excluded {
        Label::Native
    } else {
        Label::Inconclusive
    };
    let mut draft = Draft::new(label);
    draft.fraction = (label == Label::Native).then(|| Fraction::exact(containment.wide_share()));
    draft
}

pub(super) fn layout_of(dtype: Dtype) -> &'static FloatLayout {
    dtype.format().layout().expect("a float type")
}
