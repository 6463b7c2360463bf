//! The scalar twin: what each vector operation means, lane by lane.

use super::{Doubles, Pair, Products, ROWS, Reals, Rows, Widens, Words};

mod narrow;

pub use narrow::{PortableI16, PortableU8};

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
    type Counts = u64;

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
    fn div_or_zero(self, divisor: Self) -> Self {
        self.zip(divisor, |a, b| if b == 0.0 { 0.0 } else { a / b })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(f64::abs))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, f64::max)
    }
    #[inline(always)]
    fn no_counts() -> u64 {
        0
    }
    #[inline(always)]
    fn count_at_most(self, bound: Self, counts: u64) -> u64 {
        let is = |lane: usize| u64::from(self.0[lane] <= bound.0[lane]);
        counts + is(0) + is(1)
    }
    #[inline(always)]
    fn counted(counts: u64) -> u64 {
        counts
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

macro_rules! portable_reals {
    ($(#[$doc:meta])* $name:ident, $float:ty, $bits:ty, $lanes:tt, $mantissa:literal, $bias:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name(pub [$float; $lanes]);

        impl $name {
            #[inline(always)]
            fn zip(self, other: Self, op: impl Fn($float, $float) -> $float) -> Self {
                Self(std::array::from_fn(|lane| op(self.0[lane], other.0[lane])))
            }
            #[inline(always)]
            fn zip_bits(self, other: Self, op: impl Fn($bits, $bits) -> $bits) -> Self {
                self.zip(other, |a, b| <$float>::from_bits(op(a.to_bits(), b.to_bits())))
            }
            #[inline(always)]
            fn count(self, other: Self, counts: [$bits; $lanes], is: impl Fn(&$float, &$float) -> bool) -> [$bits; $lanes] {
                std::array::from_fn(|lane| counts[lane] + <$bits>::from(is(&self.0[lane], &other.0[lane])))
            }
        }

        impl Reals for $name {
            type Lane = $float;
            type Counts = [$bits; $lanes];
            type Sums = [PortableF64; 2];
            const LANES: usize = $lanes;
            const MANTISSA_BITS: u32 = $mantissa;
            const BIAS: i32 = $bias;

            #[inline(always)]
            fn load(lanes: &[$float]) -> Self {
                Self(*lanes.first_chunk().expect("a whole vector"))
            }
            #[inline(always)]
            fn splat(value: f64) -> Self {
                Self([value as $float; $lanes])
            }
            #[inline(always)]
            fn splat_bits(bits: u64) -> Self {
                Self([<$float>::from_bits(bits as $bits); $lanes])
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
            fn div(self, other: Self) -> Self {
                self.zip(other, |a, b| a / b)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(self.0.map(<$float>::abs))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                self.zip(other, |a, b| if b < a { b } else { a })
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                self.zip(other, |a, b| if a < b { b } else { a })
            }
            #[inline(always)]
            fn single(self) -> Self {
                Self(self.0.map(|x| <$float>::from(x as f32)))
            }
            #[inline(always)]
            fn and(self, other: Self) -> Self {
                self.zip_bits(other, |a, b| a & b)
            }
            #[inline(always)]
            fn add_bits(self, other: Self) -> Self {
                self.zip_bits(other, <$bits>::wrapping_add)
            }
            #[inline(always)]
            fn max_bits(self, other: Self) -> Self {
                self.zip_bits(other, Ord::max)
            }
            #[inline(always)]
            fn no_counts() -> Self::Counts {
                [0; $lanes]
            }
            #[inline(always)]
            fn count_equal(self, other: Self, counts: Self::Counts) -> Self::Counts {
                self.count(other, counts, |a, b| a == b)
            }
            #[inline(always)]
            fn count_less(self, other: Self, counts: Self::Counts) -> Self::Counts {
                self.count(other, counts, |a, b| a < b)
            }
            #[inline(always)]
            fn counted(counts: Self::Counts) -> u64 {
                counts.iter().map(|&count| u64::from(count)).sum()
            }
            #[inline(always)]
            fn no_sums() -> [PortableF64; 2] {
                [PortableF64::splat(0.0); 2]
            }
            #[inline(always)]
            fn total(sums: [PortableF64; 2]) -> f64 {
                let [a, b] = sums[0].add(sums[1]).lanes();
                a + b
            }
            #[inline(always)]
            fn add_squares(self, sums: [PortableF64; 2]) -> [PortableF64; 2] {
                portable_reals!(@squares $lanes self sums)
            }
            #[inline(always)]
            fn largest(self) -> f64 {
                self.0.iter().fold(f64::NEG_INFINITY, |most, &lane| most.max(f64::from(lane)))
            }
            #[inline(always)]
            fn pick(self, index: Self, rows: &Rows) -> Self {
                Self(std::array::from_fn(|lane| {
                    let [edge, low, high, _] = rows[index.0[lane].to_bits() as usize % ROWS];
                    <$float>::from(if self.0[lane] > <$float>::from(edge) { high } else { low })
                }))
            }
        }
    };
    (@squares 4 $vector:ident $sums:ident) => {{
        let [a, b, c, d] = $vector.0.map(f64::from);
        let square = |first: f64, second: f64| PortableF64([first * first, second * second]);
        [$sums[0].add(square(a, b)), $sums[1].add(square(c, d))]
    }};
    (@squares 2 $vector:ident $sums:ident) => {{
        let [a, b] = $vector.0;
        [$sums[0].add(PortableF64([a * a, b * b])), $sums[1]]
    }};
}

portable_reals!(
    /// Four FP32 numbers.
    PortableReal32, f32, u32, 4, 23, 127
);
portable_reals!(
    /// Two FP64 numbers.
    PortableReal64, f64, u64, 2, 52, 1023
);

impl Widens for PortableReal32 {
    type Four = Pair<PortableF64>;
    type All = [Self::Four; 1];

    #[inline(always)]
    fn widened(self) -> [Self::Four; 1] {
        let [a, b, c, d] = self.0.map(f64::from);
        [Pair(PortableF64([a, b]), PortableF64([c, d]))]
    }
}
