//! The rules of accumulation that a GPU can run to the bit.

/// In which order products are added, and what is rounded after each addition. The keys are those of
/// the lab, and so are the definitions; see [`twins`](crate::twins).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Model {
    /// `f32`: FP32 in eight partial sums, as the CPU's vector kernel adds.
    F32,
    /// `f32_sequential`: FP32, one product after the other. The tiled product adds in this order.
    F32Sequential,
    /// `f32_tiles/256`: FP32 in tiles of so many products, 1 at least, whose sums are added (split-K).
    F32Tiles(u32),
    /// `f32_pairwise`: FP32, neighbours first, as a binary tree.
    F32Pairwise,
    /// `bf16`: the sum is rounded to BF16 after each addition.
    Bf16,
    /// `f16`: the sum is rounded to FP16 after each addition, and is infinite from 65,520 on.
    F16,
}

impl Model {
    /// Every rule, with 256 for the products of a tile.
    pub const ALL: [Self; 6] = [
        Self::F32,
        Self::F32Sequential,
        Self::F32Tiles(256),
        Self::F32Pairwise,
        Self::Bf16,
        Self::F16,
    ];

    /// The rule of that key; `None` for one that no shader has.
    pub fn parse(key: &str) -> Option<Self> {
        match key {
            "f32" => Some(Self::F32),
            "f32_sequential" => Some(Self::F32Sequential),
            "f32_pairwise" => Some(Self::F32Pairwise),
            "bf16" => Some(Self::Bf16),
            "f16" => Some(Self::F16),
            _ => {
                let size = key.strip_prefix("f32_tiles/")?.parse().ok()?;
                (size > 0).then_some(Self::F32Tiles(size))
            }
        }
    }

    /// What [`parse`](Self::parse) reads as this rule.
    pub fn key(self) -> String {
        match self {
            Self::F32 => "f32".to_owned(),
            Self::F32Sequential => "f32_sequential".to_owned(),
            Self::F32Tiles(size) => format!("f32_tiles/{size}"),
            Self::F32Pairwise => "f32_pairwise".to_owned(),
            Self::Bf16 => "bf16".to_owned(),
            Self::F16 => "f16".to_owned(),
        }
    }

    /// Products of a tile, for the shader.
    pub(crate) fn tile(self) -> u32 {
        match self {
            Self::F32Tiles(size) => size.max(1),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Model;

    #[test]
    fn keys_are_read_back() {
        for model in Model::ALL {
            assert_eq!(Model::parse(&model.key()), Some(model));
        }
        assert_eq!(Model::parse("f32_tiles/0"), None);
        assert_eq!(Model::parse("tensor_core"), None);
    }
}
