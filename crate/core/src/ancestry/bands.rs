//! BF16 tensors of which some bands of rows went through FP16 or TF32.

use super::bf16::Traces;
use super::draft::Draft;
use super::odds::log10_normal_tail;
use super::parity::Shape;
use super::prose::{counted, grouped};
use super::view::{Places, View};
use super::{Evidence, Label};
use crate::scan::Purpose;

/// Bands that a tensor is cut into.
const BANDS: u64 = 8;

/// Bands that must be the one or the other: where rows of two histories meet, one is neither.
const CLEAR: u64 = 6;

/// Bands of rows that were rounded twice among others that were not.
pub(crate) fn mixture(view: &View) -> Option<Draft> {
    let rows = view.matrix.rows;
    if rows < BANDS {
        return None;
    }
    let (mut twice, mut once) = (Traces::default(), 0);
    let mut rounded_twice = 0;
    for band in 0..BANDS {
        let traces = traces(view, band);
        match traces.profile.shape(false) {
            Shape::RoundedTwice => {
                rounded_twice += 1;
                twice.merge(&traces);
            }
            Shape::Flat => once += 1,
            _ => {}
        }
    }
    if rounded_twice == 0 || once == 0 || rounded_twice + once < CLEAR {
        return None;
    }
    let of = |bands: u64| bands * rows / BANDS;
    let together = twice.judge(true);
    let mut draft = Draft::new(Label::Mixed);
    draft.odds = together
        .odds
        .max(-log10_normal_tail(twice.profile.z()) - 2.0);
    draft.rows = vec![
        (Label::Native, of(once)),
        (together.label, of(rounded_twice)),
    ];
    let says = format!(
        "Of {BANDS} bands of {} each {} show the parity that {} leaves, and {} that of native values.",
        counted(rows / BANDS, "row", "rows"),
        grouped(rounded_twice),
        match together.label {
            Label::F16 => "FP16",
            Label::Tf32 => "TF32",
            _ => "FP16 or TF32",
        },
        grouped(once),
    );
    let evidence = Evidence::new("rows", rows, says).chance(-draft.odds);
    Some(draft.with(evidence))
}

/// What a band's sampled rows show.
fn traces(view: &View, band: u64) -> Traces {
    let rows = view.matrix.rows;
    let mut codes = Vec::new();
    let kept = |purpose| matches!(purpose, Purpose::Whole | Purpose::Segments);
    for patch in view
        .patches
        .iter()
        .filter(|patch| kept(patch.window.purpose))
    {
        let window = &patch.window;
        let width = (window.stretches * window.width) as usize;
        for row in 0..window.rows {
            if window.place(row, 0).0 * BANDS / rows == band {
                let first = row as usize * width;
                codes.extend((first..first + width).map(|at| view.code_at(patch, at)));
            }
        }
    }
    codes.sort_unstable();
    let counted = codes.chunk_by(|a, b| a == b);
    let counted: Vec<(u64, u64)> = counted.map(|run| (run[0], run.len() as u64)).collect();
    let places = Places {
        matrix: view.matrix,
        element_bytes: 2,
        patches: Vec::new(),
        narrow: |code| code,
    };
    Traces::of(&View::of_codes(view.layout, counted.into_iter(), places))
}
