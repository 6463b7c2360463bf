//! Reads what the report's JSON says of a tensor. Exports are written from that text,
//! so that no figure in them can be another one, whether figures are kept whole (as the
//! command does) or as text (as the page does).

/// Fields of an object of our own JSON, as they stand there.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Object<'a> {
    /// Of what is no object there are none.
    pub(super) fn of(json: &'a str) -> Self {
        let Some(body) = json.strip_prefix('{') else {
            return Self::default();
        };
        let fields = elements(body).into_iter().filter_map(|field| {
            let (key, value) = field.strip_prefix('"')?.split_once("\":")?;
            Some((key, value))
        });
        Self(fields.collect())
    }

    /// A field; "null" where there is none.
    pub(super) fn get(&self, key: &str) -> &'a str {
        let field = self.0.iter().find(|field| field.0 == key);
        field.map_or("null", |field| field.1)
    }

    /// A field that is an object, or one without fields.
    pub(super) fn object(&self, key: &str) -> Object<'a> {
        Object::of(self.get(key))
    }

    /// A field that is a count; 0 where there is none.
    pub(super) fn count(&self, key: &str) -> u64 {
        self.get(key).parse().unwrap_or(0)
    }

    /// This object, or that of its real (`re`) or imaginary (`im`) parts.
    pub(super) fn part(&self, part: &str) -> Object<'a> {
        match part {
            "" => Object(self.0.clone()),
            part => self.object(part),
        }
    }
}

/// What a list of our own JSON holds.
pub(super) fn list(json: &str) -> Vec<&str> {
    json.strip_prefix('[').map(elements).unwrap_or_default()
}

/// What stands between the commas, up to the end of the list or object.
fn elements(body: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut begin) = (0, 0);
    let (mut is_text, mut is_escaped) = (false, false);
    for (at, byte) in body.bytes().enumerate() {
        if is_text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => is_text = true,
            b'{' | b'[' => depth += 1,
            b',' | b'}' | b']' if depth == 0 => {
                if at > begin {
                    found.push(&body[begin..at]);
                }
                begin = at + 1;
                if byte != b',' {
                    break;
                }
            }
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    found
}

/// A string's text, or any other value as it stands; nothing for null.
pub(super) fn text(raw: &str) -> String {
    let Some(inner) = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return if raw == "null" { "" } else { raw }.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        out.extend(match characters.next() {
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('u') => {
                let code = (0..4).fold(0, |code, _| {
                    let digit = characters.next().and_then(|digit| digit.to_digit(16));
                    code * 16 + digit.unwrap_or(0)
                });
                char::from_u32(code)
            }
            other => other,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::to_json;

    #[test]
    fn fields_are_found() {
        let object = Object::of(r#"{"a":1,"b":{"c":"x,\"}","d":[1,{"e":2}]},"f":null,"g":[]}"#);
        assert_eq!(object.get("a"), "1");
        assert_eq!(object.count("a"), 1);
        assert_eq!(text(object.object("b").get("c")), "x,\"}");
        assert_eq!(list(object.object("b").get("d")), ["1", r#"{"e":2}"#]);
        assert_eq!(object.get("f"), "null");
        assert_eq!(text(object.get("f")), "");
        assert_eq!(list(object.get("g")), [""; 0]);
        assert_eq!(object.get("missing"), "null");
        assert_eq!(object.object("a").get("x"), "null");
    }

    #[test]
    fn every_text_comes_back() {
        for says in [
            "",
            "a\"b\\c",
            "\n\r\t\u{8}\u{c}\u{1}\u{1f}",
            "−重み \u{202e}",
        ] {
            assert_eq!(text(&to_json(says)), says);
        }
    }

    #[test]
    fn complex_figures_have_two_parts() {
        let object = Object::of(r#"{"re":{"n":1},"im":{"n":2}}"#);
        assert_eq!(object.part("im").get("n"), "2");
        assert_eq!(Object::of(r#"{"n":1}"#).part("").get("n"), "1");
    }
}
