//! Chances, as decimal logarithms.

use libm::{lgamma, log10};
use std::f64::consts::LN_10;

/// log10 of the number of ways to choose `taken` of `many`.
pub(crate) fn log10_choose(many: f64, taken: f64) -> f64 {
    if taken <= 0.0 || taken >= many {
        return 0.0;
    }
    (lgamma(many + 1.0) - lgamma(taken + 1.0) - lgamma(many - taken + 1.0)) / LN_10
}

/// log10 of the odds that `distinct` codes, drawn from `reachable` ones, all lie among
/// the `accepted` ones: how much better a lattice explains them than chance.
pub(crate) fn log10_holes(reachable: f64, accepted: f64, distinct: f64) -> f64 {
    if distinct > accepted {
        return 0.0;
    }
    log10_choose(reachable, distinct) - log10_choose(accepted, distinct)
}

/// log10 of the chance that a normal deviate lies at least `z` above its mean.
pub(crate) fn log10_normal_tail(z: f64) -> f64 {
    if z < 30.0 {
        return log10(libm::erfc(z / std::f64::consts::SQRT_2) / 2.0);
    }
    // The tail's leading term; its error is below 1/z².
    -z * z / (2.0 * LN_10) - log10(z * 2.506_628_274_631_000_5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_counted() {
        assert!((log10_choose(10.0, 3.0) - log10(120.0)).abs() < 1e-12);
        assert_eq!(log10_choose(5.0, 5.0), 0.0);
        // Two of four codes, both among two accepted: one way of six.
        assert!((log10_holes(4.0, 2.0, 2.0) - log10(6.0)).abs() < 1e-12);
    }

    #[test]
    fn tails_meet() {
        // scipy.stats.norm.logsf(30) / ln 10
        let (below, above) = (log10_normal_tail(29.999_999), log10_normal_tail(30.0));
        assert!((below - above).abs() < 1e-2, "{below} {above}");
        assert!((log10_normal_tail(1.959_963_984_540_054) + 1.602_059_991).abs() < 1e-6);
    }
}
