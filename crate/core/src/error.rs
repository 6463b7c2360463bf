//! What makes a whole file unreadable.
//!
//! An [`Error`] is of a file: nothing of it can be shown. What costs one tensor
//! only, or is merely suspicious, is a [`Problem`] and the rest goes on.

use std::fmt;

use crate::checkpoint::{FileKind, count, shown};
use crate::report::Problem;

/// What is wrong with a file without bytes, on this machine or at an address.
pub(crate) const EMPTY: &str = "the file is empty";

/// Why a file could not be read at all. Every variant says what and where.
///
/// Displayed as `FILE: what is wrong (where)`, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file has no bytes.
    Empty {
        /// The file as the user named it.
        file: String,
    },
    /// The file is too short even for the eight bytes of the header's length.
    TooShort {
        /// The file as the user named it.
        file: String,
        /// How long it is, in bytes.
        file_bytes: u64,
    },
    /// The file is of another kind, told by its first bytes.
    OtherKind {
        /// The file as the user named it.
        file: String,
        /// What it looks like.
        kind: FileKind,
    },
    /// The header's length is over the format's limit of 100,000,000 bytes.
    HeaderTooLarge {
        /// The file as the user named it.
        file: String,
        /// The length that the file states, in bytes.
        header_bytes: u64,
    },
    /// The header would end after the end of the file.
    HeaderPastEnd {
        /// The file as the user named it.
        file: String,
        /// The length that the file states, in bytes.
        header_bytes: u64,
        /// How long the file is, in bytes.
        file_bytes: u64,
    },
    /// The source ended before the size that it had given.
    CutShort {
        /// The file as the user named it.
        file: String,
        /// The last byte that was wanted, exclusive.
        wanted: u64,
        /// Where the source ended instead.
        got: u64,
    },
    /// The header is not UTF-8.
    NotUtf8 {
        /// The file as the user named it.
        file: String,
        /// Offset of the first offending byte in the header.
        at: u64,
    },
    /// The header is not JSON.
    NotJson {
        /// The file as the user named it.
        file: String,
        /// What the parser says, shortened.
        what: String,
        /// Offset of the offending byte in the header.
        at: u64,
    },
    /// The header is JSON, but no object.
    NotAnObject {
        /// The file as the user named it.
        file: String,
        /// What the parser says, shortened.
        what: String,
    },
    /// Two entries of the header have the same name, so which is meant is anyone's guess.
    DuplicateName {
        /// The file as the user named it.
        file: String,
        /// The name.
        name: String,
        /// Offset in the header of the first entry's value.
        first: u64,
        /// Offset in the header of the second entry's value.
        second: u64,
    },
    /// A shard index that cannot be used.
    Index {
        /// The file as the user named it.
        file: String,
        /// What is wrong.
        what: String,
        /// Where in the file.
        place: String,
    },
}

impl Error {
    /// The file concerned, as the user named it.
    pub fn file(&self) -> &str {
        match self {
            Self::Empty { file }
            | Self::TooShort { file, .. }
            | Self::OtherKind { file, .. }
            | Self::HeaderTooLarge { file, .. }
            | Self::HeaderPastEnd { file, .. }
            | Self::CutShort { file, .. }
            | Self::NotUtf8 { file, .. }
            | Self::NotJson { file, .. }
            | Self::NotAnObject { file, .. }
            | Self::DuplicateName { file, .. }
            | Self::Index { file, .. } => file,
        }
    }

    /// What is wrong, in one sentence without a full stop.
    pub fn what(&self) -> String {
        match self {
            Self::Empty { .. } => EMPTY.into(),
            Self::TooShort { file_bytes, .. } => {
                format!("the file has {file_bytes} of the 8 bytes of a header's length")
            }
            Self::OtherKind { kind, .. } => kind.to_string(),
            Self::HeaderTooLarge { header_bytes, .. } => {
                format!("the header's length is {header_bytes} bytes, over the limit of 100000000")
            }
            Self::HeaderPastEnd {
                header_bytes,
                file_bytes,
                ..
            } => format!(
                "the header's length is {header_bytes} bytes, the file has {} after it",
                count(file_bytes.saturating_sub(8), "byte")
            ),
            Self::CutShort { wanted, got, .. } => {
                format!("the file ended at byte {got}, its header goes on to byte {wanted}")
            }
            Self::NotUtf8 { .. } => "the header is not UTF-8".into(),
            Self::NotJson { what, .. } => format!("the header is not JSON: {what}"),
            Self::NotAnObject { what, .. } => format!("the header is not a JSON object: {what}"),
            Self::DuplicateName { name, .. } => {
                format!("two entries are named {}", shown(name))
            }
            Self::Index { what, .. } => what.clone(),
        }
    }

    /// Where, in words.
    pub fn place(&self) -> String {
        match self {
            Self::Empty { .. } | Self::OtherKind { .. } => "file byte 0".into(),
            Self::TooShort { file_bytes, .. } => format!("file byte {file_bytes}"),
            Self::HeaderTooLarge { .. } | Self::HeaderPastEnd { .. } => "file bytes 0 to 8".into(),
            Self::CutShort { got, .. } => format!("file byte {got}"),
            Self::NotUtf8 { at, .. } | Self::NotJson { at, .. } => format!("header byte {at}"),
            Self::NotAnObject { .. } => "header byte 0".into(),
            Self::DuplicateName { first, second, .. } => {
                format!("header bytes {first} and {second}")
            }
            Self::Index { place, .. } => place.clone(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.file(), self.what(), self.place())
    }
}

impl std::error::Error for Error {}

/// For reports of several files, where one bad file is a problem among others.
impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            file: error.file().to_owned(),
            tensor: None,
            place: Some(error.place()),
            what: error.what(),
        }
    }
}
