//! WebAssembly simd128: each operation is one or two instructions.

use core::arch::wasm32::*;

use super::{Doubles, Pair, Products, ROWS, Reals, Rows, Widens, Words};

mod narrow;

pub use narrow::{WasmI16, WasmU8};

#[inline(always)]
fn load(bytes: &[u8; 16]) -> v128 {
    // SAFETY: the reference covers the 16 bytes that are read, and v128.load has
    // no alignment requirement.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

/// The first two of four FP32 numbers and the last two, in double precision.
#[inline(always)]
fn halves(four: v128) -> (WasmF64, WasmF64) {
    let last_two = i64x2_shuffle::<1, 1>(four, four);
    (
        WasmF64(f64x2_promote_low_f32x4(four)),
        WasmF64(f64x2_promote_low_f32x4(last_two)),
    )
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
    type Counts = v128;

    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        Self(load(bytes))
    }
    #[inline(always)]
    fn load_f32(bytes: &[u8; 16]) -> (Self, Self) {
        halves(load(bytes))
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
    fn div_or_zero(self, divisor: Self) -> Self {
        let is_nonzero = f64x2_ne(divisor.0, f64x2_splat(0.0));
        Self(v128_and(f64x2_div(self.0, divisor.0), is_nonzero))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(f64x2_abs(self.0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(f64x2_pmax(self.0, other.0))
    }
    #[inline(always)]
    fn no_counts() -> v128 {
        u64x2_splat(0)
    }
    #[inline(always)]
    fn count_at_most(self, bound: Self, counts: v128) -> v128 {
        // A mask of all ones is −1: subtracting it counts one up.
        i64x2_sub(counts, f64x2_le(self.0, bound.0))
    }
    #[inline(always)]
    fn counted(counts: v128) -> u64 {
        u64x2_extract_lane::<0>(counts) + u64x2_extract_lane::<1>(counts)
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

macro_rules! wasm_reals {
    ($(#[$doc:meta])* $name:ident, $float:ty, $bits:ty, $lanes:tt, $mantissa:literal, $bias:literal, $splat:ident, $splat_bits:ident as $signed:ty,
        $add:ident $sub:ident $mul:ident $div:ident $pmin:ident $pmax:ident, $add_bits:ident $sub_bits:ident, $eq:ident $lt:ident $gt:ident,
        $lane_of:ident $count_of:ident: $($lane:literal)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(v128);

        impl Reals for $name {
            type Lane = $float;
            type Counts = v128;
            type Sums = [WasmF64; 2];
            const LANES: usize = $lanes;
            const MANTISSA_BITS: u32 = $mantissa;
            const BIAS: i32 = $bias;

            #[inline(always)]
            fn load(lanes: &[$float]) -> Self {
                let chunk: &[$float; $lanes] = lanes.first_chunk().expect("a whole vector");
                // SAFETY: the reference covers the 16 bytes that are read, and v128.load
                // has no alignment requirement.
                Self(unsafe { v128_load(chunk.as_ptr().cast()) })
            }
            #[inline(always)]
            fn splat(value: f64) -> Self {
                Self($splat(value as $float))
            }
            #[inline(always)]
            fn splat_bits(bits: u64) -> Self {
                Self($splat_bits(bits as $signed))
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self($add(self.0, other.0))
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self($sub(self.0, other.0))
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                Self($mul(self.0, other.0))
            }
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                Self($div(self.0, other.0))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(v128_andnot(self.0, $splat(-0.0)))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Self($pmin(self.0, other.0))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Self($pmax(self.0, other.0))
            }
            #[inline(always)]
            fn max_magnitude(self, other: Self) -> Self {
                wasm_reals!(@max_magnitude $lanes self other)
            }
            #[inline(always)]
            fn single(self) -> Self {
                wasm_reals!(@single $lanes self)
            }
            #[inline(always)]
            fn and(self, other: Self) -> Self {
                Self(v128_and(self.0, other.0))
            }
            #[inline(always)]
            fn add_bits(self, other: Self) -> Self {
                Self($add_bits(self.0, other.0))
            }
            #[inline(always)]
            fn max_bits(self, other: Self) -> Self {
                Self(i32x4_max(self.0, other.0))
            }
            #[inline(always)]
            fn no_counts() -> v128 {
                u64x2_splat(0)
            }
            #[inline(always)]
            fn count_equal(self, other: Self, counts: v128) -> v128 {
                // A mask of all ones is −1: subtracting it counts one up.
                $sub_bits(counts, $eq(self.0, other.0))
            }
            #[inline(always)]
            fn count_less(self, other: Self, counts: v128) -> v128 {
                $sub_bits(counts, $lt(self.0, other.0))
            }
            #[inline(always)]
            fn counted(counts: v128) -> u64 {
                [$($count_of::<$lane>(counts)),*].iter().map(|&count| u64::from(count)).sum()
            }
            #[inline(always)]
            fn no_sums() -> [WasmF64; 2] {
                [WasmF64::splat(0.0); 2]
            }
            #[inline(always)]
            fn total(sums: [WasmF64; 2]) -> f64 {
                let [a, b] = sums[0].add(sums[1]).lanes();
                a + b
            }
            #[inline(always)]
            fn add_squares(self, sums: [WasmF64; 2]) -> [WasmF64; 2] {
                wasm_reals!(@squares $lanes self sums)
            }
            #[inline(always)]
            fn largest(self) -> f64 {
                [$($lane_of::<$lane>(self.0)),*].iter().fold(f64::NEG_INFINITY, |most, &lane| most.max(f64::from(lane)))
            }
            #[inline(always)]
            fn pick(self, index: Self, rows: &Rows) -> Self {
                wasm_reals!(@pick $lanes self index rows)
            }
        }
    };
    // By the bits, which rise with magnitudes: `f32x4_abs` makes its mask anew each time.
    (@max_magnitude 4 $vector:ident $other:ident) => {
        Self(i32x4_max($vector.0, v128_and($other.0, i32x4_splat(i32::MAX))))
    };
    (@max_magnitude 2 $vector:ident $other:ident) => { $vector.max($other.abs()) };
    (@single 4 $vector:ident) => { $vector };
    (@single 2 $vector:ident) => { Self(f64x2_promote_low_f32x4(f32x4_demote_f64x2_zero($vector.0))) };
    (@squares 4 $vector:ident $sums:ident) => {{
        let (low, high) = halves($vector.0);
        [$sums[0].add(low.mul(low)), $sums[1].add(high.mul(high))]
    }};
    (@squares 2 $vector:ident $sums:ident) => {{
        let vector = WasmF64($vector.0);
        [$sums[0].add(vector.mul(vector)), $sums[1]]
    }};
    (@pick 4 $vector:ident $index:ident $rows:ident) => {{
        let index = $index.0;
        let row = |at: u32| load_row(&$rows[at as usize % ROWS]);
        let (a, b) = (row(u32x4_extract_lane::<0>(index)), row(u32x4_extract_lane::<1>(index)));
        let (c, d) = (row(u32x4_extract_lane::<2>(index)), row(u32x4_extract_lane::<3>(index)));
        let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
        let edge = i64x2_shuffle::<0, 2>(ab, cd);
        let low = i64x2_shuffle::<1, 3>(ab, cd);
        let high = i64x2_shuffle::<0, 2>(i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
        Self(v128_bitselect(high, low, f32x4_gt($vector.0, edge)))
    }};
    (@pick 2 $vector:ident $index:ident $rows:ident) => {{
        let index = $index.0;
        let row = |at: u64| load_row(&$rows[at as usize % ROWS]);
        let (a, b) = (row(u64x2_extract_lane::<0>(index)), row(u64x2_extract_lane::<1>(index)));
        let ab = i32x4_shuffle::<0, 4, 1, 5>(a, b);
        let edge = f64x2_promote_low_f32x4(ab);
        let low = f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(ab, ab));
        let high = f64x2_promote_low_f32x4(i32x4_shuffle::<2, 6, 3, 7>(a, b));
        Self(v128_bitselect(high, low, f64x2_gt($vector.0, edge)))
    }};
}

#[inline(always)]
fn load_row(row: &[f32; 4]) -> v128 {
    // SAFETY: the reference covers the 16 bytes that are read, and v128.load has no
    // alignment requirement.
    unsafe { v128_load(row.as_ptr().cast()) }
}

wasm_reals!(
    /// Four FP32 numbers.
    WasmReal32, f32, u32, 4, 23, 127, f32x4_splat, i32x4_splat as i32,
    f32x4_add f32x4_sub f32x4_mul f32x4_div f32x4_pmin f32x4_pmax, i32x4_add i32x4_sub, f32x4_eq f32x4_lt f32x4_gt,
    f32x4_extract_lane u32x4_extract_lane: 0 1 2 3
);
wasm_reals!(
    /// Two FP64 numbers.
    WasmReal64, f64, u64, 2, 52, 1023, f64x2_splat, i64x2_splat as i64,
    f64x2_add f64x2_sub f64x2_mul f64x2_div f64x2_pmin f64x2_pmax, i64x2_add i64x2_sub, f64x2_eq f64x2_lt f64x2_gt,
    f64x2_extract_lane u64x2_extract_lane: 0 1
);

impl Widens for WasmReal32 {
    type Four = Pair<WasmF64>;
    type All = [Self::Four; 1];

    #[inline(always)]
    fn widened(self) -> [Self::Four; 1] {
        let (low, high) = halves(self.0);
        [Pair(low, high)]
    }
}
