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
use exact::Extent;
use tiles::{Run, TOKENS, equal_shares};

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
mod exact;
mod peak;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod plain;
mod tiles;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[allow(unsafe_code)]
mod wasm;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use plain::Four;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use wasm::Four;

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
    /// For each tile of tokens, run by run, that run of each of its tokens; the last runs are
    /// filled up with zeros.
    values: Vec<Run>,
    tokens: usize,
    columns: usize,
    extent: Extent,
}

impl Inputs {
    /// `values[token * columns + k]` is X\[token, k\].
    ///
    /// # Panics
    ///
    /// Where there are not `tokens * columns` values.
    pub fn new(values: &[f32], tokens: usize, columns: usize) -> Self {
        assert_eq!(values.len(), tokens * columns, "tokens times columns");
        let mut inputs = Self {
            values: Vec::with_capacity(tokens * columns.div_ceil(PARTIAL_SUMS)),
            tokens,
            columns,
            extent: Extent::of(values),
        };
        for (first, tokens) in equal_shares(tokens, TOKENS) {
            inputs.arrange(&values[first * columns..][..tokens * columns]);
        }
        inputs
    }

    /// Appends a tile.
    fn arrange(&mut self, rows: &[f32]) {
        for from in (0..self.columns).step_by(PARTIAL_SUMS) {
            for row in rows.chunks(self.columns) {
                let mut run = [0.0; PARTIAL_SUMS];
                let values = row[from..].iter().take(PARTIAL_SUMS);
                run.iter_mut()
                    .zip(values)
                    .for_each(|(to, value)| *to = *value);
                self.values.push(run);
            }
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

    /// Runs in a row.
    fn runs(&self) -> usize {
        self.columns.div_ceil(PARTIAL_SUMS)
    }

    /// So many runs of each token of a tile, run by run.
    fn tile(&self, first: usize, tokens: usize, from: usize, runs: usize) -> &[Run] {
        &self.values[first * self.runs() + from * tokens..][..runs * tokens]
    }

    /// A token's row.
    fn row(&self, token: usize) -> impl Iterator<Item = f32> {
        let (first, tokens) = equal_shares(self.tokens, TOKENS)
            .find(|(first, tokens)| (*first..first + tokens).contains(&token))
            .expect("every token is in a tile");
        let tile = self.tile(first, tokens, 0, self.runs()).iter();
        let runs = tile.skip(token - first).step_by(tokens);
        runs.flatten().copied().take(self.columns)
    }
}

/// `out[token * rows + row]` becomes Y\[token, row\], where `rows` is `out.len() / tokens`;
/// `weights` holds so many rows of W one after the other.
///
/// # Panics
///
/// Where `out` is not of whole rows of Y, or `weights` not `rows * columns` elements.
pub fn product(elements: Elements, weights: &[u8], inputs: &Inputs, out: &mut [f32]) {
    if rows(elements, weights, inputs, out) == 0 || inputs.columns == 0 {
        return out.fill(0.0);
    }
    #[cfg(target_arch = "x86_64")]
    if avx2::product(elements, weights, inputs, out).is_some() {
        return;
    }
    tiles::product::<Four>(elements, weights, inputs, out);
}

/// [`product`] with nothing that only some of the target's processors have.
///
/// # Panics
///
/// As [`product`] does.
pub fn baseline(elements: Elements, weights: &[u8], inputs: &Inputs, out: &mut [f32]) {
    if rows(elements, weights, inputs, out) == 0 || inputs.columns == 0 {
        return out.fill(0.0);
    }
    tiles::product::<Four>(elements, weights, inputs, out);
}

/// What [`product`] runs on here, for tests and reports: "relaxed-simd", "simd128", "avx2" or
/// "portable".
pub fn backend() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if avx2::is_there() {
        return "avx2";
    }
    Four::NAME
}

/// Multiply-adds in registers, `steps` times a dozen vectors of them: what a bench holds
/// [`product`] against. Gives something that depends on all of them, and their number; where
/// there is no instruction for both, compilers leave the multiplication out.
#[cfg_attr(
    all(
        target_arch = "wasm32",
        target_feature = "simd128",
        feature = "relaxed"
    ),
    target_feature(enable = "relaxed-simd")
)]
#[inline(never)]
pub fn multiply_adds(runs: &[[f32; PARTIAL_SUMS]; 2], steps: u64) -> ([f32; PARTIAL_SUMS], u64) {
    #[cfg(target_arch = "x86_64")]
    if let Some(done) = avx2::multiply_adds(runs, steps) {
        return done;
    }
    peak::multiply_adds::<Four>(runs, steps)
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

fn sum_of_products(weights: &[f32], inputs: impl Iterator<Item = f32>) -> f32 {
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
