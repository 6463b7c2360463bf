//! The chances that the tests rest on, counted over every value.

use super::round::*;

/// Even codes among BF16 values of a binade, and all of them, after these conversions
/// of every FP32 value of it: 2^23 of them, of which each `skip`th is taken.
fn even_share(binade: i32, through: fn(f64) -> f64, skip: usize) -> f64 {
    let (mut even, mut all) = (0u64, 0u64);
    let unit = libm::ldexp(1.0, binade - 23);
    for mantissa in (1u32 << 23..1 << 24).step_by(skip) {
        let value = through(f64::from(mantissa) * unit);
        let code = half::bf16::from_f64(value).to_bits();
        even += u64::from(code.is_multiple_of(2));
        all += 1;
    }
    even as f64 / all as f64
}

/// P(even) = 1/2 + 2^-(d+1), where the second rounding drops d bits.
fn predicted(dropped: i32) -> f64 {
    0.5 + libm::ldexp(1.0, -dropped - 1)
}

#[test]
fn rounding_once_favours_no_code() {
    let share = even_share(-3, |x| x, 1);
    assert!((share - 0.5).abs() < 1e-4, "{share}");
}

#[test]
fn rounding_twice_favours_even_codes() {
    // FP16 has three bits more than BF16 down to 2^-14, then two and one.
    for (binade, dropped) in [(-1, 3), (-14, 3), (-15, 2), (-16, 1)] {
        let share = even_share(binade, f16, 1);
        assert!(
            (share - predicted(dropped)).abs() < 1e-4,
            "2^{binade}: {share}"
        );
    }
    // TF32 has three bits more everywhere.
    for binade in [-1, -15, -16, -30] {
        let share = even_share(binade, tf32, 3);
        assert!((share - predicted(3)).abs() < 1e-3, "2^{binade}: {share}");
    }
}

#[test]
fn the_profile_is_that_of_the_prediction() {
    assert_eq!([3, 2, 1].map(predicted), [0.5625, 0.625, 0.75]);
}

#[test]
fn bf16_loses_nothing_to_fp16_down_to_2_to_the_minus_17() {
    let of =
        |binade: i32| (128..256).map(move |field| f64::from(field) * libm::ldexp(1.0, binade - 7));
    for binade in -17..=15 {
        assert!(
            of(binade).all(|x| f16(x) == x || x > 65_504.0),
            "2^{binade}"
        );
    }
    // Below, one in 2^(−17−e) values lies on FP16's grid, down to its last step.
    for binade in -24..-17 {
        let on = of(binade).filter(|x| f16(*x) == *x).count();
        let expected = libm::ldexp(128.0, binade + 17);
        assert_eq!(on as f64, expected, "2^{binade}");
    }
    assert!(of(-26).all(|x| f16(x) == 0.0));
}

/// Odd multiples of 2^-24 among all multiples of one to 127: a half.
#[test]
fn odd_multiples_tell_the_route() {
    let share = |through: &dyn Fn(f64) -> f64| {
        // Every FP32 value that is spread evenly over the grid's part.
        let (mut odd, mut all) = (0u32, 0u32);
        for step in 0..127 * 64 {
            let multiple =
                f16(through(f64::from(step) * libm::ldexp(1.0, -30))) * libm::ldexp(1.0, 24);
            odd += u32::from(multiple % 2.0 == 1.0);
            all += u32::from(multiple != 0.0);
        }
        f64::from(odd) / f64::from(all)
    };
    let (direct, by_bf16) = (share(&|x| x), share(&bf16));
    assert!((direct - 0.5).abs() < 0.01, "{direct}");
    assert!((0.2..=0.5).contains(&by_bf16), "{by_bf16}");
}

/// A scale changes where the codes of a binade lie, not how many there are.
#[test]
fn scaled_codes_have_few_mantissa_fields() {
    for (format, most) in [(E4M3, 8), (E5M2, 4), (E2M1, 2)] {
        for scale in [1.0, 0.0173, 0.000_912, 3.333, 0.4999] {
            let mut fields: Vec<u16> = Vec::new();
            let mut code = libm::ldexp(1.0, format.min_exponent);
            while code <= format.largest {
                let stored = half::bf16::from_f64(code * scale).to_bits();
                fields.push(stored & 0x7f);
                code += libm::ldexp(1.0, binade(code) - format.mantissa_bits);
            }
            fields.sort_unstable();
            fields.dedup();
            assert!(
                fields.len() <= most,
                "{most} fields, scale {scale}: {fields:?}"
            );
        }
    }
}

/// INT4 has four significands, 1, 3, 5 and 7, up to powers of two.
#[test]
fn scaled_int4_has_four_mantissa_fields() {
    for scale in [1.0, 0.0173, 0.000_912, 3.333] {
        let codes =
            (1..=8).map(|code| half::bf16::from_f64(f64::from(code) * scale).to_bits() & 0x7f);
        let mut fields: Vec<u16> = codes.collect();
        fields.sort_unstable();
        fields.dedup();
        assert_eq!(fields.len(), 4, "{fields:?}");
    }
}
