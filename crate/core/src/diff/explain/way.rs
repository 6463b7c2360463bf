//! Ways from one stored type to another: roundings from format to format.

use crate::format::{Class, Dtype, FloatLayout, Overflow, Rounding, TF32};

/// A step: into which format, and rounded how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Hop {
    /// Its key: "f16".
    pub(in super::super) key: &'static str,
    pub(in super::super) layout: FloatLayout,
    pub(in super::super) rounding: Rounding,
}

/// Some steps, the last into the type of the other side.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Way {
    pub(in super::super) hops: Vec<Hop>,
    /// How many of them are named: the last one, to nearest even, is not.
    pub(in super::super) named: usize,
}

/// What becomes of the largest and the smallest numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Edges {
    /// What overflows becomes the largest number.
    pub(in super::super) saturate: bool,
    /// Subnormal results become zero.
    pub(in super::super) flush: bool,
}

/// From the plainest on: the number of one is its bit in a set.
pub(in super::super) const EDGES: [Edges; 4] = [
    Edges {
        saturate: false,
        flush: false,
    },
    Edges {
        saturate: true,
        flush: false,
    },
    Edges {
        saturate: false,
        flush: true,
    },
    Edges {
        saturate: true,
        flush: true,
    },
];

const ROUNDINGS: [Rounding; 3] = [
    Rounding::NearestEven,
    Rounding::TowardZero,
    Rounding::NearestAway,
];

/// Formats that checkpoints pass through.
fn stops() -> [(&'static str, FloatLayout); 10] {
    let of = |key, dtype: Dtype| (key, *dtype.format().layout().expect("a float"));
    [
        of("f16", Dtype::F16),
        of("bf16", Dtype::BF16),
        ("tf32", *TF32.layout().expect("a float")),
        of("f8_e4m3", Dtype::F8E4M3),
        of("f8_e5m2", Dtype::F8E5M2),
        of("f8_e4m3fnuz", Dtype::F8E4M3Fnuz),
        of("f8_e5m2fnuz", Dtype::F8E5M2Fnuz),
        of("f6_e2m3", Dtype::F6E2M3),
        of("f6_e3m2", Dtype::F6E3M2),
        of("f4", Dtype::F4),
    ]
}

/// Of these, the ones that come in twos.
const PAIRED: usize = 3;

/// All ways from one layout to another, the likeliest first.
pub(in super::super) fn ways(from: &FloatLayout, to: &FloatLayout) -> Vec<Way> {
    let last = Hop {
        key: "",
        layout: *to,
        rounding: Rounding::NearestEven,
    };
    // Also where nothing is rounded: subnormal numbers may be flushed, and infinities stopped.
    let direct = ROUNDINGS.map(|rounding| Way {
        hops: vec![Hop { rounding, ..last }],
        named: 0,
    });
    let mut ways = Vec::from(direct);
    let stops = stops();
    let through = |stops: Vec<Hop>| {
        let named = stops.len();
        let mut hops = stops;
        // A last step that changes nothing is left out: it flushes nothing either.
        let is_idle =
            |hop: &Hop| holds(to, &hop.layout) && to.min_exponent() <= hop.layout.min_exponent();
        if !hops.last().is_some_and(is_idle) {
            hops.push(last);
        }
        Way { hops, named }
    };
    let hop = |(key, layout): (&'static str, FloatLayout), rounding| Hop {
        key,
        layout,
        rounding,
    };
    for rounding in ROUNDINGS {
        for &stop in &stops {
            if !holds(&stop.1, from) && stop.1 != *to {
                ways.push(through(vec![hop(stop, rounding)]));
            }
        }
        if rounding == Rounding::NearestEven {
            for &first in &stops[..PAIRED] {
                for &second in &stops[..PAIRED] {
                    let is_idle = holds(&first.1, from) || holds(&second.1, &first.1);
                    if !is_idle && second.1 != *to {
                        ways.push(through(vec![hop(first, rounding), hop(second, rounding)]));
                    }
                }
            }
        }
    }
    ways
}

/// Whether one format holds every number of another, infinities and −0 among them.
pub(in super::super) fn holds(wide: &FloatLayout, narrow: &FloatLayout) -> bool {
    let largest = |layout: &FloatLayout| layout.decode(layout.max_finite_code());
    let survives = |value: f64| {
        let code = wide.encode(value, Rounding::NearestEven, Overflow::Ieee);
        wide.decode(code).to_bits() == value.to_bits()
    };
    let has_negative_zero =
        narrow.signed && narrow.encode(-0.0, Rounding::NearestEven, Overflow::Ieee) != 0;
    wide.mantissa_bits >= narrow.mantissa_bits
        && (wide.signed || !narrow.signed)
        && wide.min_subnormal_exponent() <= narrow.min_subnormal_exponent()
        && largest(wide) >= largest(narrow)
        && (narrow.infinity_code().is_none() || wide.infinity_code().is_some())
        && (narrow.nan_code().is_none() || wide.nan_code().is_some())
        && (!has_negative_zero || survives(-0.0))
        // What has no zero has none for zero.
        && (survives(0.0) || narrow == wide)
}

impl Way {
    /// What becomes of one number.
    pub(in super::super) fn of(&self, value: f64, edges: Edges) -> f64 {
        let overflow = match edges.saturate {
            true => Overflow::Saturate,
            false => Overflow::Ieee,
        };
        self.hops.iter().fold(value, |value, hop| {
            let code = hop.layout.encode(value, hop.rounding, overflow);
            let rounded = hop.layout.decode(code);
            match edges.flush && hop.layout.classify(code) == Class::Subnormal {
                // By way of the format, which may have no negative zero.
                true => hop.layout.decode(hop.layout.encode(
                    rounded * 0.0,
                    Rounding::NearestEven,
                    overflow,
                )),
                false => rounded,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(dtype: Dtype) -> FloatLayout {
        *dtype.format().layout().expect("a float")
    }

    #[test]
    fn wider_formats_hold_narrower_ones() {
        let holds = |wide, narrow| holds(&layout(wide), &layout(narrow));
        assert!(holds(Dtype::F32, Dtype::BF16));
        assert!(holds(Dtype::F32, Dtype::F16));
        assert!(holds(Dtype::BF16, Dtype::F8E4M3));
        assert!(holds(Dtype::F16, Dtype::F8E4M3Fnuz));
        assert!(holds(Dtype::F8E4M3, Dtype::F4));
        assert!(!holds(Dtype::F16, Dtype::BF16));
        assert!(!holds(Dtype::BF16, Dtype::F16));
        assert!(!holds(Dtype::F8E4M3, Dtype::F8E5M2));
        // It has no −0.
        assert!(!holds(Dtype::F8E5M2Fnuz, Dtype::F4));
        assert!(holds(Dtype::F8E8M0, Dtype::F8E8M0));
        assert!(!holds(Dtype::F8E8M0, Dtype::F4));
        assert!(holds(Dtype::F32, Dtype::F8E8M0));
    }

    #[test]
    fn idle_ways_are_left_out() {
        let ways = ways(&layout(Dtype::BF16), &layout(Dtype::BF16));
        let named = |way: &Way| way.hops[..way.named].iter().map(|hop| hop.key).collect();
        let keys: Vec<Vec<&str>> = ways.iter().map(named).collect();
        assert_eq!(keys.iter().filter(|key| key.is_empty()).count(), 3);
        assert!(keys.contains(&vec!["f16"]));
        assert!(!keys.contains(&vec!["tf32"]));
        assert!(!keys.contains(&vec!["bf16"]));
    }

    #[test]
    fn edges_change_what_lies_there() {
        let to_f16 = &ways(&layout(Dtype::F32), &layout(Dtype::F16))[0];
        let of = |value| EDGES.map(|edges| to_f16.of(value, edges));
        assert_eq!(of(1e6), [f64::INFINITY, 65504.0, f64::INFINITY, 65504.0]);
        let least = 1.0 / 16_777_216.0;
        assert_eq!(of(least), [least, least, 0.0, 0.0]);
        assert!(of(-least)[2].is_sign_negative());
        assert_eq!(of(1.0 + 1e-6), [1.0; 4]);
    }
}
