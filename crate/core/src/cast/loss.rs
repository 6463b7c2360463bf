//! What the report says of a cast: of a tensor, and of all together.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::CASTS;
use super::caster::Losses;
use super::tally::Tally;
use crate::estimate::Interval;
use crate::report::Number;
use crate::scan::{ExactSum, Matrix};

/// What a cast loses of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Values that come back as they were.
    pub exact: u64,
    /// Finite values that become NaN or infinite, or are stopped at the largest code.
    pub overflow: u64,
    /// Finite values that are not zero and become zero.
    pub underflow: u64,
    /// Values whose code is subnormal.
    pub subnormal: u64,
    /// The largest |x − x′|; none where no value is finite before and after.
    pub max_abs_error: Option<f64>,
    /// Mean of (x − x′)².
    pub mse: Option<f64>,
    /// 10 log10(Σx² / Σ(x − x′)²); infinite where nothing is lost.
    pub sqnr_db: Option<f64>,
}

/// Where the figures of a cast lie with 95 % confidence when only a sample was cast; none where that cannot be
/// told. Of counts, those of the whole tensor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct CastIntervals {
    /// Of [`Loss::exact`].
    pub exact: Option<Interval>,
    /// Of [`Loss::overflow`].
    pub overflow: Option<Interval>,
    /// Of [`Loss::underflow`].
    pub underflow: Option<Interval>,
    /// Of [`Loss::subnormal`].
    pub subnormal: Option<Interval>,
    /// Of [`Loss::mse`].
    pub mse: Option<Interval>,
    /// Of [`Loss::sqnr_db`].
    pub sqnr_db: Option<Interval>,
}

impl Loss {
    pub(super) fn of(tally: &Tally) -> Self {
        let has_values = tally.finite > 0;
        let noise = tally.noise.to_scaled();
        Self {
            exact: tally.exact,
            overflow: tally.overflow,
            underflow: tally.underflow,
            subnormal: tally.subnormal,
            max_abs_error: has_values.then_some(tally.max_error),
            mse: has_values.then(|| noise.divided_by(tally.finite).to_f64()),
            sqnr_db: has_values.then(|| sqnr_db(&tally.signal, &tally.noise)),
        }
    }
}

/// The ratio of two sums of squares in decibels; infinite without noise.
fn sqnr_db(signal: &ExactSum, noise: &ExactSum) -> f64 {
    let (signal, noise) = (signal.to_scaled(), noise.to_scaled());
    if noise.significand == 0.0 {
        return f64::INFINITY;
    }
    if signal.significand == 0.0 {
        return f64::NEG_INFINITY;
    }
    let octaves = f64::from(signal.exponent - noise.exponent);
    10.0 * (libm::log10(signal.significand / noise.significand) + octaves * libm::log10(2.0))
}

/// The casts of a tensor that are known so far, by their index in the table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LossTable {
    matrix: Option<Matrix>,
    losses: Vec<(u8, Loss)>,
    /// Of a sample, by their index in the table, too.
    intervals: Vec<(u8, CastIntervals)>,
}

impl LossTable {
    /// Of a tensor of so many rows and columns.
    pub fn new(matrix: Matrix) -> Self {
        Self {
            matrix: Some(matrix),
            losses: Vec::new(),
            intervals: Vec::new(),
        }
    }

    /// Adds how far off the figures of casts of a sample may be.
    pub(crate) fn add_intervals(&mut self, intervals: Vec<(u8, CastIntervals)>) {
        self.intervals.extend(intervals);
    }

    /// How far off a cast's figures may be; none where every value was cast.
    pub fn intervals(&self, index: usize) -> Option<&CastIntervals> {
        let of_cast = |known: &&(u8, CastIntervals)| usize::from(known.0) == index;
        self.intervals.iter().find(of_cast).map(|known| &known.1)
    }

    /// Adds casts.
    pub fn add(&mut self, losses: &Losses) {
        for (at, tally) in losses.each() {
            let place = self
                .losses
                .partition_point(|known| usize::from(known.0) < at);
            self.losses.insert(place, (at as u8, Loss::of(tally)));
        }
    }

    /// Each cast by its index in the table, what it loses, and the bytes that it takes.
    pub fn each(&self) -> impl Iterator<Item = (usize, &Loss, u64)> {
        let (rows, columns) = self
            .matrix
            .map_or((0, 0), |matrix| (matrix.rows, matrix.columns));
        self.losses.iter().map(move |(at, loss)| {
            let at = usize::from(*at);
            (at, loss, CASTS[at].bytes(rows, columns))
        })
    }

    /// What one cast loses.
    pub fn get(&self, index: usize) -> Option<&Loss> {
        let known = self
            .losses
            .iter()
            .find(|known| usize::from(known.0) == index);
        known.map(|(_, loss)| loss)
    }
}

/// The fields of a cast in a report.
#[derive(Serialize)]
struct Row {
    exact: u64,
    overflow: u64,
    underflow: u64,
    subnormal: u64,
    max_abs_error: Option<Number>,
    mse: Option<Number>,
    sqnr_db: Option<Number>,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    intervals: Option<CastIntervals>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tensors: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<u64>,
}

impl Row {
    fn of(loss: &Loss, bytes: u64) -> Self {
        Self {
            exact: loss.exact,
            overflow: loss.overflow,
            underflow: loss.underflow,
            subnormal: loss.subnormal,
            max_abs_error: loss.max_abs_error.map(Number::Real),
            mse: loss.mse.map(Number::Real),
            sqnr_db: loss.sqnr_db.map(Number::Real),
            bytes,
            intervals: None,
            stored_bytes: None,
            tensors: None,
            parameters: None,
        }
    }
}

/// An object by the casts' keys.
pub struct ByKey<'a>(pub &'a LossTable);

impl Serialize for ByKey<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        for (at, loss, bytes) in self.0.each() {
            let row = Row {
                intervals: self.0.intervals(at).copied(),
                ..Row::of(loss, bytes)
            };
            map.serialize_entry(CASTS[at].key, &row)?;
        }
        map.end()
    }
}

/// Sums of one cast over tensors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sums {
    tally: Tally,
    bytes: u64,
    stored_bytes: u64,
    tensors: u64,
    parameters: u64,
}

impl Sums {
    /// What it loses of all of them.
    pub fn loss(&self) -> Loss {
        Loss::of(&self.tally)
    }

    /// Bytes of all of them.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of all of them as they are stored.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// Tensors, and their elements.
    pub fn counts(&self) -> (u64, u64) {
        (self.tensors, self.parameters)
    }
}

/// Sums of every cast over the tensors of a checkpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CastTotals(Vec<Sums>);

impl CastTotals {
    /// Adds casts of a tensor that takes so many bytes as it is stored.
    pub fn add(&mut self, matrix: Matrix, stored_bytes: u64, losses: &Losses) {
        self.0.resize_with(CASTS.len(), Sums::default);
        for (at, tally) in losses.each() {
            let sums = &mut self.0[at];
            sums.tally.merge(tally);
            sums.bytes = sums
                .bytes
                .saturating_add(CASTS[at].bytes(matrix.rows, matrix.columns));
            sums.stored_bytes = sums.stored_bytes.saturating_add(stored_bytes);
            sums.tensors += 1;
            sums.parameters = sums.parameters.saturating_add(matrix.elements());
        }
    }

    /// Casts that some tensor has, by their index in the table.
    pub fn each(&self) -> impl Iterator<Item = (usize, &Sums)> {
        self.0
            .iter()
            .enumerate()
            .filter(|(_, sums)| sums.tensors > 0)
    }
}

impl Serialize for CastTotals {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        for (at, sums) in self.each() {
            let row = Row {
                stored_bytes: Some(sums.stored_bytes),
                tensors: Some(sums.tensors),
                parameters: Some(sums.parameters),
                ..Row::of(&sums.loss(), sums.bytes)
            };
            map.serialize_entry(CASTS[at].key, &row)?;
        }
        map.end()
    }
}
