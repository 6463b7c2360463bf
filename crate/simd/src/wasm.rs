//! WebAssembly simd128: each operation is one or two instructions.

use core::arch::wasm32::*;

use super::{Doubles, Products, Words};

#[inline(always)]
fn load(bytes: &[u8; 16]) -> v128 {
    // SAFETY: the reference covers the 16 bytes that are read, and v128.load has
    // no alignment requirement.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

macro_rules! wasm_words {
    ($(#[$doc:meta])* $name:ident, $word:ty as $float:ty, $lanes:literal, $splat:ident as $signed:ty, $sub:ident, $eq:ident,
        $min:expr, $max:expr, $float_min:ident, $float_max:ident, $lane_of:ident: $($lane:literal)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(v128);

        impl Words for $name {
            type Word = $word;
            const LANES: usize = $lanes;
            const BITS: u32 = <$word>::BITS;

            #[inline(always)]
            fn load(bytes: &[u8; 16]) -> Self {
                Self(load(bytes))
            }
            #[inline(always)]
            fn splat(word: u64) -> Self {
                Self($splat(word as $signed))
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
            fn sub(self, other: Self) -> Self {
                Self($sub(self.0, other.0))
            }
            #[inline(always)]
            fn equal(self, other: Self) -> Self {
                Self($eq(self.0, other.0))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Self($min(self.0, other.0))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Self($max(self.0, other.0))
            }
            #[inline(always)]
            fn float_min(self, other: Self) -> Self {
                Self($float_min(self.0, other.0))
            }
            #[inline(always)]
            fn float_max(self, other: Self) -> Self {
                Self($float_max(self.0, other.0))
            }
            fn float(word: u64) -> f64 {
                f64::from(<$float>::from_bits(word as $word))
            }
            #[inline(always)]
            fn store(self, out: &mut [u64; 4]) {
                $(out[$lane] = u64::from($lane_of::<$lane>(self.0));)*
            }
        }
    };
}

#[inline(always)]
fn min_u64(a: v128, b: v128) -> v128 {
    v128_bitselect(b, a, i64x2_gt(a, b))
}

#[inline(always)]
fn max_u64(a: v128, b: v128) -> v128 {
    v128_bitselect(a, b, i64x2_gt(a, b))
}

wasm_words!(
    /// Four words of 32 bits.
    WasmU32, u32 as f32, 4, i32x4_splat as i32, i32x4_sub, i32x4_eq, i32x4_min, i32x4_max,
    f32x4_pmin, f32x4_pmax,
    u32x4_extract_lane: 0 1 2 3
);
wasm_words!(
    /// Two words of 64 bits; simd128 has no 64-bit minimum, and a signed
    /// comparison serves words below 2^63.
    WasmU64, u64 as f64, 2, i64x2_splat as i64, i64x2_sub, i64x2_eq, min_u64, max_u64,
    f64x2_pmin, f64x2_pmax,
    u64x2_extract_lane: 0 1
);

/// Two double-precision numbers.
#[derive(Clone, Copy)]
pub struct WasmF64(v128);

impl Doubles for WasmF64 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        Self(load(bytes))
    }
    #[inline(always)]
    fn load_f32(bytes: &[u8; 16]) -> (Self, Self) {
        let four = load(bytes);
        let last_two = i64x2_shuffle::<1, 1>(four, four);
        (
            Self(f64x2_promote_low_f32x4(four)),
            Self(f64x2_promote_low_f32x4(last_two)),
        )
    }
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(f64x2_splat(value))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f64x2_add(self.0, other.0))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(f64x2_sub(self.0, other.0))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(f64x2_mul(self.0, other.0))
    }
    #[inline(always)]
    fn lanes(self) -> [f64; 2] {
        [
            f64x2_extract_lane::<0>(self.0),
            f64x2_extract_lane::<1>(self.0),
        ]
    }
}

impl Products for WasmU32 {
    type Sums = v128;

    #[inline(always)]
    fn no_sums() -> v128 {
        u64x2_splat(0)
    }
    #[inline(always)]
    fn add_products(self, other: Self, sums: v128) -> v128 {
        let low = u64x2_extmul_low_u32x4(self.0, other.0);
        let high = u64x2_extmul_high_u32x4(self.0, other.0);
        u64x2_add(u64x2_add(sums, low), high)
    }
    #[inline(always)]
    fn total(sums: v128) -> u64 {
        u64x2_extract_lane::<0>(sums).wrapping_add(u64x2_extract_lane::<1>(sums))
    }
}
