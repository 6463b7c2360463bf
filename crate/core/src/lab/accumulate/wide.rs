//! Sums that are rounded to FP32 or FP64 and to nothing narrower.

/// Partial sums.
const LANES: usize = 8;

/// Eight partial sums, taken in turn, and then halves: the order of an AVX register.
pub(super) fn in_eight(weights: &[f32], inputs: &[f32]) -> f32 {
    let (weights, last_weights) = weights.as_chunks::<LANES>();
    let (inputs, last_inputs) = inputs.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (weights, inputs) in weights.iter().zip(inputs) {
        add(&mut sums, weights, inputs);
    }
    add(&mut sums, last_weights, last_inputs);
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
}

#[inline(always)]
fn add(sums: &mut [f32; LANES], weights: &[f32], inputs: &[f32]) {
    for (sum, (weight, input)) in sums.iter_mut().zip(weights.iter().zip(inputs)) {
        *sum += weight * input;
    }
}

pub(super) fn sequential(weights: &[f32], inputs: &[f32]) -> f32 {
    let pairs = weights.iter().zip(inputs);
    pairs.fold(0.0, |sum, (weight, input)| sum + weight * input)
}

pub(super) fn tiles(weights: &[f32], inputs: &[f32], size: u32) -> f32 {
    let size = size.max(1) as usize;
    let tiles = weights.chunks(size).zip(inputs.chunks(size));
    tiles.fold(0.0, |sum, (weights, inputs)| {
        sum + sequential(weights, inputs)
    })
}

/// The tree in one pass: sums of 2ⁱ products wait until their neighbour is there, as the ones of a
/// counter do for the carry. What is left waiting is added from the right.
pub(super) fn pairwise(weights: &[f32], inputs: &[f32]) -> f32 {
    let mut waiting = [0.0; usize::BITS as usize];
    for (index, (weight, input)) in weights.iter().zip(inputs).enumerate() {
        let level = index.trailing_ones() as usize;
        let left = &waiting[..level];
        waiting[level] = left.iter().fold(weight * input, |right, left| left + right);
    }
    let count = weights.len().min(inputs.len());
    let levels = (0..waiting.len()).filter(|level| count >> level & 1 == 1);
    let sums = levels.map(|level| waiting[level]);
    sums.reduce(|right, left| left + right).unwrap_or(0.0) + 0.0
}

/// Products of two FP32 numbers are exact in FP64.
pub(super) fn double(weights: &[f32], inputs: &[f32]) -> f32 {
    double_sum(weights, inputs) as f32
}

/// The FP64 sum before it is rounded.
pub(super) fn double_sum(weights: &[f32], inputs: &[f32]) -> f64 {
    let pairs = weights.iter().zip(inputs);
    pairs.fold(0.0, |sum, (weight, input)| {
        sum + f64::from(*weight) * f64::from(*input)
    })
}
