//! One look at a tile of 32- or 64-bit words: extreme magnitudes, zeros, and how
//! often each bit is set.
//!
//! Bits are counted in vertical counters: slice k of [`BitSlices`] holds bit k of
//! one small counter per bit position, and a tree of carry-save adders takes
//! eight vectors at a time (Harley and Seal; Muła, Kurz and Lemire 2018, "Faster
//! population counts using AVX2 instructions").

use super::{Words, vectors};

/// What one tile of words shows, the sign bit of each being its top bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordsSeen {
    /// Largest word without its sign bit.
    pub max_magnitude: u64,
    /// Smallest nonzero word without its sign bit; `u64::MAX` where there is none.
    pub min_magnitude: u64,
    /// Words that are all zero bits.
    pub zeros: u64,
    /// Words with the sign bit alone.
    pub negative_zeros: u64,
    /// Words with each bit set, least significant bit first; the first `BITS` count.
    pub ones: [u64; 64],
}

impl Default for WordsSeen {
    fn default() -> Self {
        Self {
            max_magnitude: 0,
            min_magnitude: u64::MAX,
            zeros: 0,
            negative_zeros: 0,
            ones: [0; 64],
        }
    }
}

impl WordsSeen {
    /// Adds what another tile shows.
    pub fn merge(&mut self, other: &Self) {
        self.max_magnitude = self.max_magnitude.max(other.max_magnitude);
        self.min_magnitude = self.min_magnitude.min(other.min_magnitude);
        self.zeros += other.zeros;
        self.negative_zeros += other.negative_zeros;
        for (mine, theirs) in self.ones.iter_mut().zip(other.ones) {
            *mine += theirs;
        }
    }
}

/// Looks at up to 4,096 words, given as little-endian bytes.
pub fn look<W: Words>(bytes: &[u8]) -> WordsSeen {
    debug_assert!(bytes.len() <= 4096 * 8 && bytes.len() % (W::BITS as usize / 8) == 0);
    let (body, tail) = vectors(bytes);
    let mut extremes = Extremes::<W>::new();
    let mut slices = BitSlices::<W>::new();
    let (blocks, rest) = body.as_chunks::<8>();
    for block in blocks {
        let loaded = block.each_ref().map(W::load);
        loaded.iter().for_each(|&vector| extremes.add(vector));
        slices.add_eight(&loaded);
    }
    for vector in rest {
        let loaded = W::load(vector);
        extremes.add(loaded);
        slices.add_at(0, loaded);
    }
    let mut seen = extremes.seen();
    slices.count_into(&mut seen.ones);
    seen.merge(&look_at_tail::<W>(tail));
    seen
}

/// The words of a tail shorter than a vector, one by one.
fn look_at_tail<W: Words>(tail: &[u8]) -> WordsSeen {
    let mut seen = WordsSeen::default();
    for word in tail.chunks_exact(W::BITS as usize / 8) {
        let mut bytes = [0; 8];
        bytes[..word.len()].copy_from_slice(word);
        look_at_word(&mut seen, u64::from_le_bytes(bytes), W::BITS);
    }
    seen
}

fn look_at_word(seen: &mut WordsSeen, word: u64, bits: u32) {
    let sign = 1 << (bits - 1);
    let magnitude = word & (sign - 1);
    seen.max_magnitude = seen.max_magnitude.max(magnitude);
    if magnitude != 0 {
        seen.min_magnitude = seen.min_magnitude.min(magnitude);
    }
    seen.zeros += u64::from(word == 0);
    seen.negative_zeros += u64::from(word == sign);
    for (plane, ones) in seen.ones.iter_mut().enumerate() {
        *ones += (word >> plane) & 1;
    }
}

/// Running extremes by lane.
struct Extremes<W> {
    max: W,
    /// Of (magnitude − 1) without its top bit, so that zero counts as the largest.
    min_less_one: W,
    zeros: W,
    negative_zeros: W,
}

impl<W: Words> Extremes<W> {
    fn new() -> Self {
        let zero = W::splat(0);
        Self {
            max: zero,
            min_less_one: W::splat(Self::mask()),
            zeros: zero,
            negative_zeros: zero,
        }
    }

    const fn mask() -> u64 {
        (1 << (W::BITS - 1)) - 1
    }

    #[inline(always)]
    fn add(&mut self, word: W) {
        let mask = W::splat(Self::mask());
        let magnitude = word.and(mask);
        self.max = self.max.max(magnitude);
        self.min_less_one = self.min_less_one.min(magnitude.sub(W::splat(1)).and(mask));
        // A mask of all ones is −1: subtracting it counts one up.
        self.zeros = self.zeros.sub(word.equal(W::splat(0)));
        self.negative_zeros = self
            .negative_zeros
            .sub(word.equal(W::splat(Self::mask() + 1)));
    }

    fn seen(self) -> WordsSeen {
        let lanes = |vector: W| {
            let mut out = [0; 4];
            vector.store(&mut out);
            out.into_iter().take(W::LANES)
        };
        let min_less_one = lanes(self.min_less_one).min().unwrap_or(Self::mask());
        WordsSeen {
            max_magnitude: lanes(self.max).max().unwrap_or(0),
            min_magnitude: if min_less_one == Self::mask() {
                u64::MAX
            } else {
                min_less_one + 1
            },
            zeros: lanes(self.zeros).sum(),
            negative_zeros: lanes(self.negative_zeros).sum(),
            ones: [0; 64],
        }
    }
}

/// Enough slices for the 2,048 vectors of a tile of 64-bit words.
const SLICES: usize = 12;

/// Vertical counters: bit k of the count of each bit position.
struct BitSlices<W>([W; SLICES]);

impl<W: Words> BitSlices<W> {
    fn new() -> Self {
        Self([W::splat(0); SLICES])
    }

    #[inline(always)]
    fn add_eight(&mut self, v: &[W; 8]) {
        let (ones, twos_a) = carry_save(self.0[0], v[0], v[1]);
        let (ones, twos_b) = carry_save(ones, v[2], v[3]);
        let (twos, fours_a) = carry_save(self.0[1], twos_a, twos_b);
        let (ones, twos_a) = carry_save(ones, v[4], v[5]);
        let (ones, twos_b) = carry_save(ones, v[6], v[7]);
        let (twos, fours_b) = carry_save(twos, twos_a, twos_b);
        let (fours, eights) = carry_save(self.0[2], fours_a, fours_b);
        (self.0[0], self.0[1], self.0[2]) = (ones, twos, fours);
        self.add_at(3, eights);
    }

    /// Adds 2^`slice` wherever `vector` has a bit set.
    #[inline(always)]
    fn add_at(&mut self, slice: usize, vector: W) {
        let mut carry = vector;
        for held in &mut self.0[slice..] {
            (*held, carry) = (held.xor(carry), held.and(carry));
        }
    }

    fn count_into(&self, ones: &mut [u64; 64]) {
        for (weight, slice) in self.0.iter().enumerate() {
            let mut lanes = [0; 4];
            slice.store(&mut lanes);
            for lane in lanes {
                for plane in 0..W::BITS as usize {
                    ones[plane] += ((lane >> plane) & 1) << weight;
                }
            }
        }
    }
}

/// Adds three bits per position: (sum, carry).
#[inline(always)]
fn carry_save<W: Words>(a: W, b: W, c: W) -> (W, W) {
    let half = a.xor(b);
    (half.xor(c), a.and(b).or(half.and(c)))
}
