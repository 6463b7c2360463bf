//! Sums without rounding, against integers wide enough to hold them.

use floatscope_core::scan::{ExactSum, Scaled};
use proptest::prelude::*;

fn sum_of(terms: &[(i128, i32)]) -> ExactSum {
    let mut sum = ExactSum::default();
    for &(integer, exponent) in terms {
        sum.add(integer, exponent);
    }
    sum
}

fn value(sum: &ExactSum) -> f64 {
    sum.to_scaled().to_f64()
}

#[test]
fn nothing_is_lost_between_far_exponents() {
    let far = [(1, 1000), (1, -1000), (-1, 1000)];
    assert_eq!(sum_of(&far), sum_of(&[(1, -1000)]));
    assert_eq!(value(&sum_of(&far)), libm::ldexp(1.0, -1000));
    assert_eq!(sum_of(&[(5, 3), (-40, 0)]), ExactSum::default());
    assert_eq!(value(&sum_of(&[(1, 900), (-1, 900)])).to_bits(), 0);
}

#[test]
fn the_widest_integers_have_room() {
    for exponent in -70..70 {
        for integer in [i128::MAX, i128::MIN, -1, 1] {
            let sum = sum_of(&[(integer, exponent)]);
            assert_eq!(value(&sum), integer as f64 * libm::ldexp(1.0, exponent));
            let mut nothing = sum.clone();
            nothing.add_multiple(&sum, -1, 0);
            assert_eq!(nothing, ExactSum::default());
        }
    }
}

#[test]
fn carries_ripple_through_all_digits() {
    // 2^320 − 1 and 1 more.
    let ones: Vec<(i128, i32)> = (0..10).map(|digit| (0xffff_ffff, 32 * digit)).collect();
    let mut sum = sum_of(&ones);
    sum.settle();
    sum.add(1, 0);
    assert_eq!(sum, sum_of(&[(1, 320)]));
    sum.add(-1, 0);
    assert_eq!(sum, sum_of(&ones));
}

#[test]
fn sums_are_rounded_once_to_nearest_even() {
    let half_way = sum_of(&[(1, 53), (1, 0)]);
    assert_eq!(value(&half_way), libm::ldexp(1.0, 53));
    // Far below the last digit kept, and still it decides.
    let above = sum_of(&[(1, 53), (1, 0), (1, -500)]);
    assert_eq!(value(&above), libm::ldexp(1.0, 53) + 2.0);
    let below = sum_of(&[(1, 53), (3, 0), (-1, -500)]);
    assert_eq!(value(&below), libm::ldexp(1.0, 53) + 2.0);
    assert_eq!(
        value(&sum_of(&[(-1, 53), (-3, 0)])),
        -(libm::ldexp(1.0, 53) + 4.0)
    );
}

#[test]
fn numbers_beyond_doubles_keep_their_exponent() {
    let Scaled {
        significand,
        exponent,
    } = sum_of(&[(-3, 5000)]).to_scaled();
    assert_eq!((significand, exponent), (-1.5, 5001));
    let root = sum_of(&[(9, 5000)]).to_scaled().square_root();
    assert_eq!((root.significand, root.exponent), (1.5, 2501));
    let root = sum_of(&[(1, -1001)]).to_scaled().square_root();
    assert_eq!(
        (root.significand, root.exponent),
        (std::f64::consts::SQRT_2, -501)
    );
    let third = sum_of(&[(3, 5000)]).to_scaled().divided_by(3);
    assert_eq!((third.significand, third.exponent), (1.0, 5000));
}

#[test]
fn doubles_are_added_with_all_their_bits() {
    let mut sum = ExactSum::default();
    for number in [f64::MAX, 5e-324, 1e-310, -f64::MAX, -5e-324] {
        sum.add_product(number, 1, 0);
    }
    assert_eq!(value(&sum), 1e-310);
    let mut sum = ExactSum::default();
    sum.add_product(-0.375, 1 << 70, -72);
    assert_eq!(value(&sum), -0.09375);
}

fn terms() -> impl Strategy<Value = Vec<(i64, i32)>> {
    prop::collection::vec((any::<i64>(), 0..50i32), 0..40)
}

fn widened(terms: &[(i64, i32)]) -> Vec<(i128, i32)> {
    let wide = terms
        .iter()
        .map(|&(integer, exponent)| (integer.into(), exponent));
    wide.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn sums_are_those_of_128_bits(terms in terms(), shift in -900..900i32) {
        let exact: i128 = terms.iter().map(|&(x, exponent)| i128::from(x) << exponent).sum();
        let shifted: Vec<_> = terms.iter().map(|&(x, exponent)| (x.into(), exponent + shift)).collect();
        let sum = sum_of(&shifted);
        prop_assert_eq!(&sum, &sum_of(&[(exact, shift)]));
        prop_assert_eq!(value(&sum), exact as f64 * libm::ldexp(1.0, shift));
    }

    #[test]
    fn parts_settle_and_merge_in_any_order(terms in terms(), cut in any::<usize>(), factor in any::<i64>()) {
        let whole = sum_of(&widened(&terms));
        let (first, second) = terms.split_at(cut % (terms.len() + 1));
        let (mut first, mut second) = (sum_of(&widened(first)), sum_of(&widened(second)));
        second.settle();
        let mut backwards = second.clone();
        backwards.merge(&first);
        first.merge(&second);
        prop_assert_eq!(&first, &whole);
        prop_assert_eq!(&backwards, &whole);
        let mut product = ExactSum::default();
        product.add_multiple(&whole, factor.into(), 7);
        let exact: i128 = terms.iter().map(|&(x, exponent)| i128::from(x) << exponent).sum();
        if let Some(exact) = exact.checked_mul(factor.into()) {
            prop_assert_eq!(product, sum_of(&[(exact, 7)]));
        }
    }
}
