//! Casts that follow from counts, exactly, without another look at the values.

use super::caster::{CastTask, Losses};
use super::rule::{Outcome, Rule, Scale};
use super::scale::ScaleRule;
use super::select::{CastSet, Casting};
use super::tally::Tally;
use super::unit::target;
use super::{CASTS, Cast, Scaling};
use crate::format::{Dtype, Encoding, Format, Specials, power_of_two};
use floatscope_simd::{ROWS, Rows, cells};

use crate::scan::{Census, Observations, Peaks, Span, Stream};

/// What a second look is to complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Remaining {
    /// The casts that are missing.
    pub wanted: CastSet,
    /// What their scales are made of.
    pub peaks: Peaks,
}

impl Remaining {
    /// The second look at a part of the tensor.
    pub fn task(&self, span: Span, casting: Casting) -> CastTask {
        CastTask {
            span,
            wanted: self.wanted,
            saturate: casting.saturate,
            peaks: self.peaks.part(&span),
        }
    }
}

/// Whether elements of this type are cast: floats that are no scales themselves.
pub(crate) fn can_cast(dtype: Dtype) -> bool {
    matches!(&dtype.format().encoding, Encoding::Float(layout) if layout.specials != Specials::ScaleOnly)
}

/// The casts that follow from a scan, and what remains. `None` for what is not cast at all.
pub fn from_counts(seen: &Observations, casting: Casting) -> Option<(Losses, Option<Remaining>)> {
    if !can_cast(seen.dtype) {
        return None;
    }
    let mut losses = Losses::default();
    let mut settled = CastSet::default();
    if seen.elements == 0 {
        settled = CastSet::all();
        let wanted = casting.wanted.each();
        losses.tallies = wanted.map(|at| (at as u8, Tally::default())).collect();
    } else if let [Stream::Codes(census)] = &seen.streams[..] {
        settled = CastSet::of_census();
        let cells = Cells::of(seen.dtype.format(), census);
        let wanted = casting.wanted.and(settled);
        losses.tallies = of_census(&cells, wanted, seen.peaks.tensor, casting.saturate);
        if seen.dtype.bits() == 16 {
            let by_block = CastSet::of_blocks();
            losses
                .tallies
                .extend(of_blocks(seen, casting.wanted.and(by_block)));
            settled = settled.or(by_block);
        }
    }
    let wanted = casting.wanted.without(settled);
    let remaining = (!wanted.is_empty()).then(|| Remaining {
        wanted,
        peaks: seen.peaks.clone(),
    });
    Some((losses, remaining))
}

/// A census, decoded once for all casts.
struct Cells {
    /// Finite values; all of 16 bits and less are FP32's.
    values: Vec<f32>,
    counts: Vec<u64>,
    /// NaN and infinities.
    others: Vec<(f64, u64)>,
    total: u64,
    zeros: u64,
    signal: f64,
    peak: f64,
}

impl Cells {
    fn of(format: &Format, census: &Census) -> Self {
        let mut cells = Self {
            values: Vec::with_capacity(census.as_slice().len()),
            counts: Vec::with_capacity(census.as_slice().len()),
            others: Vec::new(),
            total: 0,
            zeros: 0,
            signal: 0.0,
            peak: 0.0,
        };
        for (code, count) in census.cells() {
            cells.add(format.decode(u64::from(code)), count);
        }
        cells
    }

    fn add(&mut self, x: f64, count: u64) {
        if !x.is_finite() {
            self.others.push((x, count));
            return;
        }
        self.values.push(x as f32);
        self.counts.push(count);
        self.total += count;
        self.zeros += if x == 0.0 { count } else { 0 };
        self.signal += x * x * count as f64;
        self.peak = self.peak.max(x.abs());
    }

    /// A cast without a scale.
    fn unscaled(&self, cast: &Cast, saturate: bool) -> Tally {
        let rule = Rule::of(cast);
        if !self.others.is_empty() || self.peak >= rule.limit().min(LARGE) {
            return self.by_rule(|x| rule.unscaled(x, saturate));
        }
        self.by_kernel(cast, &rule, 1.0)
    }

    /// A cast with this scale for all of them.
    fn scaled(&self, cast: &Cast, scales: ScaleRule, peak: f64) -> Tally {
        let rule = Rule::of(cast);
        let scale = scales.scale(peak);
        let of_kernel = match scale {
            Scale::Real(scale) if scale >= SMALL_SCALE => Some(scale),
            Scale::PowerOfTwo(exponent) => Some(libm::ldexp(1.0, exponent) as f32),
            _ => None,
        };
        match of_kernel.filter(|_| self.others.is_empty() && peak < LARGE) {
            Some(scale) => self.by_kernel(cast, &rule, scale),
            None => self.by_rule(|x| rule.scaled(x, scale)),
        }
    }

    /// Squares of codes of up to 16 bits and of their errors are exact doubles, and so are
    /// all but the last bits of their sums, which are taken in the order of the codes.
    fn by_kernel(&self, cast: &Cast, rule: &Rule, scale: f32) -> Tally {
        let target = target(cast, rule, &NO_ROWS);
        let seen = cells::cast(&self.values, &self.counts, scale, &target);
        let mut tally = Tally {
            exact: seen.exact,
            overflow: seen.overflow,
            underflow: seen.zeros - self.zeros,
            subnormal: seen.subnormal,
            finite: self.total,
            max_error: seen.max_error,
            ..Tally::default()
        };
        tally.add_sums(seen.squares, self.signal);
        tally
    }

    fn by_rule(&self, cast: impl Fn(f64) -> Outcome) -> Tally {
        let mut tally = Tally::default();
        let (mut noise, mut signal) = (0.0, 0.0);
        let values = self.values.iter().map(|x| f64::from(*x));
        let finite = values.zip(self.counts.iter().copied());
        for (x, count) in finite.chain(self.others.iter().copied()) {
            let outcome = cast(x);
            if tally.count(x, outcome, count) {
                let error = x - outcome.value;
                noise += error * error * count as f64;
                signal += x * x * count as f64;
            }
        }
        tally.add_sums(noise, signal);
        tally
    }
}

/// 2^100: additions that round must not overflow.
const LARGE: f64 = power_of_two(100);
/// 2^-100: smaller scales are near FP32's subnormal numbers.
const SMALL_SCALE: f32 = f32::from_bits((127 - 100) << 23);
/// No cast that follows from counts has levels.
static NO_ROWS: Rows = [[0.0; 4]; ROWS];

fn of_census(cells: &Cells, wanted: CastSet, peak: f32, saturate: bool) -> Vec<(u8, Tally)> {
    let of_cast = |at: usize| {
        let cast = &CASTS[at];
        let tally = match cast.scaling {
            Scaling::None => cells.unscaled(cast, saturate),
            _ => cells.scaled(cast, ScaleRule::of(cast, peak), peak.into()),
        };
        (at as u8, tally)
    };
    wanted.each().map(of_cast).collect()
}

fn of_blocks(seen: &Observations, wanted: CastSet) -> Vec<(u8, Tally)> {
    let mut tallies: Vec<(u8, Tally)> = wanted
        .each()
        .map(|at| (at as u8, Tally::default()))
        .collect();
    if tallies.is_empty() {
        return tallies;
    }
    for (exponent, census) in seen.blocks.each(seen.dtype) {
        let cells = Cells::of(seen.dtype.format(), census);
        let peak = exponent.map_or(f64::INFINITY, |e| libm::ldexp(1.0, e));
        for (at, tally) in &mut tallies {
            let cast = &CASTS[usize::from(*at)];
            tally.merge(&cells.scaled(cast, ScaleRule::of(cast, seen.peaks.tensor), peak));
        }
    }
    tallies
}
