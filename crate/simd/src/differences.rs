//! How far the numbers of a tile are from others: counts, sums and maxima of two slices.
//!
//! Number i is added to running sum i mod 4, and the four come together as (s₀ + s₂) +
//! (s₁ + s₃), whatever adds them: not a bit depends on the processor.

/// What lies within it counts as close: |a − b| ≤ absolute + relative·|b|.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Share of |b|.
    pub relative: f64,
    /// What is added to that.
    pub absolute: f64,
}

/// What two slices of numbers have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Compared {
    /// Pairs that are equal as numbers: −0 is 0.
    pub equal: u64,
    /// Pairs that are not close, each operation of it rounded to FP64.
    pub not_close: u64,
    /// Numbers b that are not zero.
    pub nonzero_b: u64,
    /// Σa².
    pub squares_a: f64,
    /// Σb².
    pub squares_b: f64,
    /// Σab.
    pub products: f64,
    /// Σ|a − b|, differences rounded to FP64 as everywhere here.
    pub absolute: f64,
    /// Σ(a − b)².
    pub squares: f64,
    /// Σ|a − b|/|b| over b that are not zero.
    pub relative: f64,
    /// The largest |a − b|; 0 where there is none.
    pub max_absolute: f64,
    /// The largest |a − b|/|b| over b that are not zero; 0 where there is none.
    pub max_relative: f64,
}

/// Compares finite numbers. Both slices have one length, [`super::TILE`] at most.
#[inline(never)]
pub fn compare(a: &[f32], b: &[f32], tolerance: Tolerance) -> Compared {
    let mut seen = Compared::default();
    let mut sums = [[0.0; 4]; 6];
    for (at, (&a, &b)) in a.iter().zip(b).enumerate() {
        let (a, b) = (f64::from(a), f64::from(b));
        let difference = (a - b).abs();
        let is_close = difference <= tolerance.absolute + tolerance.relative * b.abs();
        let relative = if b == 0.0 { 0.0 } else { difference / b.abs() };
        seen.equal += u64::from(a == b);
        seen.not_close += u64::from(!is_close);
        seen.nonzero_b += u64::from(b != 0.0);
        seen.max_absolute = seen.max_absolute.max(difference);
        seen.max_relative = seen.max_relative.max(relative);
        let terms = [
            a * a,
            b * b,
            a * b,
            difference,
            difference * difference,
            relative,
        ];
        for (sum, term) in sums.iter_mut().zip(terms) {
            sum[at % 4] += term;
        }
    }
    [
        seen.squares_a,
        seen.squares_b,
        seen.products,
        seen.absolute,
        seen.squares,
        seen.relative,
    ] = sums.map(total);
    seen
}

/// Σa² of finite numbers, to the bit the `squares_a` of [`compare`].
#[inline(never)]
pub fn squares(a: &[f32]) -> f64 {
    let mut sums = [0.0; 4];
    for (at, &a) in a.iter().enumerate() {
        sums[at % 4] += f64::from(a) * f64::from(a);
    }
    total(sums)
}

fn total(sums: [f64; 4]) -> f64 {
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}
