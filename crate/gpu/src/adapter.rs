//! Which adapter is taken, what of it is asked for, and what it says of itself.

use crate::GpuError;
use wgpu::{Adapter, Backends, DeviceType, Instance, InstanceDescriptor, InstanceFlags, Limits};

/// The largest buffer that is asked for: larger ones make nothing faster, since weights
/// stream through in pieces.
const LARGEST_BUFFER_BYTES: u64 = 256 << 20;

/// What adapter will do, and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether a driver that computes on the CPU will do, too. It is no faster than the CPU itself.
    pub allow_software: bool,
    /// Whether the adapter is tried out before it is trusted.
    pub selftest: bool,
    /// No buffer is bound with more bytes, whatever the adapter takes. For tests of what is split.
    pub largest_binding_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_software: true,
            selftest: true,
            largest_binding_bytes: LARGEST_BUFFER_BYTES,
        }
    }
}

/// What is known of the adapter in use. Serialised as `docs/lab.md` has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Facts {
    /// As the driver names it; browsers may give an empty name.
    pub name: String,
    /// The driver and its version, where it says so.
    pub driver: String,
    /// `vulkan` natively, `webgpu` in a browser.
    pub backend: String,
    /// Whether it computes on the CPU.
    pub is_software: bool,
    /// The most bytes that are bound at once.
    pub largest_binding_bytes: u64,
    /// Whether subnormal FP32 numbers are kept; where not, each may become 0 wherever it appears.
    /// `None` before the self-test.
    pub keeps_subnormals: Option<bool>,
}

impl Facts {
    /// The name, or what to say in its place.
    pub fn title(&self) -> &str {
        match self.name.as_str() {
            "" => "the GPU",
            name => name,
        }
    }
}

/// The fastest adapter that is allowed.
pub(crate) async fn choose(options: &Options) -> Result<Adapter, GpuError> {
    let mut descriptor = InstanceDescriptor::new_without_display_handle();
    descriptor.backends = Backends::VULKAN | Backends::BROWSER_WEBGPU;
    // No debug layer: what it would find, the tests find.
    descriptor.flags = InstanceFlags::empty();
    let instance = Instance::new(descriptor);
    let request = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    let adapter = instance.request_adapter(&request).await;
    let adapter = adapter.map_err(|error| no_adapter(error.to_string()))?;
    let facts = facts(&adapter, 0);
    if facts.is_software && !options.allow_software {
        let title = facts.title();
        return Err(no_adapter(format!("{title} computes on the CPU")));
    }
    Ok(adapter)
}

fn no_adapter(reason: String) -> GpuError {
    GpuError::NoAdapter { reason }
}

/// What the adapter says of itself.
pub(crate) fn facts(adapter: &Adapter, largest_binding_bytes: u64) -> Facts {
    let info = adapter.get_info();
    let driver = [info.driver, info.driver_info];
    let driver = driver.join(" ").trim().to_owned();
    let is_named_software = info.name.to_ascii_lowercase().contains("swiftshader");
    Facts {
        is_software: info.device_type == DeviceType::Cpu || is_named_software,
        name: info.name,
        driver,
        backend: match info.backend {
            wgpu::Backend::BrowserWebGpu => "webgpu".to_owned(),
            backend => backend.to_string(),
        },
        largest_binding_bytes,
        keeps_subnormals: None,
    }
}

/// The limits to ask for: WebGPU's own, which are enough for the shaders, and room for large buffers.
pub(crate) fn limits(adapter: &Adapter, options: &Options) -> Result<Limits, GpuError> {
    let offered = adapter.limits();
    let base = Limits::default();
    let needs = [
        (
            "bytes of workgroup memory",
            base.max_compute_workgroup_storage_size,
            offered.max_compute_workgroup_storage_size,
        ),
        (
            "threads in a workgroup",
            base.max_compute_invocations_per_workgroup,
            offered.max_compute_invocations_per_workgroup,
        ),
        (
            "threads in a row of a workgroup",
            base.max_compute_workgroup_size_x,
            offered.max_compute_workgroup_size_x,
        ),
        (
            "storage buffers in a shader",
            base.max_storage_buffers_per_shader_stage,
            offered.max_storage_buffers_per_shader_stage,
        ),
        (
            "workgroups in a row",
            base.max_compute_workgroups_per_dimension,
            offered.max_compute_workgroups_per_dimension,
        ),
    ];
    if let Some((what, needed, offered)) = needs.into_iter().find(|(_, need, offer)| offer < need) {
        let [needed, offered] = [needed, offered].map(u64::from);
        return Err(GpuError::TooSmall {
            what,
            needed,
            offered,
        });
    }
    let largest = options.largest_binding_bytes.min(LARGEST_BUFFER_BYTES);
    Ok(Limits {
        max_storage_buffer_binding_size: largest.min(offered.max_storage_buffer_binding_size),
        max_buffer_size: LARGEST_BUFFER_BYTES.min(offered.max_buffer_size),
        ..base.or_worse_values_from(&offered)
    })
}
