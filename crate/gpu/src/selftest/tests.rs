//! A device that computes something else is found out; and so what is computed comes from the shaders.

use crate::device::Mutation;
use crate::{Gpu, GpuError, Options};

/// Opens the adapter there is, with a mistake in a shader.
fn open(from: &'static str, to: &'static str) -> Option<Result<Gpu, GpuError>> {
    let mutation = Mutation { from, to };
    let opened = pollster::block_on(Gpu::open_with(&Options::default(), Some(mutation)));
    match opened {
        Err(GpuError::NoAdapter { reason })
            if std::env::var_os("FLOATSCOPE_GPU_REQUIRED").is_none() =>
        {
            eprintln!("SKIPPED, there is no adapter: {reason}");
            None
        }
        opened => Some(opened),
    }
}

#[test]
fn a_change_that_changes_nothing_is_no_mistake() {
    let Some(opened) = open("var next = sums", "var next = sums + 0f * sums") else {
        return;
    };
    opened.expect("the checked shaders pass, too");
}

#[test]
fn each_mistake_is_found_out() {
    let mistakes = [
        // BF16 unpacked a bit too far.
        ("words << vec4(16u)", "words << vec4(15u)"),
        // One of the tiled product's tokens with its neighbour's inputs.
        (
            "let x5 = token_tile[start + 320u]",
            "let x5 = token_tile[start + 256u]",
        ),
        // FP16's subnormal numbers by half.
        ("0x1p-24f", "0x1p-25f"),
        // Ties away from zero.
        (
            "vec4(0x7fffu) + ((bits >> vec4(16u)) & vec4(1u))",
            "vec4(0x8000u)",
        ),
        // A tile too long by one.
        ("in_tile == shape.tile", "in_tile == shape.tile + 1u"),
        // The last of the matrix-vector product's halves left out.
        (
            "half > 0u; half /= 2u) {\n        workgroupBarrier();\n        if thread < half {\n            partial",
            "half > 1u; half /= 2u) {\n        workgroupBarrier();\n        if thread < half {\n            partial",
        ),
        // A distance of 4 places in the bin of 5 to 8.
        ("countLeadingZeros(apart - 1u)", "countLeadingZeros(apart)"),
    ];
    for (from, to) in mistakes {
        let Some(opened) = open(from, to) else { return };
        match opened {
            Err(GpuError::SelfTest { what, .. }) => println!("{from:?} as {to:?}: {what}"),
            Err(error) => panic!("{from:?} as {to:?}: {error}"),
            Ok(_) => panic!("{from:?} as {to:?} was not found out"),
        }
    }
}
