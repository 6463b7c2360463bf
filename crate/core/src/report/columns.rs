//! Columns for lists of very many tensors.

use serde::Serialize;

use super::casts::CastColumns;
use super::{Collector, Number, Parts, Stats, TensorFigures};
use crate::ancestry::Label;
use crate::cast::LossTable;

/// What the header says of consecutive tensors.
#[derive(Debug, Default, Serialize)]
pub struct Listing<'a> {
    name: Vec<&'a str>,
    /// Index into the checkpoint's files.
    file: Vec<usize>,
    dtype: Vec<&'static str>,
    shape: Vec<String>,
    parameters: Vec<u64>,
    bytes: Vec<u64>,
    pattern: Vec<usize>,
}

impl<'a> Listing<'a> {
    /// Of `count` tensors from `first` on, or as many as there are.
    pub fn of(collector: &'a Collector, first: usize, count: usize) -> Self {
        let mut listing = Self::default();
        for (file, info, pattern) in
            (first..first.saturating_add(count)).map_while(|at| collector.tensor(at))
        {
            listing.name.push(&info.name);
            listing.file.push(file);
            listing.dtype.push(info.dtype.name());
            listing.shape.push(shape(&info.shape));
            listing.parameters.push(info.elements());
            listing.bytes.push(info.bytes());
            listing.pattern.push(pattern);
        }
        listing
    }
}

/// "3 × 4".
pub(crate) fn shape(sizes: &[u64]) -> String {
    let sizes: Vec<String> = sizes.iter().map(u64::to_string).collect();
    if sizes.is_empty() {
        "scalar".to_owned()
    } else {
        sizes.join(" × ")
    }
}

/// The figures of tensors as they finish; `null` where there is none, and for
/// complex numbers, which have two of each.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    index: Vec<usize>,
    min: Vec<Option<f64>>,
    max: Vec<Option<f64>>,
    mean: Vec<Option<f64>>,
    std: Vec<Option<f64>>,
    abs_max: Vec<Option<f64>>,
    zeros: Vec<u64>,
    nan: Vec<u64>,
    inf: Vec<u64>,
    joint_entropy: Vec<f64>,
    wasted_bytes: Vec<u64>,
    /// The verdict in one word.
    label: Vec<Label>,
    /// Whether the figures are those of a sample.
    estimate: Vec<bool>,
    /// Tensors that were given up.
    failed: Vec<usize>,
    /// Casts of tensors, of those above or of others.
    #[serde(skip_serializing_if = "CastColumns::is_empty")]
    casts: CastColumns,
}

impl Figures {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty() && self.failed.is_empty() && self.casts.is_empty()
    }

    /// Adds what came later.
    pub fn append(&mut self, mut later: Self) {
        self.index.append(&mut later.index);
        self.min.append(&mut later.min);
        self.max.append(&mut later.max);
        self.mean.append(&mut later.mean);
        self.std.append(&mut later.std);
        self.abs_max.append(&mut later.abs_max);
        self.zeros.append(&mut later.zeros);
        self.nan.append(&mut later.nan);
        self.inf.append(&mut later.inf);
        self.joint_entropy.append(&mut later.joint_entropy);
        self.wasted_bytes.append(&mut later.wasted_bytes);
        self.label.append(&mut later.label);
        self.estimate.append(&mut later.estimate);
        self.failed.append(&mut later.failed);
        self.casts.append(later.casts);
    }

    /// Adds tensors that were given up.
    pub fn failed(&mut self, indices: &[usize]) {
        self.failed.extend_from_slice(indices);
    }

    /// Adds casts of a tensor.
    pub(crate) fn cast(&mut self, index: usize, table: &LossTable) {
        self.casts.push(index, table);
    }

    /// Adds a finished tensor.
    pub fn push(&mut self, index: usize, figures: &TensorFigures) {
        let real = |of: fn(&Stats) -> Option<Number>| match &figures.stats {
            Parts::One(stats) => of(stats).map(Number::to_f64),
            Parts::Complex { .. } => None,
        };
        let sum = |of: fn(&Stats) -> u64| figures.stats.each().map(of).sum();
        self.index.push(index);
        self.min.push(real(|stats| stats.min));
        self.max.push(real(|stats| stats.max));
        self.mean.push(real(|stats| stats.mean));
        self.std.push(real(|stats| stats.std));
        self.abs_max.push(real(|stats| stats.abs_max));
        self.zeros.push(sum(|stats| stats.zeros));
        self.nan.push(sum(|stats| stats.nan));
        self.inf.push(sum(|stats| stats.pos_inf + stats.neg_inf));
        self.joint_entropy
            .push(figures.bits.each().map(|bits| bits.joint_entropy).sum());
        self.wasted_bytes.push(figures.wasted_bytes);
        self.label.push(figures.ancestry.label);
        self.estimate.push(figures.estimate.is_some());
    }
}
