//! The casts of a job: what follows from counts, and the second look for the rest.

use super::Job;
use crate::cast::{from_counts, outliers_db};
use crate::checkpoint::TensorInfo;
use crate::plan::{Plan, PlanOptions};
use crate::report::Figures;
use crate::scan::Observations;

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
        let tensors = waiting.filter_map(|(index, _)| self.collector.tensor(index));
        tensors.fold(0, |sum, (_, tensor, _)| sum.saturating_add(tensor.bytes()))
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
        let plan = Plan::of_some(
            files
                .iter()
                .map(|(name, tensors)| (*name, tensors.as_slice())),
            |index| self.remaining.get(index).is_some_and(Option::is_some),
            PlanOptions::for_workers(self.workers, bytes),
        );
        self.plan = Some(plan);
        self.is_second_look = true;
    }

    /// Adds the casts that follow from counts, and keeps what remains.
    pub(super) fn cast_from_counts(
        &mut self,
        index: usize,
        seen: &Observations,
        columns: &mut Figures,
    ) {
        let Some((losses, remaining)) = from_counts(seen, self.casting) else {
            return;
        };
        self.collector.cast(index, &losses, columns);
        self.collector.add_outliers(index, outliers_db(seen));
        if self.remaining.len() <= index {
            self.remaining.resize_with(index + 1, || None);
        }
        self.remaining[index] = remaining.map(Box::new);
    }
}
