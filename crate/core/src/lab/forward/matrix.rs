//! One matrix after the other: blocks of it that are ready, their products, and what they make.

use super::Forward;
use super::compared::Compared;
use super::product::{self, Group, Product};
use super::quantised::{self, peak_of};
use super::reads::{Read, What};
use super::weights::{Projection, Role};

/// The matrix that is being multiplied.
#[derive(Default)]
pub(super) struct Matrix {
    pub(super) groups: Vec<Group>,
    /// Of each run, `[tokens, rows]`.
    pub(super) outputs: Vec<Vec<f32>>,
    /// Rows that are multiplied.
    pub(super) rows_done: usize,
    /// Largest magnitude.
    pub(super) peak: f32,
    pub(super) bias: Vec<f32>,
}

impl Forward {
    pub(super) fn look_for_peak(&mut self, at: usize) {
        let it = &self.uses[at];
        let numbers = quantised::numbers(it.tensor.dtype, &self.buffer);
        self.matrix.peak = self.matrix.peak.max(peak_of(&numbers));
        self.matrix.rows_done += self.buffer.len() / it.row_bytes();
        self.buffer.clear();
        if self.matrix.rows_done == it.rows {
            self.matrix.rows_done = 0;
            self.read += 1;
        }
    }

    pub(super) fn begin_block(&mut self, at: usize) {
        if self.matrix.rows_done > 0 {
            return;
        }
        let it = &self.uses[at];
        let Role::Projection(projection) = it.role else {
            return;
        };
        let tokens = self.options.tokens.len();
        let inputs = self
            .runs
            .iter()
            .map(|run| (run.policy, run.input(projection)));
        self.matrix.groups = product::groups(&inputs.collect::<Vec<_>>(), it.columns);
        let output = vec![0.0; tokens * it.rows];
        self.matrix.outputs = vec![output; self.runs.len()];
    }

    /// Whether a block of a matrix waits to be multiplied.
    pub fn is_ready(&self) -> bool {
        let is_matrix = |read: &Read| read.what == What::Matrix;
        self.reads.get(self.read).is_some_and(is_matrix) && self.buffer.len() == self.block_bytes()
    }

    /// What is to be multiplied now.
    pub fn products(&self) -> Vec<Product<'_>> {
        let Some(read) = self.reads.get(self.read).filter(|_| self.is_ready()) else {
            return Vec::new();
        };
        let it = &self.uses[read.at];
        let groups = self.matrix.groups.iter().map(|group| {
            let wanted = (group.weights, group.precision);
            let peak = self.matrix.peak;
            let (elements, weights) =
                quantised::prepared(it.tensor.dtype, &self.buffer, it.columns, wanted, peak);
            Product {
                elements,
                weights,
                values: &group.values,
                inputs: &group.inputs,
                accumulate: group.accumulate,
                rows: self.buffer.len() / it.row_bytes(),
            }
        });
        groups.collect()
    }

    /// Takes the results of [`products`](Self::products), `[tokens, rows]` each, in their order.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn supply(&mut self, results: &[Vec<f32>]) -> Result<(), String> {
        let Some(read) = self.reads.get(self.read).filter(|_| self.is_ready()) else {
            return Ok(());
        };
        let (at, first) = (read.at, self.matrix.rows_done);
        // A weight that is not finite makes all its row's results so.
        let is_finite = |result: &Vec<f32>| result.iter().all(|number| number.is_finite());
        if !results.iter().all(is_finite) {
            let buffer = self.buffer.clone();
            self.finite(at, first)?;
            self.buffer = buffer;
        }
        let rows = self.buffer.len() / self.uses[at].row_bytes();
        for (group, result) in self.matrix.groups.iter().zip(results) {
            for (run, places) in &group.runs {
                let all = self.matrix.outputs[*run].chunks_exact_mut(self.uses[at].rows);
                for (out, place) in all.zip(places) {
                    out[first..first + rows].copy_from_slice(&result[place * rows..][..rows]);
                }
            }
        }
        self.buffer.clear();
        self.matrix.rows_done += rows;
        if self.matrix.rows_done == self.uses[at].rows {
            self.finish_matrix(at);
        }
        Ok(())
    }

    /// Multiplies what is ready, here and on one thread.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn multiply(&mut self) -> Result<(), String> {
        let results: Vec<_> = self.products().iter().map(Product::compute).collect();
        self.supply(&results)
    }

    fn finish_matrix(&mut self, at: usize) {
        let matrix = std::mem::take(&mut self.matrix);
        self.read += 1;
        let Role::Projection(projection) = self.uses[at].role else {
            return;
        };
        let mut results = matrix.outputs;
        for (run, result) in self.runs.iter().zip(&mut results) {
            let mut bias = matrix.bias.clone();
            run.policy.activations.round_all(&mut bias);
            run.round(result, &bias);
        }
        self.note(at, Compared::of(&results[0], &results[1]));
        let layer = self.uses[at].layer;
        for (run, result) in self.runs.iter_mut().zip(results) {
            run.take(projection, layer, result, &self.config);
        }
        if projection == Projection::Down {
            let compared = Compared::of(&self.runs[0].hidden, &self.runs[1].hidden);
            self.layers.push(compared.layer(layer));
        }
    }
}
