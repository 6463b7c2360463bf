//! The casts of a job: what follows from counts, and the second look for the rest.

use super::Job;
use crate::cast::{CastSet, Casting, Group, Losses, Scaling, from_counts, outliers_db};
use crate::checkpoint::TensorInfo;
use crate::plan::{Plan, PlanOptions};
use crate::report::Figures;
use crate::scan::Observations;
use crate::work::Seen;

impl Job {
    /// Bytes of tensors whose casts a second look would complete; none before the scan is done.
    pub fn casts_waiting_bytes(&self) -> u64 {
        if !self.is_done() || self.is_second_look {
            return 0;
        }
        let waiting = self
            .remaining
            .iter()
            .enumerate()
            .filter(|(_, remaining)| remaining.is_some());
        let bytes = |index: usize| {
            let tensor = self
                .collector
                .tensor(index)
                .map_or(0, |found| found.1.bytes());
            let dtype = self.collector.tensor(index).map(|found| found.1.dtype);
            let sampled = self.sampled(index).zip(dtype);
            sampled.map_or(tensor, |(sampled, dtype)| sampled.bytes(dtype))
        };
        waiting.fold(0, |sum, (index, _)| sum.saturating_add(bytes(index)))
    }

    /// Whether a second look at a tensor would add nothing: its casts are there, or it has none.
    pub fn has_all_casts(&self, tensor: usize) -> bool {
        self.remaining.get(tensor).is_none_or(Option::is_none)
    }

    /// Makes the plan for a second look, which completes the casts. Runs are handed out and merged as
    /// before.
    pub fn look_again(&mut self) {
        let bytes = self.casts_waiting_bytes();
        if bytes == 0 {
            return;
        }
        let names = self.files.file_names();
        let mut files: Vec<(&str, Vec<TensorInfo>)> =
            names.map(|name| (name, Vec::new())).collect();
        for index in 0..self.collector.len() {
            if let Some((file, tensor, _)) = self.collector.tensor(index) {
                files[file].1.push(tensor.clone());
            }
        }
        let files = files
            .iter()
            .map(|(name, tensors)| (*name, tensors.as_slice()));
        let wanted = |index: usize| self.remaining.get(index).is_some_and(Option::is_some);
        let options = PlanOptions::for_workers(self.workers, bytes);
        let plan = match &self.choices {
            Some(choices) => Plan::of_sample(files, choices, wanted, options).0,
            None => Plan::of_some(files, wanted, options),
        };
        self.plan = Some(plan);
        self.is_second_look = true;
    }

    /// Casts whose scales a sample has all values of: none that a whole tensor or a square shares, nor a row of
    /// which parts were read.
    fn castable(&self, index: usize) -> CastSet {
        if self.choices.is_none() {
            return CastSet::all();
        }
        // What is read whole has the others' casts: sums are over the same tensors.
        let sampled = self.sampled(index);
        CastSet::of(|cast| match cast.scaling {
            Scaling::None | Scaling::PowerOfTwo => true,
            Scaling::Real(Group::Run(_)) => true,
            Scaling::Real(Group::Line(block)) => {
                sampled.is_none_or(|sampled| sampled.elements.is_multiple_of(block))
            }
            Scaling::Real(Group::Row) => sampled.is_none_or(|sampled| !sampled.is_cut),
            Scaling::Real(Group::Tensor | Group::Square) | Scaling::TwoLevels => false,
        })
    }

    /// Adds casts; of a sample, what they lose of each stretch is in `alone`.
    pub(super) fn add_casts(
        &mut self,
        index: usize,
        losses: &Losses,
        alone: &[Losses],
        columns: &mut Figures,
    ) {
        let tensor = self.collector.tensor(index).map(|found| found.1.elements());
        let share = self.sampled(index).zip(tensor);
        match share.map(|(sampled, of)| sampled.share(of)) {
            Some(share) => self
                .collector
                .cast_of_sample(index, losses, alone, share, columns),
            None => self.collector.cast(index, losses, columns),
        }
    }

    /// Adds the casts that follow from counts, and keeps what remains.
    pub(super) fn cast_from_counts(
        &mut self,
        index: usize,
        seen: &Observations,
        parts: &[Seen],
        columns: &mut Figures,
    ) {
        let casting = Casting {
            wanted: self.casting.wanted.and(self.castable(index)),
            ..self.casting
        };
        let Some((losses, remaining)) = from_counts(seen, casting) else {
            return;
        };
        let parts = parts.iter().filter_map(Seen::observations);
        let alone = parts.filter_map(|part| Some(from_counts(part, casting)?.0));
        self.add_casts(index, &losses, &alone.collect::<Vec<_>>(), columns);
        self.collector.add_outliers(index, outliers_db(seen));
        if self.remaining.len() <= index {
            self.remaining.resize_with(index + 1, || None);
        }
        self.remaining[index] = remaining.map(Box::new);
    }
}
