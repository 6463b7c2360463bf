//! Power sums and extremes of a tile of finite numbers, in a fixed lane order.

use super::{Doubles, vectors};

/// Sums of (x − pivot)^k for k = 1 to 4, and the extremes of x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerSums {
    /// Σ(x − pivot)^k at index k − 1.
    pub sums: [f64; 4],
}

/// Smallest and largest of a tile of finite numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// +∞ for no number at all.
    pub min: f64,
    /// −∞ for no number at all.
    pub max: f64,
}

/// How 16 bytes become doubles.
pub trait Source {
    /// Bytes of one number.
    const WIDTH: usize;
    /// Feeds the numbers of one vector, two at a time, each pair with the index
    /// of the accumulator it belongs to.
    fn pairs<D: Doubles>(bytes: &[u8; 16], each: impl FnMut(usize, D));
    /// One number.
    fn number(bytes: &[u8]) -> f64;
}

/// Little-endian `f32`.
pub struct F32;
/// Little-endian `f64`.
pub struct F64;

impl Source for F32 {
    const WIDTH: usize = 4;
    #[inline(always)]
    fn pairs<D: Doubles>(bytes: &[u8; 16], mut each: impl FnMut(usize, D)) {
        let (first, second) = D::load_f32(bytes);
        each(0, first);
        each(1, second);
    }
    fn number(bytes: &[u8]) -> f64 {
        f64::from(f32::from_le_bytes(
            bytes.try_into().expect("four bytes of an f32"),
        ))
    }
}

impl Source for F64 {
    const WIDTH: usize = 8;
    #[inline(always)]
    fn pairs<D: Doubles>(bytes: &[u8; 16], mut each: impl FnMut(usize, D)) {
        each(0, D::load(bytes));
    }
    fn number(bytes: &[u8]) -> f64 {
        f64::from_le_bytes(bytes.try_into().expect("eight bytes of an f64"))
    }
}

/// Smallest and largest number. All must be finite.
pub fn range<S: Source, D: Doubles>(bytes: &[u8]) -> Range {
    let (body, tail) = vectors(bytes);
    let mut low = [D::splat(f64::INFINITY); 2];
    let mut high = [D::splat(f64::NEG_INFINITY); 2];
    for vector in body {
        S::pairs(vector, |at, x: D| {
            low[at] = low[at].min(x);
            high[at] = high[at].max(x);
        });
    }
    let mut min = low[0]
        .min(low[1])
        .lanes()
        .into_iter()
        .fold(f64::INFINITY, f64::min);
    let mut max = high[0]
        .max(high[1])
        .lanes()
        .into_iter()
        .fold(f64::NEG_INFINITY, f64::max);
    for x in tail.chunks_exact(S::WIDTH).map(S::number) {
        (min, max) = (min.min(x), max.max(x));
    }
    Range { min, max }
}

/// Power sums about `pivot` of numbers multiplied by `scale`, a power of two.
/// All must be finite.
pub fn power_sums<S: Source, D: Doubles>(bytes: &[u8], pivot: f64, scale: f64) -> PowerSums {
    let (body, tail) = vectors(bytes);
    let mut lanes = [Accumulator::<D>::new(); 2];
    let (about, by) = (D::splat(pivot), D::splat(scale));
    for vector in body {
        S::pairs(vector, |at, x: D| lanes[at].add(x.mul(by).sub(about)));
    }
    let mut sums = Accumulator::total(&lanes);
    for x in tail.chunks_exact(S::WIDTH).map(S::number) {
        let d = x * scale - pivot;
        let square = d * d;
        for (sum, power) in sums
            .iter_mut()
            .zip([d, square, square * d, square * square])
        {
            *sum += power;
        }
    }
    PowerSums { sums }
}

#[derive(Clone, Copy)]
struct Accumulator<D>([D; 4]);

impl<D: Doubles> Accumulator<D> {
    fn new() -> Self {
        Self([D::splat(0.0); 4])
    }

    #[inline(always)]
    fn add(&mut self, d: D) {
        let square = d.mul(d);
        let powers = [d, square, square.mul(d), square.mul(square)];
        for (sum, power) in self.0.iter_mut().zip(powers) {
            *sum = sum.add(power);
        }
    }

    fn total(both: &[Self; 2]) -> [f64; 4] {
        std::array::from_fn(|k| {
            let [low, high] = both[0].0[k].add(both[1].0[k]).lanes();
            low + high
        })
    }
}
