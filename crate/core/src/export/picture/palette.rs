//! The colours of the verdicts, by family, as on the page: a grid that the values passed,
//! codes of a wider type, FP8 and its kin, four bits and integers, histories without a
//! name, and what says nothing.

use crate::ancestry::Label;

/// The class with a verdict's colour; `None` is a tensor that was not read.
pub(in crate::export) fn colour(label: Option<Label>) -> &'static str {
    match label {
        None | Some(Label::Unexplained) => "alert",
        Some(Label::Native) => "blue",
        Some(Label::Inconclusive) => "edge",
        Some(Label::F16) => "orange",
        Some(Label::Bf16 | Label::Tf32 | Label::F32) => "green",
        Some(
            Label::F8E4m3
            | Label::F8E5m2
            | Label::Mxfp8E4m3
            | Label::Mxfp8E5m2
            | Label::Mxfp6E2m3
            | Label::Mxfp6E3m2,
        ) => "purple",
        Some(
            Label::Mxfp4 | Label::Nvfp4 | Label::Int8 | Label::Int4 | Label::Nf4 | Label::FewLevels,
        ) => "rose",
        Some(Label::Arithmetic) => "soft",
        Some(Label::Mixed) => "gold",
        Some(Label::Constant | Label::Empty | Label::NotFloat) => "rule",
    }
}

/// A verdict's colour as a ground for white letters, which stand out from it by 4.5 to 1
/// or more; grey without a verdict.
pub(in crate::export) fn colour_on_white(label: Option<Label>) -> &'static str {
    match label.map(|label| colour(Some(label))) {
        Some("blue") => "#476a8c",
        Some("orange") => "#a85a10",
        Some("green") => "#2f7453",
        Some("purple") => "#7a4fa6",
        Some("rose") => "#a8416a",
        Some("gold") => "#80691a",
        Some("alert") => "#b3362b",
        _ => "#62676e",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page's own table.
    const LABELS: &str = include_str!("../../../../../www/text/labels.js");

    #[test]
    fn colours_are_the_pages() {
        for label in Label::ALL {
            let row = LABELS.lines().find(|line| {
                line.trim_start()
                    .starts_with(&format!("{}: [", label.name()))
            });
            let row = row.unwrap_or_else(|| panic!("the page has no {}", label.name()));
            let colour = format!("'{}'", colour(Some(*label)));
            assert!(row.contains(&colour), "{row} and not {colour}");
        }
    }

    /// WCAG's contrast of a colour "#rrggbb" against white.
    fn contrast(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour");
            let value = f64::from(value) / 255.0;
            match value <= 0.040_45 {
                true => value / 12.92,
                false => libm::pow((value + 0.055) / 1.055, 2.4),
            }
        };
        1.05 / (0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5) + 0.05)
    }

    #[test]
    fn white_letters_can_be_read() {
        let labels = Label::ALL.iter().copied().map(Some);
        for colour in labels.chain([None]).map(colour_on_white) {
            assert!(contrast(colour) >= 4.5, "{colour}: {}", contrast(colour));
        }
    }
}
