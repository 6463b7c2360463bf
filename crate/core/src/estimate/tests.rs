//! Intervals against values worked out by hand, and against the truth in simulations.

use super::quantile::of_quantile;
use super::*;
use crate::report::Cell;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

const SHARE: Share = Share {
    elements: 400,
    of: 40_000,
};

#[test]
fn counts_stand_for_as_many_more() {
    assert_eq!(SHARE.expand(3), 300);
    let thirds = Share { elements: 3, of: 7 };
    assert_eq!([0, 1, 2, 3].map(|count| thirds.expand(count)), [0, 2, 5, 7]);
    let huge = Share {
        elements: 1,
        of: u64::MAX,
    };
    assert_eq!(huge.expand(1), u64::MAX);
}

#[test]
fn wilson_is_as_published() {
    // Newcombe 1998, table I: 81 of 263, and 0 of 20.
    let many = wilson(81.0 / 263.0, 263.0);
    assert!((many.low - 0.2553).abs() < 5e-5 && (many.high - 0.3662).abs() < 5e-5);
    let none = wilson(0.0, 20.0);
    assert!(none.low.abs() < 1e-12 && (none.high - 0.1611).abs() < 5e-5);
}

#[test]
fn a_jackknife_of_means_is_the_error_of_the_mean() {
    let values = [1.0, 2.0, 4.0, 9.0];
    let whole = 4.0;
    let without = values.map(|value| (16.0 - value) / 3.0);
    let interval = of_figure(whole, &without, SHARE).expect("four stretches");
    // Σ(x − 4)² = 38, of which the mean's variance is 38 / (4·3).
    let half = T[2] * (38.0f64 / 12.0 * 0.99).sqrt();
    assert!(close(interval.low, whole - half) && close(interval.high, whole + half));
    assert_eq!(of_figure(1.0, &[1.0], SHARE), None);
    assert_eq!(of_figure(1.0, &[1.0, f64::INFINITY], SHARE), None);
}

#[test]
fn nothing_seen_is_not_nothing_there() {
    let none = of_share(&[0; 4], SHARE).expect("four stretches");
    assert!(none.low.abs() < 1e-12);
    // Three in so many, and more since four stretches show little of how they differ.
    assert!(none.high > 3.0 / 400.0 && none.high < 0.05, "{none:?}");
    let all = of_share(&[100; 4], SHARE).expect("four stretches");
    assert!(close(all.low, 1.0 - none.high) && close(all.high, 1.0));
}

#[test]
fn stretches_that_differ_make_an_interval_wide() {
    let alike = of_share(&[10, 11, 9, 10], SHARE).expect("four stretches");
    let clustered = of_share(&[40, 0, 0, 0], SHARE).expect("four stretches");
    assert!(clustered.high - clustered.low > 4.0 * (alike.high - alike.low));
    assert!(clustered.low <= 0.1 && 0.1 <= clustered.high);
}

#[test]
fn an_entropy_loses_its_bias() {
    // A plug-in figure of n values that is too low by 1/n: exactly what the jackknife takes out.
    let without = [5.0 - 1.0 / 3.0; 4];
    assert!(close(unbiased(5.0 - 1.0 / 4.0, &without), 5.0));
}

#[test]
fn equal_values_leave_an_entropy_as_it_is() {
    let bound = 15.321_928_094_887_362;
    assert_eq!(unbiased(bound, &[bound; 8]).to_bits(), bound.to_bits());
}

#[test]
fn a_quantile_lies_between_those_of_its_share() {
    let cells = |values: &mut dyn Iterator<Item = u32>| -> Vec<Cell<f64>> {
        let cell = |value| Cell {
            low: value,
            high: value,
            count: 1,
        };
        values.map(f64::from).map(cell).collect()
    };
    let whole = cells(&mut (1..=400));
    let alone: Vec<_> = (1..=4)
        .map(|first| cells(&mut (first..=400).step_by(4)))
        .collect();
    // 400 values in four stretches that agree say as much as 151.7: Wilson's interval for a half is 0.4214 … 0.5786.
    let median = of_quantile(500, &whole, &alone).expect("it is among the values");
    assert!(close(median.low, 168.0) && close(median.high, 232.0));
    // The least value may not be the least of all.
    assert_eq!(of_quantile(1, &whole, &alone), None);
    // A stretch above all others: the share below the median says little.
    let sorted: Vec<_> = (0..4u32)
        .map(|at| cells(&mut (100 * at + 1..=100 * at + 100)))
        .collect();
    assert_eq!(of_quantile(1, &whole, &sorted), None);
    let wide = of_quantile(500, &whole, &sorted).expect("some of it");
    assert!(wide.low < 50.0 && wide.high > 350.0, "{wide:?}");
}
