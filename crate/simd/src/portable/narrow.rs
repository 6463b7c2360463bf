//! Numbers of 8 and 16 bits in 128.

use crate::{Bytes, Shorts};

/// Eight signed numbers of 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortableI16(pub [i16; 8]);

impl PortableI16 {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(i16, i16) -> i16) -> Self {
        Self(std::array::from_fn(|lane| op(self.0[lane], other.0[lane])))
    }
}

impl Shorts for PortableI16 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        let (numbers, _) = bytes.as_chunks();
        Self(std::array::from_fn(|lane| {
            i16::from_le_bytes(numbers[lane])
        }))
    }
    #[inline(always)]
    fn splat(value: i16) -> Self {
        Self([value; 8])
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
    fn max(self, other: Self) -> Self {
        self.zip(other, Ord::max)
    }
    #[inline(always)]
    fn largest(self) -> i16 {
        self.0.iter().fold(i16::MIN, |most, lane| most.max(*lane))
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.0 == [0; 8]
    }
}

/// Sixteen unsigned numbers of 8 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortableU8(pub [u8; 16]);

impl Bytes for PortableU8 {
    const LANES: usize = 16;

    #[inline(always)]
    fn load(bytes: &[u8]) -> Self {
        Self(*bytes.first_chunk().expect("a whole vector"))
    }
    #[inline(always)]
    fn splat(value: u8) -> Self {
        Self([value; 16])
    }
    #[inline(always)]
    fn count_equal(self, other: Self, counts: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            counts.0[lane].wrapping_add(u8::from(self.0[lane] == other.0[lane]))
        }))
    }
    #[inline(always)]
    fn total(self) -> u64 {
        self.0.iter().map(|count| u64::from(*count)).sum()
    }
}
