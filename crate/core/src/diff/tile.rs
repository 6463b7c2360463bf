//! What is decoded of one tile of both sides.

use crate::format::FloatLayout;
use floatscope_simd::differences::are_finite;
use floatscope_simd::places::Spacing;
use floatscope_simd::rounding::{Rounding, round};

/// What is decoded of a tile.
#[derive(Default)]
pub(super) struct Tile {
    pub(super) values: [Vec<f32>; 2],
    /// Indices of the pairs that are not finite on both sides.
    pub(super) odd: Vec<usize>,
    /// Whether nearest even alone explains these, from A to B and from B to A.
    pub(super) rounds_odd: [bool; 2],
    /// The other pairs, where there are odd ones.
    rest: [Vec<f32>; 2],
    rounded: Vec<f32>,
}

impl Tile {
    /// Sets the pairs apart that are not finite on both sides.
    pub(super) fn find_odd(&mut self) {
        self.odd.clear();
        let [x, y] = &self.values;
        if are_finite(x) && are_finite(y) {
            return;
        }
        self.rest.iter_mut().for_each(Vec::clear);
        for (at, (x, y)) in x.iter().zip(y).enumerate() {
            if x.is_finite() && y.is_finite() {
                self.rest[0].push(*x);
                self.rest[1].push(*y);
            } else {
                self.odd.push(at);
            }
        }
    }

    /// The pairs that are finite on both sides.
    pub(super) fn finite(&self) -> [&[f32]; 2] {
        let pairs = if self.odd.is_empty() {
            &self.values
        } else {
            &self.rest
        };
        pairs.each_ref().map(Vec::as_slice)
    }

    /// Rounds the finer side to the format of the other; `false` where something overflows there.
    pub(super) fn round_to(
        &mut self,
        finer: [bool; 2],
        spacing: Spacing,
        layout: &FloatLayout,
    ) -> bool {
        let Some(side) = finer.iter().position(|is_finer| *is_finer) else {
            return true;
        };
        let mut rounded = std::mem::take(&mut self.rounded);
        rounded.clear();
        round(
            self.finite()[side],
            spacing,
            Rounding::NearestEven,
            &mut rounded,
        );
        self.rounded = rounded;
        let largest = layout.decode(layout.max_finite_code()) as f32;
        self.rounded
            .iter()
            .fold(true, |all, value| all & (value.abs() <= largest))
    }

    /// The finite pairs, the finer side as it was rounded.
    pub(super) fn rounded(&self, finer: [bool; 2]) -> [&[f32]; 2] {
        let [x, y] = self.finite();
        [
            if finer[0] { &self.rounded } else { x },
            if finer[1] { &self.rounded } else { y },
        ]
    }
}

/// Whether all are zero, of either sign.
pub(super) fn is_zero(numbers: &[f32]) -> bool {
    numbers.iter().all(|number| *number == 0.0)
}
