//! The lab's products by WebGPU.

use crate::ForwardPass;
use floatscope_core::format::Dtype;
use floatscope_core::lab::forward::Product;
use floatscope_core::report::to_json;
use floatscope_gpu::{Facts, Gpu, Model, Options, Weights};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// An adapter that has passed its test, and what it has done.
#[wasm_bindgen]
pub struct GpuLab {
    gpu: Gpu,
    first_dispatches: u64,
    products: u64,
    all: u64,
    lost: Option<String>,
}

/// What is told of it.
#[derive(Serialize)]
struct Told<'a> {
    adapter: &'a Facts,
    /// The adapter's name, or what to say in its place.
    title: &'a str,
    /// Without those of the test.
    dispatches: u64,
    /// Products of a pass that it has multiplied, and all.
    products: u64,
    all: u64,
    /// Why it could not go on.
    lost: &'a Option<String>,
}

#[wasm_bindgen]
impl GpuLab {
    /// The fastest adapter, tried out. No buffer is bound with more bytes than are said.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    pub async fn open(
        allow_software: bool,
        largest_binding_bytes: Option<f64>,
    ) -> Result<GpuLab, String> {
        crate::panic::keep_message();
        let mut options = Options {
            allow_software,
            ..Options::default()
        };
        if let Some(bytes) = largest_binding_bytes {
            options.largest_binding_bytes = bytes as u64;
        }
        let gpu = Gpu::open(&options).await;
        let gpu = gpu.map_err(|error| error.to_string())?;
        Ok(Self {
            first_dispatches: gpu.dispatches(),
            gpu,
            products: 0,
            all: 0,
            lost: None,
        })
    }

    /// What is known of it, as JSON.
    pub fn facts(&self) -> String {
        let adapter = self.gpu.facts();
        to_json(&Told {
            adapter,
            title: adapter.title(),
            dispatches: self.gpu.dispatches() - self.first_dispatches,
            products: self.products,
            all: self.all,
            lost: &self.lost,
        })
    }

    /// How many times shaders were started, those of the test included.
    pub fn dispatches(&self) -> f64 {
        self.gpu.dispatches() as f64
    }

    /// Y = X·Wᵀ, `[token, row]`: under a rule of accumulation, to the bit, or as is fastest.
    ///
    /// # Errors
    /// A sentence that says what does not do, or why the device is of no use any more.
    pub async fn product(
        &mut self,
        dtype: &str,
        weights: &[u8],
        inputs: &[f32],
        tokens: usize,
        rule: Option<String>,
    ) -> Result<Vec<f32>, String> {
        let dtype = Dtype::from_name(dtype).ok_or_else(|| format!("{dtype} is no type"))?;
        let columns = inputs.len() / tokens.max(1);
        let row_bytes = columns * dtype.bits() as usize / 8;
        let weights = Weights {
            dtype,
            bytes: weights,
            rows: weights.len() / row_bytes.max(1),
            columns,
        };
        let outputs = match rule {
            None => self.gpu.product(&weights, inputs, tokens).await,
            Some(key) => {
                let model = Model::parse(&key).ok_or_else(|| format!("no shader adds as {key}"))?;
                let outputs = self.gpu.product_under(model, &weights, inputs, tokens);
                outputs.await
            }
        };
        outputs.map_err(|error| error.to_string())
    }

    /// Gives the device back.
    pub fn close(&mut self) {
        self.gpu.close();
    }
}

impl GpuLab {
    /// By the GPU where its bits are certain, or else by the CPU.
    async fn multiply(&mut self, product: &Product<'_>) -> Vec<f32> {
        self.all += 1;
        match self.by_gpu(product).await {
            Some(outputs) => {
                self.products += 1;
                outputs
            }
            None => product.compute(),
        }
    }

    async fn by_gpu(&mut self, product: &Product<'_>) -> Option<Vec<f32>> {
        if self.lost.is_some() {
            return None;
        }
        let weights = Weights {
            dtype: product.dtype(),
            bytes: &product.weights,
            rows: product.rows,
            columns: product.columns(),
        };
        let (rule, inputs, tokens) = (product.accumulate, product.values, product.tokens());
        let outputs = self.gpu.certain_product(rule, &weights, inputs, tokens);
        outputs.await.unwrap_or_else(|error| {
            self.lost = Some(error.to_string());
            None
        })
    }
}

#[wasm_bindgen]
impl ForwardPass {
    /// Multiplies what is ready on a GPU, and here what no GPU multiplies to the same bits, or
    /// everything after it was lost.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn multiply_on(&mut self, gpu: &mut GpuLab) -> Result<(), String> {
        let mut results = Vec::new();
        for product in self.pass().products() {
            results.push(gpu.multiply(&product).await);
        }
        self.pass_mut().supply(&results)
    }
}
