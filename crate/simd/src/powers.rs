//! Power sums of a tile of finite numbers, in a fixed lane order.

use super::{BestF64, Doubles, vectors};

/// How 16 bytes become doubles.
pub trait Source {
    /// Bytes of one number.
    const WIDTH: usize;
    /// Hands on the numbers of one vector two at a time, each pair with the index
    /// of the accumulator that it belongs to.
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

/// Where sums are taken about, and at which scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// What is subtracted, after scaling.
    pub pivot: f64,
    /// What numbers are multiplied by first: a power of two.
    pub scale: f64,
}

impl Frame {
    /// About zero, as they are.
    pub const PLAIN: Self = Self {
        pivot: 0.0,
        scale: 1.0,
    };
}

/// [`power_sums`] of `f32` with the best backend.
#[inline(never)]
pub fn sums_of_f32(bytes: &[u8], frame: Frame) -> [f64; 4] {
    power_sums::<F32, BestF64>(bytes, frame)
}

/// [`power_sums`] of `f64` with the best backend.
#[inline(never)]
pub fn sums_of_f64(bytes: &[u8], frame: Frame) -> [f64; 4] {
    power_sums::<F64, BestF64>(bytes, frame)
}

/// Σ(scale·x − pivot)ᵏ for k = 1 to 4 at index k − 1. All x must be finite.
pub fn power_sums<S: Source, D: Doubles>(bytes: &[u8], frame: Frame) -> [f64; 4] {
    if frame == Frame::PLAIN {
        // The same numbers without two idle operations on each.
        return sums_of::<S, D>(bytes, |x| x, |x| x);
    }
    let (pivot, scale) = (D::splat(frame.pivot), D::splat(frame.scale));
    sums_of::<S, D>(
        bytes,
        |x| x.mul(scale).sub(pivot),
        |x| x * frame.scale - frame.pivot,
    )
}

#[inline(always)]
fn sums_of<S: Source, D: Doubles>(
    bytes: &[u8],
    of_pair: impl Fn(D) -> D,
    of_number: impl Fn(f64) -> f64,
) -> [f64; 4] {
    let (body, tail) = vectors(bytes);
    let mut lanes = [Accumulator::<D>::new(); 2];
    for vector in body {
        S::pairs(vector, |at, x: D| lanes[at].add(of_pair(x)));
    }
    let mut sums = Accumulator::total(&lanes);
    for d in tail
        .chunks_exact(S::WIDTH)
        .map(|word| of_number(S::number(word)))
    {
        let square = d * d;
        for (sum, power) in sums
            .iter_mut()
            .zip([d, square, square * d, square * square])
        {
            *sum += power;
        }
    }
    sums
}

/// Running Σdᵏ in two lanes.
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
