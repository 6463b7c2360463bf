//! The progress bar on standard error.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Bytes read, rate and time left. `{wide_bar}` fills what is left of the line.
const TEMPLATE: &str = "{wide_bar:.dim} {decimal_bytes:>9} of {decimal_total_bytes}  {decimal_bytes_per_sec:>11}  {eta:>3} left";

/// A bar for so many bytes, or one that draws nothing.
pub(crate) fn bar(total_bytes: u64, wanted: bool) -> ProgressBar {
    if !wanted || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr_with_hz(10);
    let style = ProgressStyle::with_template(TEMPLATE).expect("the template is well formed");
    let style = style.progress_chars("━╸ ");
    ProgressBar::with_draw_target(Some(total_bytes), target).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_well_formed() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
