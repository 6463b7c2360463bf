//! The header's outermost object, its values left as they stand in the text.
//!
//! Values stay raw so that one malformed entry costs one tensor, and so that
//! every message can say at which byte of the header it looked.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::shown::shorten;

/// Hands every entry of the object `text` to `entry`, as name and JSON text of
/// its value, in the order of the text.
///
/// # Errors
/// Where `text` is no JSON, or no object. The values are checked for their
/// lexical form only.
pub(crate) fn for_each_entry<'a>(
    text: &'a str,
    entry: impl FnMut(String, &'a str),
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Entries(entry))?;
    json.end()
}

struct Entries<F>(F);

impl<'a, F: FnMut(String, &'a str)> Visitor<'a> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry::<String, &'a RawValue>()? {
            (self.0)(name, value.get());
        }
        Ok(())
    }
}

/// A value that is not looked at, but must be valid all the same.
///
/// `IgnoredAny` passes numbers out of range, unpaired surrogates and bottomless
/// nesting; the crate, which buffers such values, does not.
pub(super) struct Checked {
    /// How many more levels of arrays and objects are allowed.
    pub(super) levels: u32,
}

impl Checked {
    fn inner<E: serde::de::Error>(&self) -> Result<Self, E> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(Self { levels }),
            None => Err(E::custom("arrays and objects are nested too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Checked {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let levels = self.inner::<A::Error>()?.levels;
        while seq.next_element_seed(Self { levels })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let levels = self.inner::<A::Error>()?.levels;
        while map.next_key_seed(Self { levels })?.is_some() {
            map.next_value_seed(Self { levels })?;
        }
        Ok(())
    }
}

/// A list of at most so many numbers, so that a hostile one costs no memory.
pub(super) struct Numbers {
    pub(super) most: usize,
}

impl<'de> Visitor<'de> for Numbers {
    type Value = Vec<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of at most {} whole numbers", self.most)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u64>, A::Error> {
        let mut numbers = Vec::new();
        while numbers.len() < self.most {
            match seq.next_element()? {
                Some(number) => numbers.push(number),
                None => return Ok(numbers),
            }
        }
        match seq.next_element::<IgnoredAny>()? {
            Some(_) => Err(A::Error::invalid_length(self.most + 1, &self)),
            None => Ok(numbers),
        }
    }
}

/// Where in `text` the parser stopped, in bytes.
pub(super) fn byte_of(text: &str, error: &serde_json::Error) -> u64 {
    let before: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let at = before + error.column().saturating_sub(1);
    at.min(text.len()) as u64
}

/// What the parser says, short and without its line and column.
pub(super) fn what(error: &serde_json::Error) -> String {
    let message = error.to_string();
    // Not `rfind`: a search for text is code to download.
    let place = format!(" at line {} column {}", error.line(), error.column());
    shorten(message.strip_suffix(&place).unwrap_or(&message))
}

/// Where `part` begins in `whole`, of which it is a slice, in bytes.
pub(crate) fn offset_in(whole: &str, part: &str) -> u64 {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize) as u64
}
