//! Judges a tensor: makes a view of what was seen, asks the tests, and puts together
//! what is said.

use super::draft::Draft;
use super::formats::judged;
use super::pool::PoolShare;
use super::smaller::{saved_bytes, smaller_form};
use super::{Label, Parity, RowFigures, Verdict, Witness};
use crate::scan::Observations;

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
        Self::without_figures(seen, label)
    }

    /// Of a tensor whose history nobody asks for: nothing is looked at.
    pub fn not_asked(seen: &Observations) -> Self {
        Self::without_figures(seen, Label::Inconclusive)
    }

    fn without_figures(seen: &Observations, label: Label) -> Self {
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
fn verdict(seen: &Observations, draft: Draft) -> Verdict {
    finished(draft, &seen.dtype.name().to_ascii_lowercase())
}

/// A draft as it goes into the report, for values that are stored in a format.
pub(super) fn finished(draft: Draft, stored: &str) -> Verdict {
    let mut path = String::new();
    let stops = match &draft.stops[..] {
        // The last stop is where the values are now.
        [stops @ .., last] if *last == stored => stops,
        stops => stops,
    };
    for stop in stops {
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
        blind_spots: draft.blind_spots,
    }
}
