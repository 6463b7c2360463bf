//! Reads a header without doing any reading: says what it wants, is fed.

use std::ops::Range;

use super::header::{Header, LENGTH_BYTES, UNKNOWN_BYTES, check_length, parse_header};
use super::kind::{FileKind, PREFIX_BYTES};
use crate::error::Error;

/// Most bytes asked for at once, so that the caller needs no second copy of a
/// hundred megabytes.
const PIECE_BYTES: u64 = 4 << 20;

/// Asks for the bytes of one file's header, in order, and parses them.
///
/// ```
/// use floatscope_core::checkpoint::HeaderReader;
/// let file = b"\x02\0\0\0\0\0\0\0{}";
/// let mut reader = HeaderReader::new("empty.safetensors", file.len() as u64);
/// while let Some(range) = reader.wants() {
///     reader.feed(&file[range.start as usize..range.end as usize]);
/// }
/// assert!(reader.finish()?.tensors.is_empty());
/// # Ok::<(), floatscope_core::Error>(())
/// ```
#[derive(Debug)]
pub struct HeaderReader {
    file: String,
    file_bytes: u64,
    /// The file's first bytes, as far as they were fed.
    bytes: Vec<u8>,
    /// How far to read, or why there is nothing more to read.
    goal: Result<Goal, Error>,
}

#[derive(Debug, Clone, Copy)]
enum Goal {
    /// The header's length, and enough to tell the kind of a wrong file.
    Prefix { end: u64 },
    /// The whole header.
    Header { end: u64 },
}

impl Goal {
    fn end(self) -> u64 {
        let (Self::Prefix { end } | Self::Header { end }) = self;
        end
    }
}

impl HeaderReader {
    /// A reader for the file `file_name`, which is `file_bytes` long, or [`UNKNOWN_BYTES`].
    pub fn new(file_name: &str, file_bytes: u64) -> Self {
        let file = file_name.to_owned();
        let goal = match file_bytes {
            0 => Err(Error::Empty { file }),
            1..LENGTH_BYTES => Err(Error::TooShort { file, file_bytes }),
            _ => Ok(Goal::Prefix {
                end: file_bytes.min(PREFIX_BYTES),
            }),
        };
        Self {
            file: file_name.to_owned(),
            file_bytes,
            bytes: Vec::new(),
            goal,
        }
    }

    /// The bytes of the file that are to be fed next; `None` when there is
    /// nothing more to read, because the header is complete or unreadable.
    pub fn wants(&self) -> Option<Range<u64>> {
        let goal = self.goal.as_ref().ok()?.end();
        let begin = self.bytes.len() as u64;
        (begin < goal).then(|| begin..goal.min(begin + PIECE_BYTES))
    }

    /// Takes the bytes just wanted, or fewer where the file ended early. Bytes
    /// beyond those wanted are left alone.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(wanted) = self.wants() else { return };
        let length = bytes.len().min((wanted.end - wanted.start) as usize);
        self.bytes.extend_from_slice(&bytes[..length]);
        let got = self.bytes.len() as u64;
        if self.file_bytes == UNKNOWN_BYTES && got < wanted.end {
            // Where it ends is how long it is.
            let known = Self::new(&self.file, got);
            self.file_bytes = got;
            self.goal = known.goal.and_then(|goal| match got < goal.end() {
                true => Err(Error::CutShort {
                    file: self.file.clone(),
                    wanted: wanted.end,
                    got,
                }),
                false => Ok(goal),
            });
        }
        let Ok(goal) = self.goal.as_ref().map(|goal| goal.end()) else {
            return;
        };
        if got < wanted.end.min(goal) {
            self.goal = Err(Error::CutShort {
                file: self.file.clone(),
                wanted: wanted.end,
                got,
            });
        } else if matches!(self.goal, Ok(Goal::Prefix { end }) if end == got) {
            self.goal = self.read_length();
        }
    }

    /// The header.
    ///
    /// # Errors
    /// As [`parse_header`]; also where the file is too short, is told to be of
    /// another kind, or where not all that was wanted was fed.
    pub fn finish(self) -> Result<Header, Error> {
        if let Some(wanted) = self.wants() {
            return Err(Error::CutShort {
                file: self.file,
                wanted: wanted.end,
                got: wanted.start,
            });
        }
        let end = self.goal?.end() as usize;
        let json = &self.bytes[LENGTH_BYTES as usize..end];
        parse_header(&self.file, json, self.file_bytes).map_err(|error| explain(error, &self.bytes))
    }

    fn read_length(&mut self) -> Result<Goal, Error> {
        let length = self
            .bytes
            .first_chunk()
            .expect("a prefix has at least eight bytes");
        let header_bytes = u64::from_le_bytes(*length);
        check_length(&self.file, header_bytes, self.file_bytes)
            .map_err(|error| explain(error, &self.bytes))?;
        let end = LENGTH_BYTES + header_bytes;
        // One allocation of the right size; growth by doubling would peak at three times it.
        self.bytes
            .reserve_exact((end as usize).saturating_sub(self.bytes.len()));
        Ok(Goal::Header { end })
    }
}

/// Puts what the file looks like in the place of what is wrong with its header.
fn explain(error: Error, prefix: &[u8]) -> Error {
    // Names can only be repeated in a header that has been read.
    if matches!(error, Error::DuplicateName { .. }) {
        return error;
    }
    let prefix = &prefix[..prefix.len().min(PREFIX_BYTES as usize)];
    match FileKind::of(prefix) {
        Some(kind) => Error::OtherKind {
            file: error.file().to_owned(),
            kind,
        },
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::MAX_HEADER_BYTES;

    /// Feeds a file to a reader as the reader asks for it.
    fn read(file: &[u8]) -> Result<Header, Error> {
        let mut reader = HeaderReader::new("f", file.len() as u64);
        while let Some(range) = reader.wants() {
            reader.feed(&file[range.start as usize..range.end as usize]);
        }
        reader.finish()
    }

    fn file(json: &[u8]) -> Vec<u8> {
        let mut file = (json.len() as u64).to_le_bytes().to_vec();
        file.extend(json);
        file
    }

    #[test]
    fn a_long_header_is_read_in_pieces() {
        let json = format!("{{}}{}", " ".repeat(10 << 20));
        let whole = file(json.as_bytes());
        let mut reader = HeaderReader::new("f", whole.len() as u64);
        let mut pieces = Vec::new();
        while let Some(range) = reader.wants() {
            // More than what was asked for does no harm.
            reader.feed(&whole[range.start as usize..]);
            pieces.push(range);
        }
        assert_eq!(pieces.first(), Some(&(0..512)));
        assert_eq!(
            pieces.last().map(|range| range.end),
            Some(whole.len() as u64)
        );
        assert!(pieces.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert!(
            pieces
                .iter()
                .all(|range| range.end - range.start <= 4 << 20)
        );
        assert_eq!(
            reader.finish().expect("a header").header_bytes,
            whole.len() as u64
        );
    }

    #[test]
    fn a_file_that_shrinks_while_it_is_read_is_told() {
        let whole = file(format!("{{}}{}", " ".repeat(2000)).as_bytes());
        let mut reader = HeaderReader::new("f", whole.len() as u64);
        reader.feed(&whole[..512]);
        reader.feed(&whole[512..600]);
        assert_eq!(reader.wants(), None);
        let message = reader.finish().expect_err("cut short").to_string();
        assert_eq!(
            message,
            "f: the file ended at byte 600, its header goes on to byte 2010 (file byte 600)"
        );
        let unfed = HeaderReader::new("f", 600).finish();
        assert!(matches!(
            unfed,
            Err(Error::CutShort {
                wanted: 512,
                got: 0,
                ..
            })
        ));
    }

    #[test]
    fn lengths_that_cannot_be_are_refused_before_anything_is_read() {
        let claim = |length: u64, file_bytes: u64| {
            let mut start = length.to_le_bytes().to_vec();
            start.extend(b"\x01\x02\x03\x04");
            let mut reader = HeaderReader::new("f", file_bytes);
            while let Some(range) = reader.wants() {
                let mut piece = start.clone();
                piece.resize((range.end - range.start) as usize, 1);
                reader.feed(&piece);
            }
            reader.finish().expect_err("an impossible length")
        };
        assert!(matches!(
            claim(u64::MAX, 1 << 40),
            Error::HeaderTooLarge { .. }
        ));
        assert!(matches!(
            claim(MAX_HEADER_BYTES + 1, 1 << 40),
            Error::HeaderTooLarge { .. }
        ));
        assert!(matches!(claim(1017, 1024), Error::HeaderPastEnd { .. }));
        assert!(matches!(
            claim(1016, 1024),
            Error::NotUtf8 { .. } | Error::NotJson { .. }
        ));
    }

    #[test]
    fn a_file_whose_length_nobody_knows_ends_where_its_header_says() {
        let entry = r#"{"t":{"dtype":"U8","shape":[900],"data_offsets":[0,900]}}"#;
        let mut whole = file(entry.as_bytes());
        let header_bytes = whole.len() as u64;
        whole.extend([0; 900]);
        let read = |whole: &[u8]| {
            let mut reader = HeaderReader::new("f", UNKNOWN_BYTES);
            while let Some(range) = reader.wants() {
                let end = (range.end as usize).min(whole.len());
                reader.feed(&whole[range.start as usize..end]);
            }
            reader.finish()
        };
        let header = read(&whole).expect("a header");
        assert!(header.problems.is_empty() && header.tensors[0].end == header_bytes + 900);
        // Shorter than what is asked for first: then its length is known.
        let cut = &whole[..200];
        let header = read(cut).expect("a header");
        assert!(header.tensors.is_empty() && !header.problems.is_empty());
        assert!(matches!(
            read(&whole[..30]),
            Err(Error::HeaderPastEnd { .. })
        ));
        assert!(matches!(read(b""), Err(Error::Empty { .. })));
    }

    #[test]
    fn errors_become_problems_of_a_report() {
        let error = read(b"").expect_err("an empty file");
        let problem = crate::report::Problem::from(&error);
        assert_eq!(problem.to_string(), error.to_string());
        assert_eq!(error.to_string(), "f: the file is empty (file byte 0)");
    }

    #[test]
    fn what_else_a_file_is_replaces_what_is_wrong_with_its_header() {
        let cases: [(&[u8], &str); 4] = [
            (
                b"version https://git-lfs.github.com/spec/v1\nsize 7\n",
                "Git LFS pointer to a file of 7 bytes",
            ),
            (b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc", "compressed with gzip"),
            (b"\0\0\0\0\0\0\0\x02{}", "most significant byte first"),
            (&[0; 100], "begins with zeros"),
        ];
        for (bytes, says) in cases {
            let message = read(bytes).expect_err("another kind").to_string();
            assert!(message.contains(says), "{message}");
        }
        assert!(matches!(read(&[0; 8]), Err(Error::NotJson { .. })));
    }
}
