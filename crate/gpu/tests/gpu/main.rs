//! The GPU against its twins, on whatever adapter is there; a software driver will do.
//!
//! Where there is none, a test says `SKIPPED` and passes, unless `FLOATSCOPE_GPU_REQUIRED` is set, as
//! `cargo xtask test` sets it.

mod comparisons;
mod models;
mod products;
mod random;
mod refusals;

use floatscope_gpu::{Gpu, GpuError, Options};
use pollster::block_on;

/// The adapter there is; `None` where there is none and none is required.
fn open(options: &Options) -> Option<Gpu> {
    match block_on(Gpu::open(options)) {
        Ok(gpu) => Some(gpu),
        Err(GpuError::NoAdapter { reason }) if !is_required() => {
            eprintln!("SKIPPED, there is no adapter: {reason}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn is_required() -> bool {
    std::env::var_os("FLOATSCOPE_GPU_REQUIRED").is_some()
}

/// Without its self-test, so that the test that follows is what finds a mistake.
fn untried() -> Options {
    Options {
        selftest: false,
        ..Options::default()
    }
}

#[test]
fn the_adapter_passes_its_test_and_says_what_it_is() {
    let Some(gpu) = open(&Options::default()) else {
        return;
    };
    let facts = gpu.facts();
    println!("{facts:?}, {} dispatches", gpu.dispatches());
    assert_eq!(facts.backend, "vulkan");
    assert!(!facts.name.is_empty());
    assert!(facts.keeps_subnormals.is_some());
    assert!(facts.largest_binding_bytes >= 128 << 20);
    // 3 types by 3 shapes, 5 rules, a comparison and the smallest number.
    assert_eq!(gpu.dispatches(), 3 * 3 + 5 + 1 + 1);
}

#[test]
fn figures_are_written_as_documented() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let reduction = block_on(gpu.compare(&[1.0, 2.0], &[1.0, 2.5])).expect("it fits");
    let written = serde_json::to_value(&reduction).expect("it can be written");
    assert_eq!(written["count"], 2);
    assert_eq!(written["sum_squares"], 0.25);
    assert_eq!(written["bins"].as_array().map(Vec::len), Some(36));
    let facts = serde_json::to_value(gpu.facts()).expect("it can be written");
    for key in written
        .as_object()
        .into_iter()
        .chain(facts.as_object())
        .flat_map(|map| map.keys())
    {
        let documented = include_str!("../../../../docs/lab.md");
        assert!(documented.contains(&format!("\"{key}\": ")), "{key}");
    }
}

#[test]
fn software_is_refused_where_it_will_not_do() {
    let Some(gpu) = open(&untried()) else { return };
    let hardware = Options {
        allow_software: false,
        ..untried()
    };
    match block_on(Gpu::open(&hardware)) {
        Ok(other) => assert!(!other.facts().is_software),
        Err(GpuError::NoAdapter { reason }) => {
            assert!(gpu.facts().is_software);
            assert!(reason.contains("computes on the CPU"), "{reason}");
        }
        Err(error) => panic!("{error}"),
    }
}
