//! Hostile text made fit for a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A tensor's name as the table shows it: what is not printable is escaped, and
/// so is the backslash, so that two names never look the same.
pub(crate) fn name(name: &str) -> String {
    if name.is_empty() {
        return "\"\"".to_owned();
    }
    escaped(name, |character| {
        !matches!(character, '"' | '\'') && (character == '\\' || is_hidden(character))
    })
}

/// A whole line for people: control and invisible characters are escaped. What
/// is escaped already stays as it is.
pub(crate) fn line(text: &str) -> String {
    escaped(text, is_hidden)
}

/// Columns of a terminal that the text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `columns`, cut in the middle: a name's two ends say most.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let head = fitting(text.chars(), room - room.div_ceil(2));
    let tail = fitting(text.chars().rev(), room.div_ceil(2));
    let tail: String = tail.chars().rev().collect();
    format!("{head}…{tail}")
}

fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= columns
    };
    characters.take_while(fits).collect()
}

/// Control characters, and those that turn or hide the text around them.
fn is_hidden(character: char) -> bool {
    !matches!(character, '"' | '\'' | '\\') && character.escape_debug().len() > 1
}

fn escaped(text: &str, hide: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if hide(character) {
            out.extend(character.escape_debug());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(name("a\x1b[2Jb\n\u{202e}c"), r"a\u{1b}[2Jb\n\u{202e}c");
        assert_eq!(name(r"a\n"), r"a\\n");
        assert_eq!(name(""), "\"\"");
        assert_eq!(name("Größe 'x' \"y\" 重み"), "Größe 'x' \"y\" 重み");
        assert_eq!(line("f\r: tensor \"a\\n\""), r#"f\r: tensor "a\n""#);
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("model.layers.0.weight", 11), "model…eight");
        assert_eq!(shortened("重み重み重み", 7), "重…み");
        assert_eq!(shortened("short", 5), "short");
        assert!(width(&shortened("重み重み重み重み", 8)) <= 8);
    }
}
