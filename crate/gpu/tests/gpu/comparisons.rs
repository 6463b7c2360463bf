//! Differences of two outputs, reduced on the device, against the twin; and the twin against `half`.

use crate::random::{Case, Random, twin_under};
use crate::{open, untried};
use floatscope_core::format::Dtype;
use floatscope_gpu::{Gpu, Model, Options, Reduction, twins};
use half::bf16;
use pollster::block_on;

/// Counts and the maximum are the same, sums are within 2⁻¹⁸.
fn agree(got: &Reduction, wanted: &Reduction) {
    let counts = |of: &Reduction| (of.count, of.equal, of.not_finite, of.max_places, of.bins);
    assert_eq!(counts(got), counts(wanted));
    assert_eq!(got.max_abs, wanted.max_abs);
    let near = |got: f64, wanted: f64| (got - wanted).abs() <= wanted / f64::from(1 << 18);
    assert!(near(got.sum_abs, wanted.sum_abs), "{got:?}, {wanted:?}");
    assert!(
        near(got.sum_squares, wanted.sum_squares),
        "{got:?}, {wanted:?}"
    );
}

fn compared(gpu: &mut Gpu, case: &Case, models: [Model; 2]) -> Reduction {
    let weights = case.weights();
    let reduction = gpu.compare_models(&weights, &case.inputs, case.tokens, models);
    block_on(reduction).expect("its products are exact")
}

/// Any normal number, infinity, NaN or zero.
fn anything(random: &mut Random) -> f32 {
    loop {
        let number = f32::from_bits(random.next() << (random.next() % 20));
        if !number.is_subnormal() {
            return number;
        }
    }
}

/// Pairs that are the same, near, far, or not numbers at all. No difference is subnormal.
fn pairs(count: usize, seed: u64) -> [Vec<f32>; 2] {
    let mut random = Random::new(seed);
    let mut both = [Vec::new(), Vec::new()];
    while both[0].len() < count {
        let a = anything(&mut random);
        let b = match random.next() % 5 {
            0 => a,
            1 => -a,
            2 => f32::from_bits(a.to_bits() ^ 1 << (random.next() % 24)),
            3 => a * (1.0 + (random.next() % 1000) as f32 / 1e5),
            _ => anything(&mut random),
        };
        if !b.is_subnormal() && !(a - b).is_subnormal() {
            both[0].push(a);
            both[1].push(b);
        }
    }
    both
}

#[test]
fn any_two_outputs_are_compared_as_the_twin_does() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    for (seed, count) in [1, 2, 255, 4095, 4096, 4097, 100_003]
        .into_iter()
        .enumerate()
    {
        let [a, b] = pairs(count, seed as u64 + 11);
        let got = block_on(gpu.compare(&a, &b)).expect("it fits");
        agree(&got, &twins::compare::reduction(&a, &b));
    }
}

#[test]
fn sums_neither_overflow_nor_vanish() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    for size in [1e-35f32, 1e-20, 1.0, 1e20, 1e38] {
        let mut random = Random::new(3);
        // Between size / 128 and size.
        let share = |bits: u32| (bits >> 8 | 1 << 17) as f32 / 2f32.powi(24);
        let a: Vec<f32> = (0..10_000).map(|_| share(random.next()) * size).collect();
        let b = vec![0.0; a.len()];
        let got = block_on(gpu.compare(&a, &b)).expect("it fits");
        agree(&got, &twins::compare::reduction(&a, &b));
        let exact = a.iter().map(|a| f64::from(*a) * f64::from(*a)).sum::<f64>();
        assert!((got.sum_squares / exact - 1.0).abs() < 1e-5);
        assert!((got.rms().expect("there are some") / f64::from(size) - 0.577).abs() < 0.02);
    }
}

/// The twin's distances are differences of codes as `half` rounds.
#[test]
fn the_twins_bins_are_distances_of_half() {
    let [a, b] = pairs(20_000, 5);
    let mut bins = [0u64; 34];
    let mut finite = 0;
    for (a, b) in a.iter().zip(&b) {
        let place = |number: f32| {
            let code = bf16::from_f32(number).to_bits();
            let magnitude = i64::from(code & 0x7fff);
            if code >> 15 == 1 {
                -magnitude
            } else {
                magnitude
            }
        };
        let is_finite = |number: &f32| bf16::from_f32(*number).is_finite();
        if is_finite(a) && is_finite(b) {
            let apart = place(*a).abs_diff(place(*b));
            let edges = (0..33).map(|power| 1u64 << power);
            let bin = if apart == 0 {
                0
            } else {
                1 + edges.take_while(|edge| *edge < apart).count()
            };
            bins[bin] += 1;
            finite += 1;
        }
    }
    let got = twins::compare::reduction(&a, &b);
    assert_eq!(got.bins[1..34], bins[1..]);
    assert!(finite > 10_000 && got.bins[0] >= bins[0]);
}

#[test]
fn two_rules_are_compared_without_their_outputs_coming_back() {
    let Some(mut gpu) = open(&untried()) else {
        return;
    };
    let case = Case::new(Dtype::BF16, [301, 555, 37], 21);
    for models in [
        [Model::F32Sequential, Model::Bf16],
        [Model::F32Pairwise, Model::F32Tiles(64)],
        [Model::F32, Model::F32],
    ] {
        let got = compared(&mut gpu, &case, models);
        let [a, b] = models.map(|model| twin_under(model, &case));
        let wanted = twins::compare::reduction(&a, &b);
        agree(&got, &wanted);
        assert_eq!(got.count, 301 * 37);
        assert_eq!(got.equal == got.count, models[0] == models[1]);
    }
}

#[test]
fn figures_do_not_depend_on_the_cut() {
    let Some(mut whole) = open(&untried()) else {
        return;
    };
    let options = Options {
        largest_binding_bytes: 256 << 10,
        ..untried()
    };
    let mut pieces = open(&options).expect("it was there a moment ago");
    let case = Case::new(Dtype::BF16, [700, 256, 300], 23);
    let models = [Model::F32Sequential, Model::F32Pairwise];
    let [got, wanted] = [&mut pieces, &mut whole].map(|gpu| compared(gpu, &case, models));
    agree(&got, &wanted);
    let [a, b] = pairs(200_000, 29);
    let [got, wanted] =
        [&mut pieces, &mut whole].map(|gpu| block_on(gpu.compare(&a, &b)).expect("it fits"));
    agree(&got, &wanted);
}
