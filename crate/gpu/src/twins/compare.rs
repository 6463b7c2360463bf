//! How far two outputs lie apart.

use crate::Reduction;
use crate::twins::rules::bf16::to_bf16;

const INFINITE: usize = 34;
const NOT_A_NUMBER: usize = 35;

/// The differences of two outputs. Differences are FP32's, as the shader takes them; sums are FP64's.
pub fn reduction(a: &[f32], b: &[f32]) -> Reduction {
    let mut reduction = Reduction::empty();
    for (a, b) in a.iter().copied().zip(b.iter().copied()) {
        add(&mut reduction, a, b);
    }
    reduction
}

fn add(reduction: &mut Reduction, a: f32, b: f32) {
    reduction.count += 1;
    reduction.equal += u64::from(a == b);
    let bin = match distance(a, b) {
        Distance::Places(places) => {
            reduction.max_places = reduction.max_places.max(places);
            bin(places)
        }
        Distance::Infinite => INFINITE,
        Distance::Nan => NOT_A_NUMBER,
    };
    reduction.bins[bin] += 1;
    let apart = f64::from((a - b).abs());
    if !(a.is_finite() && b.is_finite() && apart.is_finite()) {
        reduction.not_finite += 1;
        return;
    }
    reduction.max_abs = reduction.max_abs.max(apart);
    reduction.sum_abs += apart;
    reduction.sum_squares += apart * apart;
}

enum Distance {
    Places(u32),
    Infinite,
    Nan,
}

fn distance(a: f32, b: f32) -> Distance {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => return Distance::Places(0),
        (true, false) | (false, true) => return Distance::Nan,
        (false, false) => {}
    }
    let [a, b] = [a, b].map(to_bf16);
    match a == b {
        true => Distance::Places(0),
        false if a.is_infinite() || b.is_infinite() => Distance::Infinite,
        false => Distance::Places(place(a).abs_diff(place(b))),
    }
}

/// Where a BF16 number stands among all: its code's magnitude with its sign.
fn place(number: f32) -> i32 {
    let magnitude = (number.abs().to_bits() >> 16) as i32;
    match number.is_sign_negative() {
        true => -magnitude,
        false => magnitude,
    }
}

/// The first bin whose largest distance, 0, 1, 2, 4, 8 and so on, is no smaller.
fn bin(places: u32) -> usize {
    let fits = |bin: &usize| match bin {
        0 => places == 0,
        bin => places <= 1 << (bin - 1),
    };
    (0..INFINITE).find(fits).unwrap_or(INFINITE)
}
