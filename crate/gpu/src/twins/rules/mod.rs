//! The rules of accumulation. Every sum begins with +0, and products are rounded to FP32, which changes
//! none where the rules are allowed.

pub mod bf16;
pub mod f16;
pub mod f32;
pub mod f32_pairwise;
pub mod f32_tiles;
