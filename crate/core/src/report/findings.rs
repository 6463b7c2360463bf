//! Sums over the figures of finished tensors: what the headline and the overview say.

use serde::{Serialize, Serializer};

use super::TensorFigures;
use crate::ancestry::Label;
use crate::checkpoint::{Layout, TensorInfo};

const LABELS: usize = Label::ALL.len();

/// Tensors of one label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LabelTotals {
    /// Number of tensors.
    pub tensors: u64,
    /// Number of elements.
    pub parameters: u64,
}

/// How many tensors have which label; in JSON an object of those that occur, in
/// the order of the table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals([LabelTotals; LABELS]);

impl Totals {
    /// Labels that occur, with their sums.
    pub fn each(&self) -> impl Iterator<Item = (Label, LabelTotals)> + '_ {
        let labels = Label::ALL.iter().copied().zip(self.0);
        labels.filter(|(_, totals)| totals.tensors > 0)
    }

    /// The sums of one label.
    pub fn of(&self, label: Label) -> LabelTotals {
        self.0[label as usize]
    }

    pub(super) fn add(&mut self, label: Label, parameters: u64) {
        let totals = &mut self.0[label as usize];
        totals.tensors += 1;
        totals.parameters = totals.parameters.saturating_add(parameters);
    }
}

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.each())
    }
}

/// Tensors of which a smaller form would lose nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Smaller {
    /// That form, in words.
    pub(crate) form: String,
    pub(crate) tensors: u64,
    pub(crate) wasted_bytes: u64,
}

/// Tensors of one layout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LaidOut {
    /// What the codes are: "packed INT4 (GPTQ)".
    pub(crate) title: String,
    /// Tensors that hold codes.
    pub(crate) codes: u64,
    /// Tensors that belong to them: scales, zero points.
    pub(crate) others: u64,
}

/// Sums over the figures of finished tensors, for the headline.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) finished: u64,
    pub(crate) nan: u64,
    pub(crate) tensors_with_nan: u64,
    pub(crate) infinite: u64,
    pub(crate) tensors_with_infinite: u64,
    /// All tensors by their labels.
    pub(crate) ancestry: Totals,
    /// Tensors that are part of no known layout.
    pub(crate) own: Totals,
    /// Elements of the largest of these that is inconclusive.
    pub(crate) largest_inconclusive: u64,
    pub(crate) layouts: Vec<LaidOut>,
    pub(crate) smaller: Vec<Smaller>,
    pub(crate) wasted_bytes: u64,
}

impl Findings {
    pub(crate) fn add(
        &mut self,
        tensor: &TensorInfo,
        layout: Option<&Layout>,
        figures: &TensorFigures,
    ) {
        self.finished += 1;
        self.add_not_finite(figures);
        self.add_wasted(figures);
        let label = figures.ancestry.label;
        self.ancestry.add(label, tensor.elements());
        match layout {
            Some(layout) => self.add_layout(layout),
            None => self.own.add(label, tensor.elements()),
        }
        if layout.is_none() && label == Label::Inconclusive {
            self.largest_inconclusive = self.largest_inconclusive.max(tensor.elements());
        }
    }

    fn add_not_finite(&mut self, figures: &TensorFigures) {
        let nan: u64 = figures.stats.each().map(|stats| stats.nan).sum();
        let infinite: u64 = figures
            .stats
            .each()
            .map(|stats| stats.pos_inf + stats.neg_inf)
            .sum();
        self.nan += nan;
        self.infinite += infinite;
        self.tensors_with_nan += u64::from(nan > 0);
        self.tensors_with_infinite += u64::from(infinite > 0);
    }

    fn add_wasted(&mut self, figures: &TensorFigures) {
        self.wasted_bytes = self.wasted_bytes.saturating_add(figures.wasted_bytes);
        let Some(form) = &figures.smaller_form else {
            return;
        };
        let known = self.smaller.iter().position(|known| known.form == *form);
        let at = known.unwrap_or_else(|| {
            self.smaller.push(Smaller {
                form: form.clone(),
                ..Smaller::default()
            });
            self.smaller.len() - 1
        });
        let smaller = &mut self.smaller[at];
        smaller.tensors += 1;
        smaller.wasted_bytes = smaller.wasted_bytes.saturating_add(figures.wasted_bytes);
    }

    fn add_layout(&mut self, layout: &Layout) {
        let title = layout.title();
        let known = self.layouts.iter().position(|known| known.title == title);
        let at = known.unwrap_or_else(|| {
            self.layouts.push(LaidOut {
                title,
                ..LaidOut::default()
            });
            self.layouts.len() - 1
        });
        let laid_out = &mut self.layouts[at];
        laid_out.codes += u64::from(layout.is_codes());
        laid_out.others += u64::from(!layout.is_codes());
    }
}
