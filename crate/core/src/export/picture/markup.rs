//! Markup in the making: what is ours goes in as it is, everything else is escaped.

use crate::ancestry::prose::decimal;
use crate::export::words::visible;

/// HTML or SVG.
#[derive(Debug, Default)]
pub(in crate::export) struct Markup(String);

impl Markup {
    /// Markup of our own.
    pub(in crate::export) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text from anywhere, in an element or in an attribute in double quotes. What is hidden
    /// in it is made visible.
    pub(in crate::export) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        for character in visible(text).chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
    }

    /// An element with text; `tag` may have attributes of our own.
    pub(in crate::export) fn element(&mut self, tag: &str, text: &str) {
        self.raw(&format!("<{tag}>"));
        self.text(text);
        self.close(tag);
    }

    /// A name in an element, which may break into lines behind its dots.
    pub(in crate::export) fn name(&mut self, tag: &str, name: &str) {
        self.raw(&format!("<{tag}>"));
        for (at, part) in name.split('.').enumerate() {
            if at > 0 {
                self.raw(".<wbr/>");
            }
            self.text(part);
        }
        self.close(tag);
    }

    /// Ends an element that was begun with this tag.
    pub(in crate::export) fn close(&mut self, tag: &str) {
        let name = tag.split(' ').next().unwrap_or(tag);
        self.raw(&format!("</{name}>"));
    }

    /// A rectangle of a class, in pixels.
    pub(in crate::export) fn rect(&mut self, class: &str, [x, y, width, height]: [f64; 4]) {
        self.raw(&format!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            pixels(x),
            pixels(y),
            pixels(width),
            pixels(height)
        ));
    }

    /// A line of a class, in pixels.
    pub(in crate::export) fn line(&mut self, class: &str, [x1, y1, x2, y2]: [f64; 4]) {
        self.raw(&format!(
            "<path class=\"{class}\" d=\"M{} {}L{} {}\"/>",
            pixels(x1),
            pixels(y1),
            pixels(x2),
            pixels(y2)
        ));
    }

    /// A label of a class at a place in pixels.
    pub(in crate::export) fn label(&mut self, class: &str, [x, y]: [f64; 2], says: &str) {
        self.raw(&format!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">",
            pixels(x),
            pixels(y)
        ));
        self.text(says);
        self.raw("</text>");
    }

    /// Begins a picture of so many pixels that says what it shows.
    pub(in crate::export) fn begin_picture(
        &mut self,
        class: &str,
        [width, height]: [f64; 2],
        says: &str,
    ) {
        let (width, height) = (pixels(width), pixels(height));
        self.raw(&format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\""
        ));
        self.text(says);
        self.raw("\">");
    }

    /// All of it.
    pub(in crate::export) fn take(self) -> String {
        self.0
    }
}

/// To a tenth of a pixel; nothing lies left of or above a picture.
fn pixels(value: f64) -> String {
    let text = decimal(value.max(0.0), 1);
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        let mut markup = Markup::default();
        markup.element("td class=\"a\"", "<script>\"'&\u{202e}\n");
        assert_eq!(
            markup.take(),
            "<td class=\"a\">&lt;script&gt;&quot;&#39;&amp;\\u{202e}\\n</td>"
        );
    }

    #[test]
    fn names_break_behind_their_dots() {
        let mut markup = Markup::default();
        markup.name("th class=\"code\"", "h.0.<b>");
        assert_eq!(
            markup.take(),
            "<th class=\"code\">h.<wbr/>0.<wbr/>&lt;b&gt;</th>"
        );
    }

    #[test]
    fn pixels_are_short() {
        assert_eq!(pixels(12.0), "12");
        assert_eq!(pixels(0.25), "0.3");
        assert_eq!(pixels(-3.0), "0");
    }
}
