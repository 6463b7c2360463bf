//! x86-64 with AVX2 and FMA, where the processor has them: eight FP32 numbers at a time.
//!
//! Sums are taken in the order that four at a time have, so that not a bit depends on the
//! processor.

use core::arch::x86_64::*;

use super::casts::{self, Seen, Target};
use super::{Bytes, Fours, ROWS, Reals, Rows, Widens};
use super::{codes, decode, differences, peaks, places, rounding};
use differences::{Compared, Squares, Tolerance};
use places::{BINS, Spacing};
use rounding::{Rounding, Specials};

/// A kernel that is compiled for AVX2 and FMA, and one that calls it where the processor
/// has them and else returns nothing.
macro_rules! with_avx2 {
    ($name:ident = $kernel:expr; $($argument:ident: $type:ty),* => $seen:ty) => {
        pub(crate) fn $name($($argument: $type),*) -> Option<$seen> {
            #[target_feature(enable = "avx2,fma")]
            fn compiled($($argument: $type),*) -> $seen {
                $kernel($($argument),*)
            }
            if !is_x86_feature_detected!("avx2") || !is_x86_feature_detected!("fma") {
                return None;
            }
            // SAFETY: it was just asked.
            Some(unsafe { compiled($($argument),*) })
        }
    };
}

with_avx2!(cast = casts::cast::<Real32>; numbers: &[f32], run: usize, scales: &[f32], target: &Target => Seen);
with_avx2!(zeros_and_squares = casts::zeros_and_squares::<Real32>; numbers: &[f32] => (u64, f64));
with_avx2!(largest_of_runs = peaks::largest_of_runs_in_single; numbers: &[f32], run: usize, out: &mut Vec<f64> => ());
with_avx2!(compare = differences::compare_as::<Real32>; a: &[f32], b: &[f32], tolerance: Tolerance => Compared);
with_avx2!(squares = differences::squares_as::<Real32>; a: &[f32] => Squares);
with_avx2!(are_finite = differences::are_finite_of; numbers: &[f32] => bool);
with_avx2!(count_distances = places::count_distances_as::<U8>; a: &[f32], b: &[f32], spacing: Spacing, bins: &mut [u64; BINS] => u32);
with_avx2!(count_code_distances = codes::count_distances_of::<U8>; a: &[u8], b: &[u8], bins: &mut [u64; BINS] => u32);
with_avx2!(are_same = codes::are_same_of; a: &[u8], b: &[u8] => bool);
with_avx2!(count_differing = codes::count_differing_of; a: &[u8], b: &[u8], bytes: usize => u64);
with_avx2!(extend_from_bf16 = decode::extend_from_bf16_of; bytes: &[u8], out: &mut Vec<f32> => ());
with_avx2!(extend_from_f16 = decode::extend_from_f16_of; bytes: &[u8], out: &mut Vec<f32> => ());
with_avx2!(round = rounding::round_of; numbers: &[f32], spacing: Spacing, rounding: Rounding, out: &mut Vec<f32> => ());
with_avx2!(any_special = rounding::any_special_of; numbers: &[f32], specials: Specials => bool);
with_avx2!(are_same_numbers = rounding::are_same_of; a: &[f32], b: &[f32] => bool);
with_avx2!(keeps = rounding::keeps_of; numbers: &[f32], spacing: Spacing, specials: Specials => bool);

/// Instructions that only kernels for AVX2 come to.
macro_rules! avx2 {
    ($body:block) => {
        // SAFETY: vectors of this module are made in such kernels alone, and what is loaded is
        // behind a reference that covers its bytes, at any alignment.
        unsafe { $body }
    };
}

/// Eight FP32 numbers.
#[derive(Clone, Copy)]
struct Real32(__m256);

/// The first four numbers and the last four, in double precision.
#[inline(always)]
fn halves(eight: __m256) -> [__m256d; 2] {
    avx2!({
        let low = _mm256_castps256_ps128(eight);
        let high = _mm256_extractf128_ps::<1>(eight);
        [_mm256_cvtps_pd(low), _mm256_cvtps_pd(high)]
    })
}

impl Reals for Real32 {
    type Lane = f32;
    type Counts = __m256i;
    type Sums = __m256d;
    const LANES: usize = 8;
    const MANTISSA_BITS: u32 = 23;
    const BIAS: i32 = 127;

    #[inline(always)]
    fn load(lanes: &[f32]) -> Self {
        let eight: &[f32; 8] = lanes.first_chunk().expect("a whole vector");
        avx2!({ Self(_mm256_loadu_ps(eight.as_ptr())) })
    }
    #[inline(always)]
    fn splat(value: f64) -> Self {
        avx2!({ Self(_mm256_set1_ps(value as f32)) })
    }
    #[inline(always)]
    fn splat_bits(bits: u64) -> Self {
        avx2!({ Self(_mm256_castsi256_ps(_mm256_set1_epi32(bits as i32))) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        avx2!({ Self(_mm256_add_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        avx2!({ Self(_mm256_sub_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        avx2!({ Self(_mm256_mul_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        avx2!({ Self(_mm256_div_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        avx2!({ Self(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        avx2!({ Self(_mm256_min_ps(other.0, self.0)) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        avx2!({ Self(_mm256_max_ps(other.0, self.0)) })
    }
    #[inline(always)]
    fn single(self) -> Self {
        self
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        avx2!({ Self(_mm256_and_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        avx2!({
            let sum = _mm256_add_epi32(_mm256_castps_si256(self.0), _mm256_castps_si256(other.0));
            Self(_mm256_castsi256_ps(sum))
        })
    }
    #[inline(always)]
    fn max_bits(self, other: Self) -> Self {
        avx2!({
            let most = _mm256_max_epi32(_mm256_castps_si256(self.0), _mm256_castps_si256(other.0));
            Self(_mm256_castsi256_ps(most))
        })
    }
    #[inline(always)]
    fn no_counts() -> __m256i {
        avx2!({ _mm256_setzero_si256() })
    }
    #[inline(always)]
    fn count_equal(self, other: Self, counts: __m256i) -> __m256i {
        // A mask of all ones is −1: subtracting it counts one up.
        avx2!({
            let equal = _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0);
            _mm256_sub_epi32(counts, _mm256_castps_si256(equal))
        })
    }
    #[inline(always)]
    fn count_less(self, other: Self, counts: __m256i) -> __m256i {
        avx2!({
            let less = _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0);
            _mm256_sub_epi32(counts, _mm256_castps_si256(less))
        })
    }
    #[inline(always)]
    fn counted(counts: __m256i) -> u64 {
        let mut lanes = [0u32; 8];
        avx2!({ _mm256_storeu_si256(lanes.as_mut_ptr().cast(), counts) });
        lanes.iter().map(|&count| u64::from(count)).sum()
    }
    #[inline(always)]
    fn no_sums() -> __m256d {
        avx2!({ _mm256_setzero_pd() })
    }
    #[inline(always)]
    fn add_squares(self, sums: __m256d) -> __m256d {
        let [low, high] = halves(self.0);
        // The square of an FP32 number is an FP64 number: rounding once or twice is the same.
        avx2!({
            let sums = _mm256_fmadd_pd(low, low, sums);
            _mm256_fmadd_pd(high, high, sums)
        })
    }
    #[inline(always)]
    fn total(sums: __m256d) -> f64 {
        Four(sums).total()
    }
    #[inline(always)]
    fn largest(self) -> f64 {
        let mut lanes = [0f32; 8];
        avx2!({ _mm256_storeu_ps(lanes.as_mut_ptr(), self.0) });
        let most = lanes
            .iter()
            .fold(f32::NEG_INFINITY, |most, lane| most.max(*lane));
        f64::from(most)
    }
    #[inline(always)]
    fn pick(self, index: Self, rows: &Rows) -> Self {
        avx2!({
            let mask = _mm256_set1_epi32(ROWS as i32 - 1);
            let index = _mm256_and_si256(_mm256_castps_si256(index.0), mask);
            let at = _mm256_slli_epi32::<2>(index);
            let first = rows.as_ptr().cast::<f32>();
            // Masked, an index is of one of the rows.
            let edge = _mm256_i32gather_ps::<4>(first, at);
            let low = _mm256_i32gather_ps::<4>(first.add(1), at);
            let high = _mm256_i32gather_ps::<4>(first.add(2), at);
            let is_above = _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, edge);
            Self(_mm256_blendv_ps(low, high, is_above))
        })
    }
}

/// Four double-precision numbers.
#[derive(Clone, Copy)]
struct Four(__m256d);

impl Four {
    /// The first two and the last two.
    #[inline(always)]
    fn halves(self) -> (__m128d, __m128d) {
        avx2!({
            (
                _mm256_castpd256_pd128(self.0),
                _mm256_extractf128_pd::<1>(self.0),
            )
        })
    }
}

impl Fours for Four {
    type Counts = __m256i;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        avx2!({ Self(_mm256_set1_pd(value)) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        avx2!({ Self(_mm256_add_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn add_exact_product(self, a: Self, b: Self) -> Self {
        avx2!({ Self(_mm256_fmadd_pd(a.0, b.0, self.0)) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        avx2!({ Self(_mm256_sub_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        avx2!({ Self(_mm256_mul_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn div_or_zero(self, divisor: Self) -> Self {
        avx2!({
            let is_nonzero = _mm256_cmp_pd::<_CMP_NEQ_UQ>(divisor.0, _mm256_setzero_pd());
            Self(_mm256_and_pd(is_nonzero, _mm256_div_pd(self.0, divisor.0)))
        })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        avx2!({ Self(_mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0)) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        avx2!({ Self(_mm256_max_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn no_counts() -> __m256i {
        avx2!({ _mm256_setzero_si256() })
    }
    #[inline(always)]
    fn count_at_most(self, bound: Self, counts: __m256i) -> __m256i {
        avx2!({
            let at_most = _mm256_cmp_pd::<_CMP_LE_OQ>(self.0, bound.0);
            _mm256_sub_epi64(counts, _mm256_castpd_si256(at_most))
        })
    }
    #[inline(always)]
    fn counted(counts: __m256i) -> u64 {
        let mut lanes = [0u64; 4];
        avx2!({ _mm256_storeu_si256(lanes.as_mut_ptr().cast(), counts) });
        lanes.iter().sum()
    }
    #[inline(always)]
    fn total(self) -> f64 {
        let (low, high) = self.halves();
        avx2!({
            let two = _mm_add_pd(low, high);
            _mm_cvtsd_f64(two) + _mm_cvtsd_f64(_mm_unpackhi_pd(two, two))
        })
    }
    #[inline(always)]
    fn largest(self) -> f64 {
        let (low, high) = self.halves();
        avx2!({
            let two = _mm_max_pd(low, high);
            _mm_cvtsd_f64(_mm_max_sd(two, _mm_unpackhi_pd(two, two)))
        })
    }
}

impl Widens for Real32 {
    type Four = Four;
    type All = [Four; 2];

    #[inline(always)]
    fn widened(self) -> [Four; 2] {
        halves(self.0).map(Four)
    }
}

/// Thirty-two unsigned numbers of 8 bits.
#[derive(Clone, Copy)]
struct U8(__m256i);

impl Bytes for U8 {
    const LANES: usize = 32;

    #[inline(always)]
    fn load(bytes: &[u8]) -> Self {
        let chunk: &[u8; 32] = bytes.first_chunk().expect("a whole vector");
        avx2!({ Self(_mm256_loadu_si256(chunk.as_ptr().cast())) })
    }
    #[inline(always)]
    fn splat(value: u8) -> Self {
        avx2!({ Self(_mm256_set1_epi8(value as i8)) })
    }
    #[inline(always)]
    fn count_equal(self, other: Self, counts: Self) -> Self {
        avx2!({
            Self(_mm256_sub_epi8(
                counts.0,
                _mm256_cmpeq_epi8(self.0, other.0),
            ))
        })
    }
    #[inline(always)]
    fn total(self) -> u64 {
        let mut lanes = [0u64; 4];
        avx2!({
            let quarters = _mm256_sad_epu8(self.0, _mm256_setzero_si256());
            _mm256_storeu_si256(lanes.as_mut_ptr().cast(), quarters);
        });
        lanes.iter().sum()
    }
}
