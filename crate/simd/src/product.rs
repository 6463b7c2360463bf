//! Products of matrices with sums in FP32: Y\[token, row\] = Σₖ W\[row, k\] · X\[token, k\].
//!
//! # The sum
//!
//! An output is eight partial sums, each of which starts at +0; element k goes to partial sum
//! k mod 8. A step rounds the product to FP32 and then the sum; at the end they are added as
//! ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)). [`portable`] reads like that and is the
//! oracle: every backend gives the same bits, but for what a NaN carries.
//!
//! A partial sum is never −0, for a sum is −0 only where both its terms are. So a step whose
//! product is zero changes nothing, and a last short run of elements may be filled up with
//! zeros.

use super::decode;

/// Partial sums of an output.
pub const PARTIAL_SUMS: usize = 8;

/// What weights are stored as, in little-endian bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elements {
    /// BF16: 8 significant bits, the exponents of FP32.
    Bf16,
    /// FP16: 11 significant bits.
    F16,
    /// FP32.
    F32,
}

impl Elements {
    /// Bytes of one.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bf16 | Self::F16 => 2,
            Self::F32 => 4,
        }
    }

    /// Appends the numbers that these bytes hold.
    fn extend(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::Bf16 => decode::extend_from_bf16(bytes, out),
            Self::F16 => decode::extend_from_f16(bytes, out),
            Self::F32 => decode::extend_from_f32(bytes, out),
        }
    }
}

/// What weights are multiplied with, arranged once for many products: a row of `columns` numbers
/// for each token.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Rows that are filled up with zeros to whole runs of [`PARTIAL_SUMS`].
    values: Vec<f32>,
    tokens: usize,
    columns: usize,
}

impl Inputs {
    /// `values[token * columns + k]` is X\[token, k\].
    ///
    /// # Panics
    ///
    /// Where there are not `tokens * columns` values.
    pub fn new(values: &[f32], tokens: usize, columns: usize) -> Self {
        assert_eq!(values.len(), tokens * columns, "tokens times columns");
        let stride = columns.next_multiple_of(PARTIAL_SUMS);
        let mut padded = vec![0.0; tokens * stride];
        if columns > 0 {
            let rows = padded.chunks_mut(stride).zip(values.chunks(columns));
            rows.for_each(|(padded, row)| padded[..columns].copy_from_slice(row));
        }
        Self {
            values: padded,
            tokens,
            columns,
        }
    }

    /// Rows of X.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Numbers in a row of X, which are those in a row of W.
    pub fn columns(&self) -> usize {
        self.columns
    }

    fn stride(&self) -> usize {
        self.columns.next_multiple_of(PARTIAL_SUMS)
    }

    /// A token's row, filled up.
    fn row(&self, token: usize) -> &[f32] {
        &self.values[token * self.stride()..][..self.stride()]
    }
}

/// `out[token * rows + row]` becomes Y\[token, row\], where `rows` is `out.len() / tokens`;
/// `weights` holds so many rows of W one after the other.
///
/// # Panics
///
/// Where `out` is not of whole rows of Y, or `weights` not `rows * columns` elements.
pub fn product(elements: Elements, weights: &[u8], inputs: &Inputs, out: &mut [f32]) {
    portable(elements, weights, inputs, out);
}

/// [`product`] by the definition.
///
/// # Panics
///
/// As [`product`] does.
pub fn portable(elements: Elements, weights: &[u8], inputs: &Inputs, out: &mut [f32]) {
    let rows = rows(elements, weights, inputs, out);
    let mut numbers = Vec::new();
    elements.extend(weights, &mut numbers);
    for (token, out) in out.chunks_mut(rows.max(1)).enumerate() {
        for (row, out) in out.iter_mut().enumerate() {
            let weights = &numbers[row * inputs.columns..][..inputs.columns];
            *out = sum_of_products(weights, inputs.row(token));
        }
    }
}

fn sum_of_products(weights: &[f32], inputs: &[f32]) -> f32 {
    let mut sums = [0.0; PARTIAL_SUMS];
    for (k, (weight, input)) in weights.iter().zip(inputs).enumerate() {
        sums[k % PARTIAL_SUMS] += weight * input;
    }
    total(sums)
}

/// All partial sums together.
#[inline(always)]
fn total(s: [f32; PARTIAL_SUMS]) -> f32 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

/// Rows of W, when all lengths agree.
fn rows(elements: Elements, weights: &[u8], inputs: &Inputs, out: &[f32]) -> usize {
    let rows = out.len().checked_div(inputs.tokens).unwrap_or(0);
    assert_eq!(out.len(), rows * inputs.tokens, "whole rows of Y");
    if inputs.tokens > 0 {
        let bytes = rows * inputs.columns * elements.bytes();
        assert_eq!(weights.len(), bytes, "the bytes of {rows} rows of W");
    }
    rows
}
