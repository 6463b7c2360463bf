//! One look at a tile of 32- or 64-bit words: extremes, zeros, and how often
//! each bit is set.
//!
//! Bits are counted in vertical counters: slice k of [`BitSlices`] holds bit k of
//! one small counter per bit position, and a tree of carry-save adders takes
//! eight vectors at a time (Harley and Seal; Muła, Kurz and Lemire 2018, "Faster
//! population counts using AVX2 instructions").

use super::{BestU32, BestU64, TILE, Words, vectors};

/// What one tile of words shows, the sign bit of each being its top bit.
#[derive(Debug, Clone, PartialEq)]
pub struct WordsSeen {
    /// Largest word without its sign bit.
    pub max_magnitude: u64,
    /// Smallest nonzero word without its sign bit; `u64::MAX` where there is none,
    /// or none but the NaN of all ones.
    pub min_magnitude: u64,
    /// Smallest word read as a float; no meaning where one of them is a NaN.
    pub min: f64,
    /// Largest word read as a float; no meaning where one of them is a NaN.
    pub max: f64,
    /// Words that are all zero bits.
    pub zeros: u64,
    /// Words with the sign bit alone.
    pub negative_zeros: u64,
    /// Words with each bit set, least significant bit first; the first `BITS` count.
    pub ones: [u64; 64],
}

/// [`look`] at words of 32 bits with the best backend.
#[inline(never)]
pub fn look_at_u32(bytes: &[u8]) -> WordsSeen {
    look::<BestU32>(bytes)
}

/// [`look`] at words of 64 bits with the best backend.
#[inline(never)]
pub fn look_at_u64(bytes: &[u8]) -> WordsSeen {
    look::<BestU64>(bytes)
}

/// Looks at up to [`TILE`] words, given as little-endian bytes.
pub fn look<W: Words>(bytes: &[u8]) -> WordsSeen {
    debug_assert!(bytes.len() <= TILE * 8 && bytes.len().is_multiple_of(W::BITS as usize / 8));
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
    for word in words_of::<W>(tail) {
        look_at_word::<W>(&mut seen, word);
    }
    if seen.min_magnitude == 0 {
        look_past_zeros::<W>(bytes, &mut seen);
    }
    seen
}

/// Words of a stretch shorter than a vector, or of any other, one by one.
fn words_of<W: Words>(bytes: &[u8]) -> impl Iterator<Item = u64> + Clone + '_ {
    bytes.chunks_exact(W::BITS as usize / 8).map(|word| {
        let mut bytes = [0; 8];
        bytes[..word.len()].copy_from_slice(word);
        u64::from_le_bytes(bytes)
    })
}

fn look_at_word<W: Words>(seen: &mut WordsSeen, word: u64) {
    let magnitude = word & magnitude_mask::<W>();
    seen.max_magnitude = seen.max_magnitude.max(magnitude);
    seen.min_magnitude = seen.min_magnitude.min(magnitude);
    seen.min = seen.min.min(W::float(word));
    seen.max = seen.max.max(W::float(word));
    for (plane, ones) in seen.ones.iter_mut().enumerate() {
        *ones += (word >> plane) & 1;
    }
}

/// All bits but the sign.
const fn magnitude_mask<W: Words>() -> u64 {
    (1 << (W::BITS - 1)) - 1
}

/// A tile with zeros gets a second look: how many of which sign, and the smallest
/// magnitude above them.
fn look_past_zeros<W: Words>(bytes: &[u8], seen: &mut WordsSeen) {
    let (body, tail) = vectors(bytes);
    let mask = magnitude_mask::<W>();
    let mut least = W::splat(mask);
    let (mut zeros, mut negative_zeros) = (W::splat(0), W::splat(0));
    for word in body.iter().map(W::load) {
        // Less one and without the top bit, zero becomes the largest magnitude.
        let less_one = word
            .and(W::splat(mask))
            .sub(W::splat(1))
            .and(W::splat(mask));
        least = least.min(less_one);
        // A mask of all ones is −1: subtracting it counts one up.
        zeros = zeros.sub(word.equal(W::splat(0)));
        negative_zeros = negative_zeros.sub(word.equal(W::splat(mask + 1)));
    }
    let tail = words_of::<W>(tail);
    let tail_zeros = tail.clone().filter(|&word| word == 0).count() as u64;
    let tail_negative_zeros = tail.clone().filter(|&word| word == mask + 1).count() as u64;
    let tail_least = tail
        .map(|word| word & mask)
        .filter(|&magnitude| magnitude != 0)
        .min();
    seen.zeros = lanes(zeros).sum::<u64>() + tail_zeros;
    seen.negative_zeros = lanes(negative_zeros).sum::<u64>() + tail_negative_zeros;
    let body_least = lanes(least)
        .filter(|&less_one| less_one != mask)
        .min()
        .map(|least| least + 1);
    seen.min_magnitude = body_least
        .into_iter()
        .chain(tail_least)
        .min()
        .unwrap_or(u64::MAX);
}

fn lanes<W: Words>(vector: W) -> impl Iterator<Item = u64> {
    let mut out = [0; 4];
    vector.store(&mut out);
    out.into_iter().take(W::LANES)
}

/// Running extremes by lane.
struct Extremes<W> {
    max_magnitude: W,
    min_magnitude: W,
    min: W,
    max: W,
}

impl<W: Words> Extremes<W> {
    fn new() -> Self {
        let infinity = if W::BITS == 32 {
            f32::INFINITY.to_bits().into()
        } else {
            f64::INFINITY.to_bits()
        };
        Self {
            max_magnitude: W::splat(0),
            min_magnitude: W::splat(magnitude_mask::<W>()),
            min: W::splat(infinity),
            max: W::splat(infinity | (magnitude_mask::<W>() + 1)),
        }
    }

    #[inline(always)]
    fn add(&mut self, word: W) {
        let magnitude = word.and(W::splat(magnitude_mask::<W>()));
        self.max_magnitude = self.max_magnitude.max(magnitude);
        self.min_magnitude = self.min_magnitude.min(magnitude);
        self.min = self.min.float_min(word);
        self.max = self.max.float_max(word);
    }

    fn seen(self) -> WordsSeen {
        let least = lanes(self.min_magnitude).min().unwrap_or(u64::MAX);
        WordsSeen {
            max_magnitude: lanes(self.max_magnitude).max().unwrap_or(0),
            min_magnitude: if least == magnitude_mask::<W>() {
                u64::MAX
            } else {
                least
            },
            min: lanes(self.min).map(W::float).fold(f64::INFINITY, f64::min),
            max: lanes(self.max)
                .map(W::float)
                .fold(f64::NEG_INFINITY, f64::max),
            zeros: 0,
            negative_zeros: 0,
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
        for (weight, &slice) in self.0.iter().enumerate() {
            for lane in lanes(slice) {
                for (plane, count) in ones.iter_mut().enumerate().take(W::BITS as usize) {
                    *count += ((lane >> plane) & 1) << weight;
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
