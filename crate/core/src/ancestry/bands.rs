//! BF16 tensors of which some bands of rows went through FP16 or TF32.

use super::draft::Draft;
use super::parity::{Profile, Shape};
use super::prose::{counted, grouped};
use super::view::{Places, View};
use super::{Evidence, Label};
use crate::scan::Purpose;

/// Bands that a tensor is cut into.
const BANDS: u64 = 8;

/// Bands of rows that were rounded twice among others that were not.
pub(crate) fn mixture(view: &View) -> Option<Draft> {
    let rows = view.matrix.rows;
    if rows < BANDS {
        return None;
    }
    let shapes: Vec<Shape> = (0..BANDS).map(|band| shape(view, band)).collect();
    let count = |wanted: Shape| shapes.iter().filter(|shape| **shape == wanted).count() as u64;
    let (twice, once) = (count(Shape::RoundedTwice), count(Shape::Flat));
    if twice == 0 || once == 0 {
        return None;
    }
    let of = |bands: u64| bands * rows / BANDS;
    let mut draft = Draft::new(Label::Mixed);
    draft.rows = vec![(Label::Native, of(once)), (Label::F16, of(twice))];
    let says = format!(
        "Of {BANDS} bands of {} each {} show the parity of FP32 → FP16 → BF16, and {} that of native values.",
        counted(rows / BANDS, "row", "rows"),
        grouped(twice),
        grouped(once),
    );
    Some(draft.with(Evidence::new("rows", rows, says)))
}

/// How the last bits of a band's sampled rows look.
fn shape(view: &View, band: u64) -> Shape {
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
    let view = View::of_codes(view.layout, counted.into_iter(), places);
    Profile::of(&view).shape(false)
}
