//! Hostile text in Markdown as GitHub and Hugging Face read it.

use crate::export::words::visible;

/// A name as code, which nothing in it can end: in a table, too.
///
/// Code is the one place where stars, brackets and links are only what they are. A pipe
/// has to be escaped even there; where a backslash stands before one, no escape is read
/// alike everywhere, and the name is written as text.
pub(super) fn code(name: &str) -> String {
    let name = visible(name);
    if name.contains("\\|") {
        return text(&name);
    }
    let longest = longest_run(&name, '`');
    let fence = "`".repeat(longest + 1);
    let needs_room = name.starts_with(['`', ' ']) || name.ends_with(['`', ' ']);
    let room = if needs_room { " " } else { "" };
    format!("{fence}{room}{}{room}{fence}", name.replace('|', "\\|"))
}

fn longest_run(text: &str, of: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A sentence that may hold names: no markup, no HTML, no link, on one line.
pub(super) fn text(says: &str) -> String {
    let mut out = String::new();
    for character in visible(says).chars() {
        match character {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '&' | '#' | '~' | '@' | '$' => {
                out.extend(['\\', character]);
            }
            // What would make a link of an address.
            '/' if out.ends_with(":/") => out.push_str("\\/"),
            '.' if out.ends_with("www") => out.push_str("\\."),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_code() {
        assert_eq!(code("a.*.weight"), "`a.*.weight`");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(code("a\n| b | c |"), "`a\\n\\| b \\| c \\|`");
        assert_eq!(code("<script>x</script>"), "`<script>x</script>`");
        assert_eq!(code("a\u{202e}b"), "`a\\u{202e}b`");
        assert_eq!(code("a\\|b"), "a\\\\\\|b");
        assert_eq!(code(""), "`\"\"`");
    }

    #[test]
    fn sentences_are_no_markup() {
        assert_eq!(
            text("leave a_b*c|d and <img> as [they](are)\n@you"),
            "leave a\\_b\\*c\\|d and \\<img\\> as \\[they\\](are)\\n\\@you".replace("\\n", "\\\\n")
        );
        assert_eq!(text("https://x.y www.z"), "https:/\\/x.y www\\.z");
    }
}
