//! Sums that are rounded to FP32 or FP64 and to nothing narrower.
//!
//! Here and in its neighbours an input is one number for each of T tokens: sums of several tokens
//! know nothing of each other, so that compilers make vectors of them.

/// Partial sums.
const LANES: usize = 8;

/// Eight partial sums, taken in turn, and then halves: the order of an AVX register.
pub(super) fn in_eight<const T: usize>(weights: &[f32], inputs: &[[f32; T]]) -> [f32; T] {
    let (weights, last_weights) = weights.as_chunks::<LANES>();
    let (inputs, last_inputs) = inputs.as_chunks::<LANES>();
    let mut sums = [[0.0; T]; LANES];
    for (weights, inputs) in weights.iter().zip(inputs) {
        add_in_turn(&mut sums, weights, inputs);
    }
    add_in_turn(&mut sums, last_weights, last_inputs);
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    let even = sum(sum(s0, s4), sum(s2, s6));
    sum(even, sum(sum(s1, s5), sum(s3, s7)))
}

#[inline(always)]
fn add_in_turn<const T: usize>(sums: &mut [[f32; T]; LANES], weights: &[f32], inputs: &[[f32; T]]) {
    for (sums, (weight, inputs)) in sums.iter_mut().zip(weights.iter().zip(inputs)) {
        add_products(sums, *weight, inputs);
    }
}

pub(super) fn sequential<const T: usize>(weights: &[f32], inputs: &[[f32; T]]) -> [f32; T] {
    let mut sums = [0.0; T];
    for (weight, inputs) in weights.iter().zip(inputs) {
        add_products(&mut sums, *weight, inputs);
    }
    sums
}

pub(super) fn tiles<const T: usize>(weights: &[f32], inputs: &[[f32; T]], size: u32) -> [f32; T] {
    let size = size.max(1) as usize;
    let tiles = weights.chunks(size).zip(inputs.chunks(size));
    tiles.fold([0.0; T], |sums, (weights, inputs)| {
        sum(sums, sequential(weights, inputs))
    })
}

/// The tree in one pass: sums of 2ⁱ products wait until their neighbour is there, as the ones of a
/// counter do for the carry. What is left waiting is added from the right.
pub(super) fn pairwise<const T: usize>(weights: &[f32], inputs: &[[f32; T]]) -> [f32; T] {
    let mut waiting = [[0.0; T]; usize::BITS as usize];
    for (index, (weight, inputs)) in weights.iter().zip(inputs).enumerate() {
        let level = index.trailing_ones() as usize;
        let left = waiting[..level].iter();
        waiting[level] = left.fold(inputs.map(|input| weight * input), |right, left| {
            sum(*left, right)
        });
    }
    let count = weights.len().min(inputs.len());
    let levels = (0..waiting.len()).filter(|level| count >> level & 1 == 1);
    let sums = levels.map(|level| waiting[level]);
    let total = sums.reduce(|right, left| sum(left, right));
    sum([0.0; T], total.unwrap_or([0.0; T]))
}

/// Products of two FP32 numbers are exact in FP64.
pub(super) fn double<const T: usize>(weights: &[f32], inputs: &[[f32; T]]) -> [f32; T] {
    let mut sums = [0.0; T];
    for (weight, inputs) in weights.iter().zip(inputs) {
        let weight = f64::from(*weight);
        for (sum, input) in sums.iter_mut().zip(inputs) {
            *sum += weight * f64::from(*input);
        }
    }
    sums.map(|sum| sum as f32)
}

/// Adds products, in place: sums that are handed on would not stay in registers.
#[inline(always)]
fn add_products<const T: usize>(sums: &mut [f32; T], weight: f32, inputs: &[f32; T]) {
    for (sum, input) in sums.iter_mut().zip(inputs) {
        *sum += weight * input;
    }
}

/// Token by token, rounded to FP32.
#[inline(always)]
pub(super) fn sum<const T: usize>(mut a: [f32; T], b: [f32; T]) -> [f32; T] {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b;
    }
    a
}
