//! x86-64 with AVX2, FMA and conversions of FP16: a run is one vector.

use core::arch::x86_64::*;

use super::tiles::{self, Lanes, ROWS, Run};
use super::{Elements, Inputs, peak};

/// Whether the processor has them.
pub(super) fn is_there() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
}

/// A function that is compiled for them and called where the processor has them.
macro_rules! with_avx2 {
    ($name:ident = $kernel:expr; $($argument:ident: $type:ty),* => $result:ty) => {
        pub(super) fn $name($($argument: $type),*) -> Option<$result> {
            #[target_feature(enable = "avx2,fma,f16c")]
            fn compiled($($argument: $type),*) -> $result {
                $kernel($($argument),*)
            }
            if !is_there() {
                return None;
            }
            // SAFETY: it was just asked.
            Some(unsafe { compiled($($argument),*) })
        }
    };
}

with_avx2!(product = tiles::product::<Eight>; elements: Elements, weights: &[u8], inputs: &Inputs, out: &mut [f32] => ());
with_avx2!(multiply_adds = peak::multiply_adds::<Eight>; runs: &[Run; 2], steps: u64 => (Run, u64));

/// Instructions that only the kernels above come to.
macro_rules! avx2 {
    ($body:expr) => {
        // SAFETY: vectors of this module are made in those kernels alone, and what is loaded or
        // stored is behind a reference that covers its bytes, at any alignment.
        unsafe { $body }
    };
}

/// A run.
#[derive(Clone, Copy)]
struct Eight(__m256);

impl Lanes for Eight {
    const PARTS: usize = 1;

    #[inline(always)]
    fn load(run: &Run, _: usize) -> Self {
        avx2!(Self(_mm256_loadu_ps(run.as_ptr())))
    }
    #[inline(always)]
    fn store(self, run: &mut Run, _: usize) {
        avx2!(_mm256_storeu_ps(run.as_mut_ptr(), self.0));
    }
    #[inline(always)]
    fn add_product<const IS_FUSED: bool>(self, a: Self, b: Self) -> Self {
        avx2!(Self(match IS_FUSED {
            true => _mm256_fmadd_ps(a.0, b.0, self.0),
            false => _mm256_add_ps(self.0, _mm256_mul_ps(a.0, b.0)),
        }))
    }
    #[inline(always)]
    fn add_tile<const T: usize, const IS_FUSED: bool>(
        weights: &[[Run; ROWS]],
        inputs: &[[Run; T]],
        sums: &mut [[Run; T]],
    ) {
        #[target_feature(enable = "avx2,fma,f16c")]
        #[inline(never)]
        fn compiled<const T: usize, const IS_FUSED: bool>(
            weights: &[[Run; ROWS]],
            inputs: &[[Run; T]],
            sums: &mut [[Run; T]],
        ) {
            tiles::add_tile::<Eight, T, IS_FUSED>(weights, inputs, sums);
        }
        avx2!(compiled::<T, IS_FUSED>(weights, inputs, sums));
    }
    type Magnitudes = [__m128i; 2];
    #[inline(always)]
    fn no_magnitudes() -> Self::Magnitudes {
        avx2!([_mm_set1_epi16(-1), _mm_setzero_si128()])
    }
    #[inline(always)]
    fn bounds([least, most]: Self::Magnitudes) -> [u16; 2] {
        avx2!({
            // There is an instruction for the least of eight; the largest is the least of what
            // is missing to the most that there can be.
            let missing = _mm_xor_si128(most, _mm_set1_epi16(-1));
            let least =
                [least, missing].map(|bound| _mm_extract_epi16::<0>(_mm_minpos_epu16(bound)));
            [least[0] as u16, !(least[1] as u16)]
        })
    }
    #[inline(always)]
    fn decode_bf16(codes: &[u8; 16], run: &mut Run, [least, most]: &mut Self::Magnitudes) {
        avx2!({
            let codes = _mm_loadu_si128(codes.as_ptr().cast());
            let magnitudes = _mm_and_si128(codes, _mm_set1_epi16(0x7fff));
            *least = _mm_min_epu16(*least, _mm_sub_epi16(magnitudes, _mm_set1_epi16(1)));
            *most = _mm_max_epu16(*most, magnitudes);
            let words = _mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(codes));
            _mm256_storeu_ps(run.as_mut_ptr(), _mm256_castsi256_ps(words));
        });
    }
    #[inline(always)]
    fn decode_f16(codes: &[u8; 16], run: &mut Run) {
        avx2!({
            let codes = _mm_loadu_si128(codes.as_ptr().cast());
            _mm256_storeu_ps(run.as_mut_ptr(), _mm256_cvtph_ps(codes));
        });
    }
    #[inline(always)]
    fn decode_f32(bytes: &[u8; 32], run: &mut Run) {
        avx2!({
            let numbers = _mm256_loadu_ps(bytes.as_ptr().cast());
            _mm256_storeu_ps(run.as_mut_ptr(), numbers);
        });
    }
}
