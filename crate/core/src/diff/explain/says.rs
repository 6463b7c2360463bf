//! Conversions by name and in a sentence.

use super::way::{EDGES, Edges, Way};
use super::{Explained, Explainer};
use crate::cast::CASTS;
use crate::diff::Side;
use crate::format::{Dtype, Rounding, TF32};
use crate::report::{Number, to_json};
use serde::Serialize;

/// A conversion that turns one tensor into the other, bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Its key.
    pub conversion: String,
    /// "a>b" or "b>a".
    pub direction: &'static str,
    /// In a sentence without a full stop.
    pub says: String,
    /// What is multiplied with, where that is it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<Number>,
    /// The smallest number that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor_low: Option<Number>,
    /// The largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor_high: Option<Number>,
}

impl Explanation {
    /// Of tensors that are the same.
    pub(in super::super) fn identity() -> Self {
        Self::new("identity".to_owned(), Side::A, "the same bits".to_owned())
    }

    /// No value is lost on the way from one side to the other's type.
    pub(in super::super) fn exact(from: Side, to: Dtype) -> Self {
        let says = sentence(
            from,
            &format!("stored as {} without loss", to.format().title),
        );
        Self::new("exact".to_owned(), from, says)
    }

    fn new(conversion: String, from: Side, says: String) -> Self {
        Self {
            conversion,
            direction: match from {
                Side::A => "a>b",
                Side::B => "b>a",
            },
            says,
            factor: None,
            factor_low: None,
            factor_high: None,
        }
    }
}

fn sentence(from: Side, what: &str) -> String {
    match from {
        Side::A => format!("B is A {what}"),
        Side::B => format!("A is B {what}"),
    }
}

/// All conversions of one direction that are left, best first.
pub(in super::super) fn explanations(
    left: &Explained,
    explainer: &Explainer,
    from: Side,
    to: Dtype,
) -> Vec<Explanation> {
    let mut found = Vec::new();
    if left.exact {
        found.push(Explanation::exact(from, to));
    }
    for (way, set) in explainer.ways.iter().zip(&left.ways) {
        // Direct roundings are no more than that where nothing is lost.
        if *set == 0 || (left.exact && way.named == 0) {
            continue;
        }
        let edges = EDGES[set.trailing_zeros() as usize];
        let says = match explainer.holds_all && way.named == 0 {
            true => edges_say(edges),
            false => way_says(way, edges, to),
        };
        let says = sentence(from, &says);
        found.push(Explanation::new(way_key(way, edges), from, says));
    }
    found.extend(casts(left, from, to));
    for factor in left.factor.found(to == Dtype::F32) {
        let within = if factor.in_single { " in FP32" } else { "" };
        let number = Number::Real(factor.factor);
        // In the digits that tell it from its neighbours where it is used.
        let digits = match factor.in_single {
            true => to_json(&(factor.factor as f32)),
            false => to_json(&number),
        };
        let says = format!(
            "× {digits}{within}, rounded to the nearest {}",
            to.format().title
        );
        let key = if factor.in_single {
            "times:f32"
        } else {
            "times"
        };
        found.push(Explanation {
            factor: Some(number),
            factor_low: Some(Number::Real(factor.low)),
            factor_high: Some(Number::Real(factor.high)),
            ..Explanation::new(key.to_owned(), from, sentence(from, &says))
        });
    }
    // One factor for all is one for each.
    if left.factor.found(to == Dtype::F32).is_empty() {
        found.extend(factors_by_group(left, from, to));
    }
    found
}

/// Casts with a scale for each group.
fn casts(left: &Explained, from: Side, to: Dtype) -> impl Iterator<Item = Explanation> {
    let by_group = left.by_group;
    let casts = by_group.casts.each().filter(move |_| by_group.has_values);
    casts.map(move |at| {
        let cast = &CASTS[at];
        let says = format!("cast to {} and back to {}", cast.title, to.format().title);
        let key = format!("through:{}", cast.key);
        Explanation::new(key, from, sentence(from, &says))
    })
}

/// A factor for each group.
fn factors_by_group(left: &Explained, from: Side, to: Dtype) -> impl Iterator<Item = Explanation> {
    let of_kind = move |(key, name, found): (&str, &str, [bool; 2])| {
        let title = to.format().title;
        let both = [("times", ""), ("times:f32", " in FP32")]
            .into_iter()
            .zip(found);
        let found =
            both.filter(|((_, within), found)| *found && (within.is_empty() || to != Dtype::F32));
        let found = found.map(|((times, within), _)| {
            let says =
                format!("× a factor for each {name}{within}, rounded to the nearest {title}");
            Explanation::new(format!("{times}/{key}"), from, sentence(from, &says))
        });
        found.collect::<Vec<_>>()
    };
    left.by_group.factors().into_iter().flat_map(of_kind)
}

fn rounding_key(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::TowardZero => "toward_zero",
        Rounding::NearestAway => "ties_away",
        _ => "nearest_even",
    }
}

fn way_key(way: &Way, edges: Edges) -> String {
    let first = &way.hops[0];
    let stops: Vec<&str> = way.hops[..way.named].iter().map(|hop| hop.key).collect();
    let mut key = match (way.named, first.rounding) {
        (0, rounding) => rounding_key(rounding).to_owned(),
        (_, Rounding::NearestEven) => format!("through:{}", stops.join(">")),
        (_, rounding) => format!("through:{}:{}", stops.join(">"), rounding_key(rounding)),
    };
    if edges.saturate {
        key.push_str("+saturate");
    }
    if edges.flush {
        key.push_str("+flush");
    }
    key
}

/// What happens where nothing is rounded.
fn edges_say(edges: Edges) -> String {
    let what = match (edges.saturate, edges.flush) {
        (true, true) => "infinities at the largest number and subnormal numbers flushed to zero",
        (true, false) => "infinities at the largest number",
        (_, _) => "subnormal numbers flushed to zero",
    };
    format!("with {what}")
}

fn way_says(way: &Way, edges: Edges, to: Dtype) -> String {
    let title = to.format().title;
    let mut says = String::new();
    for (at, hop) in way.hops.iter().enumerate() {
        let into = if at < way.named {
            title_of(hop.key)
        } else {
            title
        };
        says.push_str(&match (at, hop.rounding) {
            (0, Rounding::TowardZero) => format!("cut off to {into}, toward zero"),
            (0, Rounding::NearestAway) => {
                format!("rounded to the nearest {into}, ties away from zero")
            }
            (0, _) => format!("rounded to the nearest {into}"),
            _ => format!(", then to {into}"),
        });
    }
    let last_is_named = way.hops.len() == way.named;
    if last_is_named && way.named > 0 {
        says.push_str(&format!(", stored as {title}"));
    }
    if edges.saturate {
        says.push_str(", stopping at the largest number");
    }
    if edges.flush {
        says.push_str(", subnormal numbers flushed to zero");
    }
    says
}

/// "FP16" of "f16".
fn title_of(key: &str) -> &'static str {
    let of_dtype = || {
        let dtype = Dtype::from_name(&key.to_ascii_uppercase())?;
        Some(dtype.format().title)
    };
    if key == "tf32" {
        TF32.name
    } else {
        of_dtype().unwrap_or_default()
    }
}
