//! What is decoded of one tile of both sides.

/// What is decoded of a tile.
#[derive(Default)]
pub(super) struct Tile {
    pub(super) values: [Vec<f32>; 2],
    /// Without the pairs that are not finite on both sides.
    pub(super) finite: [Vec<f32>; 2],
    /// Indices of these.
    pub(super) odd: Vec<usize>,
    /// Whether nearest even alone explains these, from A to B and from B to A.
    pub(super) rounds_odd: [bool; 2],
    pub(super) rounded: Vec<f32>,
    pub(super) places: [Vec<i32>; 2],
}

impl Tile {
    /// Sets the pairs apart that are not finite on both sides.
    pub(super) fn find_odd(&mut self) {
        let [x, y] = &self.values;
        self.odd.clear();
        self.finite.iter_mut().for_each(Vec::clear);
        let both = || x.iter().zip(y);
        if are_finite(x) && are_finite(y) {
            self.finite[0].extend_from_slice(x);
            self.finite[1].extend_from_slice(y);
            return;
        }
        for (at, (x, y)) in both().enumerate() {
            if x.is_finite() && y.is_finite() {
                self.finite[0].push(*x);
                self.finite[1].push(*y);
            } else {
                self.odd.push(at);
            }
        }
    }
}

/// Without a branch, so that it is done by vectors.
pub(super) fn are_finite(numbers: &[f32]) -> bool {
    let infinity = f32::INFINITY.to_bits() as i32;
    let magnitude = |number: &f32| (number.to_bits() & (u32::MAX >> 1)) as i32;
    let odd = numbers
        .iter()
        .fold(false, |odd, number| odd | (magnitude(number) >= infinity));
    !odd
}

/// How many of a tile are not zero.
pub(super) fn nonzero(numbers: &[f32]) -> u64 {
    let counts = numbers.iter().map(|number| u32::from(*number != 0.0));
    u64::from(counts.sum::<u32>())
}

/// Whether all are zero, of either sign.
pub(super) fn is_zero(numbers: &[f32]) -> bool {
    numbers.iter().all(|number| *number == 0.0)
}
