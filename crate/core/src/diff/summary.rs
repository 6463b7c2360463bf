//! What lists, tables and spreadsheets need of a finished pair.

use super::PairFigures;
use super::figures::Kind;
use crate::report::Number;

/// What lists, tables and spreadsheets need of a finished pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How it is sorted.
    pub kind: Kind,
    /// Elements.
    pub count: u64,
    /// Elements of equal values.
    pub equal: u64,
    /// The largest distance.
    pub max_ulp: Option<Number>,
    /// The largest |a − b|.
    pub max_abs: Option<Number>,
    /// Their mean.
    pub mean_abs: Option<Number>,
    /// The largest |a − b|/|b|.
    pub max_rel: Option<Number>,
    /// Elements that are not close.
    pub not_close: u64,
    /// The cosine.
    pub cosine: Option<Number>,
    /// Signal to noise.
    pub sqnr_db: Option<Number>,
    /// The best explanation: its key, direction and sentence.
    pub best: Option<(String, &'static str, String)>,
    /// What it looks like: key and sentence.
    pub looks: Option<(&'static str, String)>,
}

impl Summary {
    pub(super) fn of(figures: &PairFigures) -> Self {
        let best = figures.explained_by.first();
        Self {
            kind: figures.kind(),
            count: figures.count,
            equal: figures.equal,
            max_ulp: figures.max_ulp,
            max_abs: figures.max_abs,
            mean_abs: figures.mean_abs,
            max_rel: figures.max_rel,
            not_close: figures.not_close,
            cosine: figures.cosine,
            sqnr_db: figures.sqnr_db,
            best: best.map(|best| (best.conversion.clone(), best.direction, best.says.clone())),
            looks: figures
                .looks
                .as_ref()
                .map(|look| (look.like, look.says.clone())),
        }
    }
}
