//! FP8: which of its codes are in use?

use super::draft::Draft;
use super::odds::log10_holes;
use super::prose::{counted, percent};
use super::view::{View, precision};
use super::{Evidence, Fraction, Label, Scale};
use crate::ancestry::Granularity;

/// Odds that a containment needs.
const ENOUGH: f64 = 6.0;

/// The label of FP8 values: E5M2 inside E4M3, E2M1 inside either.
pub(crate) fn judge(view: &View) -> Draft {
    let narrower = [
        (Label::Mxfp4, 2, "FP4 E2M1"),
        (Label::F8E5m2, 3, "FP8 E5M2"),
    ];
    for (label, bits, title) in narrower {
        if bits > view.layout.mantissa_bits {
            continue;
        }
        let odds = odds(view, bits);
        if odds >= ENOUGH {
            let says = format!(
                "All {} have at most {bits} significant bits, as {title} leaves them.",
                counted(
                    view.cells.len() as u64,
                    "different magnitude",
                    "different magnitudes"
                )
            );
            let mut draft = Draft::new(label);
            draft.odds = odds;
            draft.granularity = Some(Granularity::Element);
            draft.scale = Some(Scale::None);
            draft.fraction = Some(Fraction::exact(1.0));
            draft.stops.push(label.name());
            return draft
                .with(Evidence::new("containment", view.cells.len() as u64, says).chance(-odds));
        }
    }
    let full = view
        .cells
        .iter()
        .filter(|cell| precision(cell.value).0 > view.layout.mantissa_bits);
    let full: u64 = full.map(super::view::Cell::count).sum();
    let share = full as f64 / view.values().max(1) as f64;
    let says = format!(
        "{} of the values use the last bit of the mantissa.",
        percent(share)
    );
    let label = if full >= 16 && share > 0.2 {
        Label::Native
    } else {
        Label::Inconclusive
    };
    let mut draft = Draft::new(label);
    draft
        .blind_spots
        .push("What lay before FP8 is lost with the bits that it dropped.");
    draft.with(Evidence::new("containment", view.values(), says).expected(0.5, share))
}

/// log10 of the odds that all magnitudes have so few significant bits by chance; 0 where
/// one of them has more.
fn odds(view: &View, bits: u32) -> f64 {
    if view.cells.iter().any(|cell| precision(cell.value).0 > bits) {
        return 0.0;
    }
    let mantissa = view.layout.mantissa_bits;
    let normal = view
        .cells
        .iter()
        .filter(|cell| view.layout.exponent_field(cell.code) > 0);
    let codes: Vec<u64> = normal.map(|cell| cell.code >> mantissa).collect();
    let reachable = libm::ldexp(1.0, mantissa as i32);
    let accepted = libm::ldexp(1.0, bits as i32 - 1);
    let binades = codes.chunk_by(|a, b| a == b);
    binades
        .map(|codes| log10_holes(reachable, accepted, codes.len() as f64))
        .sum()
}
