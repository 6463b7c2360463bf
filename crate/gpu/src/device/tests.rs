//! A device that goes while nobody looks.

use crate::tests::open;
use crate::{GpuError, Options, Weights};
use floatscope_core::format::Dtype;
use pollster::block_on;

/// The driver's callback, and not we, says that it is gone.
#[test]
fn a_device_that_is_destroyed_behind_our_back_is_lost() {
    let options = Options {
        selftest: false,
        ..Options::default()
    };
    let Some(opened) = open(&options, None) else {
        return;
    };
    let mut gpu = opened.expect("it was not tried out");
    let weights = Weights {
        dtype: Dtype::F32,
        bytes: &1.0f32.to_le_bytes(),
        rows: 1,
        columns: 1,
    };
    let product = block_on(gpu.product(&weights, &[2.0], 1));
    assert_eq!(product, Ok(vec![2.0]));
    gpu.device.device.destroy();
    for _ in 0..2 {
        let product = block_on(gpu.product(&weights, &[2.0], 1));
        assert!(matches!(product, Err(GpuError::Lost { .. })), "{product:?}");
    }
}
