//! Buffers that are made once and used again, and grow where they must.

use crate::GpuError;
use wgpu::{BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferUsages, ErrorFilter};

/// One buffer, of the largest size that was needed so far.
#[derive(Debug)]
pub(crate) struct Slot {
    label: &'static str,
    usage: BufferUsages,
    buffer: Option<Buffer>,
}

impl Slot {
    pub(crate) fn new(label: &'static str, usage: BufferUsages) -> Self {
        Self {
            label,
            usage,
            buffer: None,
        }
    }

    /// What shaders read or write, and the host writes or reads.
    pub(crate) fn storage(label: &'static str) -> Self {
        let copies = BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
        Self::new(label, BufferUsages::STORAGE | copies)
    }

    /// Makes room for so many bytes. What was there before is gone where it has to grow.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`].
    pub(crate) async fn fit(&mut self, device: &wgpu::Device, bytes: u64) -> Result<(), GpuError> {
        if self.bytes() >= bytes {
            return Ok(());
        }
        if let Some(small) = self.buffer.take() {
            small.destroy();
        }
        let scope = device.push_error_scope(ErrorFilter::OutOfMemory);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(self.label),
            size: bytes,
            usage: self.usage,
            mapped_at_creation: false,
        });
        if scope.pop().await.is_some() {
            return Err(GpuError::OutOfMemory { bytes });
        }
        self.buffer = Some(buffer);
        Ok(())
    }

    /// # Panics
    /// Where nothing was made to fit.
    pub(crate) fn buffer(&self) -> &Buffer {
        let buffer = self.buffer.as_ref();
        buffer.expect("each caller makes it fit first")
    }

    fn bytes(&self) -> u64 {
        self.buffer.as_ref().map_or(0, Buffer::size)
    }

    /// So many bytes of it for a shader.
    ///
    /// # Panics
    /// Where the buffer is smaller: shaders run without checks of their own.
    pub(crate) fn bound(&self, bytes: u64) -> Bound<'_> {
        assert!(bytes <= self.bytes(), "{} is too small", self.label);
        Bound {
            buffer: self.buffer(),
            bytes,
        }
    }
}

/// A buffer as a shader sees it.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    buffer: &'a Buffer,
    bytes: u64,
}

impl Bound<'_> {
    pub(crate) fn entry(&self, binding: u32) -> BindGroupEntry<'_> {
        BindGroupEntry {
            binding,
            resource: BindingResource::Buffer(BufferBinding {
                buffer: self.buffer,
                offset: 0,
                size: std::num::NonZero::new(self.bytes),
            }),
        }
    }
}

/// Every buffer there is.
#[derive(Debug)]
pub(crate) struct Buffers {
    /// The uniform of a kernel: four words.
    pub(crate) words: Slot,
    pub(crate) weights: Slot,
    pub(crate) inputs: Slot,
    /// Outputs, and those they are compared with.
    pub(crate) outputs: [Slot; 2],
    /// Figures of the blocks of a comparison.
    pub(crate) blocks: Slot,
    pub(crate) counts: Slot,
}

/// Bytes of a kernel's uniform.
pub(crate) const WORDS_BYTES: u64 = 16;

impl Buffers {
    pub(crate) fn new() -> Self {
        Self {
            words: Slot::new("words", BufferUsages::UNIFORM | BufferUsages::COPY_DST),
            weights: Slot::storage("weights"),
            inputs: Slot::storage("inputs"),
            outputs: ["ours", "theirs"].map(Slot::storage),
            blocks: Slot::storage("blocks"),
            counts: Slot::storage("counts"),
        }
    }

    /// Sends a kernel's uniform.
    pub(crate) async fn send_words(
        &mut self,
        device: &crate::device::Device,
        words: [u32; 4],
    ) -> Result<(), GpuError> {
        self.words.fit(&device.device, WORDS_BYTES).await?;
        let bytes = bytemuck::bytes_of(&words);
        device.queue.write_buffer(self.words.buffer(), 0, bytes);
        Ok(())
    }
}
