//! What is chosen lies where it should, is as much as was asked for, and is the same each time.

use super::*;

fn tensor(name: &str, dtype: Dtype, shape: &[u64], begin: u64) -> TensorInfo {
    let elements: u64 = shape.iter().product();
    TensorInfo {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
        begin,
        end: begin + bytes_of(dtype, elements),
    }
}

fn all_choices(tensors: &[TensorInfo], size: SampleSize) -> Vec<Choice> {
    choose(&tensors.iter().collect::<Vec<_>>(), size)
}

const SIZE: SampleSize = SampleSize {
    bytes: 1 << 20,
    stretches: 64,
};

#[test]
fn what_is_no_larger_than_the_sample_is_read_whole() {
    let tensors = [tensor("a", Dtype::F32, &[512, 512], 0)];
    assert_eq!(all_choices(&tensors, SIZE), [Choice::Whole]);
}

#[test]
fn stretches_are_whole_rows_of_whole_bytes_one_in_each_stratum() {
    let shapes: [&[u64]; 8] = [
        &[400_000, 63],
        &[4096, 4096],
        &[300, 50, 1001],
        &[9_000_000],
        &[20_000_000, 1],
        &[17, 1_000_001],
        &[3, 4_000_000],
        &[50_000, 385],
    ];
    for dtype in [
        Dtype::BF16,
        Dtype::F32,
        Dtype::F4,
        Dtype::F6E2M3,
        Dtype::C64,
        Dtype::I64,
    ] {
        for shape in shapes {
            let odd = shape.iter().product::<u64>() * u64::from(dtype.bits()) % 8 != 0;
            if odd {
                continue;
            }
            let tensor = tensor("weight", dtype, shape, 1000);
            let [choice] = &all_choices(std::slice::from_ref(&tensor), SIZE)[..] else {
                panic!("one tensor, one choice");
            };
            let Choice::Some(sampled) = choice else {
                panic!("{dtype} {shape:?}: {choice:?}");
            };
            check(&tensor, sampled);
        }
    }
}

#[test]
fn nearly_half_of_long_rows_is_read_once() {
    for columns in (90_000..250_000).step_by(7001) {
        for rows in [3, 5, 7, 9, 11, 17] {
            let tensor = tensor("weight", Dtype::BF16, &[rows, columns], 1000);
            for part in 3..9 {
                let size = SampleSize {
                    bytes: tensor.bytes() / part,
                    stretches: 8,
                };
                match &all_choices(std::slice::from_ref(&tensor), size)[0] {
                    Choice::Some(sampled) => check_places(&tensor, sampled),
                    other => assert_eq!(other, &Choice::Whole),
                }
            }
        }
    }
}

#[test]
fn what_is_chosen_does_not_depend_on_the_order_of_the_files() {
    let mut tensors = Vec::new();
    for layer in 0..100 {
        for (kind, columns) in [("up", 512), ("down", 385)] {
            let name = format!("h.{layer}.{kind}");
            tensors.push(tensor(&name, Dtype::BF16, &[512, columns], 0));
        }
    }
    let mut chosen = all_choices(&tensors, SIZE);
    tensors.reverse();
    chosen.reverse();
    assert_eq!(chosen, all_choices(&tensors, SIZE));
}

fn check(tensor: &TensorInfo, sampled: &Sampled) {
    let bytes = sampled.bytes(tensor.dtype);
    assert!(
        (SIZE.bytes / 8..=SIZE.bytes * 2).contains(&bytes),
        "{bytes} {} {:?}",
        tensor.dtype,
        tensor.shape
    );
    check_places(tensor, sampled);
}

fn check_places(tensor: &TensorInfo, sampled: &Sampled) {
    let whole = Matrix::of(&tensor.shape);
    let says = format!("{} {:?}: {sampled:?}", tensor.dtype, tensor.shape);
    let count = sampled.firsts.len() as u64;
    assert_eq!(
        sampled.matrix.elements(),
        sampled.elements * count,
        "{says}"
    );
    for (at, piece) in sampled.pieces(0, tensor).iter().enumerate() {
        let first = sampled.firsts[at];
        let bits = u64::from(tensor.dtype.bits());
        assert!(
            (first * bits).is_multiple_of(8) && (piece.span.first * bits).is_multiple_of(8),
            "{says}"
        );
        assert_eq!(piece.begin, tensor.begin + first * bits / 8, "{says}");
        assert!(piece.end() <= tensor.end, "{says}");
        assert!(
            at == 0 || first >= sampled.firsts[at - 1] + sampled.elements,
            "{says}"
        );
        match sampled.is_cut {
            false => assert!(first.is_multiple_of(whole.columns), "{says}"),
            true => {
                let (row, last) = (
                    first / whole.columns,
                    (first + sampled.elements - 1) / whole.columns,
                );
                assert_eq!(row, last, "{says}");
                assert!((first % whole.columns).is_multiple_of(TILE), "{says}");
            }
        }
    }
}

#[test]
fn too_many_tensors_are_represented_by_some_of_each_pattern() {
    let mut tensors = vec![tensor("embed", Dtype::BF16, &[1000, 512], 0)];
    for layer in 0..600 {
        for kind in ["up", "down"] {
            tensors.push(tensor(
                &format!("h.{layer}.{kind}"),
                Dtype::BF16,
                &[512, 512],
                0,
            ));
        }
    }
    let choices = all_choices(&tensors, SIZE);
    let kept: Vec<usize> = (0..tensors.len())
        .filter(|at| choices[*at] != Choice::Nothing)
        .collect();
    assert!(choices[0] != Choice::Nothing, "the only one of its kind");
    let up = kept
        .iter()
        .filter(|at| tensors[**at].name.ends_with("up"))
        .count();
    assert!(
        kept.len() <= 32 && (14..=16).contains(&up),
        "{up} of {}",
        kept.len()
    );
    // From all layers, not from the first.
    assert!(kept.last().is_some_and(|last| *last > 1000), "{kept:?}");
}

#[test]
fn places_are_the_same_each_time_and_differ_between_tensors() {
    let of = |name: &str| all_choices(&[tensor(name, Dtype::BF16, &[40_000, 64], 0)], SIZE);
    assert_eq!(of("a"), of("a"));
    assert_ne!(of("a"), of("b"));
}

#[test]
fn small_tensors_are_read_whole_and_large_ones_share_what_is_left() {
    let tensors = [
        tensor("norm", Dtype::BF16, &[4096], 0),
        tensor("small", Dtype::BF16, &[1000, 1000], 8192),
        tensor("large", Dtype::BF16, &[16_000, 1000], 2_008_192),
    ];
    let choices = all_choices(&tensors, SIZE);
    assert_eq!(choices[0], Choice::Whole);
    let bytes = |choice: &Choice| match choice {
        Choice::Some(sampled) => sampled.bytes(Dtype::BF16),
        other => panic!("{other:?}"),
    };
    // Sixteen times the size, four times the share.
    let (small, large) = (bytes(&choices[1]), bytes(&choices[2]));
    assert!(large > 3 * small && large < 8 * small, "{small} {large}");
    assert!(small + large <= SIZE.bytes);
}
