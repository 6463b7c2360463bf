//! From a text to a model's tokens, by its tokenizer.json.
//!
//! The lab runs tokens, and people think in texts. Hugging Face's `tokenizers` does the work, the
//! same code that transformers runs, so that a text has the same ids here as there; this crate
//! says plainly what is wrong, and gives each token a label.
#![deny(missing_docs)]

mod outline;
mod parts;

use outline::Outline;

/// The character for bytes that are no text by themselves.
const REPLACEMENT: char = '\u{fffd}';

/// What a tokenizer.json describes.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Whether the decoder is left alone, and labels are as the vocabulary spells tokens.
    is_spelled: bool,
}

impl Tokenizer {
    /// Reads the text of a tokenizer.json. Truncation and padding that it asks for are left out, as
    /// transformers' `tokenizer(text)` does.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        Outline::read(bytes)?.check()?;
        let refused = |error| format!("no tokenizer can be made of it: {error}");
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(refused)?;
        inner.with_truncation(None).map_err(refused)?;
        inner.with_padding(None);
        parts::check(&inner)?;
        let is_spelled = parts::decoder_cuts_ends(&inner);
        Ok(Self { inner, is_spelled })
    }

    /// The ids of a text's tokens. With `add_special_tokens`, those are among them that the
    /// post-processor adds: where there is one, the token that begins a text.
    ///
    /// # Errors
    /// A sentence that says why it cannot be done: a character that the model doesn't know, say.
    pub fn encode(&self, text: &str, add_special_tokens: bool) -> Result<Vec<u64>, String> {
        let encoding = self
            .inner
            .encode_fast(text, add_special_tokens)
            .map_err(|error| format!("the text cannot be made tokens: {error}"))?;
        Ok(encoding.get_ids().iter().map(|&id| id.into()).collect())
    }

    /// The text of each token, for labels; as the vocabulary spells it where it is part of a
    /// character, and nothing where the vocabulary has no such id. Whoever made the file chose
    /// the text: it is to be escaped.
    pub fn pieces(&self, ids: &[u64]) -> Vec<String> {
        let piece = |&id: &u64| u32::try_from(id).ok().and_then(|id| self.piece(id));
        ids.iter().map(|id| piece(id).unwrap_or_default()).collect()
    }

    fn piece(&self, id: u32) -> Option<String> {
        let spelled = self.inner.id_to_token(id)?;
        let text = self.text(id);
        Some(text.filter(|it| is_whole(it)).unwrap_or(spelled))
    }

    /// What the decoder makes of a token behind another one: some take away the space in front of
    /// the first.
    fn text(&self, id: u32) -> Option<String> {
        if self.is_spelled || self.inner.get_decoder().is_none() {
            return None;
        }
        let once = self.inner.decode(&[id], false).ok()?;
        let twice = self.inner.decode(&[id, id], false).ok()?;
        twice.strip_prefix(&once).map(str::to_owned)
    }
}

fn is_whole(text: &str) -> bool {
    !text.is_empty() && !text.contains(REPLACEMENT)
}
