//! Weights as a policy wants them: there and back through a cast, then rounded.

use std::borrow::Cow;

use floatscope_simd::decode;
use floatscope_simd::product::Elements;

use super::policy::{Precision, Weights};
use crate::cast::{Cast, Group, Rule, Scale, ScaleRule, Scaling};
use crate::format::Dtype;

/// Rows that a block has a multiple of where a cast's scales are shared across rows.
pub(super) const BAND: usize = 128;

/// How the elements of a type are multiplied.
fn elements(dtype: Dtype) -> Elements {
    match dtype {
        Dtype::BF16 => Elements::Bf16,
        Dtype::F16 => Elements::F16,
        _ => Elements::F32,
    }
}

/// The numbers of BF16, FP16 or FP32 bytes.
pub(super) fn numbers(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    let mut numbers = Vec::new();
    decode(elements(dtype), bytes, &mut numbers);
    numbers
}

/// Appends the numbers that bytes hold.
pub(super) fn decode(elements: Elements, bytes: &[u8], out: &mut Vec<f32>) {
    match elements {
        Elements::Bf16 => decode::extend_from_bf16(bytes, out),
        Elements::F16 => decode::extend_from_f16(bytes, out),
        Elements::F32 => decode::extend_from_f32(bytes, out),
    }
}

/// Whether the cast's scales take the largest magnitude of the whole tensor.
pub(super) fn needs_peak(weights: Weights) -> bool {
    let Weights::Cast(cast) = weights else {
        return false;
    };
    matches!(
        cast.scaling,
        Scaling::Real(Group::Tensor) | Scaling::TwoLevels
    )
}

/// Some whole rows as a run multiplies them, and what they are stored as.
///
/// `peak` is the largest magnitude of the tensor, where the cast needs it.
pub(super) fn prepared(
    dtype: Dtype,
    bytes: &[u8],
    columns: usize,
    (weights, precision): (Weights, Precision),
    peak: f32,
) -> (Elements, Cow<'_, [u8]>) {
    if weights == Weights::Stored && holds(precision, dtype) {
        return (elements(dtype), Cow::Borrowed(bytes));
    }
    let mut numbers = numbers(dtype, bytes);
    if let Weights::Cast(cast) = weights {
        there_and_back(cast, &mut numbers, columns, peak);
    }
    precision.round_all(&mut numbers);
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
    (Elements::F32, Cow::Owned(bytes.collect()))
}

/// Whether rounding the type's numbers changes none.
fn holds(precision: Precision, dtype: Dtype) -> bool {
    match precision {
        Precision::F32 => true,
        Precision::Bf16 => dtype == Dtype::BF16,
        Precision::F16 => dtype == Dtype::F16,
    }
}

/// Casts whole rows by the definition, value by value.
fn there_and_back(cast: &Cast, numbers: &mut [f32], columns: usize, peak: f32) {
    let rule = Rule::of(cast);
    let scales = ScaleRule::of(cast, peak);
    let scaled = |group: &mut [f32]| {
        let scale = scales.scale(peak_of(group).into());
        round(&rule, scale, group.iter_mut());
    };
    match cast.scaling {
        Scaling::None => numbers
            .iter_mut()
            .for_each(|it| *it = rule.unscaled((*it).into(), false).value as f32),
        Scaling::Real(Group::Tensor) => round(&rule, scales.scale(peak.into()), numbers.iter_mut()),
        Scaling::Real(Group::Row) => numbers.chunks_mut(columns).for_each(scaled),
        Scaling::Real(Group::Line(run)) => numbers.chunks_mut(run as usize).for_each(scaled),
        Scaling::Real(Group::Run(run)) => in_rows(numbers, columns, run as usize, scaled),
        Scaling::PowerOfTwo => in_rows(numbers, columns, 32, scaled),
        Scaling::TwoLevels => in_rows(numbers, columns, 16, scaled),
        Scaling::Real(Group::Square) => squares(numbers, columns, |square| {
            let peak = square.iter().map(|&&mut it| it);
            let scale = scales.scale(peak_of(&peak.collect::<Vec<_>>()).into());
            round(&rule, scale, square.iter_mut().map(|it| &mut **it));
        }),
    }
}

/// Each run of a row's numbers, anew in each row.
fn in_rows(numbers: &mut [f32], columns: usize, run: usize, mut each: impl FnMut(&mut [f32])) {
    let rows = numbers.chunks_mut(columns);
    rows.for_each(|row| row.chunks_mut(run).for_each(&mut each));
}

fn squares(numbers: &mut [f32], columns: usize, mut each: impl FnMut(&mut Vec<&mut f32>)) {
    for band in numbers.chunks_mut(BAND * columns) {
        let mut squares: Vec<Vec<&mut f32>> = Vec::new();
        squares.resize_with(columns.div_ceil(BAND), Vec::new);
        for row in band.chunks_mut(columns) {
            for (square, part) in squares.iter_mut().zip(row.chunks_mut(BAND)) {
                square.extend(part);
            }
        }
        squares.iter_mut().for_each(&mut each);
    }
}

fn round<'a>(rule: &Rule, scale: Scale, numbers: impl Iterator<Item = &'a mut f32>) {
    numbers.for_each(|it| *it = rule.scaled((*it).into(), scale).value as f32);
}

/// The largest magnitude; infinity where a number is not finite.
pub(super) fn peak_of(numbers: &[f32]) -> f32 {
    let largest = |peak: f32, number: &f32| match number.is_finite() {
        true => peak.max(number.abs()),
        false => f32::INFINITY,
    };
    numbers.iter().fold(0.0, largest)
}
