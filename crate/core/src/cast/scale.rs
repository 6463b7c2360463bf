//! From the largest magnitude of a group to its scale.

use super::rule::{Rule, Scale, to_e4m3};
use super::{Cast, Codes, Scaling};
use crate::format::FloatLayout;
use floatscope_simd::scales;

/// What turns a largest magnitude into a scale.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ScaleRule {
    /// Its share of the largest code.
    Real(f32),
    /// The power of two that is as many binades below it as the largest code is above 1.
    PowerOfTwo(i32),
    /// With the second scale of NVFP4, none where it is no number.
    TwoLevels(Option<f32>),
}

impl ScaleRule {
    /// Of a cast that has scales, to a tensor of this largest magnitude.
    pub(crate) fn of(cast: &Cast, tensor_peak: f32) -> Self {
        match cast.scaling {
            Scaling::PowerOfTwo => {
                let top = cast.layout().map_or(0, FloatLayout::max_exponent);
                ScaleRule::PowerOfTwo(top)
            }
            Scaling::TwoLevels => ScaleRule::TwoLevels(
                tensor_peak
                    .is_finite()
                    .then_some(tensor_peak / (6.0 * 448.0)),
            ),
            _ => ScaleRule::Real(match cast.codes {
                Codes::Nf4 => 1.0,
                _ => Rule::of(cast).largest as f32,
            }),
        }
    }

    /// As a kernel takes it; nothing where nothing is easy.
    pub(crate) fn for_kernel(self) -> Option<scales::Scaling> {
        Some(match self {
            ScaleRule::Real(largest) => scales::Scaling::Real(largest),
            ScaleRule::PowerOfTwo(top) => scales::Scaling::PowerOfTwo(top),
            ScaleRule::TwoLevels(second) => scales::Scaling::TwoLevels(second?),
        })
    }

    /// The scale of a group with this largest magnitude; +∞ stands for what is not finite.
    pub(crate) fn scale(self, peak: f64) -> Scale {
        match self {
            ScaleRule::TwoLevels(None) => Scale::NotFinite,
            ScaleRule::PowerOfTwo(_) if !peak.is_finite() => Scale::NotFinite,
            ScaleRule::PowerOfTwo(_) if peak == 0.0 => Scale::Zero,
            ScaleRule::PowerOfTwo(top) => {
                Scale::PowerOfTwo((exponent_of(peak) - top).clamp(-127, 127))
            }
            ScaleRule::Real(_) | ScaleRule::TwoLevels(_) if !(peak as f32).is_finite() => {
                Scale::NotFinite
            }
            ScaleRule::Real(largest) => real(peak as f32 / largest),
            ScaleRule::TwoLevels(Some(second)) => {
                if peak == 0.0 {
                    return Scale::Zero;
                }
                let first = to_e4m3(peak as f32 / (6.0 * second));
                real(first * second)
            }
        }
    }
}

fn real(scale: f32) -> Scale {
    match scale == 0.0 {
        true => Scale::Zero,
        false => Scale::Real(scale),
    }
}

/// ⌊log2 x⌋ of a positive finite number.
pub(crate) fn exponent_of(x: f64) -> i32 {
    let bits = x.to_bits();
    match (bits >> 52) as i32 {
        0 => bits.ilog2() as i32 - 1074,
        field => field - 1023,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::CASTS;

    #[test]
    fn exponents_are_those_of_powers_of_two() {
        for exponent in -1074..1024 {
            let x = libm::ldexp(1.0, exponent);
            assert_eq!(exponent_of(x), exponent);
            assert_eq!(exponent_of((2.0 * x).next_down().min(f64::MAX)), exponent);
        }
    }

    /// Of each cast with a power of two: where amax is a power of two, so is the scale, and as many
    /// binades below.
    #[test]
    fn powers_of_two_lie_below_amax_as_the_largest_code_lies_above_one() {
        let top = [
            ("mxfp8_e4m3", 8),
            ("mxfp8_e5m2", 15),
            ("mxfp6_e2m3", 2),
            ("mxfp6_e3m2", 4),
            ("mxfp4", 2),
            ("mxint8", 0),
        ];
        let casts = CASTS
            .iter()
            .filter(|cast| cast.scaling == Scaling::PowerOfTwo);
        assert!(casts.map(|cast| cast.key).eq(top.map(|(key, _)| key)));
        for (key, top) in top {
            let rule = ScaleRule::of(Cast::of_key(key).expect("a key"), 1.0);
            for exponent in -200..200 {
                let scale = Scale::PowerOfTwo((exponent - top).clamp(-127, 127));
                let peak = libm::ldexp(1.0, exponent);
                assert_eq!(rule.scale(peak), scale, "{key}");
                assert_eq!(rule.scale((2.0 * peak).next_down()), scale, "{key}");
            }
            assert_eq!(rule.scale(0.0), Scale::Zero);
            assert_eq!(rule.scale(f64::INFINITY), Scale::NotFinite);
        }
    }
}
