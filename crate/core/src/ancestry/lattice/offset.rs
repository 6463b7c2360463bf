//! Integers times a scale plus an offset that is no multiple of it: a zero point that
//! was not rounded, a smallest value that is stored.
//!
//! Such groups show differences that are multiples of one number. Sums and products of
//! coarser values do so as well, but with one number for all groups.

use super::fit::Detour;
use super::groups::{Group, Look, Portions};
use super::search::Found;
use super::trial::{INFORMATIVE, TRIED, is_new};
use crate::ancestry::odds::log10_choose;
use crate::ancestry::view::{View, precision};
use crate::ancestry::{Granularity, Label, Scale};
use crate::format::power_of_two;

/// Labels, and the most steps between the smallest and the largest code.
const INTEGERS: [(Label, usize); 2] = [(Label::Int4, 15), (Label::Int8, 255)];
/// Different steps that groups with scales of their own have, and the share of them
/// where steps are known to more bits than scales are alike.
const SCALES: usize = 8;
const PRECISE: u32 = 20;
/// How many times the last bit of any value a step must be: what is rounded lies on a
/// grid by that.
const COARSE: f64 = 64.0;
/// A group shows something with one value for so many steps.
const SPARSE: usize = 16;
/// What FP32 arithmetic leaves of a product and a sum, in parts of the largest value.
const ARITHMETIC: f64 = 1.0 / 8_388_608.0;

/// The lattice with offsets that a tensor lies on, the fewest bits and the largest groups
/// first.
pub(crate) fn search(portions: &Portions) -> Option<Found> {
    let several = || {
        let granularities = portions.granularities();
        granularities.filter(|granularity| *granularity != Granularity::Tensor)
    };
    let trial = |granularity, look, integers| {
        let groups = portions.groups(granularity, look);
        trial(portions.view, (granularity, groups), integers)
    };
    let found = |granularity, integers| {
        if trial(granularity, Look::First, integers).fitting == 0 {
            return None;
        }
        Some(trial(granularity, Look::Full, integers)).filter(Found::is_whole)
    };
    let mut integers = INTEGERS.into_iter();
    integers.find_map(|integers| several().find_map(|granularity| found(granularity, integers)))
}

/// What groups show of integers with so many steps.
fn trial(
    view: &View,
    (granularity, groups): (Granularity, &[Group]),
    (label, steps): (Label, usize),
) -> Found {
    let mut found = Found {
        label,
        granularity,
        scale: Scale::Real,
        has_offset: true,
        detour: Detour::None,
        odds: -TRIED,
        informative: 0,
        fitting: 0,
        rows: Vec::new(),
    };
    let (mut scales, mut accepting, mut seen) = (Vec::new(), 0.0, Vec::new());
    for group in groups {
        // Equal rows are one piece of evidence.
        if !is_new(&mut seen, group.codes.iter().copied()) {
            continue;
        }
        let fit = fit(view, group, steps);
        accepting += f64::from(u8::from(fit.is_some()));
        if fit.is_some_and(|fit| fit.odds < INFORMATIVE) {
            continue;
        }
        found.informative += 1;
        found.rows.push((group.row, fit.is_some()));
        if let Some(fit) = fit {
            found.fitting += 1;
            found.odds += fit.odds;
            // As precise as the stored values are.
            let kept = view.layout.mantissa_bits.min(PRECISE);
            scales.push(fit.step.to_bits() >> (52 - kept));
        }
    }
    scales.sort_unstable();
    scales.dedup();
    let least = match view.layout.mantissa_bits {
        PRECISE.. => found.fitting.div_ceil(2),
        _ => SCALES.min(found.fitting),
    };
    found.odds -= log10_choose(accepting, found.fitting as f64);
    if scales.len() < least.max(2) {
        found.odds = 0.0;
    }
    found
}

#[derive(Clone, Copy)]
struct Fit {
    step: f64,
    /// log10 of the odds against chance.
    odds: f64,
}

/// A value, and how far what was rounded to it may lie from it.
#[derive(Clone, Copy)]
struct Place {
    value: f64,
    slack: f64,
}

/// The fewest steps from the smallest value to the largest that put all others on one.
fn fit(view: &View, group: &Group, most: usize) -> Option<Fit> {
    if group.codes.len() > most + 1 {
        return None;
    }
    let places = places(view, group);
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return Some(Fit {
            step: 0.0,
            odds: 0.0,
        });
    };
    let range = last.value - first.value;
    let of_last_bit = |place: &Place| power_of_two(precision(place.value).1);
    let grid = places.iter().map(of_last_bit).fold(f64::INFINITY, f64::min);
    let arithmetic = ARITHMETIC * first.value.abs().max(last.value.abs());
    let least = places.len().saturating_sub(1).max(1);
    let inner = &places[1..places.len().saturating_sub(1).max(1)];
    // How far along the range each lies, and how far from a step it may lie.
    let stretch = |place: &Place| {
        let along = (place.value - first.value) / range;
        let slack = place.slack + first.slack * (1.0 - along) + last.slack * along;
        (along, slack + arithmetic)
    };
    let stretches: Vec<(f64, f64)> = inner.iter().map(stretch).collect();
    // Those near zero first: they may lie least far from a step, and refuse most numbers of steps.
    let negative = inner.partition_point(|place| place.value < 0.0);
    let (below, above) = stretches.split_at(negative);
    let fits = |steps: &usize| {
        let steps = *steps as f64;
        let step = range / steps;
        let mut near_first = above.iter().chain(below.iter().rev());
        near_first.all(|(along, slack)| {
            let at = along * steps;
            (at - at.round_ties_even()).abs() <= slack / step
        })
    };
    // Logarithms of what fits alone: nearly all numbers of steps fail at one of the first values.
    let steps = (least..=most).find(fits)?;
    let step = range / steps as f64;
    let mut odds = -libm::log10((steps + 1 - least) as f64);
    for (_, slack) in &stretches {
        odds -= libm::log10((2.0 * slack / step).min(1.0));
    }
    let is_telling = step >= COARSE * grid && places.len() * SPARSE > most;
    let odds = if is_telling { odds } else { 0.0 };
    Some(Fit { step, odds })
}

/// A group's values, ascending.
fn places(view: &View, group: &Group) -> Vec<Place> {
    let sign = 1 << (view.layout.bits() - 1);
    // Sorted as integers, as codes are elsewhere: another sort is more to download.
    let rank = |code: &u64| match view.layout.sign_bit(*code) {
        true => sign - 1 - view.magnitude(*code),
        false => sign | code,
    };
    let mut ranks: Vec<u64> = group.codes.iter().map(rank).collect();
    ranks.sort_unstable();
    let place = |rank: &u64| {
        let is_negative = rank & sign == 0;
        let magnitude = view.magnitude(if is_negative { sign - 1 - rank } else { *rank });
        let (low, high) = view.rounds_to(magnitude);
        let value = view.layout.decode(magnitude);
        Place {
            value: if is_negative { -value } else { value },
            slack: (value - low).max(high - value),
        }
    };
    ranks.iter().map(place).collect()
}
