//! Products of a block of a matrix's rows with the activations of all runs.
//!
//! Runs whose weights and sums are the same share a product, and rows of activations that are the
//! same to the bit are multiplied once. So equal inputs have equal outputs, and position 0 costs
//! one run.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use floatscope_simd::product::{self, Elements, Inputs};

use super::policy::{Policy, Precision, Weights};
use super::quantised;
use crate::format::Dtype;
use crate::lab::Accumulate;

/// What one product needs, for a device or for [`compute`](Product::compute): Y\[token, row\] =
/// Σₖ W\[row, k\] · X\[token, k\].
pub struct Product<'a> {
    /// What the weights are stored as.
    pub elements: Elements,
    /// Rows of W, one after the other, little-endian.
    pub weights: Cow<'a, [u8]>,
    /// X, `[tokens, columns]`.
    pub values: &'a [f32],
    /// X as the CPU's kernel wants it.
    pub inputs: &'a Inputs,
    /// How the products of a sum are added up.
    pub accumulate: Accumulate,
    /// Rows of W.
    pub rows: usize,
}

impl Product<'_> {
    /// The type that the weights are stored as.
    pub fn dtype(&self) -> Dtype {
        match self.elements {
            Elements::Bf16 => Dtype::BF16,
            Elements::F16 => Dtype::F16,
            Elements::F32 => Dtype::F32,
        }
    }

    /// Numbers in a row of W.
    pub fn columns(&self) -> usize {
        self.inputs.columns()
    }

    /// Rows of X; they are not all tokens of all runs, but those that differ.
    pub fn tokens(&self) -> usize {
        self.inputs.tokens()
    }

    /// The same for some of the rows of W.
    pub fn part(&self, rows: Range<usize>) -> Product<'_> {
        let row_bytes = self.columns() * self.elements.bytes();
        Product {
            weights: Cow::Borrowed(&self.weights[rows.start * row_bytes..rows.end * row_bytes]),
            rows: rows.len(),
            ..*self
        }
    }

    /// `[tokens, rows]`, by the CPU.
    pub fn compute(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.tokens() * self.rows];
        match self.accumulate {
            Accumulate::F32 => {
                product::product(self.elements, &self.weights, self.inputs, &mut out);
            }
            model => self.compute_under(model, &mut out),
        }
        out
    }

    fn compute_under(&self, model: Accumulate, out: &mut [f32]) {
        let row_bytes = self.columns() * self.elements.bytes();
        let mut weights = Vec::new();
        for (row, bytes) in self.weights.chunks_exact(row_bytes).enumerate() {
            weights.clear();
            quantised::decode(self.elements, bytes, &mut weights);
            for (token, inputs) in self.values.chunks_exact(self.columns()).enumerate() {
                out[token * self.rows + row] = model.dot(&weights, inputs);
            }
        }
    }
}

/// Runs that share their products.
pub(super) struct Group {
    /// What becomes of the stored weights.
    pub(super) weights: Weights,
    /// What they are rounded to then.
    pub(super) precision: Precision,
    pub(super) accumulate: Accumulate,
    /// Rows of activations that differ, `[tokens, columns]`.
    pub(super) values: Vec<f32>,
    pub(super) inputs: Inputs,
    /// For each run of the group, its place among all, and for each of its tokens the row of `inputs`.
    pub(super) runs: Vec<(usize, Vec<usize>)>,
}

/// The groups of some runs, each with a policy and its activations, `[tokens, columns]`.
pub(super) fn groups(runs: &[(Policy, &[f32])], columns: usize) -> Vec<Group> {
    let mut groups: Vec<(Policy, Vec<usize>)> = Vec::new();
    for (at, (policy, _)) in runs.iter().enumerate() {
        let is_same = |other: &Policy| {
            (other.weights, other.activations, other.accumulate)
                == (policy.weights, policy.activations, policy.accumulate)
        };
        match groups.iter_mut().find(|(other, _)| is_same(other)) {
            Some((_, members)) => members.push(at),
            None => groups.push((*policy, vec![at])),
        }
    }
    let groups = groups.into_iter();
    groups
        .map(|(policy, members)| group(&policy, &members, runs, columns))
        .collect()
}

fn group(policy: &Policy, members: &[usize], runs: &[(Policy, &[f32])], columns: usize) -> Group {
    let mut rows = Vec::new();
    let mut places: HashMap<Vec<u32>, usize> = HashMap::new();
    let mut of_run = |at: usize| {
        let tokens = runs[at].1.chunks_exact(columns);
        let places = tokens.map(|row| {
            let bits = row.iter().map(|number| number.to_bits()).collect();
            let next = places.len();
            *places.entry(bits).or_insert_with(|| {
                rows.extend_from_slice(row);
                next
            })
        });
        (at, places.collect::<Vec<_>>())
    };
    let runs: Vec<_> = members.iter().map(|&at| of_run(at)).collect();
    Group {
        weights: policy.weights,
        precision: policy.activations,
        accumulate: policy.accumulate,
        inputs: Inputs::new(&rows, rows.len() / columns, columns),
        values: rows,
        runs,
    }
}
