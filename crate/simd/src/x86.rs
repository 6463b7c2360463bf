//! x86-64: SSE2, which every such processor has; each operation is one to three
//! instructions.

use core::arch::x86_64::*;

use super::{Doubles, Pair, ROWS, Reals, Rows, Widens};

/// Instructions that need no asking, though each is marked as one of some processors only.
macro_rules! sse2 {
    ($body:block) => {
        // SAFETY: SSE2 is part of x86-64, and what is loaded is behind a reference that
        // covers 16 bytes, at any alignment.
        unsafe { $body }
    };
}

mod narrow;

pub use narrow::{X86I16, X86U8};

/// Two double-precision numbers.
#[derive(Clone, Copy)]
pub struct X86F64(__m128d);

impl Doubles for X86F64 {
    type Counts = __m128i;

    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        sse2!({ Self(_mm_loadu_pd(bytes.as_ptr().cast())) })
    }
    #[inline(always)]
    fn load_f32(bytes: &[u8; 16]) -> (Self, Self) {
        sse2!({
            let four = _mm_loadu_ps(bytes.as_ptr().cast());
            let (low, high) = halves(four);
            (Self(low), Self(high))
        })
    }
    #[inline(always)]
    fn splat(value: f64) -> Self {
        sse2!({ Self(_mm_set1_pd(value)) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        sse2!({ Self(_mm_add_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        sse2!({ Self(_mm_sub_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        sse2!({ Self(_mm_mul_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn div_or_zero(self, divisor: Self) -> Self {
        sse2!({
            let is_nonzero = _mm_cmpneq_pd(divisor.0, _mm_setzero_pd());
            Self(_mm_and_pd(is_nonzero, _mm_div_pd(self.0, divisor.0)))
        })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        sse2!({ Self(_mm_andnot_pd(_mm_set1_pd(-0.0), self.0)) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        sse2!({ Self(_mm_max_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn no_counts() -> __m128i {
        sse2!({ _mm_setzero_si128() })
    }
    #[inline(always)]
    fn count_at_most(self, bound: Self, counts: __m128i) -> __m128i {
        sse2!({
            // A mask of all ones is −1: subtracting it counts one up.
            _mm_sub_epi64(counts, _mm_castpd_si128(_mm_cmple_pd(self.0, bound.0)))
        })
    }
    #[inline(always)]
    fn counted(counts: __m128i) -> u64 {
        sse2!({
            let high = _mm_unpackhi_epi64(counts, counts);
            (_mm_cvtsi128_si64(counts) + _mm_cvtsi128_si64(high)) as u64
        })
    }
    #[inline(always)]
    fn lanes(self) -> [f64; 2] {
        sse2!({
            [
                _mm_cvtsd_f64(self.0),
                _mm_cvtsd_f64(_mm_unpackhi_pd(self.0, self.0)),
            ]
        })
    }
}

/// The first two numbers and the last two, in double precision.
#[inline(always)]
fn halves(four: __m128) -> (__m128d, __m128d) {
    sse2!({ (_mm_cvtps_pd(four), _mm_cvtps_pd(_mm_movehl_ps(four, four))) })
}

/// The larger of signed integers of 32 bits, which SSE2 has no instruction for.
#[inline(always)]
fn max_i32(a: __m128i, b: __m128i) -> __m128i {
    sse2!({
        let is_larger = _mm_cmpgt_epi32(a, b);
        _mm_or_si128(_mm_and_si128(is_larger, a), _mm_andnot_si128(is_larger, b))
    })
}

#[inline(always)]
fn load_row(row: &[f32; 4]) -> __m128 {
    sse2!({ _mm_loadu_ps(row.as_ptr()) })
}

/// Four FP32 numbers.
#[derive(Clone, Copy)]
pub struct X86Real32(__m128);

impl X86Real32 {
    #[inline(always)]
    fn bits(self) -> __m128i {
        sse2!({ _mm_castps_si128(self.0) })
    }
    #[inline(always)]
    fn of_bits(bits: __m128i) -> Self {
        sse2!({ Self(_mm_castsi128_ps(bits)) })
    }
}

impl Reals for X86Real32 {
    type Lane = f32;
    type Counts = __m128i;
    type Sums = [X86F64; 2];
    const LANES: usize = 4;
    const MANTISSA_BITS: u32 = 23;
    const BIAS: i32 = 127;

    #[inline(always)]
    fn load(lanes: &[f32]) -> Self {
        Self(load_row(lanes.first_chunk().expect("a whole vector")))
    }
    #[inline(always)]
    fn splat(value: f64) -> Self {
        sse2!({ Self(_mm_set1_ps(value as f32)) })
    }
    #[inline(always)]
    fn splat_bits(bits: u64) -> Self {
        sse2!({ Self::of_bits(_mm_set1_epi32(bits as i32)) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        sse2!({ Self(_mm_add_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        sse2!({ Self(_mm_sub_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        sse2!({ Self(_mm_mul_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        sse2!({ Self(_mm_div_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        sse2!({ Self(_mm_andnot_ps(_mm_set1_ps(-0.0), self.0)) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        sse2!({ Self(_mm_min_ps(other.0, self.0)) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        sse2!({ Self(_mm_max_ps(other.0, self.0)) })
    }
    #[inline(always)]
    fn single(self) -> Self {
        self
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        sse2!({ Self(_mm_and_ps(self.0, other.0)) })
    }
    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        sse2!({ Self::of_bits(_mm_add_epi32(self.bits(), other.bits())) })
    }
    #[inline(always)]
    fn max_bits(self, other: Self) -> Self {
        Self::of_bits(max_i32(self.bits(), other.bits()))
    }
    #[inline(always)]
    fn no_counts() -> __m128i {
        sse2!({ _mm_setzero_si128() })
    }
    #[inline(always)]
    fn count_equal(self, other: Self, counts: __m128i) -> __m128i {
        sse2!({
            // A mask of all ones is −1: subtracting it counts one up.
            _mm_sub_epi32(counts, _mm_castps_si128(_mm_cmpeq_ps(self.0, other.0)))
        })
    }
    #[inline(always)]
    fn count_less(self, other: Self, counts: __m128i) -> __m128i {
        sse2!({ _mm_sub_epi32(counts, _mm_castps_si128(_mm_cmplt_ps(self.0, other.0))) })
    }
    #[inline(always)]
    fn counted(counts: __m128i) -> u64 {
        sse2!({
            let high = _mm_unpackhi_epi64(counts, counts);
            let (low, high) = (
                _mm_cvtsi128_si64(counts) as u64,
                _mm_cvtsi128_si64(high) as u64,
            );
            (low & 0xffff_ffff) + (low >> 32) + (high & 0xffff_ffff) + (high >> 32)
        })
    }
    #[inline(always)]
    fn no_sums() -> [X86F64; 2] {
        [X86F64::splat(0.0); 2]
    }
    #[inline(always)]
    fn total(sums: [X86F64; 2]) -> f64 {
        let [a, b] = sums[0].add(sums[1]).lanes();
        a + b
    }
    #[inline(always)]
    fn add_squares(self, sums: [X86F64; 2]) -> [X86F64; 2] {
        let (low, high) = halves(self.0);
        let (low, high) = (X86F64(low), X86F64(high));
        [sums[0].add(low.mul(low)), sums[1].add(high.mul(high))]
    }
    #[inline(always)]
    fn largest(self) -> f64 {
        let (low, high) = halves(self.0);
        X86Real64(low).max(X86Real64(high)).largest()
    }
    #[inline(always)]
    fn pick(self, index: Self, rows: &Rows) -> Self {
        sse2!({
            let index = index.bits();
            let last = _mm_unpackhi_epi64(index, index);
            let (first, last) = (
                _mm_cvtsi128_si64(index) as u64,
                _mm_cvtsi128_si64(last) as u64,
            );
            let row = |at: u64| load_row(&rows[at as usize % ROWS]);
            let (a, b, c, d) = (row(first), row(first >> 32), row(last), row(last >> 32));
            let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
            let (edge, low) = (_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab));
            let high = _mm_movelh_ps(_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
            let is_above = _mm_cmpgt_ps(self.0, edge);
            Self(_mm_or_ps(
                _mm_and_ps(is_above, high),
                _mm_andnot_ps(is_above, low),
            ))
        })
    }
}

impl Widens for X86Real32 {
    type Four = Pair<X86F64>;
    type All = [Self::Four; 1];

    #[inline(always)]
    fn widened(self) -> [Self::Four; 1] {
        let (low, high) = halves(self.0);
        [Pair(X86F64(low), X86F64(high))]
    }
}

/// Two FP64 numbers.
#[derive(Clone, Copy)]
pub struct X86Real64(__m128d);

impl X86Real64 {
    #[inline(always)]
    fn bits(self) -> __m128i {
        sse2!({ _mm_castpd_si128(self.0) })
    }
    #[inline(always)]
    fn of_bits(bits: __m128i) -> Self {
        sse2!({ Self(_mm_castsi128_pd(bits)) })
    }
}

impl Reals for X86Real64 {
    type Lane = f64;
    type Counts = __m128i;
    type Sums = [X86F64; 2];
    const LANES: usize = 2;
    const MANTISSA_BITS: u32 = 52;
    const BIAS: i32 = 1023;

    #[inline(always)]
    fn load(lanes: &[f64]) -> Self {
        sse2!({
            let two: &[f64; 2] = lanes.first_chunk().expect("a whole vector");
            Self(_mm_loadu_pd(two.as_ptr()))
        })
    }
    #[inline(always)]
    fn splat(value: f64) -> Self {
        sse2!({ Self(_mm_set1_pd(value)) })
    }
    #[inline(always)]
    fn splat_bits(bits: u64) -> Self {
        sse2!({ Self::of_bits(_mm_set1_epi64x(bits as i64)) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        sse2!({ Self(_mm_add_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        sse2!({ Self(_mm_sub_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        sse2!({ Self(_mm_mul_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        sse2!({ Self(_mm_div_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        sse2!({ Self(_mm_andnot_pd(_mm_set1_pd(-0.0), self.0)) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        sse2!({ Self(_mm_min_pd(other.0, self.0)) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        sse2!({ Self(_mm_max_pd(other.0, self.0)) })
    }
    #[inline(always)]
    fn single(self) -> Self {
        sse2!({ Self(_mm_cvtps_pd(_mm_cvtpd_ps(self.0))) })
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        sse2!({ Self(_mm_and_pd(self.0, other.0)) })
    }
    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        sse2!({ Self::of_bits(_mm_add_epi64(self.bits(), other.bits())) })
    }
    #[inline(always)]
    fn max_bits(self, other: Self) -> Self {
        Self::of_bits(max_i32(self.bits(), other.bits()))
    }
    #[inline(always)]
    fn no_counts() -> __m128i {
        sse2!({ _mm_setzero_si128() })
    }
    #[inline(always)]
    fn count_equal(self, other: Self, counts: __m128i) -> __m128i {
        sse2!({ _mm_sub_epi64(counts, _mm_castpd_si128(_mm_cmpeq_pd(self.0, other.0))) })
    }
    #[inline(always)]
    fn count_less(self, other: Self, counts: __m128i) -> __m128i {
        sse2!({ _mm_sub_epi64(counts, _mm_castpd_si128(_mm_cmplt_pd(self.0, other.0))) })
    }
    #[inline(always)]
    fn counted(counts: __m128i) -> u64 {
        sse2!({
            let high = _mm_unpackhi_epi64(counts, counts);
            _mm_cvtsi128_si64(counts) as u64 + _mm_cvtsi128_si64(high) as u64
        })
    }
    #[inline(always)]
    fn no_sums() -> [X86F64; 2] {
        [X86F64::splat(0.0); 2]
    }
    #[inline(always)]
    fn total(sums: [X86F64; 2]) -> f64 {
        let [a, b] = sums[0].add(sums[1]).lanes();
        a + b
    }
    #[inline(always)]
    fn add_squares(self, sums: [X86F64; 2]) -> [X86F64; 2] {
        let vector = X86F64(self.0);
        [sums[0].add(vector.mul(vector)), sums[1]]
    }
    #[inline(always)]
    fn largest(self) -> f64 {
        let [a, b] = X86F64(self.0).lanes();
        a.max(b)
    }
    #[inline(always)]
    fn pick(self, index: Self, rows: &Rows) -> Self {
        sse2!({
            let index = index.bits();
            let last = _mm_unpackhi_epi64(index, index);
            let row = |at: i64| load_row(&rows[at as usize % ROWS]);
            let (a, b) = (row(_mm_cvtsi128_si64(index)), row(_mm_cvtsi128_si64(last)));
            let ab = _mm_unpacklo_ps(a, b);
            let (edge, low) = halves(ab);
            let (high, _) = halves(_mm_unpackhi_ps(a, b));
            let is_above = _mm_cmpgt_pd(self.0, edge);
            Self(_mm_or_pd(
                _mm_and_pd(is_above, high),
                _mm_andnot_pd(is_above, low),
            ))
        })
    }
}
