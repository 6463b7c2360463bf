//! A bar of shares with its key under it.

use super::Markup;

/// One part of the bar.
pub(in crate::export) struct Share {
    /// A class with its colour.
    pub(in crate::export) colour: &'static str,
    /// Its size, in any unit.
    pub(in crate::export) size: u64,
    /// That size in words.
    pub(in crate::export) amount: String,
    /// What it is.
    pub(in crate::export) text: String,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 14.0;
/// Between two parts, and the least width of one, in pixels.
const GAP: f64 = 1.5;
const LEAST: f64 = 2.0;

/// The bar, as wide as there is room, and a list that says the same.
pub(in crate::export) fn share_bar(label: &str, shares: &[Share], out: &mut Markup) {
    let says: Vec<String> = shares
        .iter()
        .map(|share| format!("{} {}", share.amount, share.text))
        .collect();
    out.raw("<svg class=\"share\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"");
    out.text(&format!("{label}: {}", says.join(", ")));
    out.raw("\">");
    let all: f64 = shares.iter().map(|share| share.size as f64).sum();
    let room = WIDTH - (LEAST + GAP) * shares.len() as f64 + GAP;
    let mut x = 0.0;
    for share in shares {
        let width = LEAST
            + if all > 0.0 {
                share.size as f64 / all * room
            } else {
                0.0
            };
        out.rect(share.colour, [x, 0.0, width, HEIGHT]);
        x += width + GAP;
    }
    out.raw("</svg><ul class=\"legend\">");
    for share in shares {
        out.raw(&format!("<li><i class=\"{}\"></i>", share.colour));
        out.element("b", &share.amount);
        out.raw(" ");
        out.text(&share.text);
        out.raw("</li>");
    }
    out.raw("</ul>");
}
