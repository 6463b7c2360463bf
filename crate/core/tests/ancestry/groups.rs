//! Quantisers: each group of elements is written with few codes and one scale.

use super::round::{E2M1, E4M3, Small, binade};

/// Rows and columns of a group; `usize::MAX` for all of them.
pub(crate) type Size = (usize, usize);
pub(crate) const ALL: usize = usize::MAX;

/// Replaces every group of a matrix by what a quantiser makes of it.
pub(crate) fn by_group(
    values: &[f64],
    columns: usize,
    (height, width): Size,
    quantise: impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let rows = values.len() / columns;
    let (height, width) = (height.min(rows), width.min(columns));
    let mut out = values.to_vec();
    for top in (0..rows).step_by(height) {
        for left in (0..columns).step_by(width) {
            let of_row = |row: usize| {
                (left..columns.min(left + width)).map(move |column| row * columns + column)
            };
            let places: Vec<usize> = (top..rows.min(top + height)).flat_map(of_row).collect();
            let group: Vec<f64> = places.iter().map(|place| values[*place]).collect();
            for (place, value) in places.iter().zip(quantise(&group)) {
                out[*place] = value;
            }
        }
    }
    out
}

fn amax(group: &[f64]) -> f64 {
    group.iter().fold(0.0, |most, value| value.abs().max(most))
}

fn f32(x: f64) -> f64 {
    f64::from(x as f32)
}

/// A small float whose largest code is the group's largest value.
pub(crate) fn scaled(format: Small) -> impl Fn(&[f64]) -> Vec<f64> {
    move |group| {
        let scale = f32(amax(group) / format.largest).max(f64::MIN_POSITIVE);
        let value = |x: &f64| f32(format.nearest(f32(x / scale)) * scale);
        group.iter().map(value).collect()
    }
}

/// Integers from −most to most.
pub(crate) fn integers(most: f64) -> impl Fn(&[f64]) -> Vec<f64> {
    move |group| {
        let scale = f32(amax(group) / most).max(f64::MIN_POSITIVE);
        let value = |x: &f64| f32(f32(x / scale).round_ties_even() * scale);
        group.iter().map(value).collect()
    }
}

/// Integers from 0 to `most` with a zero point.
pub(crate) fn with_zero_point(most: f64) -> impl Fn(&[f64]) -> Vec<f64> {
    move |group| {
        let least = group.iter().copied().fold(0.0, f64::min);
        let largest = group.iter().copied().fold(0.0, f64::max);
        let scale = f32((largest - least) / most).max(f64::MIN_POSITIVE);
        let zero = (-least / scale).round_ties_even();
        let code = |x: f64| ((x / scale).round_ties_even() + zero).clamp(0.0, most);
        group
            .iter()
            .map(|x| f32((code(*x) - zero) * scale))
            .collect()
    }
}

/// Integers from 0 to `most` above the group's smallest value, as it is.
pub(crate) fn with_offset(most: f64) -> impl Fn(&[f64]) -> Vec<f64> {
    move |group| {
        let least = group.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = group.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scale = f32((largest - least) / most).max(f64::MIN_POSITIVE);
        let value = |x: &f64| f32(f32(((x - least) / scale).round_ties_even() * scale) + least);
        group.iter().map(value).collect()
    }
}

/// The OCP's blocks: a power of two that puts the largest value into the top binade.
pub(crate) fn microscaled(format: Small) -> impl Fn(&[f64]) -> Vec<f64> {
    move |group| {
        let largest = amax(group);
        if largest == 0.0 {
            return group.to_vec();
        }
        let scale = libm::ldexp(1.0, binade(largest) - format.top());
        let value = |x: &f64| format.nearest(x / scale) * scale;
        group.iter().map(value).collect()
    }
}

/// Blocks of E2M1 with E4M3 scales and one scale for the tensor.
pub(crate) fn nvfp4(of_tensor: f64) -> impl Fn(&[f64]) -> Vec<f64> {
    let outer = f32(of_tensor / (E2M1.largest * E4M3.largest));
    move |group| {
        let scale = E4M3.nearest(f32(amax(group) / E2M1.largest / outer)) * outer;
        let scale = f32(scale).max(f64::MIN_POSITIVE);
        let value = |x: &f64| f32(E2M1.nearest(f32(x / scale)) * scale);
        group.iter().map(value).collect()
    }
}

/// NF4 (Dettmers et al. 2023).
const NF4: [f64; 16] = [
    -1.0,
    -0.696_192_800_998_687_7,
    -0.525_073_051_452_636_7,
    -0.394_917_488_098_144_53,
    -0.284_441_381_692_886_35,
    -0.184_773_430_228_233_34,
    -0.091_050_036_251_544_95,
    0.0,
    0.079_580_299_556_255_34,
    0.160_930_201_411_247_25,
    0.246_112_301_945_686_34,
    0.337_915_241_718_292_24,
    0.440_709_829_330_444_34,
    0.562_617_003_917_694_1,
    0.722_956_836_223_602_3,
    1.0,
];

/// The nearest of NF4's levels.
pub(crate) fn nf4(group: &[f64]) -> Vec<f64> {
    let scale = f32(amax(group)).max(f64::MIN_POSITIVE);
    let level = |x: &f64| {
        let x = x / scale;
        let nearest = NF4
            .into_iter()
            .min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs()));
        f32(nearest.expect("sixteen levels") * scale)
    };
    group.iter().map(level).collect()
}
