//! Streaming kernels over one small vector trait.
//!
//! A crate of its own because how far code is optimised is a crate's setting: for
//! the browser these loops are built for speed and everything around them for
//! size. What core calls is never inlined into core, where it would be built as
//! the rest is.
//!
//! An algorithm stands here once, generic over [`Words`] and [`Doubles`]; each
//! backend is a newtype over 128 bits. `portable` is the scalar twin, reads like
//! the definition and is the oracle; `wasm` maps each operation to one simd128
//! instruction. Lanes and their order are the same in both, so the sums agree to
//! the bit.

#![deny(missing_docs)]

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
pub mod blocks;
pub mod casts;
pub mod cells;
pub mod census;
pub mod codes;
pub mod containment;
pub mod decode;
pub mod differences;
pub mod fingerprint;
mod fours;
pub mod integers;
pub mod peaks;
pub mod places;
mod portable;
pub mod powers;
pub mod product;
mod reals;
pub mod rounding;
pub mod scales;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[allow(unsafe_code)]
mod wasm;
pub mod words;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

pub use fours::{Fours, Pair, Widens};
pub use portable::{
    PortableF64, PortableI16, PortableReal32, PortableReal64, PortableU8, PortableU32, PortableU64,
};
pub use reals::{ROWS, Reals, Rows};

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use wasm::{
    WasmF64 as BestF64, WasmI16 as BestI16, WasmReal32 as BestReal32, WasmReal64 as BestReal64,
    WasmU8 as BestU8, WasmU32 as BestU32, WasmU64 as BestU64,
};

#[cfg(target_arch = "x86_64")]
pub use portable::{PortableU32 as BestU32, PortableU64 as BestU64};
#[cfg(target_arch = "x86_64")]
pub use x86::{
    X86F64 as BestF64, X86I16 as BestI16, X86Real32 as BestReal32, X86Real64 as BestReal64,
    X86U8 as BestU8,
};

#[cfg(not(any(
    all(target_arch = "wasm32", target_feature = "simd128"),
    target_arch = "x86_64"
)))]
pub use portable::{
    PortableF64 as BestF64, PortableI16 as BestI16, PortableReal32 as BestReal32,
    PortableReal64 as BestReal64, PortableU8 as BestU8, PortableU32 as BestU32,
    PortableU64 as BestU64,
};

/// Which backend the `Best` types are, for tests and reports: "simd128", "sse2" (all but words)
/// or "portable".
pub const BACKEND: &str = if cfg!(all(target_arch = "wasm32", target_feature = "simd128")) {
    "simd128"
} else if cfg!(target_arch = "x86_64") {
    "sse2"
} else {
    "portable"
};

/// Elements of a tile, the most that [`words`], [`powers`] and [`integers`] are given at once.
pub const TILE: usize = 4096;

/// 128 bits seen as unsigned words of 32 or 64 bits.
pub trait Words: Copy {
    /// One lane: `u32` or `u64`.
    type Word: Copy + Into<u64>;
    /// Words in a vector.
    const LANES: usize;
    /// Bits in a word.
    const BITS: u32;

    /// Reads 16 little-endian bytes.
    fn load(bytes: &[u8; 16]) -> Self;
    /// The same word in every lane, cut to the lane's width.
    fn splat(word: u64) -> Self;
    /// Bitwise and.
    fn and(self, other: Self) -> Self;
    /// Bitwise or.
    fn or(self, other: Self) -> Self;
    /// Bitwise exclusive or.
    fn xor(self, other: Self) -> Self;
    /// Wrapping difference by lane.
    fn sub(self, other: Self) -> Self;
    /// All ones in lanes that are equal, else zero.
    fn equal(self, other: Self) -> Self;
    /// The smaller of two words below 2^(BITS−1).
    fn min(self, other: Self) -> Self;
    /// The larger of two words below 2^(BITS−1).
    fn max(self, other: Self) -> Self;
    /// The smaller of two floats of the lane's width; `self` where they are equal.
    fn float_min(self, other: Self) -> Self;
    /// The larger of two floats of the lane's width; `self` where they are equal.
    fn float_max(self, other: Self) -> Self;
    /// Writes the lanes to the front of `out`.
    fn store(self, out: &mut [u64; 4]);
    /// The float of the lane's width with these bits.
    fn float(word: u64) -> f64;
}

/// Eight signed numbers of 16 bits.
pub trait Shorts: Copy {
    /// Reads 16 little-endian bytes.
    fn load(bytes: &[u8; 16]) -> Self;
    /// The same number in every lane.
    fn splat(value: i16) -> Self;
    /// Bitwise and.
    fn and(self, other: Self) -> Self;
    /// Bitwise or.
    fn or(self, other: Self) -> Self;
    /// Bitwise exclusive or.
    fn xor(self, other: Self) -> Self;
    /// The larger one.
    fn max(self, other: Self) -> Self;
    /// The largest lane.
    fn largest(self) -> i16;
    /// Whether no bit is set.
    fn is_zero(self) -> bool;
}

/// Unsigned numbers of 8 bits.
pub trait Bytes: Copy {
    /// Numbers in a vector; 32 at most.
    const LANES: usize;

    /// The first bytes of a slice, which must be so many at least.
    fn load(bytes: &[u8]) -> Self;
    /// The same number in every lane.
    fn splat(value: u8) -> Self;
    /// Counts the lanes that are equal, one counter a lane, modulo 256.
    fn count_equal(self, other: Self, counts: Self) -> Self;
    /// The sum of all lanes.
    fn total(self) -> u64;
}

/// Words whose products are wanted in full.
pub trait Products: Words {
    /// Sums of products, each modulo 2^64.
    type Sums: Copy;

    /// No products yet.
    fn no_sums() -> Self::Sums;
    /// Adds the products by lane.
    fn add_products(self, other: Self, sums: Self::Sums) -> Self::Sums;
    /// The sum over all lanes, modulo 2^64.
    fn total(sums: Self::Sums) -> u64;
}

/// Two double-precision numbers.
pub trait Doubles: Copy {
    /// Where lanes are counted, one counter a lane.
    type Counts: Copy;

    /// Reads 16 little-endian bytes as two `f64`.
    fn load(bytes: &[u8; 16]) -> Self;
    /// Reads 16 little-endian bytes as four `f32`: the first two, the last two.
    fn load_f32(bytes: &[u8; 16]) -> (Self, Self);
    /// The same number in both lanes.
    fn splat(value: f64) -> Self;
    /// Sum by lane, rounded to nearest even.
    fn add(self, other: Self) -> Self;
    /// Difference by lane, rounded to nearest even.
    fn sub(self, other: Self) -> Self;
    /// Product by lane, rounded to nearest even.
    fn mul(self, other: Self) -> Self;
    /// Quotient by lane, rounded to nearest even; 0 where the divisor is 0.
    fn div_or_zero(self, divisor: Self) -> Self;
    /// Magnitude by lane.
    fn abs(self) -> Self;
    /// The larger one by lane; neither may be NaN.
    fn max(self, other: Self) -> Self;
    /// No lane counted.
    fn no_counts() -> Self::Counts;
    /// Counts the lanes that are no larger.
    fn count_at_most(self, bound: Self, counts: Self::Counts) -> Self::Counts;
    /// Both lanes together.
    fn counted(counts: Self::Counts) -> u64;
    /// Both lanes.
    fn lanes(self) -> [f64; 2];
}

/// Splits bytes into whole vectors and a tail shorter than one.
pub fn vectors(bytes: &[u8]) -> (&[[u8; 16]], &[u8]) {
    bytes.as_chunks::<16>()
}
