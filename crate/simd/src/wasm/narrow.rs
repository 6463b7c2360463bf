//! Numbers of 8 and 16 bits in 128.

use core::arch::wasm32::*;

use super::load;
use crate::{Bytes, Shorts};

/// Eight signed numbers of 16 bits.
#[derive(Clone, Copy)]
pub struct WasmI16(v128);

impl Shorts for WasmI16 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        Self(load(bytes))
    }
    #[inline(always)]
    fn splat(value: i16) -> Self {
        Self(i16x8_splat(value))
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(v128_and(self.0, other.0))
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(v128_or(self.0, other.0))
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(i16x8_max(self.0, other.0))
    }
    #[inline(always)]
    fn largest(self) -> i16 {
        let four = i16x8_max(self.0, i64x2_shuffle::<1, 1>(self.0, self.0));
        let two = i16x8_max(four, i32x4_shuffle::<1, 1, 1, 1>(four, four));
        i16x8_extract_lane::<0>(two).max(i16x8_extract_lane::<1>(two))
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        !v128_any_true(self.0)
    }
}

/// Sixteen unsigned numbers of 8 bits.
#[derive(Clone, Copy)]
pub struct WasmU8(v128);

impl Bytes for WasmU8 {
    const LANES: usize = 16;

    #[inline(always)]
    fn load(bytes: &[u8]) -> Self {
        Self(load(bytes.first_chunk().expect("a whole vector")))
    }
    #[inline(always)]
    fn splat(value: u8) -> Self {
        Self(u8x16_splat(value))
    }
    #[inline(always)]
    fn count_equal(self, other: Self, counts: Self) -> Self {
        // A mask of all ones is −1: subtracting it counts one up.
        Self(u8x16_sub(counts.0, u8x16_eq(self.0, other.0)))
    }
    #[inline(always)]
    fn total(self) -> u64 {
        let four = u32x4_extadd_pairwise_u16x8(u16x8_extadd_pairwise_u8x16(self.0));
        let two = u32x4_add(four, i64x2_shuffle::<1, 1>(four, four));
        u64::from(u32x4_extract_lane::<0>(two) + u32x4_extract_lane::<1>(two))
    }
}
