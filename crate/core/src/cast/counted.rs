//! Casts that follow from counts, exactly, without another look at the values.

use super::caster::{CastTask, Losses};
use super::rule::{Rule, Scale};
use super::scale::ScaleRule;
use super::select::{CastSet, Casting};
use super::tally::Tally;
use super::{CASTS, Cast, Scaling};
use crate::format::{Dtype, Encoding, Format, Specials};
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
        for at in casting.wanted.and(settled).each() {
            let tally = of_census(&CASTS[at], seen, census, casting.saturate);
            losses.tallies.push((at as u8, tally));
        }
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

fn of_census(cast: &Cast, seen: &Observations, census: &Census, saturate: bool) -> Tally {
    let rule = Rule::of(cast);
    let format = seen.dtype.format();
    if cast.scaling == Scaling::None {
        return tally(format, census, |x| rule.unscaled(x, saturate));
    }
    let peak = seen.peaks.tensor;
    let scale = ScaleRule::of(cast, peak).scale(peak.into());
    tally(format, census, |x| rule.scaled(x, scale))
}

fn of_blocks(seen: &Observations, wanted: CastSet) -> Vec<(u8, Tally)> {
    let format = seen.dtype.format();
    let of_cast = |at: usize| {
        let rule = Rule::of(&CASTS[at]);
        let scales = ScaleRule::of(&CASTS[at], seen.peaks.tensor);
        let mut all = Tally::default();
        for (exponent, census) in seen.blocks.each(seen.dtype) {
            let peak = exponent.map_or(f64::INFINITY, |e| libm::ldexp(1.0, e));
            let scale: Scale = scales.scale(peak);
            all.merge(&tally(format, census, |x| rule.scaled(x, scale)));
        }
        (at as u8, all)
    };
    wanted.each().map(of_cast).collect()
}

/// Squares of codes of up to 16 bits and of their errors are exact doubles, and so are
/// all but the last bits of their sums, which are taken in the order of the codes.
fn tally(format: &Format, census: &Census, cast: impl Fn(f64) -> super::rule::Outcome) -> Tally {
    let mut tally = Tally::default();
    let (mut noise, mut signal) = (0.0, 0.0);
    for (code, count) in census.cells() {
        let x = format.decode(u64::from(code));
        let outcome = cast(x);
        if tally.count(x, outcome, count) {
            let error = x - outcome.value;
            noise += error * error * count as f64;
            signal += x * x * count as f64;
        }
    }
    tally.noise.add_product(noise, 1, 0);
    tally.signal.add_product(signal, 1, 0);
    tally.noise.settle();
    tally.signal.settle();
    tally
}
