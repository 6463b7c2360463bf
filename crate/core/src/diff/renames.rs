//! Which name of A goes by which name in B.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::checkpoint::{json, shown};

/// Names match when `a` is read as `b`; `*` stands for the rest in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rename {
    /// In A.
    pub a: String,
    /// In B.
    pub b: String,
    /// Tensors that it has matched.
    pub tensors: u64,
}

/// Renames that somebody has given; the first that fits a name counts, whole names before patterns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    rules: Vec<Rename>,
}

impl Renames {
    /// Reads a table: a JSON object of A's names to B's, or lines of two names. A name may hold
    /// one `*`, on both sides or on neither.
    ///
    /// # Errors
    /// Says in which line or entry what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rules = match text.trim_start().starts_with('{') {
            true => of_json(text)?,
            false => of_lines(text)?,
        };
        let (patterns, whole): (Vec<_>, Vec<_>) =
            rules.into_iter().partition(|rule| rule.a.contains('*'));
        let rules = [whole, patterns].concat();
        match rules.is_empty() {
            true => Err("it holds no rename".to_owned()),
            false => Ok(Self { rules }),
        }
    }

    pub(super) fn rules(&self) -> &[Rename] {
        &self.rules
    }
}

impl Rename {
    pub(super) fn apply(&self, name: &str) -> Option<String> {
        let Some((before, after)) = self.a.split_once('*') else {
            return (self.a == name).then(|| self.b.clone());
        };
        let rest = name.strip_prefix(before)?.strip_suffix(after)?;
        Some(self.b.replacen('*', rest, 1))
    }
}

fn rule(a: &str, b: &str, place: &str) -> Result<Rename, String> {
    let stars = |name: &str| name.matches('*').count();
    match (stars(a), stars(b)) {
        (0, 0) | (1, 1) => Ok(Rename {
            a: a.to_owned(),
            b: b.to_owned(),
            tensors: 0,
        }),
        _ => Err(format!(
            "{place}: {} and {}: a * must stand once on both sides, or on neither",
            shown(a),
            shown(b)
        )),
    }
}

fn of_json(text: &str) -> Result<Vec<Rename>, String> {
    let mut rules: Vec<Result<Rename, String>> = Vec::new();
    json::for_each_entry(text, |a, b| {
        let place = format!("entry {}", shown(&a));
        rules.push(match serde_json::from_str::<String>(b) {
            Ok(b) => rule(&a, &b, &place),
            Err(_) => Err(format!("{place}: a name must stand there")),
        });
    })
    .map_err(|error| format!("no JSON object of names to names: {error}"))?;
    rules.into_iter().collect()
}

fn of_lines(text: &str) -> Result<Vec<Rename>, String> {
    let mut rules = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line
            .split_whitespace()
            .filter(|word| *word != "->")
            .collect();
        let [a, b] = words[..] else {
            return Err(format!(
                "line {number}: two names must stand there, and {} do",
                words.len()
            ));
        };
        rules.push(rule(a, b, &format!("line {number}"))?);
    }
    Ok(rules)
}

/// The prefix that most of the unmatched names have on one side only, where it leads to names
/// that are there on the other: "model.*" read as "*".
pub(super) fn find_prefix<'a>(only_in_a: &[&'a str], only_in_b: &[&'a str]) -> Option<Rename> {
    let in_a = most_frequent_prefix(only_in_a, only_in_b);
    let in_b = most_frequent_prefix(only_in_b, only_in_a);
    let star = |prefix: &str| format!("{prefix}*");
    match (in_a, in_b) {
        (Some((prefix, tensors)), other) if other.is_none_or(|(_, more)| more <= tensors) => {
            Some(Rename {
                a: star(prefix),
                b: star(""),
                tensors: 0,
            })
        }
        (_, Some((prefix, _))) => Some(Rename {
            a: star(""),
            b: star(prefix),
            tensors: 0,
        }),
        _ => None,
    }
}

/// Which prefix, ending with a dot, of the one names leads to the most of the others.
fn most_frequent_prefix<'a>(names: &[&'a str], others: &[&'a str]) -> Option<(&'a str, u64)> {
    let others: HashSet<&str> = others.iter().copied().collect();
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for name in names {
        for (at, _) in name.match_indices('.') {
            if others.contains(&name[at + 1..]) {
                *counts.entry(&name[..=at]).or_default() += 1;
            }
        }
    }
    let best = counts
        .into_iter()
        .max_by_key(|(prefix, count)| (*count, std::cmp::Reverse(*prefix)));
    best.filter(|(_, count)| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Renames {
        fn apply(&self, name: &str) -> Option<String> {
            self.rules.iter().find_map(|rule| rule.apply(name))
        }
    }

    #[test]
    fn tables_are_json_or_lines() {
        let json =
            Renames::parse(r#"{"model.*": "*", "head": "lm_head.weight"}"#).expect("a table");
        assert_eq!(json.apply("head"), Some("lm_head.weight".to_owned()));
        assert_eq!(json.apply("model.norm"), Some("norm".to_owned()));
        assert_eq!(json.apply("norm"), None);
        let lines = Renames::parse("# comment\n h.*.w -> layers.*.w\n\nx y\n").expect("a table");
        assert_eq!(lines.apply("h.3.w"), Some("layers.3.w".to_owned()));
        assert_eq!(lines.apply("x"), Some("y".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let error = |text| Renames::parse(text).expect_err("it is wrong");
        assert_eq!(
            error("a b\nc\n"),
            "line 2: two names must stand there, and 1 do"
        );
        assert!(error("a.* b").starts_with("line 1: "));
        assert_eq!(error("{\"a\": 1}"), "entry \"a\": a name must stand there");
        assert!(error("{\"a\": ").starts_with("no JSON object of names to names: "));
        assert_eq!(error("# nothing\n"), "it holds no rename");
    }

    #[test]
    fn a_prefix_on_either_side_is_found() {
        let plain = ["norm.weight", "h.0.w", "h.1.w"];
        let long = ["model.norm.weight", "model.h.0.w", "model.h.1.w", "model.x"];
        let found = find_prefix(&long, &plain).expect("a prefix");
        assert_eq!((found.a.as_str(), found.b.as_str()), ("model.*", "*"));
        let found = find_prefix(&plain, &long).expect("a prefix");
        assert_eq!((found.a.as_str(), found.b.as_str()), ("*", "model.*"));
        assert_eq!(find_prefix(&["a.b"], &["c.d"]), None);
    }
}
