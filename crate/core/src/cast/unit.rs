//! All casts of one unit: some whole rows, or a stretch of a long one.
//!
//! Values that a kernel can take go to a kernel; groups that hold a NaN or an infinity, whose
//! scale is extremely small or large, or that may overflow, are left to the
//! definition ([`Rule`]), value by value.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::level;
use super::rule::Rule;
use super::scale::ScaleRule;
use super::tally::Tally;
use super::{Cast, Codes, Group, Scaling};
use crate::format::power_of_two;
use floatscope_simd::casts::{self, Float, Seen, Target};
use floatscope_simd::{Rows, peaks, scales};

/// A number as a kernel takes it.
pub(crate) trait Real: Copy + Into<f64> {
    /// Largest magnitudes of runs.
    fn peaks(numbers: &[Self], run: usize, out: &mut Vec<f64>);
    /// Casts runs, each with its scale.
    fn cast(numbers: &[Self], run: usize, scales: &[f32], target: &Target) -> Seen;
    /// Zeros, and the sum of squares, of finite numbers.
    fn zeros_and_squares(numbers: &[Self]) -> (u64, f64);
    /// Magnitudes that a kernel takes.
    const RANGE: std::ops::Range<f64>;
}

impl Real for f32 {
    fn peaks(numbers: &[Self], run: usize, out: &mut Vec<f64>) {
        peaks::largest_of_runs_f32(numbers, run, out);
    }
    fn cast(numbers: &[Self], run: usize, scales: &[f32], target: &Target) -> Seen {
        casts::cast_f32(numbers, run, scales, target)
    }
    fn zeros_and_squares(numbers: &[Self]) -> (u64, f64) {
        casts::zeros_and_squares_f32(numbers)
    }
    const RANGE: std::ops::Range<f64> = 0.0..LARGE;
}

impl Real for f64 {
    fn peaks(numbers: &[Self], run: usize, out: &mut Vec<f64>) {
        peaks::largest_of_runs_f64(numbers, run, out);
    }
    fn cast(numbers: &[Self], run: usize, scales: &[f32], target: &Target) -> Seen {
        casts::cast_f64(numbers, run, scales, target)
    }
    fn zeros_and_squares(numbers: &[Self]) -> (u64, f64) {
        casts::zeros_and_squares_f64(numbers)
    }
    /// Squares of smaller ones would vanish.
    const RANGE: std::ops::Range<f64> = power_of_two(-300)..LARGE;
}

/// 2^100: additions that round must not overflow.
const LARGE: f64 = power_of_two(100);
/// Numbers of a unit and what is known of them.
pub(crate) struct Unit<'a, T> {
    /// Whole rows of so many columns, or one stretch of a row.
    pub(crate) numbers: &'a [T],
    /// Length of a row of the unit.
    pub(crate) columns: usize,
    /// The largest magnitude of the tensor.
    pub(crate) tensor_peak: f32,
    /// The largest magnitude of each row, where the unit does not hold it whole.
    pub(crate) row_peaks: Option<f64>,
    /// Of each square that the unit lies in, row by row.
    pub(crate) square_peaks: &'a [f64],
    zeros: u64,
    squares: f64,
    peak: f64,
    least: f64,
    by_sixteen: Vec<f64>,
    /// Largest magnitudes of longer runs, each from those half as long, and of rows.
    by_longer: [OnceCell<Vec<f64>>; ROW],
}

/// Level of runs: 16 · 2^level numbers, and at last all of a row.
const ROW: usize = 4;

/// Runs of numbers of one row, each with a largest magnitude; rows one behind the other.
struct Runs<'a> {
    /// Length of a run.
    run: usize,
    peaks: Cow<'a, [f64]>,
}

impl<'a, T: Real> Unit<'a, T> {
    pub(crate) fn new(numbers: &'a [T], columns: usize, tensor_peak: f32) -> Self {
        let mut by_sixteen = Vec::with_capacity(numbers.len() / 16 + 1);
        each_row(numbers, columns, 16, |part| {
            T::peaks(part, 16.min(columns), &mut by_sixteen);
        });
        let peak = scales::largest(&by_sixteen);
        let (zeros, squares) = match peak.is_finite() {
            true => T::zeros_and_squares(numbers),
            false => (0, 0.0),
        };
        Self {
            numbers,
            columns,
            tensor_peak,
            row_peaks: None,
            square_peaks: &[],
            zeros,
            squares,
            peak,
            least: least(numbers),
            by_sixteen,
            by_longer: Default::default(),
        }
    }

    /// Adds what a cast does to the unit.
    pub(crate) fn cast(&self, cast: &Cast, rows: &Rows, saturate: bool, tally: &mut Tally) {
        let rule = Rule::of(cast);
        if cast.scaling == Scaling::None {
            return self.unscaled(cast, &rule, rows, saturate, tally);
        }
        let scales = ScaleRule::of(cast, self.tensor_peak);
        let target = target(cast, &rule, rows);
        self.scaled(&self.runs(cast), &target, scales, &rule, tally);
    }

    fn unscaled(&self, cast: &Cast, rule: &Rule, rows: &Rows, saturate: bool, tally: &mut Tally) {
        // TF32's kernel rounds bits, which are not a subnormal number's of another type.
        let is_deep =
            cast.codes == Codes::Tf32 && T::RANGE.start > 0.0 && self.least < power_of_two(-126);
        if !self.takes(self.peak) || self.peak >= rule.limit() || is_deep {
            for &x in self.numbers {
                tally.add(x.into(), rule.unscaled(x.into(), saturate));
            }
            return;
        }
        let target = target(cast, rule, rows);
        let seen = T::cast(self.numbers, self.numbers.len(), &[1.0], &target);
        self.add_whole(&seen, tally);
    }

    fn scaled(
        &self,
        runs: &Runs,
        target: &Target,
        scale: ScaleRule,
        rule: &Rule,
        tally: &mut Tally,
    ) {
        let Some(scaling) = scale.for_kernel().filter(|_| self.takes(self.peak)) else {
            return self.add_by_rule(runs, scale, rule, tally);
        };
        let mut scales = Vec::with_capacity(runs.peaks.len());
        let is_easy = scales::scales(&runs.peaks, scaling, T::RANGE, &mut scales);
        let per_row = self.columns.div_ceil(runs.run);
        let mut seen = Seen::default();
        let mut at = 0;
        each_row(self.numbers, self.columns, runs.run, |part| {
            let count = part.len().div_ceil(self.columns) * per_row;
            add(
                &mut seen,
                &T::cast(part, runs.run, &scales[at..at + count], target),
            );
            at += count;
        });
        if is_easy {
            return self.add_whole(&seen, tally);
        }
        self.add_parts(runs, scale, &scales, &seen, rule, tally);
    }

    /// Every run by the definition.
    fn add_by_rule(&self, runs: &Runs, scale: ScaleRule, rule: &Rule, tally: &mut Tally) {
        for (numbers, peak) in self.each_run(runs.run).zip(runs.peaks.iter()) {
            let scale = scale.scale(*peak);
            for &x in numbers {
                tally.add(x.into(), rule.scaled(x.into(), scale));
            }
        }
    }

    /// Some runs are not in `seen`: those with a scale of zero.
    fn add_parts(
        &self,
        runs: &Runs,
        scale: ScaleRule,
        scales: &[f32],
        seen: &Seen,
        rule: &Rule,
        tally: &mut Tally,
    ) {
        let (mut finite, mut zeros) = (0, 0);
        let mut signal = 0.0;
        for ((numbers, peak), &easy) in self.each_run(runs.run).zip(runs.peaks.iter()).zip(scales) {
            if easy != 0.0 {
                let (more_zeros, squares) = T::zeros_and_squares(numbers);
                finite += numbers.len() as u64;
                zeros += more_zeros;
                signal += squares;
                continue;
            }
            let scale = scale.scale(*peak);
            for &x in numbers {
                tally.add(x.into(), rule.scaled(x.into(), scale));
            }
        }
        tally.add_seen(seen, finite, zeros);
        tally.signal.add_product(signal, 1, 0);
    }

    fn each_run(&self, run: usize) -> impl Iterator<Item = &[T]> {
        let rows = self.numbers.chunks(self.columns);
        rows.flat_map(move |row| row.chunks(run))
    }

    fn add_whole(&self, seen: &Seen, tally: &mut Tally) {
        tally.add_seen(seen, self.numbers.len() as u64, self.zeros);
        tally.signal.add_product(self.squares, 1, 0);
    }

    fn takes(&self, peak: f64) -> bool {
        peak == 0.0 || (T::RANGE.contains(&peak) && self.least >= T::RANGE.start)
    }

    fn runs(&self, cast: &Cast) -> Runs<'_> {
        let of_run = |run: u64| {
            debug_assert!(
                [16, 32, 64, 128].contains(&run),
                "no level of runs of {run}"
            );
            (run as usize, self.peaks(run.ilog2() as usize - 4).into())
        };
        let (run, peaks) = match cast.scaling {
            Scaling::PowerOfTwo => of_run(32),
            Scaling::TwoLevels => of_run(16),
            Scaling::Real(Group::Run(run) | Group::Line(run)) => of_run(run),
            Scaling::Real(Group::Row) => match self.row_peaks {
                Some(peak) => (self.columns, vec![peak].into()),
                None => (self.columns, self.peaks(ROW).into()),
            },
            Scaling::Real(Group::Square) if self.square_peaks.is_empty() => of_run(128),
            Scaling::Real(Group::Square) => (128, self.square_peaks.into()),
            Scaling::Real(Group::Tensor) | Scaling::None => {
                let rows = self.numbers.len().div_ceil(self.columns.max(1));
                (self.columns, vec![self.tensor_peak.into(); rows].into())
            }
        };
        Runs {
            run: run.min(self.columns),
            peaks,
        }
    }

    /// The largest magnitude of each run of a level, row by row.
    fn peaks(&self, level: usize) -> &[f64] {
        if level == 0 {
            return &self.by_sixteen;
        }
        self.by_longer[level - 1].get_or_init(|| {
            let per_row = self.columns.div_ceil(16 << (level - 1));
            let together = if level == ROW { per_row } else { 2 };
            let finer = self.peaks(level - 1);
            let mut peaks = Vec::with_capacity(finer.len() / together + 1);
            scales::largest_together(finer, per_row, together, &mut peaks);
            peaks
        })
    }
}

/// Hands on the numbers in as few parts as runs allow: all where rows end with a run, or are one; else row
/// by row.
fn each_row<T>(numbers: &[T], columns: usize, run: usize, mut each: impl FnMut(&[T])) {
    if columns <= run || columns.is_multiple_of(run) {
        each(numbers);
    } else {
        numbers.chunks(columns).for_each(each);
    }
}

/// The smallest magnitude that is not zero.
fn least<T: Real>(numbers: &[T]) -> f64 {
    if T::RANGE.start == 0.0 {
        return 0.0;
    }
    let magnitudes = numbers.iter().map(|&x| x.into().abs());
    magnitudes
        .filter(|x| *x > 0.0)
        .fold(f64::INFINITY, f64::min)
}

fn add(seen: &mut Seen, more: &Seen) {
    seen.exact += more.exact;
    seen.zeros += more.zeros;
    seen.subnormal += more.subnormal;
    seen.overflow += more.overflow;
    seen.max_error = seen.max_error.max(more.max_error);
    seen.squares += more.squares;
}

/// What the kernel is to do. A real scale takes the largest magnitude to the largest
/// code, so that nothing lies beyond; NVFP4's, which is rounded, does not.
pub(super) fn target<'a>(cast: &Cast, rule: &Rule, rows: &'a Rows) -> Target<'a> {
    let largest = rule.largest;
    let Some(layout) = cast.layout() else {
        return match (cast.codes, cast.scaling) {
            (Codes::SixtyFourths, Scaling::PowerOfTwo) => Target::SharedMultiples {
                step: 1.0 / 64.0,
                largest,
            },
            (Codes::Nf4, Scaling::Real(_)) => Target::ScaledLevels {
                half: level::HALF,
                rows,
            },
            (Codes::Integers(..), Scaling::Real(_)) => Target::ScaledIntegers,
            _ => unreachable!("no kernel has the codes of {} with such scales", cast.key),
        };
    };
    let float = Float {
        mantissa_bits: layout.mantissa_bits,
        min_exponent: layout.min_exponent(),
    };
    match cast.scaling {
        Scaling::None if cast.codes == Codes::Tf32 => Target::FloatAway {
            mantissa_bits: layout.mantissa_bits,
        },
        Scaling::None => Target::Float(float),
        Scaling::PowerOfTwo => Target::SharedFloat { float, largest },
        Scaling::TwoLevels => Target::ScaledFloat {
            float,
            largest: Some(largest),
        },
        Scaling::Real(_) => Target::ScaledFloat {
            float,
            largest: None,
        },
    }
}

#[cfg(test)]
pub(crate) mod tests;
