//! What narrower formats would lose of the whole checkpoint, in words.

use super::decimal::{decibels, percent, short};
use super::entry::Object;
use super::words;
use crate::cast::CASTS;
use crate::report::{Collector, bytes, grouped, to_json};

/// The casts that people ask about, by key; the others stand in the other exports.
const ASKED: [&str; 8] = [
    "f16",
    "bf16",
    "f8_e4m3",
    "f8_e4m3/row",
    "int8/row",
    "mxfp4",
    "nvfp4",
    "int4/128",
];

/// One cast of all tensors.
pub(super) struct CastLine {
    pub(super) key: &'static str,
    pub(super) title: String,
    pub(super) size: String,
    /// As a share of the bytes now.
    pub(super) of_now: String,
    pub(super) sqnr: String,
    /// 0 to 3, from "4-bit quality" up to "lossless"; none below.
    pub(super) level: Option<u8>,
    /// From 0 to 1: how long a bar for the SQNR is.
    pub(super) reach: f64,
    /// The share of values that come back as they were.
    pub(super) exact: String,
    pub(super) overflow: String,
    pub(super) to_zero: String,
    pub(super) subnormal: String,
    pub(super) max_error: String,
}

/// Where a bar for an SQNR in dB is full.
const FULL_DB: f64 = 60.0;

/// Every cast that some tensor has.
pub(super) fn all(report: &Collector) -> Vec<CastLine> {
    let totals = to_json(report.cast_totals());
    let totals = Object::of(&totals);
    let casts = report.cast_totals().each();
    casts
        .map(|(at, sums)| {
            let cast = totals.object(CASTS[at].key);
            let sqnr_db = sums.loss().sqnr_db.unwrap_or(f64::NEG_INFINITY);
            CastLine {
                key: CASTS[at].key,
                title: CASTS[at].title.to_owned(),
                size: bytes(sums.bytes()),
                of_now: percent(sums.bytes(), sums.stored_bytes()),
                sqnr: decibels(cast.get("sqnr_db")),
                level: [18.0, 30.0, 36.0, f64::INFINITY]
                    .iter()
                    .rposition(|from| sqnr_db >= *from)
                    .map(|at| at as u8),
                reach: sqnr_db.clamp(0.0, FULL_DB) / FULL_DB,
                exact: percent(cast.count("exact"), cast.count("parameters")),
                overflow: grouped(cast.count("overflow")),
                to_zero: grouped(cast.count("underflow")),
                subnormal: grouped(cast.count("subnormal")),
                max_error: short(cast.get("max_abs_error"), 3),
            }
        })
        .collect()
}

/// Those that people ask about, without what would only store the same values again.
pub(super) fn asked(report: &Collector) -> Vec<CastLine> {
    let is_stored = |key: &str| {
        let dtypes = &report.checkpoint().dtypes;
        dtypes.len() == 1 && words::is_cast_of(dtypes[0].0, key)
    };
    let lines = all(report).into_iter();
    lines
        .filter(|line| ASKED.contains(&line.key) && !is_stored(line.key))
        .collect()
}
