//! A device that computes something else is found out; and so what is computed comes from the shaders.

use crate::device::Mutation;
use crate::tests::open;
use crate::{Gpu, GpuError, Options};

/// Opens the adapter there is, with a mistake in a shader.
fn open_with(from: &'static str, to: &'static str) -> Option<Result<Gpu, GpuError>> {
    open(&Options::default(), Some(Mutation { from, to }))
}

#[test]
fn a_change_that_changes_nothing_is_no_mistake() {
    let Some(opened) = open_with(
        "const COLUMN_QUADS: u32 = 4u;",
        "const COLUMN_QUADS: u32 = 2u + 2u;",
    ) else {
        return;
    };
    opened.expect("the checked shaders pass, too");
}

#[test]
fn each_mistake_is_found_out() {
    let mistakes = [
        // BF16 unpacked a bit too far.
        Mistake {
            from: "words << vec4(16u)",
            to: "words << vec4(15u)",
            found: "its product of weights in BF16 for 1 tokens",
        },
        // One of the tiled product's tokens with its neighbour's inputs.
        Mistake {
            from: "token_tile[start + 320u]",
            to: "token_tile[start + 256u]",
            found: "its product of weights in BF16 for 131 tokens",
        },
        // FP16's subnormal numbers by half.
        Mistake {
            from: "0x1p-24f",
            to: "0x1p-25f",
            found: "its product of weights in F16 for 1 tokens",
        },
        // A third token's sums that are not added up.
        Mistake {
            from: "partial[thread + 2u * THREADS] +=",
            to: "partial[thread + 2u * THREADS] =",
            found: "its product of weights in BF16 for 6 tokens",
        },
        // Ties away from zero.
        Mistake {
            from: "vec4(0x7fffu) + ((bits >> vec4(16u)) & vec4(1u))",
            to: "vec4(0x8000u)",
            found: "its product under bf16",
        },
        // Ties away from zero, here too.
        Mistake {
            from: "vec4(0xfffu) + ((magnitude >> vec4(13u)) & vec4(1u))",
            to: "vec4(0x1000u)",
            found: "its product under f16",
        },
        // A tile too long by one.
        Mistake {
            from: "in_tile == shape.tile",
            to: "in_tile == shape.tile + 1u",
            found: "its product under f32_tiles/20",
        },
        // Another order of pairs.
        Mistake {
            from: "plus(plus(products[0], products[1]), plus(products[2], products[3]))",
            to: "plus(plus(products[0], products[2]), plus(products[1], products[3]))",
            found: "its product under f32_pairwise",
        },
        // Another order of halves.
        Mistake {
            from: "plus(plus(s04, s26), plus(s15, s37))",
            to: "plus(plus(s04, s15), plus(s26, s37))",
            found: "its product under f32 ",
        },
        // A distance of one place in the bin of two.
        Mistake {
            from: "countLeadingZeros(apart - 1u)",
            to: "countLeadingZeros(apart)",
            found: "its comparison of two outputs has 0 pairs in bin 1",
        },
        // Squares that are not squared.
        Mistake {
            from: "scaled * scaled",
            to: "scaled",
            found: "its comparison of two outputs has a sum of squares",
        },
    ];
    for Mistake { from, to, found } in mistakes {
        let Some(opened) = open_with(from, to) else {
            return;
        };
        match opened {
            Err(GpuError::SelfTest { what, .. }) => {
                assert!(what.starts_with(found), "{from:?} as {to:?}: {what}");
            }
            Err(error) => panic!("{from:?} as {to:?}: {error}"),
            Ok(_) => panic!("{from:?} as {to:?} was not found out"),
        }
    }
}

struct Mistake {
    from: &'static str,
    to: &'static str,
    /// How the sentence begins.
    found: &'static str,
}
