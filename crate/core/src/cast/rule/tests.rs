//! The definition against the encoder, which works with integers and knows nothing of it; what
//! has no encoder against the nearest of all codes.

use super::*;
use crate::cast::CASTS;
use crate::format::{Class, Dtype, Overflow, Rounding, TF32};

/// x there and back by the encoder, whether it is rounded beyond the largest, and whether the code is
/// subnormal.
fn by_encoder(layout: &FloatLayout, x: f64, rounding: Rounding, saturate: bool) -> Outcome {
    let overflow = match saturate {
        true => Overflow::Saturate,
        false => Overflow::Ieee,
    };
    let code = layout.encode(x, rounding, overflow);
    Outcome {
        value: layout.decode(code),
        // What the encoder does not call one: an infinity that is rounded beyond.
        is_over: layout.overflows(x, rounding) || x.is_infinite(),
        is_subnormal: layout.classify(code) == Class::Subnormal,
    }
}

/// Equal, NaN to NaN, and zeros whatever their sign.
fn assert_same(ours: Outcome, expected: Outcome, of: &dyn Fn() -> String) {
    let is_same = ours.value == expected.value || (ours.value.is_nan() && expected.value.is_nan());
    assert!(is_same, "{}: {ours:?}, expected {expected:?}", of());
    if !ours.value.is_nan() || ours.is_over {
        assert_eq!(ours.is_over, expected.is_over, "{}", of());
    }
    assert_eq!(ours.is_subnormal, expected.is_subnormal, "{}", of());
}

fn without_a_scale() -> impl Iterator<Item = &'static Cast> {
    CASTS
        .iter()
        .filter(|cast| cast.scaling == crate::cast::Scaling::None)
}

fn check(cast: &Cast, x: f64, saturate: bool) {
    let (layout, rounding) = match cast.codes {
        Codes::Tf32 => (TF32.layout(), Rounding::NearestAway),
        _ => (cast.layout(), Rounding::NearestEven),
    };
    let layout = layout.expect("codes without a scale are floats");
    let is_eight_bits = cast.bits == 8;
    let expected = by_encoder(layout, x, rounding, saturate && is_eight_bits);
    let ours = Rule::of(cast).unscaled(x, saturate);
    assert_same(ours, expected, &|| {
        format!("{} of {x:e}, {saturate}", cast.key)
    });
}

#[test]
fn every_code_of_16_bits_becomes_what_the_encoder_says() {
    for dtype in [Dtype::BF16, Dtype::F16, Dtype::F8E5M2, Dtype::F8E4M3Fnuz] {
        for code in 0..1u64 << dtype.bits() {
            let x = dtype.format().decode(code);
            for cast in without_a_scale() {
                check(cast, x, false);
                check(cast, x, true);
            }
        }
    }
}

/// The middles between neighbours, and the doubles next to them.
#[test]
fn ties_become_what_the_encoder_says() {
    for cast in without_a_scale().filter(|cast| cast.bits <= 16) {
        let layout = cast.layout().expect("a float");
        for code in 0..=layout.max_finite_code() {
            let low = layout.decode(code);
            // As if there were one more binade.
            let step = low - layout.decode(code.saturating_sub(1));
            let high = match code == layout.max_finite_code() {
                true => low + step,
                false => layout.decode(code + 1),
            };
            let middle = low + (high - low) / 2.0;
            for x in [
                low,
                low.next_up(),
                middle.next_down(),
                middle,
                middle.next_up(),
            ] {
                for x in [x, -x] {
                    check(cast, x, false);
                    check(cast, x, true);
                }
            }
        }
    }
}

#[test]
fn extremes_become_what_the_encoder_says() {
    let ends = [
        0.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        1e300,
        1e-300,
        f64::INFINITY,
        f64::NAN,
    ];
    let powers = (-1074..1024).map(|exponent| libm::ldexp(1.0, exponent));
    let near = powers.flat_map(|x| [x, x.next_down(), x.next_up(), x * 1.5, x * 1.25, x * 1.75]);
    for x in near
        .chain(ends)
        .filter(|x| x.is_nan() || *x <= f64::INFINITY)
    {
        for cast in without_a_scale() {
            check(cast, x, false);
            check(cast, -x, true);
        }
    }
}

/// The nearest of all codes of a small float, by their distance; in a tie that with the even code.
fn nearest(layout: &FloatLayout, x: f64) -> f64 {
    let magnitudes = (0..=layout.max_finite_code()).map(|code| (code, layout.decode(code)));
    let distance = |code: &(u64, f64)| (code.1 - x.abs()).abs();
    let nearest = magnitudes.min_by(|a, b| {
        let by_distance = distance(a).total_cmp(&distance(b));
        by_distance.then((a.0 & 1).cmp(&(b.0 & 1)))
    });
    nearest.expect("there are codes").1.copysign(x)
}

#[test]
fn codes_with_a_scale_are_the_nearest_and_stop_at_the_largest() {
    for cast in CASTS
        .iter()
        .filter(|cast| cast.bits <= 8 && cast.scaling != crate::cast::Scaling::None)
    {
        let rule = Rule::of(cast);
        for eighth in -4200..=4200 {
            let x = f64::from(eighth) / 8.0;
            let expected = match (cast.layout(), cast.codes) {
                (Some(layout), _) => nearest(layout, x),
                (_, Codes::Integers(least, most)) => {
                    // Ties to even by hand.
                    let (floor, fraction) = (x.floor(), x - x.floor());
                    let is_up = fraction > 0.5 || (fraction == 0.5 && floor % 2.0 != 0.0);
                    (floor + f64::from(u8::from(is_up))).clamp(least.into(), most.into())
                }
                (_, Codes::SixtyFourths) => {
                    let x = x * 64.0;
                    x.clamp(-127.0, 127.0) / 64.0
                }
                _ => continue,
            };
            let ours = rule.scaled(x, Scale::Real(1.0));
            assert_eq!(ours.value, expected, "{} of {x}", cast.key);
            let by_power = rule.scaled(x * 8.0, Scale::PowerOfTwo(3));
            assert_eq!(by_power.value, expected * 8.0, "{} of 8·{x}", cast.key);
            assert_eq!(ours.is_over, by_power.is_over);
        }
    }
}

#[test]
fn what_lies_beyond_the_largest_code_is_called_so_from_half_a_step_on() {
    let first_over = [
        ("mxfp8_e4m3", 464.0, false),
        ("mxfp8_e4m3", 464.1, true),
        ("mxfp4", 6.5, false),
        ("mxfp4", 7.0, true),
        ("mxfp6_e2m3", 7.75, true),
        ("mxfp6_e3m2", 29.9, false),
        ("mxfp6_e3m2", 30.0, true),
        ("mxint8", 127.49 / 64.0, false),
        ("mxint8", 127.5 / 64.0, true),
        ("int8/row", 127.4, false),
        ("int8/row", 127.6, true),
        ("int8/row", -128.4, false),
        ("int4/128", -8.6, true),
    ];
    for (key, x, is_over) in first_over {
        let rule = Rule::of(Cast::of_key(key).expect("a key"));
        assert_eq!(
            rule.scaled(x, Scale::PowerOfTwo(0)).is_over,
            is_over,
            "{key} of {x}"
        );
    }
}

#[test]
fn groups_without_a_scale_are_zero_or_nan() {
    for cast in CASTS {
        let rule = Rule::of(cast);
        assert_eq!(rule.scaled(3.0, Scale::Zero).value, 0.0);
        assert!(rule.scaled(0.0, Scale::NotFinite).value.is_nan());
    }
}
