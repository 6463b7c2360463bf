//! What the tests in here share.

use crate::device::Mutation;
use crate::{Gpu, GpuError, Options};

/// Opens the adapter there is; `None` where there is none and none is required.
pub(crate) fn open(options: &Options, mutation: Option<Mutation>) -> Option<Result<Gpu, GpuError>> {
    let is_required = std::env::var_os("FLOATSCOPE_GPU_REQUIRED").is_some();
    match pollster::block_on(Gpu::open_with(options, mutation)) {
        Err(GpuError::NoAdapter { reason }) if !is_required => {
            eprintln!("SKIPPED, there is no adapter: {reason}");
            None
        }
        opened => Some(opened),
    }
}
