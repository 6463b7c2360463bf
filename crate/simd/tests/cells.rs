//! Cells of a census against the same numbers one by one, and scales against divisions.

use floatscope_simd::casts::{Float, Target, cast_f32};
use floatscope_simd::{cells, scales};

/// Numbers over many binades, zeros of both signs among them.
fn numbers() -> Vec<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut numbers: Vec<f32> = (0..400)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let exponent = 104 + (state >> 8) as u32 % 30;
            f32::from_bits(
                (state as u32 & 1) << 31 | exponent << 23 | (state >> 40) as u32 & 0x7f_0000,
            )
        })
        .collect();
    numbers.extend([0.0, -0.0, 6.5, 7.0, -7.0, 0.25, 448.0, 464.0, 480.0]);
    numbers
}

const KINDS: [(Target, f32); 8] = [
    (Target::ScaledIntegers, 3.7),
    (
        Target::ScaledFloat {
            float: float(3, -6),
            largest: None,
        },
        0.013,
    ),
    (
        Target::ScaledFloat {
            float: float(1, 0),
            largest: Some(6.0),
        },
        60.0,
    ),
    (
        Target::SharedFloat {
            float: float(3, -6),
            largest: 448.0,
        },
        0.25,
    ),
    (
        Target::SharedFloat {
            float: float(1, 0),
            largest: 6.0,
        },
        1.0,
    ),
    (Target::Float(float(10, -14)), 1.0),
    (Target::FloatAway { mantissa_bits: 10 }, 1.0),
    (
        Target::SharedMultiples {
            step: 1.0 / 64.0,
            largest: 127.0 / 64.0,
        },
        4.0,
    ),
];

const fn float(mantissa_bits: u32, min_exponent: i32) -> Float {
    Float {
        mantissa_bits,
        min_exponent,
    }
}

#[test]
fn a_cell_counts_as_often_as_its_number_occurs() {
    let numbers = numbers();
    let counts: Vec<u64> = (0..numbers.len() as u64).map(|at| at % 5 + 1).collect();
    let repeated: Vec<f32> = numbers
        .iter()
        .zip(&counts)
        .flat_map(|(x, count)| vec![*x; *count as usize])
        .collect();
    for (target, scale) in KINDS {
        let weighed = cells::cast(&numbers, &counts, scale, &target);
        let seen = cast_f32(&repeated, repeated.len(), &[scale], &target);
        let context = format!("{target:?}");
        assert_eq!(weighed.exact, seen.exact, "{context}");
        assert_eq!(weighed.zeros, seen.zeros, "{context}");
        assert_eq!(weighed.subnormal, seen.subnormal, "{context}");
        assert_eq!(weighed.overflow, seen.overflow, "{context}");
        assert_eq!(weighed.max_error, seen.max_error, "{context}");
        // Two orders of the same sum.
        let off = (weighed.squares - seen.squares).abs();
        assert!(off <= 1e-13 * seen.squares, "{context}: {off}");
    }
}

#[test]
fn scales_are_divisions_and_powers_of_two() {
    let peaks = [
        0.0,
        1.0,
        3.7,
        448.0,
        1e-20,
        f64::from(f32::MIN_POSITIVE),
        1e31,
        f64::INFINITY,
    ];
    let range = 0.0..f64::from(2f32.powi(100));
    let of = |scaling| {
        let mut out = Vec::new();
        let is_easy = scales::scales(&peaks, scaling, range.clone(), &mut out);
        assert!(!is_easy);
        out
    };
    // Zeros have any scale; what is very small, large or no number is left to others.
    let real = [
        1.0,
        1.0 / 7.0,
        3.7f32 / 7.0,
        64.0,
        1e-20f32 / 7.0,
        0.0,
        0.0,
        0.0,
    ];
    assert_eq!(of(scales::Scaling::Real(7.0)), real);
    let power = |exponent: i32| 2f32.powi(exponent);
    let powers = [
        1.0,
        power(-8),
        power(-7),
        1.0,
        power(-75),
        power(-127),
        0.0,
        0.0,
    ];
    assert_eq!(of(scales::Scaling::PowerOfTwo(8)), powers);
    let mut out = Vec::new();
    assert!(scales::scales(
        &[1.0, 2.0],
        scales::Scaling::Real(2.0),
        range,
        &mut out
    ));
    assert_eq!(out, [0.5, 1.0]);
}

#[test]
fn the_first_scale_of_two_levels_is_e4m3() {
    // E4M3 by the definition: four significant bits, steps of 2^-9 below 2^-6, at most 448.
    let naive = |x: f32| {
        let x = f64::from(x);
        let exponent = (x.log2_floor()).max(-6) - 3;
        let step = libm::ldexp(1.0, exponent);
        ((x / step).round_ties_even() * step).min(448.0) as f32
    };
    let second = 0.5f32;
    for at in 1..4000 {
        let peak = f64::from(at as f32 * 0.37);
        let mut out = Vec::new();
        scales::scales(
            &[peak],
            scales::Scaling::TwoLevels(second),
            0.0..1e30,
            &mut out,
        );
        assert_eq!(out, [naive(peak as f32 / 3.0) * second], "{peak}");
    }
}

trait Log2Floor {
    fn log2_floor(self) -> i32;
}

impl Log2Floor for f64 {
    /// By its exponent field.
    fn log2_floor(self) -> i32 {
        (self.to_bits() >> 52) as i32 - 1023
    }
}

#[test]
fn peaks_are_put_together_within_rows() {
    let peaks = [1.0, 5.0, 2.0, 3.0, 4.0, 0.0];
    let mut out = Vec::new();
    scales::largest_together(&peaks, 3, 2, &mut out);
    assert_eq!(out, [5.0, 2.0, 4.0, 0.0]);
}
