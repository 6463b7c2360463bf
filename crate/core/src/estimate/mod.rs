//! What a sample tells of the whole: estimates, and the intervals that the truth lies in with 95 %
//! confidence.
//!
//! A sample is a few stretches of equal length, one in each stratum. Neighbours are alike, so a stretch
//! counts as one draw of a cluster and not as many draws of values: how much the stretches differ says how far
//! off an estimate may be. Means, moments and ratios go by the jackknife that leaves out one
//! stretch at a time; quantiles by the share of values up to them (Woodruff 1952); shares by Wilson's interval with the number of draws that would differ as much
//! (Dean and Pagano 2015, with the degrees of freedom of Korn and Graubard 1998), which knows, too, what
//! to say of a share of which nothing was seen. Strata only make estimates better than that. The mathematics
//! stands in `docs/how-it-knows.md`.

use serde::{Serialize, Serializer};

use crate::report::Number;

mod quantile;
mod tensor;

pub(crate) use tensor::{COUNTS, Views, of_casts};
pub use tensor::{Intervals, TensorEstimate};

/// The confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;

/// The normal distribution's two-sided 95 % point.
const Z: f64 = 1.959_963_984_540_054;

/// Student's two-sided 95 % points for 1, 2, … degrees of freedom.
const T: [f64; 15] = [
    12.706_204_736,
    4.302_652_730,
    3.182_446_305,
    2.776_445_105,
    2.570_581_836,
    2.446_911_851,
    2.364_624_252,
    2.306_004_135,
    2.262_157_163,
    2.228_138_852,
    2.200_985_160,
    2.178_812_830,
    2.160_368_656,
    2.144_786_688,
    2.131_449_546,
];

/// Where the truth lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A list of two numbers.
impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        [Number::Real(self.low), Number::Real(self.high)].serialize(out)
    }
}

impl Interval {
    /// The part of it that is possible.
    fn within(self, least: f64, most: f64) -> Self {
        Self {
            low: self.low.max(least),
            high: self.high.min(most),
        }
    }
}

/// So many elements out of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Elements that were looked at; never 0.
    pub elements: u64,
    /// Elements that there are.
    pub of: u64,
}

impl Share {
    /// What a count in the sample stands for.
    pub fn expand(self, count: u64) -> u64 {
        let (elements, of) = (u128::from(self.elements), u128::from(self.of));
        ((u128::from(count) * of + elements / 2) / elements) as u64
    }

    fn ratio(self) -> f64 {
        self.elements as f64 / self.of as f64
    }
}

/// Student's point for so many stretches.
fn student(stretches: usize) -> f64 {
    let freedom = stretches.saturating_sub(1).clamp(1, T.len());
    T[freedom - 1]
}

/// Wilson's interval (1927) for a share of so many draws.
pub(crate) fn wilson(share: f64, draws: f64) -> Interval {
    let centre = share + Z * Z / (2.0 * draws);
    let half = Z * libm::sqrt(share * (1.0 - share) / draws + Z * Z / (4.0 * draws * draws));
    let by = 1.0 + Z * Z / draws;
    Interval {
        low: (centre - half) / by,
        high: (centre + half) / by,
    }
    .within(0.0, 1.0)
}

/// Of a figure that is `whole` over all stretches, by its values without one of them each; none where one of
/// them is not finite, or where there are not two.
pub(crate) fn of_figure(whole: f64, without: &[f64], share: Share) -> Option<Interval> {
    let stretches = without.len();
    if stretches < 2 || !whole.is_finite() || without.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let count = stretches as f64;
    let mean = without.iter().sum::<f64>() / count;
    let squares: f64 = without
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    let variance = squares * (count - 1.0) / count * (1.0 - share.ratio());
    let half = student(stretches) * libm::sqrt(variance);
    Some(Interval {
        low: whole - half,
        high: whole + half,
    })
}

/// The figure without the bias that it has by being of few values, by its values without a stretch each
/// (Quenouille 1956): an entropy of a sample is too low.
pub(crate) fn unbiased(whole: f64, without: &[f64]) -> f64 {
    // By differences: nothing is to be rounded where there are none.
    let count = without.len() as f64;
    let differences: f64 = without.iter().map(|value| whole - value).sum();
    whole + differences * (count - 1.0) / count
}

/// Of a share, by its hits in each of the stretches of equal length.
pub(crate) fn of_share(hits: &[u64], share: Share) -> Option<Interval> {
    let stretches = hits.len();
    if stretches < 2 {
        return None;
    }
    let of_stretch = share.elements / stretches as u64;
    let parts: Vec<(u64, u64)> = hits.iter().map(|hits| (*hits, of_stretch)).collect();
    let elements = share.elements as f64;
    let mean = hits.iter().sum::<u64>() as f64 / elements;
    Some(wilson(
        mean,
        draws(elements, design_effect(&parts), stretches),
    ))
}

/// How many times more a share may be off than one of as many single draws, by the hits of each stretch, of so many
/// values in it. Alike, where there is nothing to differ. Never better than draws of single values.
fn design_effect(stretches: &[(u64, u64)]) -> f64 {
    let (hits, values) = stretches
        .iter()
        .fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    let (count, values) = (stretches.len() as f64, values as f64);
    let mean = hits as f64 / values;
    let squares: f64 = stretches
        .iter()
        .map(|(hits, values)| *hits as f64 - mean * *values as f64)
        .map(|deviation| deviation * deviation)
        .sum();
    let of_clusters = squares * count / (count - 1.0) / (values * values);
    let of_draws = mean * (1.0 - mean) / values;
    match of_draws > 0.0 {
        true => (of_clusters / of_draws).max(1.0),
        false => 1.0,
    }
}

/// Single draws that say as much as so many values in stretches.
fn draws(values: f64, effect: f64, stretches: usize) -> f64 {
    let freedom = Z / student(stretches);
    values / effect * freedom * freedom
}

#[cfg(test)]
mod tests;
