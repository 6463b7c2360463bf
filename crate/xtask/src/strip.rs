//! Scripts and styles without comments and indentation, scripts also without
//! spaces that separate nothing.
//!
//! They are written for readers, and comments are a good quarter of their bytes
//! even when compressed. Names stay names and nearly all lines lines: what a visitor
//! gets can still be debugged, and no semicolon has to be inserted.

/// Words after which a `/` starts a regular expression and is no division.
const BEFORE_REGEX: &[&str] = &[
    "await", "case", "delete", "do", "else", "in", "of", "return", "throw", "typeof", "void",
    "yield",
];

/// A JavaScript source without comments, indentation, empty lines and idle spaces.
pub(crate) fn script(source: &str) -> String {
    Stripper::new(source, true).finish()
}

/// The same for CSS, which has no `//`, no templates and no regular expressions.
pub(crate) fn style(source: &str) -> String {
    Stripper::new(source, false).finish()
}

/// Moves what is kept from the front of `rest` to the end of `kept`.
struct Stripper<'a> {
    rest: &'a str,
    kept: String,
    is_script: bool,
}

impl<'a> Stripper<'a> {
    fn new(source: &'a str, is_script: bool) -> Self {
        Self {
            rest: source,
            kept: String::with_capacity(source.len()),
            is_script,
        }
    }

    fn finish(mut self) -> String {
        self.code(false);
        self.kept
    }

    /// Code up to the end or, inside a template, up to the brace that closes `${`.
    fn code(&mut self, in_template: bool) {
        let mut depth = 0;
        while let Some(next) = self.rest.chars().next() {
            match next {
                '/' if self.rest.starts_with("/*") => self.block_comment(),
                '/' if self.is_script && self.rest.starts_with("//") => self.line_comment(),
                '/' if self.is_script && self.regex_may_start() => self.regex(),
                '`' if self.is_script => self.template(),
                '"' | '\'' => self.string(next),
                '}' if in_template && depth == 0 => return,
                _ if next.is_whitespace() => self.space(next),
                _ => {
                    if next == '}' && self.kept.ends_with('\n') {
                        self.kept.pop();
                    }
                    depth += i32::from(next == '{') - i32::from(next == '}');
                    self.keep(next.len_utf8());
                }
            }
        }
    }

    fn keep(&mut self, bytes: usize) {
        let (kept, rest) = self.rest.split_at(bytes);
        self.kept.push_str(kept);
        self.rest = rest;
    }

    fn skip(&mut self, bytes: usize) -> &'a str {
        let (skipped, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        skipped
    }

    fn line_comment(&mut self) {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.skip(end);
    }

    fn block_comment(&mut self) {
        let end = self.rest.find("*/").map_or(self.rest.len(), |at| at + 2);
        let has_lines = self.skip(end).contains('\n');
        self.space(if has_lines { '\n' } else { ' ' });
    }

    /// One space between words, one line end between lines, nothing before.
    fn space(&mut self, space: char) {
        if self.rest.starts_with(space) {
            self.skip(space.len_utf8());
        }
        if space == '\n' {
            self.kept.truncate(self.kept.trim_end_matches(' ').len());
        }
        if self.kept.is_empty() || self.kept.ends_with([' ', '\n']) {
            return;
        }
        if space == '\n' {
            self.kept.push('\n');
        } else if self.needs_space() {
            self.kept.push(' ');
        }
    }

    /// Whether what was kept and what comes would be read as one token, or may be.
    fn needs_space(&self) -> bool {
        let Some(last) = self.kept.chars().next_back() else {
            return false;
        };
        let Some(next) = self.rest.trim_start_matches(' ').chars().next() else {
            return false;
        };
        if !self.is_script {
            // A space elsewhere may be a combinator or stand beside an operator.
            return !matches!(last, ':' | ',' | ';' | '{') && next != '{';
        }
        match (last, next) {
            (last, next) if is_word(last) && is_word(next) => true,
            // `1 .x` is no fraction, `+ +`, `- -` and `/ /` are two operators each,
            // a comment that follows leaves open what stands behind it, and
            // `<!--` began one in old times.
            (last, '.') => last.is_ascii_digit(),
            ('+', '+') | ('-', '-') | ('/', _) | (_, '/') | ('<', '!') => true,
            _ => false,
        }
    }

    fn string(&mut self, quote: char) {
        self.keep(1);
        self.keep_until(|rest| rest.starts_with(quote));
        self.keep(1.min(self.rest.len()));
    }

    fn template(&mut self) {
        self.keep(1);
        loop {
            self.keep_until(|rest| rest.starts_with('`') || rest.starts_with("${"));
            if !self.rest.starts_with('$') {
                return self.keep(1.min(self.rest.len()));
            }
            self.keep(2);
            self.code(true);
        }
    }

    fn regex(&mut self) {
        self.keep(1);
        let mut in_class = false;
        self.keep_until(|rest| {
            // A slash between brackets is a character of the class.
            in_class = (in_class || rest.starts_with('[')) && !rest.starts_with(']');
            rest.starts_with('/') && !in_class
        });
        self.keep(1.min(self.rest.len()));
    }

    /// Keeps characters, and escaped ones unseen, until `is_end` holds.
    fn keep_until(&mut self, mut is_end: impl FnMut(&str) -> bool) {
        while !self.rest.is_empty() {
            if self.rest.starts_with('\\') {
                self.keep(1);
            } else if is_end(self.rest) {
                return;
            }
            let next = self.rest.chars().next().map_or(0, char::len_utf8);
            self.keep(next);
        }
    }

    /// Whether a `/` here can only start a regular expression: nothing before it
    /// is a value that could be divided.
    fn regex_may_start(&self) -> bool {
        let before = self.kept.trim_end();
        let word = before.rsplit(|c| !is_word(c)).next().unwrap_or_default();
        match before.chars().next_back() {
            Some(last) if is_word(last) => BEFORE_REGEX.contains(&word),
            Some(last) => !matches!(last, ')' | ']' | '}' | '"' | '\'' | '`'),
            None => true,
        }
    }
}

/// Whether a character can be part of a name or a number.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#')
}

#[cfg(test)]
mod tests {
    use super::{script, style};

    #[test]
    fn comments_indentation_and_empty_lines_go() {
        let source = "// @ts-check\n/**\n * Why.\n */\n\nfunction f(a, /* b */ c) {\n    return a / c; // half\n}\n";
        let stripped = "function f(a, c){\nreturn a / c;}\n";
        assert_eq!(script(source), stripped);
        let source = "/* a */\n.b {\n  width: calc(1px / 2); /* c */\n}\n";
        assert_eq!(style(source), ".b{\nwidth:calc(1px / 2);}\n");
    }

    #[test]
    fn what_only_looks_like_a_comment_stays() {
        for source in [
            "const a='http://x',b=\"/* \\\" */\";",
            "const c=`//  ${{a:'}'}.a+`/*  */`}  \\` //`;",
            "const d= /[/*]\\//.test(e)&& /'/g;",
            "const f=g / h / i,j=k[0] / 2,l=(m)/ 2;",
            "const n=()=> /\\/\\//;",
        ] {
            assert_eq!(script(source), source);
        }
        let source = "a{background:url(//x/y.png);}";
        assert_eq!(style(source), source);
    }

    #[test]
    fn a_line_end_inside_a_comment_still_ends_the_line() {
        assert_eq!(script("return /* a\n b */ 1"), "return\n1");
        assert_eq!(script("a /* b */ c"), "a c");
    }

    #[test]
    fn spaces_that_separate_stay() {
        for (source, stripped) in [
            ("a + +b - -c++ + d", "a+ +b- -c++ +d"),
            ("x in y && 'x' in z", "x in y&&'x'in z"),
            ("static #n = 1 .x ? .5 : 2", "static #n=1 .x?.5:2"),
            (
                "async (a, ...b) => { yield* [a, b] }",
                "async(a,...b)=>{yield*[a,b]}",
            ),
        ] {
            assert_eq!(script(source), stripped);
        }
        assert_eq!(
            style("a > b, c :hover { margin: 1px -2px; }"),
            "a > b,c :hover{margin:1px -2px;}"
        );
    }

    #[test]
    fn templates_keep_their_lines() {
        let source = "const a = `\n    b\n\n  ${c /* d */}\n`;";
        assert_eq!(script(source), "const a=`\n    b\n\n  ${c }\n`;");
    }
}
