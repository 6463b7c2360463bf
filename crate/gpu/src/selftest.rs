//! Whether the adapter computes what it should, tried out before anybody trusts it.
//!
//! Drivers may fuse, reorder and flush more than they say, and some are simply wrong. Small products of
//! odd shapes must be the twins' to the bit, and so must each rule and every count of a comparison.

#[cfg(test)]
mod tests;

use crate::layout::{COLUMN_STEP, Extent};
use crate::product::{Collected, Problem, Way};
use crate::shaders::Stored;
use crate::{Gpu, GpuError, Model, Reduction, Weights, twins};
use floatscope_core::format::Dtype;

/// For the matrix-vector product, more columns than one round of its threads.
const FOR_ONE: Extent = shape(37, 555, 1);
const FOR_SEVERAL: Extent = shape(37, 555, 6);
/// For the tiled product and the rules, a little more than a tile.
const FOR_MANY: Extent = shape(133, 53, 131);
/// Columns of a tile of the rule that has such.
const TILE: u32 = 20;

const fn shape(rows: usize, columns: usize, tokens: usize) -> Extent {
    Extent {
        rows,
        columns,
        tokens,
    }
}

/// Tries the adapter out and notes what it does with subnormal numbers.
pub(crate) async fn run(gpu: &mut Gpu) -> Result<(), GpuError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for stored in Stored::ALL {
        for extent in [FOR_ONE, FOR_SEVERAL, FOR_MANY] {
            let sample = Sample::new(&mut random, stored, extent);
            sample.check_product(gpu).await?;
        }
    }
    let sample = Sample::new(&mut random, Stored::Bf16, FOR_MANY);
    for model in [
        Model::F32,
        Model::F32Tiles(TILE),
        Model::F32Pairwise,
        Model::Bf16,
        Model::F16,
    ] {
        sample.check_model(gpu, model).await?;
    }
    check_comparison(gpu, &mut random).await?;
    gpu.facts.keeps_subnormals = Some(keeps_subnormals(gpu).await?);
    Ok(())
}

/// Numbers without rhyme or reason, the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    /// A BF16 number between 2⁻⁷ and 2, of either sign.
    fn bf16(&mut self) -> f32 {
        let bits = self.next();
        let exponent = 120 + bits % 8;
        let mantissa = bits >> 8 & 0x7f;
        f32::from_bits(bits & 1 << 31 | exponent << 23 | mantissa << 16)
    }

    /// An FP16 code that is neither infinite nor NaN, subnormal now and then.
    fn f16(&mut self) -> u16 {
        let bits = self.next();
        let exponent = (bits >> 16) % 16;
        (bits & 0x83ff | exponent << 10) as u16
    }
}

/// A product to try.
struct Sample {
    stored: Stored,
    extent: Extent,
    bytes: Vec<u8>,
    inputs: Vec<f32>,
}

impl Sample {
    fn new(random: &mut Random, stored: Stored, extent: Extent) -> Self {
        let numbers = extent.tokens * extent.columns;
        let inputs = (0..numbers).map(|_| random.bf16()).collect();
        let mut bytes = Vec::new();
        for _ in 0..extent.rows * extent.columns {
            match stored {
                Stored::Bf16 => bytes.extend_from_slice(&random.bf16().to_le_bytes()[2..]),
                Stored::F16 => bytes.extend_from_slice(&random.f16().to_le_bytes()),
                // With 16 bits, products are exact here, too.
                Stored::F32 => bytes.extend_from_slice(&random.bf16().to_le_bytes()),
            }
        }
        Self {
            stored,
            extent,
            bytes,
            inputs,
        }
    }

    fn weights(&self) -> Weights<'_> {
        Weights {
            dtype: self.stored.dtype(),
            bytes: &self.bytes,
            rows: self.extent.rows,
            columns: self.extent.columns,
        }
    }

    async fn check_product(&self, gpu: &mut Gpu) -> Result<(), GpuError> {
        let tokens = self.extent.tokens;
        let kernel = Way::Fastest.kernel(self.stored, tokens);
        let dot = match kernel.entry() {
            "matvec" => twins::matvec::dot,
            _ => twins::product::dot,
        };
        let got = gpu.product(&self.weights(), &self.inputs, tokens).await?;
        let name = self.stored.dtype().name();
        let what = format!("its product of weights in {name} for {tokens} tokens");
        self.must_agree(gpu, &got, &what, dot)
    }

    async fn check_model(&self, gpu: &mut Gpu, model: Model) -> Result<(), GpuError> {
        let (weights, tokens) = (self.weights(), self.extent.tokens);
        let got = gpu.product_under(model, &weights, &self.inputs, tokens);
        let got = got.await?;
        let what = format!("its product under {}", model.key());
        self.must_agree(gpu, &got, &what, |weights, inputs| {
            twins::model::dot(model, weights, inputs)
        })
    }

    fn must_agree(
        &self,
        gpu: &Gpu,
        got: &[f32],
        what: &str,
        dot: impl Fn(&[f32], &[f32]) -> f32,
    ) -> Result<(), GpuError> {
        let wanted = twins::outputs(&self.weights(), &self.inputs, dot);
        let mut pairs = got.iter().zip(&wanted).enumerate();
        let wrong = pairs.find(|(_, (got, wanted))| got.to_bits() != wanted.to_bits());
        let Some((at, (got, wanted))) = wrong else {
            return Ok(());
        };
        let [token, row] = [at / self.extent.rows, at % self.extent.rows];
        let says =
            format!("{what} has {got:e} at token {token}, row {row}, where {wanted:e} is right");
        Err(refused(gpu, says))
    }
}

fn refused(gpu: &Gpu, what: String) -> GpuError {
    let adapter = gpu.facts.title().to_owned();
    GpuError::SelfTest { adapter, what }
}

/// Relative error that sums of a comparison may have.
const SUM_TOLERANCE: f64 = 1.0 / (1 << 18) as f64;

async fn check_comparison(gpu: &mut Gpu, random: &mut Random) -> Result<(), GpuError> {
    let a: Vec<f32> = (0..5000).map(|_| random.bf16()).collect();
    let b: Vec<f32> = a
        .iter()
        .map(|number| match random.next() % 4 {
            0 => *number,
            1 => f32::from_bits(number.to_bits() ^ 0x0001_0000),
            2 => f32::from_bits(number.to_bits() ^ 0x0000_4000),
            _ => random.bf16(),
        })
        .collect();
    let wanted = twins::compare::reduction(&a, &b);
    let got = gpu.compare(&a, &b).await?;
    match first_difference(&got, &wanted) {
        None => Ok(()),
        Some(what) => Err(refused(
            gpu,
            format!("its comparison of two outputs has {what}"),
        )),
    }
}

/// The first figure that is not the twin's, in words.
pub(crate) fn first_difference(got: &Reduction, wanted: &Reduction) -> Option<String> {
    let counts = |of: &Reduction| [of.count, of.equal, of.not_finite, u64::from(of.max_places)];
    let names = [
        "pairs",
        "equal pairs",
        "pairs that are not finite",
        "places at most",
    ];
    let counts = names
        .into_iter()
        .zip(counts(got).into_iter().zip(counts(wanted)));
    let mut counts = counts.filter(|(_, (got, wanted))| got != wanted);
    let bins = got.bins.iter().zip(&wanted.bins).enumerate();
    let mut bins = bins.filter(|(_, (got, wanted))| got != wanted);
    let sums = [
        ("a maximum of", got.max_abs, wanted.max_abs, 0.0),
        ("a sum of", got.sum_abs, wanted.sum_abs, SUM_TOLERANCE),
        (
            "a sum of squares of",
            got.sum_squares,
            wanted.sum_squares,
            SUM_TOLERANCE,
        ),
    ];
    let is_far = |got: f64, wanted: f64, tolerance| (got - wanted).abs() > tolerance * wanted;
    let mut sums = sums.into_iter().filter(|sum| is_far(sum.1, sum.2, sum.3));
    let count = counts
        .next()
        .map(|(what, (got, wanted))| format!("{got} {what} where {wanted} are right"));
    let bin = bins
        .next()
        .map(|(bin, (got, wanted))| format!("{got} pairs in bin {bin} where {wanted} are right"));
    let sum = sums
        .next()
        .map(|(what, got, wanted, _)| format!("{what} {got:e} where {wanted:e} is right"));
    count.or(bin).or(sum)
}

/// Multiplies FP32's smallest number by 1.
async fn keeps_subnormals(gpu: &mut Gpu) -> Result<bool, GpuError> {
    let least = f32::from_bits(1).to_le_bytes();
    let weights = Weights {
        dtype: Dtype::F32,
        bytes: &least.repeat(COLUMN_STEP),
        rows: 1,
        columns: COLUMN_STEP,
    };
    let inputs = [1.0; COLUMN_STEP];
    let problem = Problem::new(&weights, &inputs, 1)?;
    let mut collected = Collected {
        rows: 1,
        outputs: vec![0.0],
    };
    let ways = [Way::Under(Model::F32Sequential)];
    gpu.stream(&problem, &ways, &mut collected).await?;
    Ok(collected.outputs == [f32::from_bits(COLUMN_STEP as u32)])
}
