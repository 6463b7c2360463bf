//! Casts there and back: what rounding to few codes does to the numbers of a row.
//!
//! A code is found as hardware would, by letting an addition round. A number to which
//! 1.5·2^(23 + k) is added and taken from again has been rounded to a multiple of 2^k, to
//! nearest even; for a float's codes k is the number's own exponent less the mantissa's
//! bits, for an integer's it is fixed. All of it happens to finite numbers of which
//! none is so large that this would overflow; [`Target`] says what else is presumed.

use super::{BestReal32, BestReal64, Reals, Rows};

mod steps;

use steps::{
    Limit, Limits, NoLimit, PowerScale, RealScale, Rounds, Scales, ToFloat, ToFloatAway, ToLevels,
    ToMultiples, Unscaled,
};

/// The codes of a float: magnitudes with so many bits of mantissa, down to the smallest
/// normal exponent, evenly spaced below it.
#[derive(Debug, Clone, Copy)]
pub struct Float {
    /// Bits of mantissa.
    pub mantissa_bits: u32,
    /// Exponent of the smallest normal number.
    pub min_exponent: i32,
}

/// What numbers are rounded to. Those that are *scaled* are divided by their scale, and their codes
/// multiplied with it, each rounded to FP32, as the number itself is before. Those that *share* a power of two are
/// divided by it and multiplied with it; neither may overflow. What is rounded beyond the largest is set to it.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A float, as it is.
    Float(Float),
    /// A float with the exponents of FP32 and ties rounded away from zero. No number may be
    /// below 2^-126 unless it is of FP32.
    FloatAway {
        /// Bits of mantissa.
        mantissa_bits: u32,
    },
    /// A scaled float.
    ScaledFloat {
        /// Its codes.
        float: Float,
        /// The largest of them; `None` where no number comes to lie beyond.
        largest: Option<f64>,
    },
    /// A float with a shared power of two.
    SharedFloat {
        /// Its codes.
        float: Float,
        /// The largest of them.
        largest: f64,
    },
    /// Scaled integers.
    ScaledIntegers,
    /// Multiples of a step, with a shared power of two.
    SharedMultiples {
        /// A power of two.
        step: f64,
        /// The largest of them.
        largest: f64,
    },
    /// Scaled levels for numbers between −1 and 1, in rows that [`Reals::pick`] reads: number
    /// x is in row x·half + half, rounded.
    ScaledLevels {
        /// Half the number of rows.
        half: f64,
        /// (edge, level up to it, level above it, 0).
        rows: &'a Rows,
    },
}

/// What a cast has done to some numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seen {
    /// Numbers that came back as they were.
    pub exact: u64,
    /// Numbers that became zero, those that were zero among them.
    pub zeros: u64,
    /// Numbers whose code is subnormal.
    pub subnormal: u64,
    /// Numbers that were rounded beyond the largest and set to it.
    pub overflow: u64,
    /// The largest difference.
    pub max_error: f64,
    /// Sum of the squared differences.
    pub squares: f64,
}

/// Casts FP32 numbers. Each `run` of them, the last may be shorter, has a scale of its own; those with a scale
/// of zero are left out.
#[inline(never)]
pub fn cast_f32(numbers: &[f32], run: usize, scales: &[f32], target: &Target) -> Seen {
    #[cfg(target_arch = "x86_64")]
    if let Some(seen) = super::avx2::cast(numbers, run, scales, target) {
        return seen;
    }
    cast::<BestReal32>(numbers, run, scales, target)
}

/// Casts FP64 numbers, likewise.
#[inline(never)]
pub fn cast_f64(numbers: &[f64], run: usize, scales: &[f32], target: &Target) -> Seen {
    cast::<BestReal64>(numbers, run, scales, target)
}

/// [`cast_f32`] or [`cast_f64`] with the vectors of a backend.
#[inline(always)]
pub fn cast<R: Reals>(numbers: &[R::Lane], run: usize, scales: &[f32], target: &Target) -> Seen {
    let runs = Runs {
        numbers,
        run,
        scales,
    };
    match *target {
        Target::Float(float) => {
            runs.look::<R, Unscaled, _, _, true>(ToFloat::<R>::of(float), NoLimit)
        }
        Target::FloatAway { mantissa_bits } => {
            runs.look::<R, Unscaled, _, _, true>(ToFloatAway::<R>::new(mantissa_bits), NoLimit)
        }
        Target::ScaledFloat {
            float,
            largest: None,
        } => runs.look::<R, RealScale<R>, _, _, true>(ToFloat::<R>::of(float), NoLimit),
        Target::ScaledFloat {
            float,
            largest: Some(most),
        } => {
            runs.look::<R, RealScale<R>, _, _, true>(ToFloat::<R>::of(float), Limit::<R>::at(most))
        }
        Target::SharedFloat { float, largest } => runs
            .look::<R, PowerScale<R>, _, _, true>(ToFloat::<R>::of(float), Limit::<R>::at(largest)),
        Target::ScaledIntegers => {
            runs.look::<R, RealScale<R>, _, _, false>(ToMultiples::<R>::new(1.0), NoLimit)
        }
        Target::SharedMultiples { step, largest } => runs.look::<R, PowerScale<R>, _, _, false>(
            ToMultiples::<R>::new(step),
            Limit::<R>::at(largest),
        ),
        Target::ScaledLevels { half, rows } => {
            runs.look::<R, RealScale<R>, _, _, false>(ToLevels::<R>::new(half, rows), NoLimit)
        }
    }
}

struct Runs<'a, T> {
    numbers: &'a [T],
    run: usize,
    scales: &'a [f32],
}

impl<T: Copy + Default> Runs<'_, T> {
    #[inline(always)]
    fn look<R: Reals<Lane = T>, S: Scales<R>, Q: Rounds<R>, L: Limits<R>, const SUBNORMAL: bool>(
        &self,
        codes: Q,
        limit: L,
    ) -> Seen {
        let mut all = Tally::<R, SUBNORMAL>::new();
        let mut padding = 0;
        for (numbers, &scale) in self.numbers.chunks(self.run).zip(self.scales) {
            if scale == 0.0 {
                continue;
            }
            let scale = S::of(scale);
            let vectors = numbers.chunks_exact(R::LANES);
            let rest = vectors.remainder();
            for vector in vectors {
                all.add(R::load(vector), scale, codes, limit);
            }
            if !rest.is_empty() {
                let mut last = [T::default(); 8];
                last[..rest.len()].copy_from_slice(rest);
                all.add(R::load(&last), scale, codes, limit);
                padding += (R::LANES - rest.len()) as u64;
            }
        }
        all.seen(padding)
    }
}

/// Running counts and sums by lane.
struct Tally<R: Reals, const SUBNORMAL: bool> {
    exact: R::Counts,
    zeros: R::Counts,
    below_normal: R::Counts,
    over: R::Counts,
    max_error: R,
    squares: R::Sums,
}

impl<R: Reals, const SUBNORMAL: bool> Tally<R, SUBNORMAL> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            exact: R::no_counts(),
            zeros: R::no_counts(),
            below_normal: R::no_counts(),
            over: R::no_counts(),
            max_error: R::splat(0.0),
            squares: R::no_sums(),
        }
    }

    #[inline(always)]
    fn add<S: Scales<R>, Q: Rounds<R>, L: Limits<R>>(
        &mut self,
        x: R,
        scale: S,
        codes: Q,
        limit: L,
    ) {
        let zero = R::splat(0.0);
        // Codes on both sides of zero are alike, but for levels.
        let x = if Q::IS_SYMMETRIC { x.abs() } else { x };
        let code = codes.round(scale.down(x));
        if SUBNORMAL {
            self.below_normal = code.count_less(codes.least_normal(), self.below_normal);
        }
        self.zeros = code.count_equal(zero, self.zeros);
        let (code, over) = limit.limit(code, self.over);
        self.over = over;
        let error = x.sub(scale.up(code));
        self.exact = error.count_equal(zero, self.exact);
        self.max_error = self.max_error.max_magnitude(error);
        self.squares = error.add_squares(self.squares);
    }

    /// Zeros that filled up a last vector are no numbers.
    #[inline(always)]
    fn seen(self, padding: u64) -> Seen {
        let zeros = R::counted(self.zeros);
        Seen {
            exact: R::counted(self.exact) - padding,
            zeros: zeros - padding,
            subnormal: if SUBNORMAL {
                R::counted(self.below_normal) - zeros
            } else {
                0
            },
            overflow: R::counted(self.over),
            max_error: self.max_error.largest(),
            squares: R::total(self.squares),
        }
    }
}

/// How many of some finite numbers are zero, and the sum of their squares.
#[inline(never)]
pub fn zeros_and_squares_f32(numbers: &[f32]) -> (u64, f64) {
    #[cfg(target_arch = "x86_64")]
    if let Some(seen) = super::avx2::zeros_and_squares(numbers) {
        return seen;
    }
    zeros_and_squares::<BestReal32>(numbers)
}

/// How many of some finite numbers are zero, and the sum of their squares.
#[inline(never)]
pub fn zeros_and_squares_f64(numbers: &[f64]) -> (u64, f64) {
    zeros_and_squares::<BestReal64>(numbers)
}

/// [`zeros_and_squares_f32`] or [`zeros_and_squares_f64`] with the vectors of a backend.
#[inline(always)]
pub fn zeros_and_squares<R: Reals>(numbers: &[R::Lane]) -> (u64, f64) {
    let (mut zeros, mut squares) = (R::no_counts(), R::no_sums());
    let vectors = numbers.chunks_exact(R::LANES);
    let rest = vectors.remainder();
    let mut last = [R::Lane::default(); 8];
    last[..rest.len()].copy_from_slice(rest);
    for x in vectors.map(R::load).chain([R::load(&last)]) {
        zeros = x.count_equal(R::splat(0.0), zeros);
        squares = x.add_squares(squares);
    }
    let padding = (R::LANES - rest.len()) as u64;
    (R::counted(zeros) - padding, R::total(squares))
}
