//! What groups of values share: casts with a scale for each, and factors for each.

use floatscope_core::format::{Dtype, Overflow, Rounding};

use crate::support::{Random, Tensor, explained, layout, report_of};

const ROWS: usize = 260;
const COLUMNS: usize = 200;
const SHAPE: [u64; 2] = [ROWS as u64, COLUMNS as u64];

fn weights() -> Vec<f64> {
    let numbers = Random(7).units(ROWS * COLUMNS);
    let bf16 = |number: &f64| rounded(Dtype::BF16, *number * 0.05);
    numbers.iter().map(bf16).collect()
}

pub(crate) fn rounded(dtype: Dtype, number: f64) -> f64 {
    let layout = layout(dtype);
    layout.decode(layout.encode(number, Rounding::NearestEven, Overflow::Ieee))
}

/// Groups of places: which group each place is in.
fn groups(of: impl Fn(usize, usize) -> usize) -> Vec<usize> {
    let places = (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)));
    places.map(|(row, column)| of(row, column)).collect()
}

/// INT8 with the scale amax/127 for each group, as BF16.
pub(crate) fn int8(numbers: &[f64], groups: &[usize]) -> Vec<f64> {
    let mut peaks = vec![0f32; groups.iter().max().map_or(0, |most| most + 1)];
    for (number, group) in numbers.iter().zip(groups) {
        peaks[*group] = peaks[*group].max(number.abs() as f32);
    }
    let cast = |(number, group): (&f64, &usize)| {
        let scale = peaks[*group] / 127.0;
        let code = (*number as f32 / scale).round_ties_even();
        rounded(Dtype::BF16, f64::from(code * scale))
    };
    numbers.iter().zip(groups).map(cast).collect()
}

/// Keys of what turns A into B; nothing is to turn B into A.
fn keys((from, x): (Dtype, &[f64]), (to, y): (Dtype, &[f64])) -> Vec<String> {
    let tensor = |dtype, numbers| [Tensor::of("w", dtype, numbers).shaped(&SHAPE)];
    let report = report_of(&tensor(from, x), &tensor(to, y));
    let found = explained(&report["tensors"][0]).into_iter();
    let forth = |(key, direction): (&str, &str)| {
        // A factor may lead both ways.
        assert!(direction == "a>b" || key.starts_with("times"), "{key}");
        (direction == "a>b").then(|| key.to_owned())
    };
    found.filter_map(forth).collect()
}

#[test]
fn weights_that_went_through_int8_by_row_are_known_by_it_and_one_value_off_is_not() {
    let x = weights();
    let mut y = int8(&x, &groups(|row, _| row));
    let found = keys((Dtype::BF16, &x), (Dtype::BF16, &y));
    assert_eq!(found, ["through:int8/row"]);
    let last = y.len() - 1;
    y[last] = rounded(Dtype::BF16, y[last] * (1.0 + 1.0 / 128.0));
    assert!(keys((Dtype::BF16, &x), (Dtype::BF16, &y)).is_empty());
}

#[test]
fn the_group_is_told_from_others() {
    // By column it is no cast of the table.
    let x = weights();
    let y = int8(&x, &groups(|_, column| column));
    assert!(keys((Dtype::BF16, &x), (Dtype::BF16, &y)).is_empty());
}

#[test]
fn codes_beside_their_weights_have_a_factor_for_each_square() {
    let squares = groups(|row, column| row / 128 * 2 + column / 128);
    let codes: Vec<f64> = weights()
        .iter()
        .map(|x| rounded(Dtype::F8E4M3, x * 4000.0))
        .collect();
    let scale = |square: usize| 0.001 + square as f64 * 0.000_37;
    let product = |(code, square): (&f64, &usize)| {
        rounded(Dtype::BF16, f64::from(*code as f32 * scale(*square) as f32))
    };
    let y: Vec<f64> = codes.iter().zip(&squares).map(product).collect();
    let found = keys((Dtype::F8E4M3, &codes), (Dtype::BF16, &y));
    assert!(found.contains(&"times:f32/128x128".to_owned()), "{found:?}");
    // Blocks lie in squares.
    assert!(!found.contains(&"times/32".to_owned()), "{found:?}");
    assert!(!found.contains(&"times/row".to_owned()), "{found:?}");
}

#[test]
fn one_factor_for_all_is_said_as_one() {
    let x = weights();
    let y: Vec<f64> = x.iter().map(|x| rounded(Dtype::BF16, x * 0.75)).collect();
    let found = keys((Dtype::BF16, &x), (Dtype::BF16, &y));
    assert_eq!(found, ["times", "times:f32"]);
}

#[test]
fn a_row_with_a_factor_of_one_is_not_multiplied() {
    let x = weights();
    let scaled = |only: fn(usize) -> bool| -> Vec<f64> {
        let factor = |at: usize| match only(at / COLUMNS) {
            true => 1.0,
            // Of FP32, so that FP64 holds the product.
            false => f64::from(1.3 + (at / COLUMNS) as f32 * 0.01),
        };
        let numbered = x.iter().enumerate();
        numbered
            .map(|(at, x)| rounded(Dtype::BF16, x * factor(at)))
            .collect()
    };
    let all = keys((Dtype::BF16, &x), (Dtype::BF16, &scaled(|_| false)));
    assert!(all.contains(&"times/row".to_owned()), "{all:?}");
    let but_one = keys((Dtype::BF16, &x), (Dtype::BF16, &scaled(|row| row == 200)));
    assert!(but_one.is_empty(), "{but_one:?}");
}
