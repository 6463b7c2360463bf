//! Whether a group of values is codes times one scale.
//!
//! A stored value says in which interval the product was that was rounded to it. The
//! largest value and a guess of its code give an interval for the scale; every value
//! whose code that leaves no doubt about narrows it.

use super::Book;
use super::occupied::Occupied;
use crate::ancestry::odds::log10_holes;
use crate::ancestry::view::View;
use crate::format::{FloatLayout, power_of_two};

/// A distinct value of a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// Code in the view's format, without the sign.
    pub(crate) code: u64,
    pub(crate) is_negative: bool,
    /// What may have been rounded to it.
    low: f64,
    high: f64,
}

/// A lattice that a group lies on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    /// The largest scale that is possible.
    pub(crate) scale: f64,
    /// log10 of the odds against chance.
    pub(crate) odds: f64,
}

/// Whether values were rounded once more before they were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detour {
    /// Products were rounded to the stored format.
    None,
    /// To FP16 first.
    ThroughF16,
}

/// Rounding errors of f64 in a product or quotient.
const ROUNDING: f64 = 1e-14;
const PASSES: usize = 4;
/// Guesses of a point's code where two are possible, for each code of the largest value.
const BRANCHES: u32 = 32;

/// The distinct values of a group, the largest magnitude first; none where there are
/// more than `most`. Signs are kept apart only where they matter.
pub(crate) fn points(
    view: &View,
    codes: &[u64],
    is_symmetric: bool,
    detour: Detour,
    most: usize,
) -> Vec<Point> {
    let of_sign = |code: &u64| match is_symmetric {
        true => view.magnitude(*code) << 1,
        false => view.sign_last(*code),
    };
    let mut codes: Vec<u64> = codes.iter().map(of_sign).collect();
    codes.sort_unstable();
    codes.dedup();
    if codes.len() > most {
        return Vec::new();
    }
    let point = |sign_last: u64| {
        let (code, is_negative) = (sign_last >> 1, sign_last & 1 == 1);
        let (low, high) = view.rounds_to(code);
        let slack = slack(detour, high);
        Point {
            code,
            is_negative,
            low: (low - slack).max(0.0),
            high: high + slack,
        }
    };
    codes.into_iter().rev().map(point).collect()
}

/// How far rounding to FP16 first may have moved a value.
fn slack(detour: Detour, value: f64) -> f64 {
    match detour {
        Detour::None => 0.0,
        Detour::ThroughF16 => (value * power_of_two(-11)).max(power_of_two(-25)),
    }
}

/// Fits a book to the points of a group of a tensor that has the `occupied` codes.
pub(crate) fn fit<'a>(
    view: &View,
    points: &[Point],
    book: &Book,
    detour: Detour,
    occupied: impl Fn() -> Option<&'a Occupied>,
) -> Option<Fit> {
    let largest = points.first()?;
    if points.len() > book.positive.len() + book.negative.len() * usize::from(!book.is_symmetric())
        || detour == Detour::None && significands(view.layout, points) > book.significands
    {
        return None;
    }
    let codes = book.of_sign(largest.is_negative);
    let mut tried = 0.0;
    for top in &book.tops {
        // As the scale goes through its interval each smaller code meets about one
        // more stored value: so many lattices are tried with a top.
        tried += match book.steps {
            Some(_) => *top,
            None => codes_between(codes, 0.0, *top).len() as f64,
        };
        let start = (largest.low / top, largest.high / top);
        if let Some(scales) = narrow(points, book, start, &mut BRANCHES.clone()) {
            let middle = (scales.0 + scales.1) / 2.0;
            let accepted =
                |sign, ends| accepted(view.layout, book.of_sign(sign), middle, detour, ends);
            let odds = odds(view.layout, points, book, accepted, occupied()) - libm::log10(tried);
            let scale = scales.1;
            return Some(Fit { scale, odds });
        }
    }
    None
}

/// Different mantissa fields of the normal values. The smallest of them is left out:
/// what lies below it has fewer bits, and may have been rounded up to it.
fn significands(layout: &FloatLayout, points: &[Point]) -> usize {
    let smallest = 1 << layout.mantissa_bits;
    let normal = points.iter().filter(|point| point.code > smallest);
    if layout.mantissa_bits > 7 {
        let mut fields: Vec<u64> = normal
            .map(|point| layout.mantissa_field(point.code))
            .collect();
        fields.sort_unstable();
        fields.dedup();
        return fields.len();
    }
    let set = normal.fold(0u128, |set, point| {
        set | 1 << layout.mantissa_field(point.code)
    });
    set.count_ones() as usize
}

/// The scales that make a code of every point, or `None` where there is none.
fn narrow(
    points: &[Point],
    book: &Book,
    start: (f64, f64),
    branches: &mut u32,
) -> Option<(f64, f64)> {
    let scales = narrow_certain(points, book, start)?;
    let scale = (scales.0 + scales.1) / 2.0;
    let misses = |point: &&Point| {
        let (low, high) = (
            point.low * (1.0 - ROUNDING) / scale,
            point.high * (1.0 + ROUNDING) / scale,
        );
        codes_between(book.of_sign(point.is_negative), low, high).is_empty()
    };
    let Some(missing) = points.iter().find(misses) else {
        return Some(scales);
    };
    // The middle will not do for this point: one side or the other may.
    let codes = codes_of(missing, book, scales);
    codes.iter().find_map(|code| {
        *branches = branches.checked_sub(1)?;
        let part = (
            scales.0.max(missing.low / code),
            scales.1.min(missing.high / code),
        );
        (part.0 <= part.1).then(|| narrow(points, book, part, branches))?
    })
}

/// Narrows by every point whose code is certain.
fn narrow_certain(points: &[Point], book: &Book, start: (f64, f64)) -> Option<(f64, f64)> {
    let mut scales = start;
    for _ in 0..PASSES {
        let before = scales;
        // The smallest first: few steps from zero, multiples are far apart.
        for point in points[1..].iter().rev() {
            match codes_of(point, book, scales) {
                [] => return None,
                [code] => {
                    scales.0 = scales.0.max(point.low / code);
                    scales.1 = scales.1.min(point.high / code);
                    if scales.0 > scales.1 * (1.0 + ROUNDING) {
                        return None;
                    }
                }
                _ => {}
            }
        }
        if scales == before {
            break;
        }
    }
    Some(scales)
}

/// Codes that a point may be with some scale of an interval.
fn codes_of<'a>(point: &Point, book: &'a Book, scales: (f64, f64)) -> &'a [f64] {
    let codes = book.of_sign(point.is_negative);
    let low = point.low / scales.1 * (1.0 - ROUNDING);
    let high = point.high / scales.0 * (1.0 + ROUNDING);
    if book.steps.is_none() {
        return codes_between(codes, low, high);
    }
    // Integers from one up: a code's place is the code.
    let begin = (libm::ceil(low) as usize)
        .saturating_sub(1)
        .min(codes.len());
    let end = (high as usize).min(codes.len());
    &codes[begin.min(end)..end]
}

fn codes_between(codes: &[f64], low: f64, high: f64) -> &[f64] {
    let begin = codes.partition_point(|code| *code < low);
    let length = codes[begin..].partition_point(|code| *code <= high);
    &codes[begin..begin + length]
}

/// How much better the lattice explains the holes between the values than chance,
/// binade by binade. The largest value is left out: some scale always fits it.
fn odds(
    layout: &FloatLayout,
    points: &[Point],
    book: &Book,
    accepted: impl Fn(bool, (u64, u64)) -> Vec<u64>,
    occupied: Option<&Occupied>,
) -> f64 {
    let mut odds = 0.0;
    let signs: &[bool] = if book.is_symmetric() {
        &[false]
    } else {
        &[false, true]
    };
    for &sign in signs {
        let mine: Vec<u64> = points[1..]
            .iter()
            .filter(|point| point.is_negative == sign)
            .map(|point| point.code)
            .collect();
        let (Some(&last), Some(&first)) = (mine.first(), mine.last()) else {
            continue;
        };
        let accepted = accepted(sign, (first, last));
        let mantissa = layout.mantissa_bits;
        for binade in first >> mantissa..=last >> mantissa {
            let low = first.max(binade << mantissa);
            let high = last.min(((binade + 1) << mantissa) - 1);
            odds += holes(&mine, &accepted, (low, high), occupied);
        }
    }
    odds
}

/// Codes that are compared together where they are densely occupied.
const DENSE_WINDOW: u64 = 8;

/// The odds of a binade, or of what the values span of it. Where more than a quarter of
/// its codes are occupied the density shows, and it is no longer the same everywhere: there,
/// codes are compared with their neighbours only.
fn holes(
    distinct: &[u64],
    accepted: &[u64],
    (low, high): (u64, u64),
    occupied: Option<&Occupied>,
) -> f64 {
    let within = |low: u64, high: u64| {
        let mine = distinct.iter().filter(|code| (low..=high).contains(*code));
        mine.count() as f64
    };
    let of = |low: u64, high: u64| {
        let begin = accepted.partition_point(|code| *code < low);
        let end = accepted.partition_point(|code| *code <= high);
        let full = (high - low + 1) as f64;
        let (reachable, accepted) = match occupied {
            Some(occupied) => occupied.within((low, high), &accepted[begin..end]),
            None => (full, (end - begin) as f64),
        };
        log10_holes(reachable, accepted, within(low, high))
    };
    if within(low, high) * 4.0 <= (high - low + 1) as f64 {
        return of(low, high);
    }
    let windows = (low..=high).step_by(DENSE_WINDOW as usize);
    windows
        .map(|begin| of(begin, high.min(begin + DENSE_WINDOW - 1)))
        .sum()
}

/// Stored codes between two, ends included, that the lattice reaches.
fn accepted(
    layout: &FloatLayout,
    codes: &[f64],
    scale: f64,
    detour: Detour,
    (first, last): (u64, u64),
) -> Vec<u64> {
    let mut reached = Vec::with_capacity(codes.len());
    for code in codes {
        let value = code * scale;
        let slack = slack(detour, value);
        let low = nearest(layout, (value - slack).max(0.0)).max(first);
        let high = nearest(layout, value + slack).min(last);
        // FP32 has more codes between than could be listed; none of them is reached
        // by one product twice.
        reached.extend((low..=high).take(1 << 10));
    }
    reached.sort_unstable();
    reached.dedup();
    reached
}

/// The code without a sign that a magnitude rounds to.
fn nearest(layout: &FloatLayout, value: f64) -> u64 {
    if value <= 0.0 {
        return 0;
    }
    let least = layout.min_exponent();
    let exponent = crate::ancestry::view::binade(value).max(least);
    let step = exponent - layout.mantissa_bits as i32;
    // Two steps, so that no power of two leaves the range of f64.
    let units = value * power_of_two(-(step / 2)) * power_of_two(-(step - step / 2));
    let units = units.round_ties_even() as u64;
    let code = ((exponent - least) as u64) << layout.mantissa_bits;
    (code + units).min(layout.max_finite_code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Dtype;

    #[test]
    fn every_code_is_nearest_to_itself() {
        for dtype in [Dtype::BF16, Dtype::F16, Dtype::F8E4M3] {
            let layout = dtype.format().layout().expect("a float");
            for code in 0..=layout.max_finite_code() {
                assert_eq!(nearest(layout, layout.decode(code)), code, "{dtype} {code}");
            }
        }
    }
}
