//! What a server's answer to a request for a range means, and when to ask again.

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

/// The first wait.
const FIRST_MS: u64 = 500;
/// The longest wait, whatever the server says: a person is waiting, too.
const LONGEST_MS: u64 = 60_000;
/// Failures in a row, with not one byte in between, after which a request is given up.
const MOST_FAILURES: u32 = 6;

/// How long to wait after so many failures in a row, the first one being 1; `None` when to give up. It doubles
/// each time; `spread` is any number, so that requests that failed together don't come back together.
pub fn delay_ms(failures: u32, server_says_ms: Option<u64>, spread: u64) -> Option<u64> {
    if failures >= MOST_FAILURES {
        return None;
    }
    let usual = FIRST_MS << failures.saturating_sub(1);
    let wait = usual.max(server_says_ms.unwrap_or(0)).min(LONGEST_MS);
    Some(wait + spread % (wait / 4 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked {
        range: 100..200,
        has_token: false,
    };

    fn part(content_range: &str) -> Answer {
        Answer {
            status: 206,
            content_range: Some(content_range.to_owned()),
            etag: Some("\"a\"".to_owned()),
            ..Answer::default()
        }
    }

    fn trouble(answer: &Answer, known: &mut Known) -> Trouble {
        answer.judge(&ASKED, known).expect_err("it is refused")
    }

    #[test]
    fn a_part_tells_length_and_version_and_these_must_stay() {
        let mut known = Known::default();
        assert_eq!(part("bytes 100-199/1000").judge(&ASKED, &mut known), Ok(()));
        assert_eq!(known.bytes, Some(1000));
        // A part that ends early is read on.
        assert_eq!(part("bytes 100-150/1000").judge(&ASKED, &mut known), Ok(()));
        assert_eq!(part("bytes 100-199/*").judge(&ASKED, &mut known), Ok(()));
        let longer = trouble(&part("bytes 100-199/1001"), &mut known);
        assert!(
            longer.what.contains("had 1000 bytes and now has 1001"),
            "{longer:?}"
        );
        let mut other = part("bytes 100-199/1000");
        other.etag = Some("\"b\"".to_owned());
        assert!(trouble(&other, &mut known).what.contains("ETag"));
    }

    #[test]
    fn headers_that_may_not_be_seen_are_done_without() {
        let hidden = Answer {
            status: 206,
            ..Answer::default()
        };
        let mut known = Known::default();
        assert_eq!(hidden.judge(&ASKED, &mut known), Ok(()));
        assert_eq!(known, Known::default());
    }

    #[test]
    fn answers_that_are_not_the_range_are_refused() {
        for (text, says) in [
            (
                "bytes 0-99/1000",
                "sent bytes 0 to 100 when asked for 100 to 200",
            ),
            ("bytes 100-200/1000", "sent bytes 100 to 201"),
            ("bytes 100-1000/1000", "makes no sense"),
            ("bytes */1000", "makes no sense"),
            ("lines 1-2/3", "makes no sense"),
        ] {
            let refused = trouble(&part(text), &mut Known::default());
            assert!(
                refused.what.contains(says) && refused.again.is_none(),
                "{refused:?}"
            );
        }
        let whole = Answer {
            status: 200,
            content_length: Some(1000),
            ..Answer::default()
        };
        assert!(
            trouble(&whole, &mut Known::default())
                .what
                .contains("does not send parts")
        );
        let all = Asked {
            range: 0..1000,
            has_token: false,
        };
        assert_eq!(whole.judge(&all, &mut Known::default()), Ok(()));
    }

    #[test]
    fn refusals_say_what_to_do() {
        let refused = |status, has_token, retry_after: Option<&str>| {
            let answer = Answer {
                status,
                retry_after: retry_after.map(str::to_owned),
                ..Answer::default()
            };
            let asked = Asked { has_token, ..ASKED };
            answer
                .judge(&asked, &mut Known::default())
                .expect_err("a refusal")
        };
        assert!(refused(401, false, None).what.contains("without a token"));
        assert!(refused(403, true, None).what.contains("does not allow"));
        assert_eq!(refused(404, false, None).again, None);
        assert_eq!(refused(429, false, Some("7")).again, Some(Some(7000)));
        assert_eq!(refused(503, false, Some("Fri, 1 Jan")).again, Some(None));
        assert!(
            refused(416, false, None)
                .what
                .contains("ends before byte 200")
        );
    }

    #[test]
    fn a_web_page_in_place_of_a_file_is_told_by_its_type_or_by_its_bytes() {
        let whole = |content_type: &str| Answer {
            status: 200,
            content_length: Some(1000),
            content_type: Some(content_type.to_owned()),
            ..Answer::default()
        };
        for content_type in ["text/html", "Text/HTML; charset=utf-8"] {
            let refused = trouble(&whole(content_type), &mut Known::default());
            assert_eq!(refused, Trouble::for_good(WEB_PAGE));
        }
        let other = trouble(&whole("text/html-like"), &mut Known::default());
        assert!(other.what.contains("does not send parts"), "{other:?}");
        // A server that does not know the type of a checkpoint.
        let mut misnamed = part("bytes 100-199/1000");
        misnamed.content_type = Some("text/html".to_owned());
        assert_eq!(misnamed.judge(&ASKED, &mut Known::default()), Ok(()));
        let page = judge_beginning(b"<!doctype html><title>A model</title>");
        assert_eq!(page, Err(Trouble::for_good(WEB_PAGE)));
        for file in [b"\x02\0\0\0\0\0\0\0{}".as_slice(), b"GGUF", b""] {
            assert_eq!(judge_beginning(file), Ok(()));
        }
    }

    #[test]
    fn a_file_without_bytes_is_empty_as_one_of_this_machine_is() {
        let says = crate::Error::Empty {
            file: String::new(),
        }
        .what();
        let refused = |start, answer: &Answer, bytes| {
            let asked = Asked {
                range: start..start + 100,
                has_token: false,
            };
            let mut known = Known {
                bytes,
                version: None,
            };
            answer.judge(&asked, &mut known).expect_err("no byte").what
        };
        let of_status = |status, content_range: Option<&str>| Answer {
            status,
            content_range: content_range.map(str::to_owned),
            ..Answer::default()
        };
        let whole = Answer {
            content_length: Some(0),
            ..of_status(200, None)
        };
        for (start, answer) in [
            (0, of_status(416, None)),
            (0, of_status(416, Some("bytes */0"))),
            (100, of_status(416, Some("bytes */0"))),
            (0, whole),
        ] {
            assert_eq!(refused(start, &answer, None), says, "{answer:?}");
            let changed = refused(start, &answer, Some(7));
            assert!(changed.contains("had 7 bytes and now has 0"), "{changed}");
        }
        // A server that refuses what goes past the end.
        let strict = refused(0, &of_status(416, Some("bytes */50")), None);
        assert!(strict.contains("ends before byte 100"), "{strict}");
    }

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<Option<u64>> = (1..=6)
            .map(|failures| delay_ms(failures, None, 0))
            .collect();
        let expected = [
            Some(500),
            Some(1000),
            Some(2000),
            Some(4000),
            Some(8000),
            None,
        ];
        assert_eq!(waits, expected);
        assert_eq!(delay_ms(1, Some(7000), 0), Some(7000));
        assert_eq!(delay_ms(1, Some(u64::MAX), 0), Some(60_000));
        let spread = delay_ms(1, None, u64::MAX).expect("a wait");
        assert!((500..=625).contains(&spread), "{spread}");
    }
}
