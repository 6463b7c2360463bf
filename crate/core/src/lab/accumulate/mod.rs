//! The orders and widths in which hardware and libraries add the products of a matrix product.
//!
//! A dot product has one exact value and as many computed ones as there are ways to add. A model
//! here is one such way, stated to the bit: what the operands are rounded to, what a product is,
//! in which order products are added and what is rounded after each addition. Every sum begins
//! with +0, rounding is to nearest even where nothing else is said, and NaN and infinities do as
//! IEEE 754 has it. The sources stand in `docs/how-it-knows.md`, "Accumulation models".

mod narrow;
mod systolic;
mod tensor_core;
#[cfg(test)]
mod tests;
mod vdpbf16ps;
mod wide;

pub use narrow::{to_bf16, to_f16};

/// How the products of a dot product are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Accumulate {
    /// FP32 in eight partial sums, as our own vector kernel adds: the product k, rounded to FP32,
    /// goes to the partial sum k mod 8; finally ((s₀+s₄)+(s₂+s₆))+((s₁+s₅)+(s₃+s₇)).
    F32,
    /// FP32 products, one after the other into one FP32 sum.
    F32Sequential,
    /// FP32 in tiles of so many products (split-K): each tile as [`F32Sequential`](Self::F32Sequential),
    /// the tiles' sums one after the other. The number is at least 1.
    F32Tiles(u32),
    /// FP32 products, neighbours added, then neighbouring sums, and so on; an odd one goes up as it is.
    F32Pairwise,
    /// Exact products, one after the other into one FP64 sum, which is rounded to FP32 at the end.
    F64,
    /// FP32 products; the sum is rounded to FP32 and then to BF16 after each addition.
    Bf16,
    /// FP32 products; the sum is rounded to FP32 and then to FP16 after each addition, and is
    /// infinite from 65,520 on.
    F16,
    /// A TPU's matrix unit: operands rounded to BF16, exact products, FP32 sums down a column of
    /// [`UNIT_DEPTH`](Self::UNIT_DEPTH) cells, the columns' sums one after the other.
    Tpu,
    /// The AVX-512 instruction VDPBF16PS: operands rounded to BF16, pairs into 16 FP32 lanes.
    Vdpbf16ps,
    /// A tensor core of NVIDIA's Hopper (BF16, FP32 accumulator): operands rounded to BF16, exact
    /// products of a group and the sum so far aligned to the largest exponent and truncated.
    TensorCore,
}

/// A model's key and what it does, in one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// What [`Accumulate::parse`] takes; a number stands for any other.
    pub key: &'static str,
    /// One sentence without a full stop.
    pub says: &'static str,
}

/// All models.
pub const MODELS: [Model; 10] = [
    Model {
        key: "f32",
        says: "FP32 in eight partial sums, as Floatscope's own vector kernel adds",
    },
    Model {
        key: "f32_sequential",
        says: "FP32, one product after the other",
    },
    Model {
        key: "f32_tiles/256",
        says: "FP32 in tiles of 256 products (or any other number), whose sums are added (split-K)",
    },
    Model {
        key: "f32_pairwise",
        says: "FP32, neighbours first, as a binary tree",
    },
    Model {
        key: "f64",
        says: "FP64, rounded once to FP32 at the end",
    },
    Model {
        key: "bf16",
        says: "the sum is rounded to BF16 after each addition",
    },
    Model {
        key: "f16",
        says: "the sum is rounded to FP16 after each addition, and overflows from 65,520 on",
    },
    Model {
        key: "tpu",
        says: "A TPU's matrix unit: BF16 operands, exact products, FP32 sums in columns of 128",
    },
    Model {
        key: "vdpbf16ps",
        says: "AVX-512's VDPBF16PS: BF16 pairs into 16 FP32 lanes, subnormal numbers flushed",
    },
    Model {
        key: "tensor_core",
        says: "A Hopper tensor core: BF16 products of 16 aligned, truncated and added to FP32",
    },
];

impl Accumulate {
    /// Cells that a partial sum passes in the modelled TPU unit before it reaches the accumulator.
    pub const UNIT_DEPTH: u32 = 128;
    /// Products that the modelled tensor core adds at once.
    pub const GROUP: usize = 16;
    /// Bits that the modelled tensor core keeps of each summand below its largest exponent's.
    pub const FRACTION_BITS: u32 = 25;

    /// Reads a key: one of [`MODELS`], the tile's size being any from 1 to 4,294,967,295.
    ///
    /// # Errors
    /// Says what keys there are.
    pub fn parse(key: &str) -> Result<Self, String> {
        Ok(match key {
            "f32" => Self::F32,
            "f32_sequential" => Self::F32Sequential,
            "f32_pairwise" => Self::F32Pairwise,
            "f64" => Self::F64,
            "bf16" => Self::Bf16,
            "f16" => Self::F16,
            "tpu" => Self::Tpu,
            "vdpbf16ps" => Self::Vdpbf16ps,
            "tensor_core" => Self::TensorCore,
            _ => Self::F32Tiles(tile(key)?),
        })
    }

    /// What [`parse`](Self::parse) reads as this model.
    pub fn key(self) -> String {
        let key = match self {
            Self::F32 => "f32",
            Self::F32Sequential => "f32_sequential",
            Self::F32Tiles(size) => return format!("f32_tiles/{size}"),
            Self::F32Pairwise => "f32_pairwise",
            Self::F64 => "f64",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::Tpu => "tpu",
            Self::Vdpbf16ps => "vdpbf16ps",
            Self::TensorCore => "tensor_core",
        };
        key.to_owned()
    }

    /// What it is called in prose: "summing in …".
    pub fn title(self) -> String {
        let title = match self {
            Self::F32 => "FP32 in eight parts",
            Self::F32Sequential => "FP32 one by one",
            Self::F32Tiles(size) => return format!("FP32 in tiles of {size}"),
            Self::F32Pairwise => "FP32 pairwise",
            Self::F64 => "FP64",
            Self::Bf16 => "BF16",
            Self::F16 => "FP16",
            Self::Tpu => "a TPU's matrix unit",
            Self::Vdpbf16ps => "the lanes of VDPBF16PS",
            Self::TensorCore => "a Hopper tensor core",
        };
        title.to_owned()
    }

    /// What it does, in one sentence without a full stop.
    pub fn says(self) -> String {
        if let Self::F32Tiles(size) = self {
            return format!("FP32 in tiles of {size} products, whose sums are added (split-K)");
        }
        let key = self.key();
        let listed = MODELS.iter().find(|model| model.key == key);
        listed.map_or(key.clone(), |model| model.says.to_owned())
    }

    /// Σₖ `weights`\[k\] · `inputs`\[k\] as the model adds, before the caller rounds it to the output's
    /// format. Both have one length; of none the sum is +0.
    pub fn dot(self, weights: &[f32], inputs: &[f32]) -> f32 {
        let [sum] = self.dots(weights, inputs.as_chunks::<1>().0);
        sum
    }

    /// [`dot`](Self::dot) for T tokens at once: `inputs`\[k\] is the element k of each. The bits are the
    /// same; that tokens do not wait for each other makes it several times as fast.
    pub fn dots<const T: usize>(self, weights: &[f32], inputs: &[[f32; T]]) -> [f32; T] {
        debug_assert_eq!(weights.len(), inputs.len());
        match self {
            Self::F32 => wide::in_eight(weights, inputs),
            Self::F32Sequential => wide::sequential(weights, inputs),
            Self::F32Tiles(size) => wide::tiles(weights, inputs, size),
            Self::F32Pairwise => wide::pairwise(weights, inputs),
            Self::F64 => wide::double(weights, inputs),
            Self::Bf16 => narrow::rounded_sum(weights, inputs, to_bf16),
            Self::F16 => narrow::rounded_sum(weights, inputs, to_f16),
            Self::Tpu => systolic::dots(weights, inputs, Self::UNIT_DEPTH),
            Self::Vdpbf16ps => vdpbf16ps::dots(weights, inputs),
            Self::TensorCore => tensor_core::dots(weights, inputs),
        }
    }
}

/// The size in `f32_tiles/SIZE`.
fn tile(key: &str) -> Result<u32, String> {
    let unknown = || {
        let keys = MODELS.map(|model| model.key);
        format!("it must be one of {}", keys.join(", "))
    };
    let size = match key {
        "f32_tiles" => "",
        _ => key.strip_prefix("f32_tiles/").ok_or_else(unknown)?,
    };
    let is_plain = size.bytes().all(|digit| digit.is_ascii_digit());
    let size = size.parse().ok().filter(|size| is_plain && *size > 0);
    size.ok_or_else(|| "f32_tiles takes the products of a tile: f32_tiles/256".to_owned())
}
