//! How many values there are in each binade, on a logarithmic axis, with the ranges of
//! formats under it.

use super::Markup;
use crate::export::entry::{Object, list};
use crate::format::{Dtype, Encoding, FORMATS, FloatLayout};
use crate::report::grouped;

/// Pictures compare, and headroom shows: at least these binades are drawn.
const LOWEST: i32 = -26;
const HIGHEST: i32 = 17;

/// Pixels.
const WIDTH: f64 = 880.0;
const LEFT: f64 = 84.0;
const PLOT: f64 = 170.0;
const TOP: f64 = 6.0;
const AXIS: f64 = 24.0;
const PITCH: f64 = 17.0;
const BAND: f64 = 13.0;
/// Between two labels of the axis.
const APART: f64 = 34.0;

/// Widest first; the stored format stands before them.
const USUAL: [&str; 6] = ["F32", "BF16", "F16", "F8_E5M2", "F8_E4M3", "F4"];

/// Where everything is across the picture.
struct Across {
    low: i32,
    high: i32,
}

impl Across {
    fn step(&self) -> f64 {
        (WIDTH - LEFT) / f64::from(self.high - self.low)
    }

    fn x(&self, exponent: i32) -> f64 {
        LEFT + f64::from(exponent.clamp(self.low, self.high) - self.low) * self.step()
    }
}

/// Draws the `exponents` of a tensor's entry, or of one part of it; nothing where no value
/// has a binade.
pub(in crate::export) fn spectrum(exponents: &Object, dtype: Dtype, says: &str, out: &mut Markup) {
    let Ok(first) = exponents.get("first").parse::<i32>() else {
        return;
    };
    let counts: Vec<u64> = list(exponents.get("counts"))
        .iter()
        .map(|count| count.parse().unwrap_or(0))
        .collect();
    let bands = bands(dtype);
    let last = first + counts.len() as i32;
    let lowest = if bands.is_empty() { -1 } else { LOWEST };
    let across = Across {
        low: lowest.min(first - 1),
        high: HIGHEST.max(last + 1),
    };
    let below = PLOT + TOP + AXIS;
    let height = below + bands.len() as f64 * PITCH;
    out.raw("<div class=\"scroll\" tabindex=\"0\">");
    out.begin_picture("spectrum", [WIDTH, height], says);
    let largest = counts.iter().copied().max().unwrap_or(1).max(1);
    grid(largest, out);
    let gap = if across.step() > 10.0 { 1.5 } else { 0.5 };
    for (at, count) in counts.iter().enumerate().filter(|bar| *bar.1 > 0) {
        let y = height_of(*count, largest);
        let x = across.x(first + at as i32);
        out.rect(
            "blue",
            [
                x + gap,
                y,
                (across.step() - 2.0 * gap).max(1.0),
                PLOT + TOP - y,
            ],
        );
    }
    out.line("base", [LEFT, PLOT + TOP + 0.5, WIDTH, PLOT + TOP + 0.5]);
    axis(&across, out);
    for (at, (name, layout)) in bands.iter().enumerate() {
        band(
            name,
            layout,
            &across,
            below + at as f64 * PITCH,
            at == 0,
            out,
        );
    }
    out.raw("</svg></div>");
}

/// Where a bar begins. A single value still has one.
fn height_of(count: u64, largest: u64) -> f64 {
    let decades = (libm::log10(largest as f64) + 0.15).max(1.0);
    TOP + PLOT * (1.0 - (libm::log10(count as f64) + 0.35) / (decades + 0.35))
}

/// Powers of ten up to the largest count.
fn grid(largest: u64, out: &mut Markup) {
    let mut count = 1u64;
    let step = if largest >= 100_000_000 { 100 } else { 10 };
    while count <= largest {
        let y = height_of(count, largest);
        out.line("grid", [LEFT, y, WIDTH, y]);
        let says = match count {
            0..1_000_000 => grouped(count),
            1_000_000..1_000_000_000 => format!("{} million", count / 1_000_000),
            _ => format!("{} billion", grouped(count / 1_000_000_000)),
        };
        out.label("end", [LEFT - 8.0, y + 4.0], &says);
        count = count.saturating_mul(step);
        if count == u64::MAX {
            break;
        }
    }
}

fn axis(across: &Across, out: &mut Markup) {
    let mut every = 1;
    while f64::from(every) * across.step() < APART {
        every *= 2;
    }
    let begin = across.low + (-across.low).rem_euclid(every);
    for exponent in (begin..across.high).step_by(every as usize) {
        let x = across.x(exponent);
        out.line("base", [x, PLOT + TOP, x, PLOT + TOP + 4.0]);
        out.label("middle", [x, PLOT + TOP + 17.0], &power_of_two(exponent));
    }
}

/// A format's range: the darker part holds its normal numbers.
fn band(
    name: &str,
    layout: &FloatLayout,
    across: &Across,
    y: f64,
    is_stored: bool,
    out: &mut Markup,
) {
    let normal = across.x(layout.min_exponent());
    let [from, end] =
        [layout.min_subnormal_exponent(), layout.max_exponent() + 1].map(|at| across.x(at));
    let (name_class, kind) = match is_stored {
        true => ("end stored", "own"),
        false => ("end", "other"),
    };
    out.label(name_class, [LEFT - 8.0, y + 10.5], name);
    if normal > from {
        out.rect(&format!("{kind} low"), [from, y, normal - from, BAND]);
    }
    out.rect(kind, [normal, y, end - normal, BAND]);
}

/// The stored format, then usual ones from the widest to the narrowest; none for integers,
/// of which ranges say nothing.
fn bands(dtype: Dtype) -> Vec<(&'static str, &'static FloatLayout)> {
    let stored = match dtype.format().encoding {
        Encoding::Complex(_) => "F32",
        _ => dtype.name(),
    };
    let names = std::iter::once(stored).chain(USUAL.into_iter().filter(|name| *name != stored));
    let bands: Vec<_> = names
        .filter_map(|name| {
            let format = FORMATS.iter().find(|format| format.name == name)?;
            let layout = format.layout()?;
            Some((format.title, layout))
        })
        .collect();
    match dtype.format().layout() {
        Some(_) => bands,
        None => Vec::new(),
    }
}

/// "2⁻¹⁷".
fn power_of_two(exponent: i32) -> String {
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let mut text = String::from(if exponent < 0 { "2⁻" } else { "2" });
    let digit = |character: char| character.to_digit(10).map(|digit| digits[digit as usize]);
    text.extend(
        exponent
            .unsigned_abs()
            .to_string()
            .chars()
            .filter_map(digit),
    );
    text
}
