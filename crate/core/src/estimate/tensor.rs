//! The figures of a sampled tensor: what they stand for, and their intervals.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::quantile::of_quantile;
use super::{CONFIDENCE, Interval, Share, of_figure, of_share, unbiased};
use crate::cast::{CastIntervals, Losses};
use crate::format::FloatLayout;
use crate::report::{Bits, Cell, Number, Parts, QUANTILES, Stats};

/// A count of the statistics: its key, and how it is read and written.
type Count = (&'static str, fn(&mut Stats) -> &mut u64);

/// Counts of values, which stand for more in the whole tensor.
pub(crate) const COUNTS: [Count; 7] = [
    ("zeros", |stats| &mut stats.zeros),
    ("negative_zeros", |stats| &mut stats.negative_zeros),
    ("subnormals", |stats| &mut stats.subnormals),
    ("nan", |stats| &mut stats.nan),
    ("pos_inf", |stats| &mut stats.pos_inf),
    ("neg_inf", |stats| &mut stats.neg_inf),
    ("negatives", |stats| &mut stats.negatives),
];

/// A figure of the statistics: its key, how it is read, and the least that it can be.
type Figure = (&'static str, fn(&Stats) -> Option<Number>, f64);

const FIGURES: [Figure; 3] = [
    ("mean", |stats| stats.mean, f64::NEG_INFINITY),
    ("std", |stats| stats.std, 0.0),
    ("rms", |stats| stats.rms, 0.0),
];

/// An entropy: its key, how it is read and written, and the width of its field.
type Entropy = (
    &'static str,
    fn(&mut Bits) -> Option<&mut f64>,
    fn(&FloatLayout) -> u32,
);

const ENTROPIES: [Entropy; 4] = [
    ("sign_entropy", |bits| bits.sign_entropy.as_mut(), |_| 1),
    (
        "exponent_entropy",
        |bits| bits.exponent_entropy.as_mut(),
        |layout| layout.exponent_bits,
    ),
    (
        "mantissa_entropy",
        |bits| bits.mantissa_entropy.as_mut(),
        |layout| layout.mantissa_bits,
    ),
    (
        "joint_entropy",
        |bits| Some(&mut bits.joint_entropy),
        FloatLayout::bits,
    ),
];

/// Intervals of the figures of a tensor, or of one part of a complex one.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    counts: [Option<Interval>; COUNTS.len()],
    figures: [Option<Interval>; FIGURES.len()],
    entropies: [Option<Interval>; ENTROPIES.len()],
    quantiles: [Option<Interval>; QUANTILES.len()],
}

/// What is looked at: all stretches, each alone, and all but each.
pub(crate) struct Views {
    pub(crate) whole: (Stats, Bits),
    pub(crate) alone: Vec<Stats>,
    pub(crate) without: Vec<(Stats, Bits)>,
    /// Finite values in ascending order, of all stretches and of each.
    pub(crate) ordered: (Vec<Cell<f64>>, Vec<Vec<Cell<f64>>>),
    /// Of types that have fields.
    pub(crate) layout: Option<&'static FloatLayout>,
}

impl Intervals {
    /// The intervals, and the bits with entropies as they are without the sample's bias.
    pub(crate) fn of(mut views: Views, share: Share) -> (Self, Bits) {
        let counts = COUNTS.map(|(_, count)| {
            let hits: Vec<u64> = views.alone.iter_mut().map(|stats| *count(stats)).collect();
            of_count(&hits, share)
        });
        let entropies = ENTROPIES.map(|(_, entropy, width)| views.entropy(entropy, width, share));
        let interval = |figure: &dyn Fn(&Stats) -> Option<f64>| {
            let without = views.without.iter().map(|view| figure(&view.0));
            let without: Option<Vec<f64>> = without.collect();
            of_figure(figure(&views.whole.0)?, &without?, share)
        };
        let figures = FIGURES.map(|(_, figure, least)| {
            let interval = interval(&|stats| figure(stats).map(Number::to_f64))?;
            Some(interval.within(least, f64::INFINITY))
        });
        let (whole, alone) = &views.ordered;
        let quantiles = QUANTILES.map(|(thousandths, _)| of_quantile(thousandths, whole, alone));
        let intervals = Self {
            counts,
            figures,
            entropies,
            quantiles,
        };
        (intervals, views.whole.1)
    }

    /// By the key of a count or a figure.
    pub fn get(&self, key: &str) -> Option<Interval> {
        let counts = COUNTS.iter().map(|count| count.0).zip(self.counts);
        let figures = FIGURES.iter().map(|figure| figure.0).zip(self.figures);
        let entropies = ENTROPIES
            .iter()
            .map(|entropy| entropy.0)
            .zip(self.entropies);
        let all = counts.chain(figures).chain(entropies);
        all.into_iter().find(|known| known.0 == key)?.1
    }
}

impl Views {
    /// Corrects an entropy, and says how far off it may be.
    fn entropy(
        &mut self,
        entropy: fn(&mut Bits) -> Option<&mut f64>,
        width: fn(&FloatLayout) -> u32,
        share: Share,
    ) -> Option<Interval> {
        let without = self
            .without
            .iter_mut()
            .map(|view| entropy(&mut view.1).copied());
        let without: Vec<f64> = without.collect::<Option<_>>()?;
        // No more than the field has room for, nor than so many values can have.
        let width = self.layout.map_or(self.whole.1.width, width);
        let most = f64::from(width).min(libm::log2(share.of as f64));
        let whole = entropy(&mut self.whole.1)?;
        let correction = unbiased(*whole, &without) - *whole;
        *whole = (*whole + correction).clamp(0.0, most);
        let Interval { low, high } = of_figure(*whole, &without, share)?;
        // What is left of the bias is less than what was taken out, and to the same side.
        let high = high + correction.max(0.0);
        Some(Interval { low, high }.within(0.0, most))
    }
}

/// Of a count in the whole tensor, by that in each stretch.
fn of_count(hits: &[u64], share: Share) -> Option<Interval> {
    let interval = of_share(hits, share)?;
    let of = share.of as f64;
    Some(Interval {
        low: libm::floor(interval.low * of),
        high: libm::ceil(interval.high * of),
    })
}

impl Serialize for Intervals {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        for ((key, _), interval) in COUNTS.iter().zip(&self.counts) {
            map.serialize_entry(key, interval)?;
        }
        for ((key, ..), interval) in FIGURES.iter().zip(&self.figures) {
            map.serialize_entry(key, interval)?;
        }
        for ((key, ..), interval) in ENTROPIES.iter().zip(&self.entropies) {
            map.serialize_entry(key, interval)?;
        }
        map.serialize_entry("quantiles", &OfQuantiles(&self.quantiles))?;
        map.end()
    }
}

struct OfQuantiles<'a>(&'a [Option<Interval>; QUANTILES.len()]);

impl Serialize for OfQuantiles<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(QUANTILES.iter().map(|quantile| quantile.1).zip(self.0))
    }
}

/// What the figures of a sampled tensor rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorEstimate {
    /// Elements looked at, of those there are.
    pub share: Share,
    /// Index of each stretch's first element in the tensor.
    pub firsts: Vec<u64>,
    /// Elements of a stretch.
    pub stretch: u64,
    /// Of its figures.
    pub intervals: Parts<Intervals>,
}

impl Serialize for TensorEstimate {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("elements", &self.share.elements)?;
        map.serialize_entry("of", &self.share.of)?;
        map.serialize_entry("stretch", &self.stretch)?;
        map.serialize_entry("firsts", &self.firsts)?;
        map.serialize_entry("confidence", &CONFIDENCE)?;
        map.serialize_entry("intervals", &self.intervals)?;
        map.end()
    }
}

/// Intervals of the casts of a sampled tensor, by what each of its stretches loses.
pub(crate) fn of_casts(whole: &Losses, alone: &[Losses], share: Share) -> Vec<(u8, CastIntervals)> {
    let without: Vec<Losses> = (0..alone.len())
        .map(|left_out| all_but(alone, left_out))
        .collect();
    let mut intervals = Vec::new();
    for (at, loss) in whole.losses() {
        let of_count = |count: fn(&crate::cast::Loss) -> u64| {
            let hits: Option<Vec<u64>> = alone
                .iter()
                .map(|part| Some(count(&part.loss(at)?)))
                .collect();
            of_count(&hits?, share)
        };
        let of_ratio = |figure: fn(&crate::cast::Loss) -> Option<f64>| {
            let others: Option<Vec<f64>> =
                without.iter().map(|part| figure(&part.loss(at)?)).collect();
            of_figure(figure(&loss)?, &others?, share)
        };
        intervals.push((
            at as u8,
            CastIntervals {
                exact: of_count(|loss| loss.exact),
                overflow: of_count(|loss| loss.overflow),
                underflow: of_count(|loss| loss.underflow),
                subnormal: of_count(|loss| loss.subnormal),
                // What a single stretch loses, or none, does not show how much stretches differ.
                mse: of_ratio(|loss| loss.mse.filter(|mse| *mse > 0.0))
                    .map(|interval| interval.within(0.0, f64::INFINITY)),
                sqnr_db: of_ratio(|loss| loss.sqnr_db),
            },
        ));
    }
    intervals
}

fn all_but(parts: &[Losses], left_out: usize) -> Losses {
    let mut sum = Losses::default();
    for (at, part) in parts.iter().enumerate() {
        if at != left_out {
            sum.merge(part);
        }
    }
    sum
}
