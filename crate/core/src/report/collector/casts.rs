//! The casts of what was collected, and the advice on them.

use super::Collector;
use crate::cast::{Advice, CastSet, CastTotals, LossTable, Losses, Subject, advise};
use crate::estimate::{Share, of_casts};
use crate::report::Figures;
use crate::report::casts::SubjectInfo;
use crate::report::words::limited;
use crate::scan::Matrix;

impl Collector {
    /// Adds casts of a tensor to those that are known.
    pub fn cast(&mut self, index: usize, losses: &Losses, columns: &mut Figures) {
        self.casts.add(index, &self.entries[index].info, losses);
        if let Some(table) = self.casts.table(index) {
            columns.cast(index, &table);
        }
    }

    /// Adds casts of a sample of a tensor: what they stand for, and how far off that may be.
    pub(crate) fn cast_of_sample(
        &mut self,
        index: usize,
        losses: &Losses,
        alone: &[Losses],
        share: Share,
        columns: &mut Figures,
    ) {
        let intervals = of_casts(losses, alone, share);
        let info = &self.entries[index].info;
        self.casts.add(index, info, &losses.expanded(share));
        self.casts.add_intervals(index, intervals);
        if let Some(table) = self.casts.table(index) {
            columns.cast(index, &table);
        }
    }

    /// Adds how much of a tensor's energy its largest values hold, after a cast of it.
    pub fn add_outliers(&mut self, index: usize, outliers_db: f64) {
        self.casts.add_outliers(index, outliers_db);
    }

    /// Every cast that is wanted is known: says which format would do.
    pub fn settle_casts(&mut self, wanted: CastSet) {
        let subjects: Vec<Subject> = (0..self.len())
            .filter_map(|index| self.subject(index))
            .collect();
        let mut advice = advise(&subjects, wanted);
        if self.sample.is_some() {
            let says = [&mut advice.f16, &mut advice.outliers];
            for sentence in says.into_iter().flatten() {
                *sentence = limited("By the sample", sentence);
            }
        }
        self.casts.advice = Some(advice);
    }

    fn subject(&self, index: usize) -> Option<Subject<'_>> {
        let entry = &self.entries[index];
        self.casts.subject(index, || {
            let matrix = Matrix::of(&entry.info.shape);
            SubjectInfo {
                name: &entry.info.name,
                matrix,
                bytes: entry.info.bytes(),
                is_matrix: matrix.rows > 1 && matrix.columns > 1 && entry.layout.is_none(),
            }
        })
    }

    /// The casts of a tensor that are known; none of a tensor that is not cast.
    pub fn casts(&self, index: usize) -> Option<LossTable> {
        self.casts.table(index)
    }

    /// Sums of the casts over all tensors.
    pub fn cast_totals(&self) -> &CastTotals {
        &self.casts.totals
    }

    /// Which format would do, once every cast is known.
    pub fn advice(&self) -> Option<&Advice> {
        self.casts.advice.as_ref()
    }
}
