//! Counts of |x| by binade: the spectrum.

use serde::Serialize;

use super::numeric::CodeCell;
use crate::estimate::Share;
use crate::format::FloatLayout;
use crate::scan::{IntegerCell, WideFloat, WideInteger};

/// Finite nonzero values by ⌊log2|x|⌋, exactly.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Exponents {
    /// The lowest binade that is occupied; none where all values are zero.
    pub first: Option<i32>,
    /// Counts from `first` to the highest occupied binade.
    pub counts: Vec<u64>,
    /// Zeros of either sign.
    pub zero: u64,
}

impl Exponents {
    /// The counts that those of a sample stand for.
    pub(crate) fn expand(&mut self, share: Share) {
        let counts = self.counts.iter_mut().chain([&mut self.zero]);
        counts.for_each(|count| *count = share.expand(*count));
    }

    /// Of a type of at most 16 bits.
    pub(crate) fn of_codes(cells: &[CodeCell]) -> Self {
        let finite = cells.iter().filter(|cell| cell.is_finite());
        let mut zero = 0;
        let binades = finite.filter_map(|cell| {
            if cell.value == 0.0 {
                zero += cell.count;
                return None;
            }
            Some((binade(cell.value.abs()), cell.count))
        });
        let nonzero = Self::of_binades(0, binades);
        Self { zero, ..nonzero }
    }

    /// Of FP32, FP64 or one part of a complex type.
    pub(crate) fn of_float(layout: &FloatLayout, float: &WideFloat) -> Self {
        let low_bits = layout.bits() - 16;
        let least = layout.min_subnormal_exponent();
        let magnitude_bits = layout.bits() - 1;
        let tops = float.tops.cells().filter_map(|(top, count)| {
            let code = u64::from(top) << low_bits & ((1 << magnitude_bits) - 1);
            let finite = layout.exponent_field(code) != layout.exponent_field(u64::MAX);
            (finite && code != 0).then(|| (binade(layout.decode(code)), count))
        });
        let deep = (least..).zip(float.deep.iter().copied());
        Self::of_binades(float.zeros, tops.chain(deep))
    }

    /// Of an integer type of 32 or 64 bits.
    pub(crate) fn of_integer(integer: &WideInteger) -> Self {
        let cells = integer.cells.cells();
        let cells = cells.map(|(code, count)| (IntegerCell::from_code(code).binade(), count));
        let zero = cells
            .clone()
            .filter(|cell| cell.0.is_none())
            .map(|cell| cell.1)
            .sum();
        Self::of_binades(
            zero,
            cells.filter_map(|(binade, count)| Some((binade? as i32, count))),
        )
    }

    fn of_binades(zero: u64, binades: impl Iterator<Item = (i32, u64)>) -> Self {
        let mut all = vec![0; (HIGHEST_BINADE - LOWEST_BINADE + 1) as usize];
        for (binade, count) in binades {
            all[(binade - LOWEST_BINADE) as usize] += count;
        }
        let occupied = |&count: &u64| count > 0;
        let Some(first) = all.iter().position(occupied) else {
            return Self {
                zero,
                ..Self::default()
            };
        };
        let last = all.iter().rposition(occupied).unwrap_or(first);
        let counts = all[first..=last].to_vec();
        Self {
            first: Some(LOWEST_BINADE + first as i32),
            counts,
            zero,
        }
    }
}

/// Of the smallest subnormal of FP64.
const LOWEST_BINADE: i32 = -1074;
/// Of the largest FP64.
const HIGHEST_BINADE: i32 = 1023;

/// ⌊log2⌋ of a positive finite number.
fn binade(value: f64) -> i32 {
    let (integer, exponent) = crate::scan::integer_and_exponent(value);
    exponent + integer.ilog2() as i32
}
