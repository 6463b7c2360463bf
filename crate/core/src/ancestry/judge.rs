//! Judges a tensor: makes views of what was seen and asks the tests in turn.

use super::bf16::Traces;
use super::dequantised::{self, form};
use super::draft::Draft;
use super::f32::{Containment, Ten};
use super::grid::witnesses;
use super::pool::PoolShare;
use super::prose::{counted, grouped};
use super::view::{Patch, Places, View};
use super::{Evidence, Fraction, Granularity, Label, Parity, RowFigures, Scale, Verdict, Witness};
use super::{bands, f8, f16};
use crate::format::{Dtype, Encoding, FloatLayout, Specials};
use crate::scan::{Observations, Rows, Stream, WideFloat};

/// Everything that ancestry says of one tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The label, and what it rests on.
    pub verdict: Verdict,
    /// Rows by their history; `None` for what is not floating point.
    pub rows: Option<RowFigures>,
    /// The parity picture of BF16 values; `None` where there is nothing to draw.
    pub parity: Option<Parity>,
    /// The popular witnesses; empty for what is not floating point.
    pub witnesses: Vec<Witness>,
    /// Bytes that a smaller form, which loses nothing, would save.
    pub wasted_bytes: u64,
    /// That form, in words: "BF16", "INT4, one real scale for each 128 values".
    pub smaller_form: Option<String>,
    /// What an inconclusive tensor adds to those of its kind.
    pub pool_share: Option<PoolShare>,
}

/// A view's verdict, and the pictures that belong to it.
struct Judged {
    draft: Draft,
    parity: Option<Parity>,
    witnesses: Vec<Witness>,
    share: Option<PoolShare>,
}

/// What a narrower form is called, and its bits for each value.
struct Form {
    name: String,
    bits: f64,
}

impl Origin {
    /// Judges a tensor.
    pub fn of(seen: &Observations) -> Self {
        let Some(judged) = judged(seen) else {
            return Self::not_float(seen);
        };
        let rows = row_figures(seen, &judged.draft);
        let form = smaller_form(seen, &judged.draft);
        let saved = form.as_ref().map(|form| saved_bytes(seen, form));
        let saved = saved.filter(|saved| *saved > 0);
        Self {
            verdict: verdict(seen, judged.draft),
            rows: Some(rows),
            parity: judged.parity,
            witnesses: judged.witnesses,
            wasted_bytes: saved.unwrap_or(0),
            smaller_form: saved.and(form).map(|form| form.name),
            pool_share: judged.share,
        }
    }

    fn not_float(seen: &Observations) -> Self {
        let label = if seen.elements == 0 {
            Label::Empty
        } else {
            Label::NotFloat
        };
        Self {
            verdict: verdict(seen, Draft::new(label)),
            rows: None,
            parity: None,
            witnesses: Vec::new(),
            wasted_bytes: 0,
            smaller_form: None,
            pool_share: None,
        }
    }
}

/// The draft of a float tensor; `None` for the others and for empty ones.
fn judged(seen: &Observations) -> Option<Judged> {
    let Encoding::Float(layout) = &seen.dtype.format().encoding else {
        return None;
    };
    let bits = seen.dtype.bits();
    if seen.elements == 0 || !layout.signed || bits < 8 {
        return None;
    }
    match &seen.streams[..] {
        [Stream::Codes(census)] => {
            let codes = census.cells().map(|(code, count)| (u64::from(code), count));
            let view = View::of_codes(layout, codes, places(seen, |code| code));
            Some(constant(&view, seen).unwrap_or_else(|| match seen.dtype {
                Dtype::BF16 => of_bf16(&view),
                Dtype::F16 => of_f16(seen, &view),
                _ => plain(&view, f8::judge(&view)),
            }))
        }
        [Stream::Float(float)] if bits == 32 => Some(of_f32(seen, layout, float)),
        [Stream::Float(float)] => {
            let mut judged = of_f64(seen, layout);
            judged.witnesses = top_witnesses(seen, &TOP_OF_F64, float);
            Some(judged)
        }
        _ => None,
    }
}

fn places(seen: &Observations, narrow: fn(u64) -> u64) -> Places {
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
    let says = match (different, view.zeros) {
        (0, _) => "No value is a finite number.".to_owned(),
        (_, 0) => format!(
            "All {} are equal.",
            counted(seen.elements, "value", "values")
        ),
        _ => format!(
            "All {} are zero.",
            counted(seen.elements, "value", "values")
        ),
    };
    let mut draft = Draft::new(label);
    draft.fraction = (different == 1).then(|| Fraction::exact(1.0));
    draft.is_exact = true;
    Some(plain(
        view,
        draft.with(Evidence::new("constant", seen.elements, says)),
    ))
}

fn plain(view: &View, draft: Draft) -> Judged {
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
    let of_traces = || by_bands(view, traces.judge(lattices.is_excluded));
    let draft = lattices.draft.unwrap_or_else(of_traces);
    let parity = traces.profile.picture();
    let share = (draft.label == Label::Inconclusive).then_some(PoolShare {
        traces,
        is_excluded: lattices.is_excluded,
    });
    Judged {
        draft,
        parity,
        witnesses: witnesses(view),
        share,
    }
}

/// A tensor that is neither native nor rounded twice may be both, in one band of rows
/// and in another.
fn by_bands(view: &View, draft: Draft) -> Draft {
    match draft.label {
        Label::Unexplained => bands::mixture(view).unwrap_or(draft),
        _ => draft,
    }
}

fn of_f16(seen: &Observations, view: &View) -> Judged {
    let short = f16::Short::of(view);
    if !short.holds_bf16() {
        let lattices = dequantised::search(view, false);
        let draft = lattices.draft.or_else(|| f16::mixture(view));
        let native = || f16::judge(view, &short, lattices.is_excluded);
        return plain(view, draft.unwrap_or_else(native));
    }
    let outer = f16::judge(view, &short, false);
    let inner = View::of_sample(layout_of(Dtype::BF16), places(seen, bf16_of_f16));
    match whole_lattice(&inner) {
        Some(lattice) => inside(plain(view, lattice), outer, "bf16"),
        None => plain(view, outer),
    }
}

/// A lattice of all the values of a view.
fn whole_lattice(view: &View) -> Option<Draft> {
    let lattice = dequantised::search(view, false).draft;
    lattice.filter(|draft| draft.label != Label::Mixed)
}

fn of_f32(seen: &Observations, layout: &'static FloatLayout, float: &WideFloat) -> Judged {
    let sample = View::of_sample(layout, places(seen, |code| code));
    if let Some(constant) = constant(&sample, seen).filter(|_| float.min == float.max) {
        return constant;
    }
    let mut judged = f32_view(
        &sample,
        &seen.rows,
        || {
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
        || View::of_sample(layout_of(Dtype::F16), places(seen, f16_of_f32)),
    );
    judged.witnesses = top_witnesses(seen, layout_of(Dtype::BF16), float);
    judged
}

/// The upper 16 bits of FP64.
static TOP_OF_F64: FloatLayout = FloatLayout {
    signed: true,
    exponent_bits: 11,
    mantissa_bits: 4,
    bias: 1023,
    specials: Specials::Ieee,
};

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
fn f32_view(
    view: &View,
    rows: &Rows,
    as_bf16: impl FnOnce() -> View,
    as_f16: impl FnOnce() -> View,
) -> Judged {
    let containment = Containment::of(view, rows);
    let outer = containment.judge();
    if let Some(outer) = outer.as_ref().filter(|outer| outer.label == Label::Bf16) {
        return inside(of_bf16(&as_bf16()), outer.clone(), "bf16");
    }
    let narrower = match &outer {
        Some(outer) if outer.label != Label::Tf32 => whole_lattice(&as_f16()),
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
                native.with(containment.evidence())
            }
        },
    };
    let mut judged = plain(view, draft);
    let is_by_row = containment.ten_bits + containment.bf16 > 0;
    if judged.draft.rows.is_empty() && is_by_row && judged.draft.scale.is_none() {
        judged.draft.rows = containment.rows_by_label();
    }
    if judged.draft.label == Label::Inconclusive && containment.ten == Ten::Either {
        judged
            .draft
            .blind_spots
            .push("No value lies where FP16 and TF32 differ, so that they cannot be told apart.");
    }
    judged
}

/// What was found inside a narrower format, and that the outer one holds it.
fn inside(mut inner: Judged, outer: Draft, format: &'static str) -> Judged {
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
            (draft.granularity, draft.scale) = (None, None);
            draft.rows.clear();
        }
        _ if is_proven(draft, format) => draft.stops.push(format),
        _ => {}
    }
    draft.is_exact = outer.is_exact;
    draft.evidence.splice(0..0, outer.evidence);
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

fn native_f32(view: &View, containment: &Containment, is_excluded: bool) -> Draft {
    let different = view.cells.len();
    // Few values in FP32 lie on no lattice by chance: a group of three shows it.
    let is_excluded = is_excluded || different >= 16;
    let label = if containment.is_wide() && is_excluded {
        Label::Native
    } else {
        Label::Inconclusive
    };
    let mut draft = Draft::new(label);
    draft.fraction = (label == Label::Native).then(|| Fraction::exact(containment.wide_share()));
    draft
}

/// FP64: what the sample shows of FP32.
fn of_f64(seen: &Observations, layout: &'static FloatLayout) -> Judged {
    let sample = View::of_sample(layout, places(seen, |code| code));
    if let Some(constant) = constant(&sample, seen) {
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
        return plain(
            &sample,
            Draft::new(label).with(Evidence::new("containment", different as u64, says)),
        );
    }
    let as_f32 = View::of_sample(layout_of(Dtype::F32), places(seen, f32_of_f64));
    let mut rows = Rows::default();
    let codes: Vec<u8> = sampled_f32(&as_f32);
    let mut row = crate::scan::RowFollower::new(
        crate::scan::Matrix {
            rows: 1,
            columns: codes.len() as u64 / 4,
        },
        0,
        4,
    );
    row.look(&mut rows, &codes);
    row.finish(&mut rows);
    let inner = f32_view(
        &as_f32,
        &rows,
        || {
            View::of_sample(
                layout_of(Dtype::BF16),
                places(seen, |code| f32_of_f64(code) >> 16),
            )
        },
        || {
            View::of_sample(
                layout_of(Dtype::F16),
                places(seen, |code| f16_of_f32(f32_of_f64(code))),
            )
        },
    );
    let evidence = Evidence::new("containment", different as u64, says("fit FP32"));
    let mut outer = Draft::new(Label::F32).via("f32").with(evidence);
    outer.fraction = Some(Fraction::of_sample(held, different));
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

fn is_f32(value: f64) -> bool {
    f64::from(value as f32) == value
}

fn f32_of_f64(code: u64) -> u64 {
    u64::from((f64::from_bits(code) as f32).to_bits())
}

/// FP32 that FP16 holds, in FP16; what it does not hold becomes zero.
fn f16_of_f32(code: u64) -> u64 {
    let magnitude = f64::from(f32::from_bits(code as u32 & 0x7fff_ffff));
    let sign = code >> 16 & 0x8000;
    let least = crate::format::power_of_two(-14);
    if magnitude > 65_504.0 || code & 0x1fff != 0 {
        return sign;
    }
    if magnitude < least {
        let steps = magnitude * 16_777_216.0;
        return if steps == steps.round_ties_even() {
            sign | steps as u64
        } else {
            sign
        };
    }
    sign | ((code & 0x7fff_ffff) - (112 << 23)) >> 13
}

/// FP16 that BF16 holds, in BF16; what it does not hold becomes zero.
fn bf16_of_f16(code: u64) -> u64 {
    let value = layout_of(Dtype::F16).decode(code) as f32;
    let bits = u64::from(value.to_bits());
    if bits & 0xffff == 0 && value.is_finite() {
        bits >> 16
    } else {
        0
    }
}

fn layout_of(dtype: Dtype) -> &'static FloatLayout {
    dtype.format().layout().expect("a float type")
}

/// Rows by label: those that were counted, or all of them where the tensor has one label.
fn row_figures(seen: &Observations, draft: &Draft) -> RowFigures {
    let rows = &seen.rows;
    let varying = seen.matrix.rows - rows.constant.min(seen.matrix.rows);
    let mut ancestry = draft.rows.clone();
    if ancestry.is_empty() && varying > 0 {
        ancestry.push((draft.label, varying));
    }
    RowFigures {
        count: seen.matrix.rows,
        zero: rows.zero,
        constant: rows.constant,
        examined: ancestry.iter().map(|row| row.1).sum(),
        ancestry,
    }
}

/// The smallest form that holds every value of the tensor.
fn smaller_form(seen: &Observations, draft: &Draft) -> Option<Form> {
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

fn saved_bytes(seen: &Observations, form: &Form) -> u64 {
    let saved = (f64::from(seen.dtype.bits()) - form.bits) * seen.elements as f64 / 8.0;
    saved.max(0.0) as u64
}

fn verdict(seen: &Observations, draft: Draft) -> Verdict {
    finished(draft, &seen.dtype.name().to_ascii_lowercase())
}

/// A draft as it goes into the report, for values that are stored in a format.
pub(super) fn finished(draft: Draft, stored: &str) -> Verdict {
    let mut path = String::new();
    for stop in draft.stops.iter().filter(|stop| **stop != stored) {
        path.push_str(stop);
        path.push('>');
    }
    path.push_str(stored);
    Verdict {
        label: draft.label,
        path,
        granularity: draft.granularity,
        scale: draft.scale,
        fraction: draft.fraction,
        log10_odds: draft.odds.max(0.0),
        evidence: draft.evidence,
        blind_spots: draft.blind_spots.into_iter().map(str::to_owned).collect(),
    }
}
