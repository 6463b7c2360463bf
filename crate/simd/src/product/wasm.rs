//! WebAssembly: a run is two vectors, and with relaxed SIMD there is a multiply-add.
//!
//! Relaxed SIMD is a feature of the crate, not a flag of the compiler: who builds a module with it
//! and one without compiles twice only this crate and what depends on it. The loops are marked as
//! having the instruction; inlined into anything else, it would be a call.
//!
//! A relaxed multiply-add rounds once or twice, as the engine likes. It is only asked for
//! products that are exact, where the two are one.

use core::arch::wasm32::*;

use super::tiles::{self, Lanes, ROWS, Run};

/// Half a run.
#[derive(Clone, Copy)]
pub(super) struct Four(v128);

impl Four {
    pub(super) const NAME: &str = match cfg!(feature = "relaxed") {
        true => "relaxed-simd",
        false => "simd128",
    };
}

impl Lanes for Four {
    const PARTS: usize = 2;

    #[inline(always)]
    fn load(run: &Run, part: usize) -> Self {
        let half: &[f32; 4] = &run.as_chunks().0[part];
        // SAFETY: the reference covers the 16 bytes, and any alignment will do.
        Self(unsafe { v128_load(half.as_ptr().cast()) })
    }
    #[inline(always)]
    fn store(self, run: &mut Run, part: usize) {
        let half: &mut [f32; 4] = &mut run.as_chunks_mut().0[part];
        // SAFETY: the reference covers the 16 bytes, and any alignment will do.
        unsafe { v128_store(half.as_mut_ptr().cast(), self.0) }
    }
    #[inline(always)]
    fn add_product<const IS_FUSED: bool>(self, a: Self, b: Self) -> Self {
        #[cfg(feature = "relaxed")]
        if IS_FUSED {
            return Self(f32x4_relaxed_madd(a.0, b.0, self.0));
        }
        Self(f32x4_add(self.0, f32x4_mul(a.0, b.0)))
    }
    #[cfg_attr(feature = "relaxed", target_feature(enable = "relaxed-simd"))]
    #[inline(never)]
    fn add_tile<const T: usize, const IS_FUSED: bool>(
        weights: &[[Run; ROWS]],
        inputs: &[[Run; T]],
        sums: &mut [[Run; T]],
    ) {
        tiles::add_tile::<Self, T, IS_FUSED>(weights, inputs, sums);
    }
    type Magnitudes = [v128; 2];
    #[inline(always)]
    fn no_magnitudes() -> Self::Magnitudes {
        [u16x8_splat(u16::MAX), u16x8_splat(0)]
    }
    #[inline(always)]
    fn bounds([least, most]: Self::Magnitudes) -> [u16; 2] {
        let lanes = |bounds: v128| {
            let mut lanes = [0u16; 8];
            // SAFETY: the reference covers the 16 bytes, and any alignment will do.
            unsafe { v128_store(lanes.as_mut_ptr().cast(), bounds) };
            lanes.into_iter()
        };
        let bounds = [lanes(least).min(), lanes(most).max()];
        bounds.map(|bound| bound.expect("eight lanes"))
    }
    #[inline(always)]
    fn decode_bf16(codes: &[u8; 16], run: &mut Run, [least, most]: &mut Self::Magnitudes) {
        let codes = load(codes);
        let magnitudes = v128_and(codes, u16x8_splat(0x7fff));
        *least = u16x8_min(*least, u16x8_sub(magnitudes, u16x8_splat(1)));
        *most = u16x8_max(*most, magnitudes);
        store(upper_halves(codes), run);
    }
    #[inline(always)]
    fn decode_f16(codes: &[u8; 16], run: &mut Run) {
        let codes = load(codes);
        // Without the sign, and less the least normal number: what is larger now than normal
        // numbers are is subnormal, infinite or a NaN.
        let places = i16x8_sub(i16x8_shl(codes, 1), i16x8_splat(0x0800));
        let is_normal = u16x8_lt(places, u16x8_splat(0xf000));
        // The exponent and the fraction three bits lower, the sign as it was.
        let kept = u32x4_splat(0x8fff_ffff);
        let halves = upper_halves(codes).map(|half| v128_and(i32x4_shr(half, 3), kept));
        store(
            match i16x8_all_true(is_normal) {
                // From one bias to the other.
                true => halves.map(|half| i32x4_add(half, i32x4_splat(112 << 23))),
                false => halves.map(any_f16),
            },
            run,
        );
    }
    #[inline(always)]
    fn decode_f32(bytes: &[u8; 32], run: &mut Run) {
        let [low, high] = [0, 1].map(|half| load(&bytes.as_chunks().0[half]));
        store([low, high], run);
    }
}

#[inline(always)]
fn load(bytes: &[u8; 16]) -> v128 {
    // SAFETY: the reference covers the 16 bytes, and any alignment will do.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

#[inline(always)]
fn store(halves: [v128; 2], run: &mut Run) {
    let [low, high] = halves.map(Four);
    low.store(run, 0);
    high.store(run, 1);
}

/// Eight codes, each in the upper half of a word of zeros.
#[inline(always)]
fn upper_halves(codes: v128) -> [v128; 2] {
    let zero = u64x2_splat(0);
    [
        i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(zero, codes),
        i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(zero, codes),
    ]
}

/// FP16 numbers of any kind from their fields, which lie as those of FP32 do.
#[inline(always)]
fn any_f16(fields: v128) -> v128 {
    // As a product, subnormal numbers become normal.
    let number = f32x4_mul(fields, f32x4_splat(f32::from_bits((127 + 112) << 23)));
    let is_finite = f32x4_lt(f32x4_abs(number), f32x4_splat(65536.0));
    let infinity = u32x4_splat(f32::INFINITY.to_bits());
    v128_or(number, v128_andnot(infinity, is_finite))
}
