//! Shaders without the checks that wgpu would add.
//!
//! wgpu clamps each index and bounds each loop unless it is told that this is needless. Browsers do so whatever they
//! are told; a native driver then runs the text as it stands.
#![allow(unsafe_code)]

use crate::shaders::Kernel;
use wgpu::{Device, ShaderModule, ShaderModuleDescriptor, ShaderRuntimeChecks, ShaderSource};

/// A shader of ours, unchecked.
pub(crate) fn module(device: &Device, kernel: Kernel) -> ShaderModule {
    let descriptor = ShaderModuleDescriptor {
        label: Some(kernel.entry()),
        source: ShaderSource::Wgsl(kernel.text().into()),
    };
    let checks = ShaderRuntimeChecks {
        bounds_checks: false,
        force_loop_bounding: false,
        int_div_checks: false,
        ..ShaderRuntimeChecks::checked()
    };
    // SAFETY: the text is one of `shaders/`, compiled in and validated by naga. Each index is made of numbers of
    // workgroups, threads and loops. Loops end at a count of the uniform's, which they reach in steps
    // of 1 or more. Rows, columns and tokens are padded to whole tiles by `Layout`, the one place from which the uniform,
    // the numbers of workgroups and the sizes of the buffers come; `Bound` panics where a buffer is
    // smaller than its kernel was promised. Divisors are constants and not 0.
    unsafe { device.create_shader_module_trusted(descriptor, checks) }
}
