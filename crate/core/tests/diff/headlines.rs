//! The sentences that a person can quote, word by word.

use floatscope_core::diff::Side;
use floatscope_core::format::Dtype;

use crate::support::*;

/// What becomes of a tensor.
#[derive(Clone, Copy)]
enum Fate {
    Same,
    /// Rounded to the nearest BF16.
    Rounded,
    /// Times so much in FP32.
    Times(f64),
    /// Through FP16, stored as FP32.
    Through,
    /// One value is another.
    OneValue,
    /// Rows one further.
    Rows,
    /// Zeros of the other sign, among numbers that no narrow format has.
    Zeros,
    /// Other values throughout.
    Other,
}

fn numbers(at: usize) -> Vec<f64> {
    let numbers = Random(at as u64 + 1).units(24 * 8);
    numbers.iter().map(|x| f64::from(*x as f32)).collect()
}

fn pair(at: usize, fate: Fate) -> [Tensor; 2] {
    let name = format!("t{at}");
    let mut a = numbers(at);
    if matches!(fate, Fate::Zeros) {
        a[5] = 0.0;
    }
    let same = Tensor::of(&name, Dtype::F32, &a).shaped(&[24, 8]);
    let mut b = a.clone();
    let mut dtype = Dtype::F32;
    match fate {
        Fate::Same => {}
        Fate::Rounded => dtype = Dtype::BF16,
        Fate::Times(factor) => b.iter_mut().for_each(|x| *x *= factor),
        Fate::Through => {
            let half = layout(Dtype::F16);
            let through = |x: f64| {
                half.decode(half.encode(
                    x,
                    floatscope_core::format::Rounding::NearestEven,
                    floatscope_core::format::Overflow::Ieee,
                ))
            };
            b.iter_mut().for_each(|x| *x = through(*x));
        }
        Fate::OneValue => b[77] = 3.25,
        Fate::Rows => b.rotate_left(8),
        Fate::Zeros => b[5] = -0.0,
        Fate::Other => b = numbers(at + 100),
    }
    [same, Tensor::of(&name, dtype, &b).shaped(&[24, 8])]
}

fn sides(fates: &[Fate]) -> [Vec<Tensor>; 2] {
    let pairs: Vec<[Tensor; 2]> = fates
        .iter()
        .enumerate()
        .map(|(at, fate)| pair(at, *fate))
        .collect();
    [0, 1].map(|side| pairs.iter().map(|pair| pair[side].clone()).collect())
}

fn headline(fates: &[Fate]) -> String {
    let [a, b] = sides(fates);
    str_of(&report_of(&a, &b), "headline").to_owned()
}

use Fate::*;

#[test]
fn identical() {
    assert_eq!(
        headline(&[Same]),
        "A and B are identical: the one tensor is the same, bit for bit."
    );
    assert_eq!(
        headline(&[Same; 2]),
        "A and B are identical: both tensors are the same, bit for bit."
    );
    assert_eq!(
        headline(&[Same; 3]),
        "A and B are identical: all 3 tensors are the same, bit for bit."
    );
    assert_eq!(headline(&[]), "There is nothing to compare.");
}

#[test]
fn one_explanation() {
    assert_eq!(headline(&[Rounded]), "B is A rounded to the nearest BF16.");
    assert_eq!(
        headline(&[Rounded; 2]),
        "B is A rounded to the nearest BF16, in both tensors."
    );
    assert_eq!(
        headline(&[Rounded; 3]),
        "B is A rounded to the nearest BF16, in all 3 tensors."
    );
    let [a, b] = sides(&[Rounded; 3]);
    let swapped = report_of(&b, &a);
    assert_eq!(
        swapped["headline"],
        "A is B rounded to the nearest BF16, in all 3 tensors."
    );
}

#[test]
fn what_most_are_comes_first() {
    let says = "B is A rounded to the nearest BF16 in 2 of 3 tensors. 1 is identical, bit for bit.";
    assert_eq!(headline(&[Rounded, Rounded, Same]), says);
    let says = "2 of 3 tensors are identical, bit for bit. B is A rounded to the nearest BF16 in 1 of 3 tensors.";
    assert_eq!(headline(&[Same, Rounded, Same]), says);
}

#[test]
fn several_explanations() {
    let says = "B is A rounded to the nearest BF16 in 2 of 4 tensors; × 0.5, rounded to the nearest FP32 in 1; \
        rounded to the nearest FP16, stored as FP32 in 1.";
    assert_eq!(headline(&[Rounded, Times(0.5), Through, Rounded]), says);
}

/// Two factors are one explanation.
#[test]
fn factors_of_many_tensors_have_their_words_in_common() {
    assert_eq!(
        headline(&[Times(0.5), Times(0.5)]),
        "B is A × 0.5, rounded to the nearest FP32, in both tensors."
    );
    assert_eq!(
        headline(&[Times(0.5), Times(2.0)]),
        "B is A × …, in both tensors."
    );
}

#[test]
fn unexplained() {
    let one_value = "1 of 192 values differs";
    assert_eq!(
        headline(&[OneValue]),
        format!("The one tensor differs, and no conversion explains it: {one_value}.")
    );
    let says = "1 of 2 tensors differs, and no conversion explains it: 24 rows have changed places: the same rows in another order.";
    assert_eq!(
        headline(&[Same, Rows]),
        format!("1 of 2 tensors is identical, bit for bit. {says}")
    );
    let says =
        "Both tensors differ, and no conversion explains it: the same rows in another order.";
    assert_eq!(headline(&[Rows, Rows]), says);
    let says = "All 3 tensors differ, and no conversion explains it: a few values in each.";
    assert_eq!(headline(&[OneValue; 3]), says);
    let mixed = "Both tensors differ, and no conversion explains it.";
    assert_eq!(headline(&[OneValue, Rows]), mixed);
}

/// Integers have no looks, and what is said of all must hold for them.
#[test]
fn what_some_look_like_is_not_said_of_all() {
    let [mut a, mut b] = sides(&[OneValue, OneValue]);
    a.push(Tensor::new("i", Dtype::I8, &[3], vec![1, 2, 3]));
    b.push(Tensor::new("i", Dtype::I8, &[3], vec![1, 7, 3]));
    let says = "All 3 tensors differ, and no conversion explains it.";
    assert_eq!(report_of(&a, &b)["headline"], says);
}

/// Equal values that no conversion explains: -0 is there where 0 was.
#[test]
fn equal_values_of_other_bits_are_told() {
    let [a, b] = sides(&[Zeros]);
    let report = report_of(&a, &b);
    assert_eq!(report["pairs"]["equal"], 1);
    let headline = str_of(&report, "headline");
    assert!(headline.contains("equal"), "{headline:?}");
}

/// What a tensor of equal values looks like is said of no other.
#[test]
fn the_look_is_that_of_the_tensor_that_differs() {
    let headline = headline(&[Zeros, Rows, Same, Same]);
    assert!(
        headline.contains("24 rows have changed places"),
        "{headline:?}"
    );
    assert!(!headline.contains("single bit"), "{headline:?}");
}

#[test]
fn everything_at_once() {
    let [mut a, mut b] = sides(&[Same, Rounded, Other, Same, Same]);
    a.push(Tensor::of("alone", Dtype::F32, &numbers(50)));
    b.extend([
        Tensor::of("b1", Dtype::F32, &[1.0]),
        Tensor::of("b2", Dtype::F32, &[1.0]),
    ]);
    a.push(Tensor::of("shape", Dtype::F32, &[1.0]));
    b.push(Tensor::of("shape", Dtype::F32, &[1.0, 2.0]));
    let both = both(&a, &b);
    let mut comparison = opened(&both);
    comparison.start(1);
    let run = comparison.next_run().expect("a run");
    comparison.merge(run.id, look(&run, &both)[..2].to_vec());
    // The third one is compared, and the fourth fails twice.
    comparison.give_back(run.id);
    let run = comparison.next_run().expect("a run");
    comparison.merge(run.id, look(&run, &both)[..1].to_vec());
    comparison.fail(run.id, Some(Side::B), "gone");
    while let Some(run) = comparison.next_run() {
        let is_retry = run.spans().len() == 1 && comparison.waiting_bytes() == 0;
        match is_retry {
            true => comparison.fail(run.id, Some(Side::B), "gone"),
            false => comparison.merge(run.id, look(&run, &both)),
        };
    }
    let says = "2 of 4 tensors are identical, bit for bit. B is A rounded to the nearest BF16 in 1 of 4 tensors. \
        1 of 4 tensors differs, and no conversion explains it: the values differ throughout. \
        1 tensor is only in A, 2 tensors are only in B and 1 tensor is of two shapes. 1 tensor was not compared.";
    assert_eq!(report(&comparison)["headline"], says);
}
