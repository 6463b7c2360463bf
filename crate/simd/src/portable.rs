//! The scalar twin: what each vector operation means, lane by lane.

use super::{Doubles, Products, Words};

macro_rules! portable_words {
    ($(#[$doc:meta])* $name:ident, $word:ty as $float:ty, $lanes:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub [$word; $lanes]);

        impl $name {
            #[inline(always)]
            fn zip(self, other: Self, op: impl Fn($word, $word) -> $word) -> Self {
                Self(std::array::from_fn(|lane| op(self.0[lane], other.0[lane])))
            }
        }

        impl Words for $name {
            type Word = $word;
            const LANES: usize = $lanes;
            const BITS: u32 = <$word>::BITS;

            #[inline(always)]
            fn load(bytes: &[u8; 16]) -> Self {
                let (words, _) = bytes.as_chunks();
                Self(std::array::from_fn(|lane| <$word>::from_le_bytes(words[lane])))
            }
            #[inline(always)]
            fn splat(word: u64) -> Self {
                Self([word as $word; $lanes])
            }
            #[inline(always)]
            fn and(self, other: Self) -> Self {
                self.zip(other, |a, b| a & b)
            }
            #[inline(always)]
            fn or(self, other: Self) -> Self {
                self.zip(other, |a, b| a | b)
            }
            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                self.zip(other, |a, b| a ^ b)
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.zip(other, <$word>::wrapping_sub)
            }
            #[inline(always)]
            fn equal(self, other: Self) -> Self {
                self.zip(other, |a, b| if a == b { <$word>::MAX } else { 0 })
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                self.zip(other, Ord::min)
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                self.zip(other, Ord::max)
            }
            #[inline(always)]
            fn float_min(self, other: Self) -> Self {
                let smaller = |a, b| <$float>::from_bits(b) < <$float>::from_bits(a);
                self.zip(other, |a, b| if smaller(a, b) { b } else { a })
            }
            #[inline(always)]
            fn float_max(self, other: Self) -> Self {
                let larger = |a, b| <$float>::from_bits(b) > <$float>::from_bits(a);
                self.zip(other, |a, b| if larger(a, b) { b } else { a })
            }
            fn float(word: u64) -> f64 {
                f64::from(<$float>::from_bits(word as $word))
            }
            #[inline(always)]
            fn store(self, out: &mut [u64; 4]) {
                for (to, from) in out.iter_mut().zip(self.0) {
                    *to = u64::from(from);
                }
            }
        }
    };
}

portable_words!(
    /// Four words of 32 bits.
    PortableU32, u32 as f32, 4
);
portable_words!(
    /// Two words of 64 bits.
    PortableU64, u64 as f64, 2
);

/// Two double-precision numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PortableF64(pub [f64; 2]);

impl PortableF64 {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(f64, f64) -> f64) -> Self {
        Self([op(self.0[0], other.0[0]), op(self.0[1], other.0[1])])
    }
}

impl Doubles for PortableF64 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        let (words, _) = bytes.as_chunks();
        Self([f64::from_le_bytes(words[0]), f64::from_le_bytes(words[1])])
    }
    #[inline(always)]
    fn load_f32(bytes: &[u8; 16]) -> (Self, Self) {
        let (words, _) = bytes.as_chunks();
        let value = |lane: usize| f64::from(f32::from_le_bytes(words[lane]));
        (Self([value(0), value(1)]), Self([value(2), value(3)]))
    }
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([value; 2])
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn lanes(self) -> [f64; 2] {
        self.0
    }
}

impl Products for PortableU32 {
    type Sums = [u64; 4];

    #[inline(always)]
    fn no_sums() -> [u64; 4] {
        [0; 4]
    }
    #[inline(always)]
    fn add_products(self, other: Self, sums: [u64; 4]) -> [u64; 4] {
        std::array::from_fn(|lane| {
            let product = u64::from(self.0[lane]) * u64::from(other.0[lane]);
            sums[lane].wrapping_add(product)
        })
    }
    #[inline(always)]
    fn total(sums: [u64; 4]) -> u64 {
        sums.iter().fold(0, |sum, lane| sum.wrapping_add(*lane))
    }
}
