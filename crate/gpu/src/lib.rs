//! The lab's matrix products on a GPU: Vulkan natively, WebGPU in a browser.
//!
//! [`Gpu::open`] chooses an adapter and tries it out: small products of odd shapes, under every rule of
//! accumulation, must be those of the CPU [`twins`], to the bit. An adapter that fails is refused with a sentence that
//! says where. A [`Gpu`] then multiplies weights as they stand in a file by activations
//! ([`Gpu::product`]), adds under a stated rule ([`Gpu::product_under`]), and reduces the difference of
//! two rules to a few numbers without the outputs ever leaving the device ([`Gpu::compare_models`]).
//!
//! Nothing here computes an output on the CPU: what a call returns, the device has computed, or the call
//! fails with a [`GpuError`] that says why, and the caller computes elsewhere and shows the reason.
//!
//! # Numerics
//!
//! Products of BF16 or FP16 weights with inputs of 16 bits are exact in FP32. So it makes no difference
//! whether a driver contracts a multiply and an add to one operation, which WGSL leaves to it, and each
//! rule is the twin's to the bit. Where products are not exact (FP32 weights), a rule is refused with
//! [`GpuError::Inexact`], and the plain product keeps |y − exact| ≤ K · 2⁻²⁴ / (1 − K · 2⁻²⁴) · Σ|w·x|, K being columns.
//!
//! WGSL lets a driver flush subnormal FP32 numbers to 0; [`Facts::keeps_subnormals`] says what this one
//! does. One that flushes is off by at most 3·K · 2⁻¹²⁶ · max(1, max|w|, max|x|) more, and exact to the bit where no weight,
//! input, product or sum is subnormal. Weights or inputs that are NaN or infinite belong on the CPU: WGSL promises
//! nothing about them. [`Gpu::vouch`] says beforehand whether a product's bits are the rule's for certain.
//!
//! # From a browser's worker
//!
//! All is asynchronous and needs no thread: export an `async fn` with wasm-bindgen, `await` [`Gpu::open`] in a dedicated worker
//! (WebGPU is there in workers, too), and hand in one layer's bytes after the other. Calls take
//! `&mut self`: one at a time, a worker has one queue. On [`GpuError::Lost`] drop the [`Gpu`], and open another or go on
//! on the CPU. Natively a call blocks inside its first `await`, so that any executor will do.
#![warn(missing_docs)]

mod adapter;
mod buffers;
mod certain;
mod device;
mod error;
mod health;
mod layout;
#[cfg(not(target_family = "wasm"))]
pub mod measure;
mod model;
mod product;
mod reach;
mod reduce;
mod selftest;
mod shaders;
#[cfg(test)]
mod tests;
mod trusted;
pub mod twins;

pub use adapter::{Facts, Options};
pub use error::GpuError;
pub use model::Model;
pub use product::Weights;
pub use reduce::{BINS, Reduction};

use device::Mutation;
use product::{Collected, Problem, Way};
use reduce::Reducing;
use shaders::Kernel;

/// An adapter that passed its test, and the buffers of one product.
#[derive(Debug)]
pub struct Gpu {
    device: device::Device,
    buffers: buffers::Buffers,
    facts: Facts,
    /// Rows with their padding, on their way to the device.
    scratch: Vec<u8>,
}

impl Gpu {
    /// The fastest adapter that is allowed, tried out.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`], [`GpuError::NoDevice`], [`GpuError::TooSmall`], [`GpuError::SelfTest`]: the sentence
    /// says why the GPU is not used.
    pub async fn open(options: &Options) -> Result<Self, GpuError> {
        Self::open_with(options, None).await
    }

    async fn open_with(options: &Options, mutation: Option<Mutation>) -> Result<Self, GpuError> {
        let adapter = adapter::choose(options).await?;
        let limits = adapter::limits(&adapter, options)?;
        let facts = adapter::facts(&adapter, limits.max_storage_buffer_binding_size);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("floatscope"),
            required_limits: limits,
            ..Default::default()
        };
        let device = adapter.request_device(&descriptor).await;
        let (device, queue) = device.map_err(|error| GpuError::NoDevice {
            adapter: facts.title().to_owned(),
            reason: error.to_string(),
        })?;
        let mut gpu = Self {
            device: device::Device::new(device, queue, mutation),
            buffers: buffers::Buffers::new(),
            facts,
            scratch: Vec::new(),
        };
        if options.selftest {
            selftest::run(&mut gpu).await?;
        }
        Ok(gpu)
    }

    /// What is known of the adapter.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How many times shaders were started on the device, the self-test included.
    pub fn dispatches(&self) -> u64 {
        self.device.dispatches()
    }

    /// Y = X·Wᵀ, `[token, row]`, in FP32 and as fast as the device can: for up to 16 tokens by the matrix-vector
    /// product, for more by the tiled one. `inputs` are `[token, column]`.
    ///
    /// # Errors
    /// [`GpuError::Unsupported`] and [`GpuError::WrongLength`] of what was handed in;
    /// [`GpuError::TooSmall`] where 128 rows of the weights are more than the device binds at once;
    /// [`GpuError::Lost`], [`GpuError::OutOfMemory`] and [`GpuError::Validation`] of the device.
    pub async fn product(
        &mut self,
        weights: &Weights<'_>,
        inputs: &[f32],
        tokens: usize,
    ) -> Result<Vec<f32>, GpuError> {
        let problem = Problem::new(weights, inputs, tokens)?;
        self.collect(&problem, Way::Fastest).await
    }

    /// [`product`](Self::product) with products added under a rule, to the bit.
    ///
    /// # Errors
    /// Those of [`product`](Self::product), and [`GpuError::Inexact`].
    pub async fn product_under(
        &mut self,
        model: Model,
        weights: &Weights<'_>,
        inputs: &[f32],
        tokens: usize,
    ) -> Result<Vec<f32>, GpuError> {
        let problem = Problem::new(weights, inputs, tokens)?;
        problem.must_be_exact()?;
        self.collect(&problem, Way::Under(model)).await
    }

    async fn collect(&mut self, problem: &Problem<'_>, way: Way) -> Result<Vec<f32>, GpuError> {
        let extent = problem.extent;
        let mut collected = Collected {
            rows: extent.rows,
            outputs: vec![0.0; extent.rows * extent.tokens],
        };
        self.stream(problem, &[way], &mut collected).await?;
        Ok(collected.outputs)
    }

    /// How far a product under one rule lies from that under another. The outputs stay on the device.
    ///
    /// # Errors
    /// Those of [`product_under`](Self::product_under).
    pub async fn compare_models(
        &mut self,
        weights: &Weights<'_>,
        inputs: &[f32],
        tokens: usize,
        [a, b]: [Model; 2],
    ) -> Result<Reduction, GpuError> {
        let problem = Problem::new(weights, inputs, tokens)?;
        problem.must_be_exact()?;
        self.device.prepare(Kernel::Compare).await?;
        let mut reducing = Reducing(Reduction::empty());
        let ways = [a, b].map(Way::Under);
        self.stream(&problem, &ways, &mut reducing).await?;
        Ok(reducing.0)
    }

    /// How far two outputs lie apart that the host has, of one length.
    ///
    /// # Errors
    /// [`GpuError::WrongLength`], and those of the device.
    pub async fn compare(&mut self, a: &[f32], b: &[f32]) -> Result<Reduction, GpuError> {
        self.reduce_uploaded(a, b).await
    }

    /// Gives the device back at once. Calls after that fail with [`GpuError::Lost`].
    pub fn close(&mut self) {
        self.device.health.report(GpuError::Lost {
            reason: "it was closed".to_owned(),
        });
        self.device.device.destroy();
    }
}
