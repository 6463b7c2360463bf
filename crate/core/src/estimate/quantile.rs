//! Intervals of quantiles, by those of shares (Woodruff 1952).
//!
//! A jackknife does not know a quantile's error: without a stretch it is the next value or the same. The share of
//! values up to it is a share like others; the quantiles at both ends of its interval are those of the quantile.

use super::{Interval, design_effect, draws, wilson};
use crate::report::Cell;

/// The interval of the quantile at so many thousandths, by the finite values of all stretches and of each, in
/// ascending order. None where it reaches beyond the least or the largest value that was seen.
pub(crate) fn of_quantile(
    thousandths: u64,
    whole: &[Cell<f64>],
    alone: &[Vec<Cell<f64>>],
) -> Option<Interval> {
    let count = total(whole);
    if count == 0 || alone.len() < 2 {
        return None;
    }
    let rank = (u128::from(count) * u128::from(thousandths)).div_ceil(1000);
    let upper = at_rank(whole, rank as u64)?.high;
    let hits = |cells: &[Cell<f64>]| total_of(cells.iter().filter(|cell| cell.low <= upper));
    let stretches: Vec<(u64, u64)> = alone
        .iter()
        .map(|cells| (hits(cells), total(cells)))
        .collect();
    let draws = draws(count as f64, design_effect(&stretches), alone.len());
    let shares = wilson(thousandths as f64 / 1000.0, draws);
    let rank = |share: f64| libm::floor(share * count as f64) as u64;
    Some(Interval {
        low: at_rank(whole, rank(shares.low))?.low,
        high: at_rank(whole, rank(shares.high) + 1)?.high,
    })
}

fn total(cells: &[Cell<f64>]) -> u64 {
    total_of(cells.iter())
}

fn total_of<'a>(cells: impl Iterator<Item = &'a Cell<f64>>) -> u64 {
    cells.map(|cell| cell.count).sum()
}

/// The cell of the value of this rank, the least having rank 1.
fn at_rank(cells: &[Cell<f64>], rank: u64) -> Option<&Cell<f64>> {
    let mut left = rank.checked_sub(1)?;
    cells.iter().find(|cell| {
        let is_in = left < cell.count;
        left = left.saturating_sub(cell.count);
        is_in
    })
}
