//! A verdict in the making.

use super::{Evidence, Fraction, Granularity, Label, Scale};
use crate::estimate::{Interval, wilson};

/// What a test proposes, and on what grounds.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) label: Label,
    /// The stops before the format that the test looked at.
    pub(crate) stops: Vec<&'static str>,
    pub(crate) granularity: Option<Granularity>,
    pub(crate) scale: Option<Scale>,
    pub(crate) fraction: Option<Fraction>,
    pub(crate) odds: f64,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) blind_spots: Vec<&'static str>,
    /// Rows by label, and how many were looked at.
    pub(crate) rows: Vec<(Label, u64)>,
    /// Whether every value that was looked at has the label.
    pub(crate) is_exact: bool,
}

impl Draft {
    // Made in many places: not to be copied into each.
    #[inline(never)]
    pub(crate) fn new(label: Label) -> Self {
        Self {
            label,
            stops: Vec::new(),
            granularity: None,
            scale: None,
            fraction: None,
            odds: 0.0,
            evidence: Vec::new(),
            blind_spots: Vec::new(),
            rows: Vec::new(),
            is_exact: false,
        }
    }

    /// With one more piece of evidence.
    pub(crate) fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// With a further stop, behind those that are there.
    pub(crate) fn via(mut self, stop: &'static str) -> Self {
        self.stops.push(stop);
        self
    }
}

impl Evidence {
    /// A test and the sentence that says what it found.
    pub(crate) fn new(test: &'static str, n: u64, says: String) -> Self {
        Self {
            test,
            n,
            expected: None,
            observed: None,
            log10_p: None,
            power: None,
            says,
        }
    }

    pub(crate) fn expected(mut self, expected: f64, observed: f64) -> Self {
        (self.expected, self.observed) = (Some(expected), Some(observed));
        self
    }

    /// A chance of one says nothing, and is not said.
    pub(crate) fn chance(mut self, log10_p: f64) -> Self {
        self.log10_p = Some(log10_p).filter(|log10_p| *log10_p < 0.0);
        self
    }

    /// To a thousandth: more is not known of it.
    pub(crate) fn power(mut self, power: f64) -> Self {
        self.power = Some(libm::round(power * 1e3) / 1e3);
        self
    }
}

impl Fraction {
    /// Every value was looked at.
    pub(crate) fn exact(value: f64) -> Self {
        Self {
            value,
            low: value,
            high: value,
        }
    }

    /// Of a sample of values: Wilson's interval.
    pub(crate) fn of_sample(hits: usize, looked_at: usize) -> Self {
        let n = looked_at.max(1) as f64;
        Self::of_draws(hits as f64 / n, n)
    }

    /// A share of so many draws.
    pub(crate) fn of_draws(value: f64, draws: f64) -> Self {
        let Interval { low, high } = wilson(value, draws);
        Self { value, low, high }
    }
}
