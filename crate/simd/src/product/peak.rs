//! What products are held against: multiply-adds of which no number comes from memory.

use super::tiles::{Lanes, Run};

/// Sums that do not wait for each other: more than a processor can have under way.
const SUMS: usize = 12;

/// [`super::multiply_adds`] on these vectors.
#[inline(always)]
pub(super) fn multiply_adds<V: Lanes>(runs: &[Run; 2], steps: u64) -> (Run, u64) {
    let [a, b] = [V::load(&runs[0], 0), V::load(&runs[1], 0)];
    let mut sums = [a; SUMS];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = sum.add_product::<true>(a, b);
        }
    }
    let mut out = [0.0; size_of::<Run>() / size_of::<f32>()];
    let all = sums
        .into_iter()
        .fold(a, |all, sum| all.add_product::<true>(sum, b));
    all.store(&mut out, 0);
    (out, steps * (SUMS * out.len() / V::PARTS) as u64)
}
