//! What a server's answer to a request for a range means.

use std::ops::Range;

use crate::checkpoint::FileKind;
use crate::error::EMPTY;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Bytes `[start, end)` of the file.
    pub range: Range<u64>,
    /// Whether a token went with it.
    pub has_token: bool,
}

/// What is known of a file from earlier answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its length.
    pub bytes: Option<u64>,
    /// Its ETag.
    pub version: Option<String>,
}

/// What was answered: the status and the headers that matter, as far as they may be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// `Content-Range`.
    pub content_range: Option<String>,
    /// `Content-Length`.
    pub content_length: Option<u64>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<String>,
}

/// Why a range could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// In words, without the name of the file.
    pub what: String,
    /// Whether to ask again may help, and after how many milliseconds the server says.
    pub again: Option<Option<u64>>,
}

/// The address that is copied is often that of the page about a file.
const WEB_PAGE: &str = "the address gave a web page (HTML), not a checkpoint: \
    look for the address of the file itself, which its download link has";

impl Trouble {
    fn for_good(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            again: None,
        }
    }
}

impl Answer {
    /// Judges the answer before its body is read. What it tells of the file is added to what is known.
    ///
    /// # Errors
    /// Where the body is not the range, with a sentence that says why.
    pub fn judge(&self, asked: &Asked, known: &mut Known) -> Result<(), Trouble> {
        match self.status {
            206 => self.judge_part(asked, known),
            _ if self.tells_of_no_byte(asked) => Err(self.emptiness(known)),
            // Some servers answer a range that is the whole file so.
            200 if self.is_whole(asked) => self.take(known, self.content_length),
            // Such pages are made when they are asked for, and have no parts.
            200 if self.is_web_page() => Err(Trouble::for_good(WEB_PAGE)),
            200 => Err(Trouble::for_good(
                "the server does not send parts of a file (it answered 200 to a range): it can only be downloaded whole",
            )),
            416 => Err(Trouble::for_good(format!(
                "the file ends before byte {}: it was changed, or is not what its header says",
                asked.range.end
            ))),
            status => Err(self.refusal(status, asked.has_token)),
        }
    }

    /// Judges the answer to a request for a whole small file.
    ///
    /// # Errors
    /// As [`judge`](Self::judge).
    pub fn judge_whole(&self, has_token: bool) -> Result<(), Trouble> {
        match self.status {
            200 | 206 => Ok(()),
            status => Err(self.refusal(status, has_token)),
        }
    }

    /// Whether the file has not one byte. Servers refuse any range of it, or send the whole, which is nothing.
    fn tells_of_no_byte(&self, asked: &Asked) -> bool {
        match self.status {
            200 => self.content_length == Some(0),
            416 => match self.content_range.as_deref().and_then(length_of_refused) {
                Some(bytes) => bytes == 0,
                // Not every server says it, and not every page may see it.
                None => asked.range.start == 0,
            },
            _ => false,
        }
    }

    /// That the file is empty, or that it was changed where it was not.
    fn emptiness(&self, known: &mut Known) -> Trouble {
        let changed = self.take(known, Some(0)).err();
        changed.unwrap_or_else(|| Trouble::for_good(EMPTY))
    }

    fn is_web_page(&self) -> bool {
        let kind = self.content_type.as_deref().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or(kind).trim();
        kind.eq_ignore_ascii_case("text/html")
    }

    fn is_whole(&self, asked: &Asked) -> bool {
        let length = asked.range.end - asked.range.start;
        asked.range.start == 0 && self.content_length == Some(length)
    }

    fn judge_part(&self, asked: &Asked, known: &mut Known) -> Result<(), Trouble> {
        let Some(text) = &self.content_range else {
            // Not every server lets a page of another origin see it.
            return self.take(known, None);
        };
        let part = content_range(text).ok_or_else(|| {
            Trouble::for_good(format!("the server's Content-Range makes no sense: {text}"))
        })?;
        if part.begin != asked.range.start || part.end > asked.range.end {
            let (begin, end) = (part.begin, part.end);
            let Range { start, end: wanted } = asked.range;
            return Err(Trouble::for_good(format!(
                "the server sent bytes {begin} to {end} when asked for {start} to {wanted}"
            )));
        }
        self.take(known, part.total)
    }

    /// Holds the file's length and version against what is known.
    fn take(&self, known: &mut Known, bytes: Option<u64>) -> Result<(), Trouble> {
        if let (Some(before), Some(now)) = (known.bytes, bytes)
            && before != now
        {
            return Err(Trouble::for_good(format!(
                "the file was changed while it was read: it had {before} bytes and now has {now}"
            )));
        }
        if let (Some(before), Some(now)) = (&known.version, &self.etag)
            && before != now
        {
            return Err(Trouble::for_good(
                "the file was changed while it was read: its ETag is another one",
            ));
        }
        known.bytes = known.bytes.or(bytes);
        known.version = known.version.take().or_else(|| self.etag.clone());
        Ok(())
    }

    fn refusal(&self, status: u16, has_token: bool) -> Trouble {
        let what = match (status, has_token) {
            (401 | 403, false) => format!("it may not be read without a token (status {status})"),
            (401, true) => "the token is not accepted (status 401)".to_owned(),
            (403, true) => "the token does not allow to read it (status 403)".to_owned(),
            (404 | 410, _) => format!("there is no such file (status {status})"),
            (429, _) => "the server wants fewer requests (status 429)".to_owned(),
            (500.., _) => format!("the server failed (status {status})"),
            _ => format!("the server answered with status {status}"),
        };
        let may_change = matches!(status, 408 | 425 | 429 | 500..);
        let wait_ms = || self.retry_after.as_ref()?.trim().parse::<u64>().ok();
        Trouble {
            what,
            again: may_change.then(|| wait_ms().map(|seconds| seconds.saturating_mul(1000))),
        }
    }
}

/// Judges a file's first bytes, where the address is to blame for what they are. A server may call a checkpoint
/// a page, so that here its bytes count and not its type.
///
/// # Errors
/// Where they are no file's that was meant, with a sentence that says what to look for.
pub fn judge_beginning(bytes: &[u8]) -> Result<(), Trouble> {
    match FileKind::of(bytes) {
        Some(FileKind::Html) => Err(Trouble::for_good(WEB_PAGE)),
        // Of other kinds the reader of headers says as much as can be said.
        _ => Ok(()),
    }
}

/// A `Content-Range`: `bytes 0-511/12345`, the total perhaps `*`.
struct Part {
    begin: u64,
    /// Exclusive.
    end: u64,
    total: Option<u64>,
}

fn content_range(text: &str) -> Option<Part> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (begin, last) = range.split_once('-')?;
    let (begin, last): (u64, u64) = (begin.parse().ok()?, last.parse().ok()?);
    let total = match total {
        "*" => None,
        total => Some(total.parse().ok()?),
    };
    let is_within = total.is_none_or(|total: u64| last < total);
    (begin <= last && is_within).then_some(Part {
        begin,
        end: last + 1,
        total,
    })
}

/// The file's length in the `Content-Range` of a range that is refused: `bytes */12345`.
fn length_of_refused(text: &str) -> Option<u64> {
    text.trim().strip_prefix("bytes */")?.parse().ok()
}

#[cfg(test)]
mod tests;
