//! Weights and inputs that follow from a seed.

use floatscope_core::format::Dtype;
use floatscope_gpu::{Gpu, GpuError, Model, Weights, twins};
use half::{bf16, f16};
use pollster::block_on;

/// xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    /// FP32 with all its bits, between 2⁻²⁰ and 2¹², of either sign, and 0 now and then.
    pub(crate) fn number(&mut self) -> f32 {
        let bits = self.next();
        if bits.is_multiple_of(17) {
            return 0.0f32.copysign(f32::from_bits(self.next()));
        }
        let exponent = 107 + self.next() % 32;
        f32::from_bits(bits & 0x807f_ffff | exponent << 23)
    }

    pub(crate) fn bf16(&mut self) -> f32 {
        bf16::from_f32(self.number()).to_f32()
    }

    /// Any finite FP16 number below 1, subnormal ones as often as others.
    pub(crate) fn f16(&mut self) -> f32 {
        let bits = self.next();
        let exponent = (bits >> 16) % 15;
        f16::from_bits((bits & 0x83ff | exponent << 10) as u16).to_f32()
    }
}

/// A product: weights of one type, and inputs.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) dtype: Dtype,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) tokens: usize,
    pub(crate) bytes: Vec<u8>,
    pub(crate) inputs: Vec<f32>,
}

impl Case {
    /// Inputs are BF16 numbers, and so products with weights of 16 bits are exact.
    pub(crate) fn new(dtype: Dtype, [rows, columns, tokens]: [usize; 3], seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut bytes = Vec::new();
        for _ in 0..rows * columns {
            match dtype {
                Dtype::BF16 => {
                    let number = bf16::from_f32(random.number());
                    bytes.extend_from_slice(&number.to_le_bytes());
                }
                Dtype::F16 => {
                    let number = f16::from_f32(random.f16());
                    bytes.extend_from_slice(&number.to_le_bytes());
                }
                _ => bytes.extend_from_slice(&random.number().to_le_bytes()),
            }
        }
        let inputs = (0..columns * tokens).map(|_| random.bf16()).collect();
        Self {
            dtype,
            rows,
            columns,
            tokens,
            bytes,
            inputs,
        }
    }

    pub(crate) fn weights(&self) -> Weights<'_> {
        Weights {
            dtype: self.dtype,
            bytes: &self.bytes,
            rows: self.rows,
            columns: self.columns,
        }
    }
}

/// A product under a rule, on the device.
pub(crate) fn under(gpu: &mut Gpu, model: Model, case: &Case) -> Result<Vec<f32>, GpuError> {
    let weights = case.weights();
    block_on(gpu.product_under(model, &weights, &case.inputs, case.tokens))
}

/// The same by the twin.
pub(crate) fn twin_under(model: Model, case: &Case) -> Vec<f32> {
    twins::outputs(&case.weights(), &case.inputs, |weights, inputs| {
        twins::model::dot(model, weights, inputs)
    })
}

pub(crate) fn same_bits(got: &[f32], wanted: &[f32]) {
    assert_eq!(got.len(), wanted.len());
    for (at, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!(
            got.to_bits() == wanted.to_bits(),
            "at {at}: {got:e} where {wanted:e} is right"
        );
    }
}
