//! Keys by their numbers: text that is kept for each of many tensors is shorter by them.

use super::Json;

/// Stands before the number of a key in text that is to be kept. JSON has no such
/// character.
pub(super) const KEY: char = '\u{1}';

/// The keys of structs, by their numbers in text that is kept.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<&'static str>);

impl Keys {
    /// The number of a key, which it gets when it is first met.
    pub(super) fn number(&mut self, key: &'static str) -> char {
        let at = self.0.iter().position(|known| *known == key);
        let at = at.unwrap_or_else(|| {
            self.0.push(key);
            self.0.len() - 1
        });
        char::from(at as u8)
    }

    /// Writes fields that were kept, with their keys.
    pub(crate) fn unfold(&self, kept: &str, json: &mut Json) {
        if !kept.is_empty() {
            json.separate();
        }
        let mut characters = kept.chars();
        while let Some(character) = characters.next() {
            match character {
                KEY => {
                    let number = characters.next().expect("a number follows");
                    json.key(self.0[number as usize]);
                }
                _ => json.text.push(character),
            }
        }
    }
}
