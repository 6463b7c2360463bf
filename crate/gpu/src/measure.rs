//! How fast the device is, for the bench: kernels run over and over on what lies on the device.

use crate::buffers::{Slot, WORDS_BYTES};
use crate::layout::{Extent, Layout};
use crate::shaders::{Kernel, Stored, Tokens};
use crate::{Gpu, GpuError};
use floatscope_core::format::Dtype;
use std::time::Instant;

/// Something to be timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The tiled product, of multiples of 128.
    Product {
        /// The weights' type.
        dtype: Dtype,
        /// Outputs of a token.
        rows: usize,
        /// Inputs of a token.
        columns: usize,
        /// Tokens.
        tokens: usize,
    },
    /// The matrix-vector product for one token.
    Matvec {
        /// The weights' type.
        dtype: Dtype,
        /// Outputs.
        rows: usize,
        /// Inputs.
        columns: usize,
    },
    /// Multiply-adds in registers.
    Peak {
        /// Workgroups of 256 threads.
        workgroups: u32,
        /// Links of each of a thread's 32 chains.
        rounds: u32,
    },
    /// So many bytes from one buffer to another.
    Copy {
        /// A multiple of 4,096.
        bytes: usize,
    },
}

impl Work {
    /// Floating-point operations, a multiply-add being two.
    pub fn operations(self) -> f64 {
        match self {
            Self::Product {
                rows,
                columns,
                tokens,
                ..
            } => 2.0 * rows as f64 * columns as f64 * tokens as f64,
            Self::Matvec { rows, columns, .. } => 2.0 * rows as f64 * columns as f64,
            Self::Peak { workgroups, rounds } => {
                2.0 * 32.0 * 256.0 * f64::from(workgroups) * f64::from(rounds)
            }
            Self::Copy { .. } => 0.0,
        }
    }

    /// Bytes of the weights, or those that are read and written.
    pub fn bytes(self) -> f64 {
        match self {
            Self::Product {
                dtype,
                rows,
                columns,
                ..
            }
            | Self::Matvec {
                dtype,
                rows,
                columns,
            } => (rows * columns) as f64 * f64::from(dtype.bits()) / 8.0,
            Self::Peak { .. } => 0.0,
            Self::Copy { bytes } => 2.0 * bytes as f64,
        }
    }
}

impl Gpu {
    /// Seconds that `work` takes once, of so many times in a row. Buffers hold noise: of
    /// zeros a card makes less heat, and so more.
    ///
    /// # Errors
    /// Those of [`product`](Self::product).
    pub async fn seconds(&mut self, work: Work, times: u32) -> Result<f64, GpuError> {
        let started = match work {
            Work::Product {
                dtype,
                rows,
                columns,
                tokens,
            } => {
                let stored = stored(dtype)?;
                let extent = Extent {
                    rows,
                    columns,
                    tokens,
                };
                self.time_product(Kernel::Product(stored), stored, extent, times)
                    .await?
            }
            Work::Matvec {
                dtype,
                rows,
                columns,
            } => {
                let stored = stored(dtype)?;
                let extent = Extent {
                    rows,
                    columns,
                    tokens: 1,
                };
                self.time_product(Kernel::Matvec(stored, Tokens::One), stored, extent, times)
                    .await?
            }
            Work::Peak { workgroups, rounds } => {
                let (started, _) = self.run_peak(workgroups, rounds, times).await?;
                started
            }
            Work::Copy { bytes } => self.run_copy(bytes, times).await?,
        };
        Ok(started.elapsed().as_secs_f64() / f64::from(times))
    }

    async fn time_product(
        &mut self,
        kernel: Kernel,
        stored: Stored,
        extent: Extent,
        times: u32,
    ) -> Result<Instant, GpuError> {
        let layout = Layout::new(extent);
        self.device.prepare(kernel).await?;
        self.buffers
            .send_words(&self.device, layout.words(1))
            .await?;
        let buffers = &mut self.buffers;
        let device = &self.device.device;
        buffers
            .weights
            .fit(device, layout.weight_bytes(stored.bytes()))
            .await?;
        buffers.inputs.fit(device, layout.input_bytes()).await?;
        buffers.outputs[0]
            .fit(device, layout.output_bytes())
            .await?;
        let noise = noise();
        self.fill(
            &self.buffers.weights,
            layout.weight_bytes(stored.bytes()),
            &noise,
        );
        self.fill(&self.buffers.inputs, layout.input_bytes(), &noise);
        let workgroups = layout.workgroups(kernel, extent.tokens);
        // Once before the clock starts: compiled, cleared, awake.
        self.dispatch_product(kernel, &layout, 0, workgroups, 1);
        self.wait_for_outputs().await?;
        let started = Instant::now();
        self.dispatch_product(kernel, &layout, 0, workgroups, times);
        self.wait_for_outputs().await?;
        Ok(started)
    }

    /// The multiply-adds, and what the threads were left with.
    ///
    /// # Errors
    /// Those of the device.
    pub async fn run_peak(
        &mut self,
        workgroups: u32,
        rounds: u32,
        times: u32,
    ) -> Result<(Instant, Vec<f32>), GpuError> {
        self.device.prepare(Kernel::Peak).await?;
        // Whole numbers that go up and down, so that the results are exact however they are rounded.
        let words = [rounds, (-1.0f32).to_bits(), 1.0f32.to_bits(), 0];
        self.buffers.send_words(&self.device, words).await?;
        let bytes = u64::from(workgroups) * 256 * 4;
        self.buffers.outputs[0]
            .fit(&self.device.device, bytes)
            .await?;
        let dispatch = |gpu: &mut Self, times| {
            let bound = [
                gpu.buffers.words.bound(WORDS_BYTES),
                gpu.buffers.outputs[0].bound(bytes),
            ];
            gpu.device
                .dispatch(Kernel::Peak, &bound, [workgroups, 1], times);
        };
        dispatch(self, 1);
        self.wait_for_outputs().await?;
        let started = Instant::now();
        dispatch(self, times);
        let read = self
            .device
            .read(&[(&self.buffers.outputs[0], bytes)])
            .await?;
        let results = read
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes));
        Ok((started, results.collect()))
    }

    async fn run_copy(&mut self, bytes: usize, times: u32) -> Result<Instant, GpuError> {
        self.device.prepare(Kernel::Copy).await?;
        let groups = bytes / 4096;
        let across = groups.min(1 << 14);
        let words = [across as u32 * 256, 0, 0, 0];
        self.buffers.send_words(&self.device, words).await?;
        let bound_bytes = (groups.div_ceil(across) * across * 4096) as u64;
        for slot in &mut self.buffers.outputs {
            slot.fit(&self.device.device, bound_bytes).await?;
        }
        let dispatch = |gpu: &mut Self, times| {
            let [from, to] = &gpu.buffers.outputs;
            let bound = [
                gpu.buffers.words.bound(WORDS_BYTES),
                from.bound(bound_bytes),
                to.bound(bound_bytes),
            ];
            gpu.device.dispatch(
                Kernel::Copy,
                &bound,
                [across as u32, groups.div_ceil(across) as u32],
                times,
            );
        };
        dispatch(self, 1);
        self.wait_for_outputs().await?;
        let started = Instant::now();
        dispatch(self, times);
        self.wait_for_outputs().await?;
        Ok(started)
    }

    fn fill(&self, slot: &Slot, bytes: u64, noise: &[u8]) {
        for start in (0..bytes).step_by(noise.len()) {
            let length = (bytes - start).min(noise.len() as u64);
            let part = &noise[..length as usize];
            self.device.queue.write_buffer(slot.buffer(), start, part);
        }
    }

    async fn wait_for_outputs(&mut self) -> Result<(), GpuError> {
        self.device
            .read(&[(&self.buffers.outputs[0], 4)])
            .await
            .map(drop)
    }
}

/// A mebibyte of numbers of either sign, between 2⁻⁷ and 2 as BF16 and as FP32, between 1 and 2 as FP16.
fn noise() -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let codes = (0..1 << 19).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state & 0x8000 | 120 << 7 | state >> 16 & 0x3ff) as u16
    });
    codes.flat_map(u16::to_le_bytes).collect()
}

fn stored(dtype: Dtype) -> Result<Stored, GpuError> {
    Stored::of(dtype).ok_or(GpuError::Unsupported { dtype })
}
