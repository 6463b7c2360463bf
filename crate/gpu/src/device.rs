//! The device: pipelines made once, dispatches, and answers read back.

#[cfg(test)]
mod tests;

use crate::GpuError;
use crate::buffers::{Bound, Slot};
use crate::health::Health;
use crate::shaders::Kernel;
use crate::trusted;
use std::collections::HashMap;
use std::time::Duration;
use wgpu::{BufferUsages, ComputePipeline, ErrorFilter, MapMode};

/// How long an answer may take before the device counts as lost. Pieces are cut so that they take
/// tenths of a second on a card and seconds on a CPU.
const PATIENCE: Duration = Duration::from_secs(120);

/// A shader with a mistake, for tests of what finds mistakes.
#[derive(Debug, Clone)]
pub(crate) struct Mutation {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) health: Health,
    mutation: Option<Mutation>,
    pipelines: HashMap<Kernel, ComputePipeline>,
    dispatches: u64,
    answer: Slot,
}

impl Device {
    pub(crate) fn new(
        device: wgpu::Device,
        queue: wgpu::Queue,
        mutation: Option<Mutation>,
    ) -> Self {
        let health = Health::default();
        health.watch(&device);
        Self {
            device,
            queue,
            health,
            mutation,
            pipelines: HashMap::new(),
            dispatches: 0,
            answer: Slot::new("answer", BufferUsages::MAP_READ | BufferUsages::COPY_DST),
        }
    }

    /// How many dispatches were handed to the GPU.
    pub(crate) fn dispatches(&self) -> u64 {
        self.dispatches
    }

    /// The kernel, compiled the first time it is needed.
    pub(crate) async fn prepare(&mut self, kernel: Kernel) -> Result<(), GpuError> {
        self.health.check()?;
        if self.pipelines.contains_key(&kernel) {
            return Ok(());
        }
        let scope = self.device.push_error_scope(ErrorFilter::Validation);
        let module = match &self.mutation {
            None => trusted::module(&self.device, kernel),
            Some(mutation) => self.mutant(kernel, mutation),
        };
        let pipeline = self.pipeline(kernel, &module);
        if let Some(error) = scope.pop().await {
            let reason = format!("{}: {error}", kernel.entry());
            return Err(GpuError::Validation { reason });
        }
        self.pipelines.insert(kernel, pipeline);
        Ok(())
    }

    /// Nobody vouches for it, so it is compiled with all checks.
    fn mutant(&self, kernel: Kernel, mutation: &Mutation) -> wgpu::ShaderModule {
        let text = kernel.text().replace(mutation.from, mutation.to);
        self.device
            .create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(kernel.entry()),
                source: wgpu::ShaderSource::Wgsl(text.into()),
            })
    }

    fn pipeline(&self, kernel: Kernel, module: &wgpu::ShaderModule) -> ComputePipeline {
        let compilation_options = wgpu::PipelineCompilationOptions {
            constants: kernel.constants(),
            // Each shader writes what it reads.
            zero_initialize_workgroup_memory: false,
        };
        let descriptor = wgpu::ComputePipelineDescriptor {
            label: Some(kernel.entry()),
            layout: None,
            module,
            entry_point: Some(kernel.entry()),
            compilation_options,
            cache: None,
        };
        self.device.create_compute_pipeline(&descriptor)
    }

    /// Hands the kernel to the GPU, `times` in a row, each after the one before.
    ///
    /// # Panics
    /// If it was not prepared.
    pub(crate) fn dispatch(
        &mut self,
        kernel: Kernel,
        bound: &[Bound<'_>],
        [across, down]: [u32; 2],
        times: u32,
    ) {
        let pipeline = self.pipelines.get(&kernel);
        let pipeline = pipeline.expect("each caller prepares its kernels first");
        let entries: Vec<_> = (0..)
            .zip(bound)
            .map(|(at, bound)| bound.entry(at))
            .collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(kernel.entry()),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &group, &[]);
        for _ in 0..times {
            pass.dispatch_workgroups(across, down, 1);
        }
        drop(pass);
        self.queue.submit([encoder.finish()]);
        self.dispatches += u64::from(times);
    }

    /// The first bytes of buffers, one after the other. Waits for all that was handed to the GPU before.
    pub(crate) async fn read(&mut self, parts: &[(&Slot, u64)]) -> Result<Vec<u8>, GpuError> {
        let bytes = parts.iter().map(|(_, bytes)| bytes).sum();
        self.answer.fit(&self.device, bytes).await?;
        let answer = self.answer.buffer().clone();
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let mut to = 0;
        for (slot, bytes) in parts {
            encoder.copy_buffer_to_buffer(slot.buffer(), 0, &answer, to, *bytes);
            to += bytes;
        }
        self.queue.submit([encoder.finish()]);
        let (sender, receiver) = futures_channel::oneshot::channel();
        answer.map_async(MapMode::Read, 0..bytes, move |result| {
            // Nobody listens any more where the wait was given up.
            let _ = sender.send(result);
        });
        let mapped = self.wait(receiver).await;
        self.health.check()?;
        mapped?;
        let view = answer.get_mapped_range(0..bytes);
        let read = view.map(|view| view.to_vec());
        answer.unmap();
        read.map_err(|error| lost(error.to_string()))
    }

    /// Natively somebody must ask the device whether it is done; in a browser the event loop does.
    async fn wait(&self, mut mapped: Mapped) -> Result<(), GpuError> {
        let poll = wgpu::PollType::Wait {
            submission_index: None,
            timeout: Some(PATIENCE),
        };
        let waited = self.device.poll(poll);
        let result = if cfg!(target_family = "wasm") {
            mapped.await.ok()
        } else {
            mapped.try_recv().ok().flatten()
        };
        match result {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(lost(error.to_string())),
            None => Err(lost(match waited {
                Err(_) => format!("no answer within {} seconds", PATIENCE.as_secs()),
                Ok(_) => "it gave no answer".to_owned(),
            })),
        }
    }
}

type Mapped = futures_channel::oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>;

fn lost(reason: String) -> GpuError {
    GpuError::Lost { reason }
}
