//! Hostile text made fit for a message: escaped, and short.

/// Most characters of a name that a message repeats.
const MOST: usize = 80;

/// A name from a file as messages show it: quoted, control and invisible
/// characters escaped, cut after 80 characters.
pub fn shown(name: &str) -> String {
    let mut text = String::from('"');
    let mut left = name.chars();
    for character in left.by_ref().take(MOST) {
        text.extend(character.escape_debug());
    }
    text.push('"');
    if left.next().is_some() {
        text.push('…');
    }
    text
}

/// A parser's message, which may repeat text from the file, on one line and short.
pub(super) fn shorten(message: &str) -> String {
    const MOST: usize = 160;
    let mut characters = message.chars();
    let mut text: String = characters
        .by_ref()
        .take(MOST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if characters.next().is_some() {
        text.push('…');
    }
    text
}

/// "1 byte", "2 bytes".
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_cut() {
        assert_eq!(shown("a.weight"), r#""a.weight""#);
        assert_eq!(shown("a\n\u{202e}\"b"), r#""a\n\u{202e}\"b""#);
        let long = shown(&"x".repeat(1000));
        assert_eq!(long.chars().count(), 83);
        assert!(long.ends_with("\"…"));
    }

    #[test]
    fn messages_stay_on_one_short_line() {
        assert_eq!(shorten("a\r\nb"), "a  b");
        assert_eq!(shorten(&"é".repeat(500)).chars().count(), 161);
    }
}
