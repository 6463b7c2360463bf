//! The entries of a config.json, each checked when it is asked for.

use serde::de::DeserializeOwned;

use crate::ancestry::prose::grouped;
use crate::checkpoint::json;

/// What kind of number an entry has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Real,
    Whole,
    Even,
}

/// Entries of an object and their values, which are not read before they are asked for.
#[derive(Default)]
pub(super) struct Entries<'a>(Vec<(String, &'a str)>);

impl<'a> Entries<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        if !text.trim_start().starts_with('{') {
            return Err("no JSON object".to_owned());
        }
        let mut entries = Vec::new();
        let read = json::for_each_entry(text, |name, value| entries.push((name, value)));
        read.map_err(|error| {
            let seen = entries.last().map_or(0, |&(_, value)| {
                json::offset_in(text, value) as usize + value.len()
            });
            let rest = text.get(seen..).unwrap_or_default();
            // NaN, say, which Python writes and JSON has none of.
            let entry =
                rest.trim_start_matches(|c: char| c == ',' || c == '{' || c.is_whitespace());
            let line = entry.lines().next().map(cut).unwrap_or_default();
            let colon = if line.is_empty() { "" } else { ": " };
            format!("no JSON: {error}{colon}{line}")
        })?;
        Ok(Self(entries))
    }

    /// Adds entries, which go before these.
    pub(super) fn append(&mut self, mut later: Self) {
        self.0.append(&mut later.0);
    }

    /// The entry of this name by itself, where there is one.
    pub(super) fn only(&self, name: &str) -> Self {
        Self(
            self.raw(name)
                .map(|value| (name.to_owned(), value))
                .into_iter()
                .collect(),
        )
    }

    /// The value of the last entry of this name; null is none.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        let mut entries = self.0.iter().rev();
        let (_, value) = entries.find(|(known, value)| known == name && *value != "null")?;
        Some(value)
    }

    /// Whether there is an entry of this name, be it null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    pub(super) fn object(&self, name: &str) -> Option<&'a str> {
        self.raw(name).filter(|value| value.starts_with('{'))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, String> {
        self.value(name, "a string")
    }

    /// A value of another kind, which `must_be` names.
    pub(super) fn value<T: DeserializeOwned>(
        &self,
        name: &str,
        must_be: &str,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.raw(name) else {
            return Ok(None);
        };
        let read = serde_json::from_str(value);
        read.map(Some)
            .map_err(|_| format!("{name} is {}: it must be {must_be}", cut(value)))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        self.value(name, "true or false")
    }

    pub(super) fn needed(
        &self,
        name: &str,
        kind: Kind,
        least: u64,
        most: u64,
    ) -> Result<f64, String> {
        let number = self.number(name, kind, least, most)?;
        number.ok_or_else(|| format!("the scaling of rotary frequencies has no {name}"))
    }

    /// A number between two others; more than zero in any case.
    pub(super) fn number(
        &self,
        name: &str,
        kind: Kind,
        least: u64,
        most: u64,
    ) -> Result<Option<f64>, String> {
        let Some(value) = self.raw(name) else {
            return Ok(None);
        };
        let number = serde_json::from_str(value).unwrap_or(f64::NAN);
        let is_whole = |number: f64| number == number.trunc();
        let is_of_kind = match kind {
            Kind::Real => true,
            Kind::Whole => is_whole(number),
            Kind::Even => is_whole(number / 2.0),
        };
        let is_between = number > 0.0 && (least as f64..=most as f64).contains(&number);
        let is_sane = is_of_kind && is_between;
        is_sane.then_some(Some(number)).ok_or_else(|| {
            let rule = must_be(kind, least, most);
            format!("{name} is {}: {rule}", cut(value))
        })
    }
}

pub(super) fn must_be(kind: Kind, least: u64, most: u64) -> String {
    let kind = match kind {
        Kind::Real => "a number",
        Kind::Whole => "a whole number",
        Kind::Even => "an even number",
    };
    let most = grouped(most);
    match least {
        0 => format!("it must be {kind} above 0 and not above {most}"),
        least => format!("it must be {kind} from {} to {most}", grouped(least)),
    }
}

/// The beginning of a value.
fn cut(value: &str) -> String {
    value.chars().take(40).collect()
}
