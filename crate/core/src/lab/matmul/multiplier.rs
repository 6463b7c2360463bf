//! What multiplies rows of weights with the probe.

use floatscope_simd::product::{self, Elements};

use super::{Probe, Reduction};
use crate::format::Dtype;
use crate::lab::Accumulate;

/// Outputs that are held at once, unless a single row has more.
const MOST_OUTPUTS: usize = 1 << 20;

/// Whole rows of weights, one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// What they are stored as: BF16, F16 or F32.
    pub dtype: Dtype,
    /// As they stand in the file.
    pub bytes: &'a [u8],
    /// Their numbers.
    pub numbers: &'a [f32],
}

impl<'a> Rows<'a> {
    /// How many rows of so many columns these are.
    pub fn count(&self, columns: usize) -> usize {
        self.numbers.len() / columns
    }

    fn elements(&self) -> Elements {
        match self.dtype {
            Dtype::BF16 => Elements::Bf16,
            Dtype::F16 => Elements::F16,
            _ => Elements::F32,
        }
    }

    /// Cut into pieces of so many numbers.
    fn pieces(self, numbers: usize) -> impl Iterator<Item = Rows<'a>> {
        let pieces = self.numbers.chunks(numbers);
        let bytes = self.bytes.chunks(numbers * self.elements().bytes());
        pieces.zip(bytes).map(move |(numbers, bytes)| Rows {
            numbers,
            bytes,
            ..self
        })
    }
}

/// Multiplies rows with the probe under two models and reduces the outputs.
///
/// Whatever does it, the sums are the models' to the bit, and so is the reduction.
pub trait Multiplier {
    /// Y\[token, row\] under a model, `[tokens, rows]`, for rows of [`Probe::columns`] weights.
    fn outputs(&mut self, rows: &Rows<'_>, probe: &Probe, model: Accumulate) -> Vec<f32>;

    /// Weights are handed over in whole rows of about so many bytes.
    fn chunk_bytes(&self) -> usize {
        256 << 10
    }

    /// How the outputs under two models are apart.
    fn reduce(&mut self, rows: &Rows<'_>, probe: &Probe, [a, b]: [Accumulate; 2]) -> Reduction {
        let mut reduction = Reduction::default();
        let rows_at_once = (MOST_OUTPUTS / probe.tokens()).max(1);
        for rows in rows.pieces(rows_at_once * probe.columns()) {
            // The sums of both models and in FP64, none of them twice.
            let of_a = self.outputs(&rows, probe, a);
            let of_b = (b != a).then(|| self.outputs(&rows, probe, b));
            let of_b = of_b.as_ref().unwrap_or(&of_a);
            let made;
            let reference = match Accumulate::F64 {
                model if model == a => &of_a,
                model if model == b => of_b,
                model => {
                    made = self.outputs(&rows, probe, model);
                    &made
                }
            };
            for ((a, b), reference) in of_a.iter().zip(of_b).zip(reference) {
                reduction.add(*a, *b, *reference);
            }
        }
        reduction
    }
}

/// The processor.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu;

impl Multiplier for Cpu {
    fn outputs(&mut self, rows: &Rows<'_>, probe: &Probe, model: Accumulate) -> Vec<f32> {
        let mut out = vec![0.0; rows.count(probe.columns()) * probe.tokens()];
        match model {
            // The model is the vector kernel's own sum.
            Accumulate::F32 => {
                product::product(rows.elements(), rows.bytes, probe.inputs(), &mut out);
            }
            model => by_definition(rows, probe, model, &mut out),
        }
        out
    }
}

/// Every output by the model's definition, those of several tokens at once.
pub(super) fn by_definition(rows: &Rows<'_>, probe: &Probe, model: Accumulate, out: &mut [f32]) {
    let count = rows.count(probe.columns());
    for (row, weights) in rows.numbers.chunks_exact(probe.columns()).enumerate() {
        let mut outputs = out.iter_mut().skip(row).step_by(count);
        let mut put = |sums: &[f32]| {
            for (sum, output) in sums.iter().zip(&mut outputs) {
                *output = *sum;
            }
        };
        for inputs in probe.panels() {
            put(&model.dots(weights, inputs));
        }
        for inputs in probe.last_rows() {
            put(&[model.dot(weights, inputs)]);
        }
    }
}
