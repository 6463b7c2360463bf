//! The shaders: which file has which entry point, and what it is joined with.
//!
//! WGSL has no includes. What several entry points share stands in files of their own, and the host
//! puts the texts one after the other; the order makes no difference.

#[cfg(test)]
mod tests;

use crate::Model;
use floatscope_core::format::Dtype;

/// A file of `shaders/`, by its path there without the ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! part {
    ($path:literal) => {
        Part {
            path: $path,
            text: include_str!(concat!("../../../shaders/", $path, ".wgsl")),
        }
    };
}

/// What weights are stored in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Stored {
    Bf16,
    F16,
    F32,
}

impl Stored {
    pub(crate) const ALL: [Self; 3] = [Self::Bf16, Self::F16, Self::F32];

    pub(crate) fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::BF16 => Some(Self::Bf16),
            Dtype::F16 => Some(Self::F16),
            Dtype::F32 => Some(Self::F32),
            _ => None,
        }
    }

    pub(crate) fn dtype(self) -> Dtype {
        match self {
            Self::Bf16 => Dtype::BF16,
            Self::F16 => Dtype::F16,
            Self::F32 => Dtype::F32,
        }
    }

    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Bf16 | Self::F16 => 2,
            Self::F32 => 4,
        }
    }

    fn part(self) -> Part {
        match self {
            Self::Bf16 => part!("weights/bf16"),
            Self::F16 => part!("weights/f16"),
            Self::F32 => part!("weights/f32"),
        }
    }
}

/// A rule that `model.wgsl` is joined with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    F32,
    F32Tiles,
    F32Pairwise,
    Bf16,
    F16,
}

impl Rule {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 5] = [
        Self::F32,
        Self::F32Tiles,
        Self::F32Pairwise,
        Self::Bf16,
        Self::F16,
    ];

    fn part(self) -> Part {
        match self {
            Self::F32 => part!("rules/f32"),
            Self::F32Tiles => part!("rules/f32_tiles"),
            Self::F32Pairwise => part!("rules/f32_pairwise"),
            Self::Bf16 => part!("rules/bf16"),
            Self::F16 => part!("rules/f16"),
        }
    }
}

/// A compute pipeline: an entry point with what it is joined with.
#[cfg_attr(
    target_family = "wasm",
    expect(dead_code, reason = "only the native bench runs `Peak` and `Copy`")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kernel {
    /// The tiled product.
    Product(Stored),
    /// The product for one token, or for four at a time.
    Matvec(Stored, Tokens),
    /// The product under a rule.
    Model(Stored, Rule),
    /// Differences of two outputs.
    Compare,
    /// Multiply-adds and nothing else.
    Peak,
    /// One buffer into another.
    Copy,
}

/// How many tokens a workgroup of the matrix-vector product makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tokens {
    One,
    Four,
}

impl Kernel {
    /// The product under a rule: the tiled one where the rule is its own order.
    pub(crate) fn under(model: Model, stored: Stored) -> Self {
        let rule = match model {
            Model::F32Sequential => return Self::Product(stored),
            Model::F32 => Rule::F32,
            Model::F32Tiles(_) => Rule::F32Tiles,
            Model::F32Pairwise => Rule::F32Pairwise,
            Model::Bf16 => Rule::Bf16,
            Model::F16 => Rule::F16,
        };
        Self::Model(stored, rule)
    }

    /// The entry point, which is the name of its file, too.
    pub(crate) fn entry(self) -> &'static str {
        self.file().path
    }

    fn file(self) -> Part {
        match self {
            Self::Product(_) => part!("product"),
            Self::Matvec(..) => part!("matvec"),
            Self::Model(..) => part!("model"),
            Self::Compare => part!("compare"),
            Self::Peak => part!("peak"),
            Self::Copy => part!("copy"),
        }
    }

    /// The file with the entry point, and what it is joined with.
    pub(crate) fn parts(self) -> Vec<Part> {
        let shared = part!("parts/product");
        match self {
            Self::Product(stored) | Self::Matvec(stored, _) => {
                vec![self.file(), shared, stored.part()]
            }
            Self::Model(stored, rule) => vec![self.file(), shared, stored.part(), rule.part()],
            Self::Compare | Self::Peak | Self::Copy => vec![self.file()],
        }
    }

    /// The whole text.
    pub(crate) fn text(self) -> String {
        self.parts().iter().map(|part| part.text).collect()
    }

    /// Values for the overridable constants.
    pub(crate) fn constants(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Matvec(_, Tokens::One) => &[("SEVERAL", 0.0)],
            Self::Matvec(_, Tokens::Four) => &[("SEVERAL", 1.0)],
            _ => &[],
        }
    }

    /// Rows and tokens that a workgroup makes, of products.
    pub(crate) fn tile(self) -> [usize; 2] {
        match self {
            Self::Product(_) => [128, 128],
            Self::Matvec(_, Tokens::One) => [4, 1],
            Self::Matvec(_, Tokens::Four) => [4, 4],
            Self::Model(..) => [16, 16],
            Self::Compare | Self::Peak | Self::Copy => [1, 1],
        }
    }
}
