//! Numbers of 8 and 16 bits in 128.

use core::arch::x86_64::*;

use crate::{Bytes, Shorts};

/// Eight signed numbers of 16 bits.
#[derive(Clone, Copy)]
pub struct X86I16(__m128i);

impl Shorts for X86I16 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        sse2!({ Self(_mm_loadu_si128(bytes.as_ptr().cast())) })
    }
    #[inline(always)]
    fn splat(value: i16) -> Self {
        sse2!({ Self(_mm_set1_epi16(value)) })
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        sse2!({ Self(_mm_and_si128(self.0, other.0)) })
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        sse2!({ Self(_mm_or_si128(self.0, other.0)) })
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        sse2!({ Self(_mm_xor_si128(self.0, other.0)) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        sse2!({ Self(_mm_max_epi16(self.0, other.0)) })
    }
    #[inline(always)]
    fn largest(self) -> i16 {
        sse2!({
            let four = _mm_max_epi16(self.0, _mm_unpackhi_epi64(self.0, self.0));
            let two = _mm_max_epi16(four, _mm_shuffle_epi32::<1>(four));
            let pair = _mm_cvtsi128_si32(two);
            (pair as i16).max((pair >> 16) as i16)
        })
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        sse2!({ _mm_movemask_epi8(_mm_cmpeq_epi8(self.0, _mm_setzero_si128())) == 0xffff })
    }
}

/// Sixteen unsigned numbers of 8 bits.
#[derive(Clone, Copy)]
pub struct X86U8(__m128i);

impl Bytes for X86U8 {
    const LANES: usize = 16;

    #[inline(always)]
    fn load(bytes: &[u8]) -> Self {
        let chunk: &[u8; 16] = bytes.first_chunk().expect("a whole vector");
        sse2!({ Self(_mm_loadu_si128(chunk.as_ptr().cast())) })
    }
    #[inline(always)]
    fn splat(value: u8) -> Self {
        sse2!({ Self(_mm_set1_epi8(value as i8)) })
    }
    #[inline(always)]
    fn count_equal(self, other: Self, counts: Self) -> Self {
        // A mask of all ones is −1: subtracting it counts one up.
        sse2!({ Self(_mm_sub_epi8(counts.0, _mm_cmpeq_epi8(self.0, other.0))) })
    }
    #[inline(always)]
    fn total(self) -> u64 {
        sse2!({
            let halves = _mm_sad_epu8(self.0, _mm_setzero_si128());
            let high = _mm_unpackhi_epi64(halves, halves);
            (_mm_cvtsi128_si64(halves) + _mm_cvtsi128_si64(high)) as u64
        })
    }
}
