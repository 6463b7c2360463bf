//! Numbers rounded to the numbers of a format.

use super::places::{MIN_EXPONENT, Spacing};

/// Which of two neighbours a number between them becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// The nearer one; of two equally near the even one.
    NearestEven,
    /// The nearer one; of two equally near the larger in magnitude.
    NearestAway,
    /// The smaller in magnitude.
    TowardZero,
}

/// Appends each number rounded to the format as if its exponents went on above the largest;
/// beyond FP32's range that is an infinity, which rounding toward zero never reaches. Signs
/// are kept, that of zero too. Numbers are finite.
#[inline(never)]
pub fn round(numbers: &[f32], spacing: Spacing, rounding: Rounding, out: &mut Vec<f32>) {
    #[cfg(target_arch = "x86_64")]
    if super::avx2::round(numbers, spacing, rounding, out).is_some() {
        return;
    }
    round_of(numbers, spacing, rounding, out);
}

#[inline(always)]
pub(crate) fn round_of(numbers: &[f32], spacing: Spacing, rounding: Rounding, out: &mut Vec<f32>) {
    let dropped = spacing.dropped_bits();
    let half = (1u32 << dropped) >> 1;
    let kept = !((1 << dropped) - 1);
    match rounding {
        Rounding::TowardZero => round_with(numbers, spacing, out, |x| x & kept, toward_zero),
        // With one digit none is even: the larger is taken.
        Rounding::NearestEven if spacing.mantissa_bits > 0 => {
            // Where nothing is dropped nothing is added.
            let (odd, below_half) = (half.min(1), half.saturating_sub(1));
            let normal = |x| (x + below_half + (x >> dropped & odd)) & kept;
            round_with(numbers, spacing, out, normal, |_, nearest, _| nearest);
        }
        Rounding::NearestEven => {
            let normal = |x| (x + half) & kept;
            round_with(numbers, spacing, out, normal, |_, nearest, _| nearest);
        }
        Rounding::NearestAway => {
            let normal = |x| (x + half) & kept;
            round_with(numbers, spacing, out, normal, nearest_away);
        }
    }
}

/// The multiple of the step next to the nearest one, to nearest even, if that lies beyond.
#[inline(always)]
fn toward_zero(number: f32, nearest: f32, step: f32) -> f32 {
    if nearest > number {
        nearest - step
    } else {
        nearest
    }
}

/// The multiple of the step above the nearest one, to nearest even, if it is as near.
#[inline(always)]
fn nearest_away(number: f32, nearest: f32, step: f32) -> f32 {
    // Twice the distance: half a step may be too small for FP32.
    let beyond = number - nearest;
    if beyond + beyond == step {
        nearest + step
    } else {
        nearest
    }
}

/// `normal` rounds the bits of a normal magnitude; `subnormal` a smaller one, given the nearest
/// multiple of the step and the step.
#[inline(always)]
fn round_with(
    numbers: &[f32],
    spacing: Spacing,
    out: &mut Vec<f32>,
    normal: impl Fn(u32) -> u32,
    subnormal: impl Fn(f32, f32, f32) -> f32,
) {
    if spacing.min_exponent == MIN_EXPONENT && spacing.mantissa_bits > 0 {
        // FP32's own subnormal numbers are rounded by the same operations on their bits. With one
        // digit they are not: 0 is even.
        return extend_with_sign(numbers, out, |number| normal(number.to_bits()));
    }
    let least_normal = spacing.least_field() << 23;
    let ruler = spacing.ruler();
    let step = f32::from_bits(ruler.to_bits() + 1) - ruler;
    extend_with_sign(numbers, out, |number| {
        let nearest = number + ruler - ruler;
        let subnormal = subnormal(number, nearest, step).to_bits();
        if (number.to_bits() as i32) < least_normal as i32 {
            subnormal
        } else {
            normal(number.to_bits())
        }
    });
}

#[inline(always)]
fn extend_with_sign(numbers: &[f32], out: &mut Vec<f32>, bits_of: impl Fn(f32) -> u32) {
    const SIGN: u32 = 1 << 31;
    out.extend(
        numbers
            .iter()
            .map(|number| f32::from_bits(bits_of(number.abs()) | number.to_bits() & SIGN)),
    );
}

/// Numbers that the edges of a format change, by their bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Specials {
    /// The bits of the largest number: what lies beyond is one.
    pub largest: i32,
    /// The bits of a magnitude below which all are that are not zero.
    pub least: i32,
    /// The bits of another one.
    pub zero: u32,
}

impl Specials {
    /// Whether a number is one.
    #[inline(always)]
    pub fn holds(self, number: f32) -> bool {
        let bits = number.to_bits();
        let magnitude = (bits & (u32::MAX >> 1)) as i32;
        (magnitude > self.largest)
            | ((magnitude < self.least) & (magnitude != 0))
            | (bits == self.zero)
    }

    /// Whether any of some numbers is one.
    #[inline(never)]
    pub fn any(self, numbers: &[f32]) -> bool {
        #[cfg(target_arch = "x86_64")]
        if let Some(any) = super::avx2::any_special(numbers, self) {
            return any;
        }
        any_special_of(numbers, self)
    }
}

#[inline(always)]
pub(crate) fn any_special_of(numbers: &[f32], specials: Specials) -> bool {
    // Without a branch, so that it is done by vectors.
    let held = numbers.iter().map(|x| u32::from(specials.holds(*x)));
    held.fold(0, |any, held| any | held) != 0
}

/// Whether two slices of one length have the same bits.
#[inline(never)]
pub fn are_same(a: &[f32], b: &[f32]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if let Some(are_same) = super::avx2::are_same_numbers(a, b) {
        return are_same;
    }
    are_same_of(a, b)
}

#[inline(always)]
pub(crate) fn are_same_of(a: &[f32], b: &[f32]) -> bool {
    let differing = a.iter().zip(b).map(|(a, b)| a.to_bits() ^ b.to_bits());
    a.len() == b.len() && differing.fold(0, |any, differing| any | differing) == 0
}

/// Whether rounding to the format changes none of the numbers, which are finite, and none is special.
#[inline(never)]
pub fn keeps(numbers: &[f32], spacing: Spacing, specials: Specials) -> bool {
    #[cfg(target_arch = "x86_64")]
    if let Some(keeps) = super::avx2::keeps(numbers, spacing, specials) {
        return keeps;
    }
    keeps_of(numbers, spacing, specials)
}

#[inline(always)]
pub(crate) fn keeps_of(numbers: &[f32], spacing: Spacing, specials: Specials) -> bool {
    let dropped = (1u32 << spacing.dropped_bits()) - 1;
    let least_normal = (spacing.least_field() << 23) as i32;
    let ruler = spacing.ruler();
    let lost = |number: &f32| {
        let magnitude = number.abs();
        // What FP32 has as subnormal is spaced as its smallest normal numbers are, so that no rounding
        // to a multiple of the step is needed.
        let is_normal = (magnitude.to_bits() as i32) >= least_normal;
        let in_bits = magnitude.to_bits() & dropped;
        let off = (magnitude + ruler - ruler).to_bits() ^ magnitude.to_bits();
        let is_simple = is_normal | (spacing.min_exponent == MIN_EXPONENT);
        (if is_simple { in_bits } else { off }) | u32::from(specials.holds(*number))
    };
    numbers.iter().fold(0, |any, number| any | lost(number)) == 0
}

#[cfg(test)]
mod tests {
    use super::{Rounding, Spacing, Specials, round, round_of};
    use super::{any_special_of, are_same, are_same_of, keeps, keeps_of};

    const ROUNDINGS: [Rounding; 3] = [
        Rounding::NearestEven,
        Rounding::NearestAway,
        Rounding::TowardZero,
    ];

    /// Those of formats, and some that no format has.
    const SPACINGS: [(u32, i32); 15] = [
        (23, -126),
        (10, -126),
        (7, -126),
        (10, -14),
        (3, -6),
        (3, -7),
        (2, -14),
        (2, -15),
        (2, -2),
        (3, 0),
        (1, 0),
        (0, -126),
        (0, -3),
        (20, -120),
        (23, -3),
    ];

    fn power_of_2(exponent: i32) -> f64 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    }

    /// By counting steps: quotients and products with powers of two are exact.
    fn defined(number: f32, spacing: Spacing, rounding: Rounding) -> f32 {
        let magnitude = f64::from(number).abs();
        let exponent = (magnitude.to_bits() >> 52) as i32 - 1023;
        let binade = exponent.max(spacing.min_exponent);
        let step = power_of_2(binade - spacing.mantissa_bits as i32);
        let steps = magnitude / step;
        let below = steps.floor();
        let is_up = match rounding {
            Rounding::NearestEven if steps - below == 0.5 => below % 2.0 == 1.0,
            Rounding::NearestEven | Rounding::NearestAway => steps - below >= 0.5,
            Rounding::TowardZero => false,
        };
        let rounded = (below + if is_up { 1.0 } else { 0.0 }) * step;
        (rounded as f32).copysign(number)
    }

    /// All upper halves with some lower ones: of FP32's numbers every sign, exponent and place of a tie.
    fn numbers() -> Vec<f32> {
        let lower = [0, 1, 0x1000, 0x7fff, 0x8000, 0x8001, 0xffff];
        let codes = (0..=0xffff).flat_map(|upper: u32| lower.map(|lower| upper << 16 | lower));
        let numbers = codes.map(f32::from_bits);
        numbers.filter(|number| number.is_finite()).collect()
    }

    #[test]
    fn every_format_and_rounding_is_as_defined() {
        let numbers = numbers();
        for (mantissa_bits, min_exponent) in SPACINGS {
            let spacing = Spacing {
                mantissa_bits,
                min_exponent,
            };
            for rounding in ROUNDINGS {
                // What is there stays.
                let (mut fast, mut plain) = (vec![7.0], vec![7.0]);
                round(&numbers, spacing, rounding, &mut fast);
                round_of(&numbers, spacing, rounding, &mut plain);
                for got in [fast, plain] {
                    assert_eq!(got.len(), numbers.len() + 1);
                    assert_eq!(got[0], 7.0);
                    for (number, got) in numbers.iter().zip(&got[1..]) {
                        let expected = defined(*number, spacing, rounding);
                        let same = got.to_bits() == expected.to_bits();
                        assert!(
                            same,
                            "{number:e} {spacing:?} {rounding:?}: {got:e}, not {expected:e}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_kept_is_what_rounding_leaves() {
        let numbers = numbers();
        for (mantissa_bits, min_exponent) in SPACINGS {
            let spacing = Spacing {
                mantissa_bits,
                min_exponent,
            };
            let mut rounded = Vec::new();
            round(&numbers, spacing, Rounding::NearestEven, &mut rounded);
            for (least, zero) in [(0, u32::MAX), (1 << 23, 1 << 31), (0x3880_0000, u32::MAX)] {
                let specials = Specials {
                    largest: 0x477f_e000,
                    least,
                    zero,
                };
                for (number, rounded) in numbers.iter().zip(&rounded) {
                    let bits = number.to_bits();
                    let magnitude = (bits << 1 >> 1) as i32;
                    let is_special = magnitude > specials.largest
                        || magnitude != 0 && magnitude < least
                        || bits == zero;
                    let is_kept = bits == rounded.to_bits() && !is_special;
                    let one = &[*number];
                    assert_eq!(specials.holds(*number), is_special);
                    assert_eq!(
                        keeps_of(one, spacing, specials),
                        is_kept,
                        "{number:e} {spacing:?}"
                    );
                }
                // All that are kept, and one more among them.
                let kept = numbers.iter().copied();
                let kept = kept.filter(|number| keeps_of(&[*number], spacing, specials));
                let mut kept: Vec<f32> = kept.collect();
                assert!(keeps(&kept, spacing, specials) && !specials.any(&kept));
                kept.insert(kept.len() / 2, f32::MAX);
                assert!(!keeps(&kept, spacing, specials));
                assert!(specials.any(&kept) && any_special_of(&kept, specials));
            }
        }
        let mut changed = numbers.clone();
        assert!(are_same(&numbers, &changed) && are_same_of(&numbers, &changed));
        changed[77] = -changed[77];
        assert!(!are_same(&numbers, &changed) && !are_same_of(&numbers, &changed));
    }

    #[test]
    fn some_known_ones() {
        let bf16 = Spacing {
            mantissa_bits: 7,
            min_exponent: -126,
        };
        let e2m1 = Spacing {
            mantissa_bits: 1,
            min_exponent: 0,
        };
        let rounded = |number, spacing, rounding| {
            let mut out = Vec::new();
            round(&[number], spacing, rounding, &mut out);
            out[0]
        };
        let [even, away, zero] = ROUNDINGS;
        assert_eq!(rounded(1.0 + 1.0 / 256.0, bf16, even), 1.0);
        assert_eq!(rounded(1.0 + 1.0 / 256.0, bf16, away), 1.0 + 1.0 / 128.0);
        assert_eq!(rounded(f32::MAX, bf16, even), f32::INFINITY);
        assert_eq!(rounded(f32::MIN, bf16, away), f32::NEG_INFINITY);
        assert_eq!(rounded(f32::MAX, bf16, zero).to_bits(), 0x7f7f_0000);
        let smallest = f32::from_bits(1 << 16);
        assert_eq!(rounded(smallest / 2.0, bf16, even), 0.0);
        assert_eq!(rounded(smallest / 2.0, bf16, away), smallest);
        assert_eq!(rounded(0.25, e2m1, even), 0.0);
        assert_eq!(rounded(0.25, e2m1, away), 0.5);
        assert_eq!(rounded(-0.75, e2m1, even), -1.0);
        assert_eq!(rounded(-0.75, e2m1, zero), -0.5);
        assert!(rounded(-0.25, e2m1, even).is_sign_negative());
    }
}
