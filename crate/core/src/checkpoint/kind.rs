//! What a file that is no safetensors file looks like.
//!
//! People drop what they have: the pointer that Git left instead of the file,
//! the page that a download ended on, another format. Saying so beats
//! "header too large".

use std::fmt;

use super::header::MAX_HEADER_BYTES;
use super::shown::shown;

/// How much of a file's beginning is enough to tell its kind, in bytes.
pub(super) const PREFIX_BYTES: u64 = 512;

/// A kind of file that is not safetensors, told by its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// What Git keeps in place of a large file; it states that file's size in bytes.
    GitLfsPointer {
        /// The size of the real file.
        bytes: Option<u64>,
    },
    /// A web page.
    Html,
    /// A zip archive, as PyTorch writes.
    Zip,
    /// A Python pickle, as PyTorch wrote before 1.6.
    Pickle,
    /// llama.cpp's format.
    Gguf,
    /// An HDF5 file, as Keras writes.
    Hdf5,
    /// A NumPy array.
    NumPy,
    /// Compressed data.
    Compressed {
        /// By which program.
        by: &'static str,
    },
    /// JSON text without the eight bytes of the header's length before it.
    Json,
    /// A safetensors header whose length was written most significant byte first.
    BigEndian {
        /// The length that was meant.
        header_bytes: u64,
    },
    /// Nothing but zeros where the header should be.
    Zeros,
    /// Some other text.
    Text {
        /// How it begins.
        begins: String,
    },
}

const LFS: &[u8] = b"version https://git-lfs";

/// Signatures at the file's first byte.
const SIGNATURES: &[(&[u8], FileKind)] = &[
    (b"PK\x03\x04", FileKind::Zip),
    (b"GGUF", FileKind::Gguf),
    (b"\x93NUMPY", FileKind::NumPy),
    (b"\x89HDF\r\n\x1a\n", FileKind::Hdf5),
    (b"\x80\x02", FileKind::Pickle),
    (b"\x80\x04\x95", FileKind::Pickle),
    (b"\x1f\x8b", FileKind::Compressed { by: "gzip" }),
    (b"\x28\xb5\x2f\xfd", FileKind::Compressed { by: "zstd" }),
    (b"\xfd7zXZ\0", FileKind::Compressed { by: "xz" }),
    (b"BZh", FileKind::Compressed { by: "bzip2" }),
    (b"7z\xbc\xaf\x27\x1c", FileKind::Compressed { by: "7-Zip" }),
];

impl FileKind {
    /// Tells the kind of a file that turned out not to be safetensors by its
    /// first bytes; `None` where they say nothing.
    pub fn of(prefix: &[u8]) -> Option<Self> {
        signature(prefix)
            .or_else(|| big_endian(prefix))
            .or_else(|| zeros(prefix))
            .or_else(|| text(prefix))
    }
}

fn signature(prefix: &[u8]) -> Option<FileKind> {
    let found = SIGNATURES
        .iter()
        .find(|(magic, _)| prefix.starts_with(magic));
    found.map(|(_, kind)| kind.clone())
}

fn big_endian(prefix: &[u8]) -> Option<FileKind> {
    let (length, rest) = prefix.split_first_chunk()?;
    let header_bytes = u64::from_be_bytes(*length);
    let plausible = (2..=MAX_HEADER_BYTES).contains(&header_bytes) && rest.starts_with(b"{");
    plausible.then_some(FileKind::BigEndian { header_bytes })
}

fn zeros(prefix: &[u8]) -> Option<FileKind> {
    let more_than_a_length = prefix.len() > 8;
    (more_than_a_length && prefix.iter().all(|&byte| byte == 0)).then_some(FileKind::Zeros)
}

fn text(prefix: &[u8]) -> Option<FileKind> {
    let text = readable(prefix)?;
    let begin = text.trim_start();
    Some(if prefix.starts_with(LFS) {
        FileKind::GitLfsPointer {
            bytes: lfs_size(text),
        }
    } else if is_html(begin) {
        FileKind::Html
    } else if begin.starts_with('{') {
        FileKind::Json
    } else {
        FileKind::Text {
            begins: first_line(begin),
        }
    })
}

/// The prefix as text, if it is text; its end may cut a character in two.
fn readable(prefix: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(prefix) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(prefix.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    (!text.trim().is_empty() && text.chars().all(plain)).then_some(text)
}

fn lfs_size(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("size "))?;
    line.trim().parse().ok()
}

fn is_html(begin: &str) -> bool {
    let starts = |tag: &str| {
        let head = begin.as_bytes().get(..tag.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(tag.as_bytes()))
    };
    starts("<!doctype html") || starts("<html")
}

fn first_line(begin: &str) -> String {
    const MOST: usize = 40;
    let line = begin.lines().next().unwrap_or_default();
    line.chars().take(MOST).collect()
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GitLfsPointer { bytes } => {
                f.write_str("this is a Git LFS pointer to a file")?;
                if let Some(bytes) = bytes {
                    write!(f, " of {bytes} bytes")?;
                }
                f.write_str(", not the file itself: fetch that with `git lfs pull`")
            }
            Self::Html => f.write_str("this is a web page (HTML), not a checkpoint"),
            Self::Zip => f.write_str(
                "this is a zip archive, as PyTorch writes .pt and .bin files, not safetensors",
            ),
            Self::Pickle => f.write_str(
                "this is a Python pickle, as old PyTorch wrote .pt and .bin files, not safetensors",
            ),
            Self::Gguf => f.write_str("this is a GGUF file, not safetensors"),
            Self::Hdf5 => f.write_str("this is an HDF5 file, as Keras writes, not safetensors"),
            Self::NumPy => f.write_str("this is a NumPy array (.npy), not safetensors"),
            Self::Compressed { by } => {
                write!(f, "this is compressed with {by}: unpack it first")
            }
            Self::Json => f.write_str(
                "this is JSON text without the 8 bytes of a header's length before it; \
                 a shard index is recognised by the name *.index.json",
            ),
            Self::BigEndian { header_bytes } => write!(
                f,
                "the header's length, {header_bytes}, is written most significant byte first, \
                 it must be little-endian"
            ),
            Self::Zeros => {
                f.write_str("the file begins with zeros, as an unfinished download does")
            }
            Self::Text { begins } => {
                write!(
                    f,
                    "this is text, not safetensors; it begins with {}",
                    shown(begins)
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_is_told() {
        for (magic, kind) in SIGNATURES {
            let mut file = magic.to_vec();
            file.extend([0; 32]);
            assert_eq!(FileKind::of(&file).as_ref(), Some(kind));
            assert!(!kind.to_string().contains('\n'));
        }
    }

    #[test]
    fn a_git_lfs_pointer_states_the_size_of_the_file_itself() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\n\
            oid sha256:4d7a\nsize 2471645608\n";
        let kind = FileKind::of(pointer).expect("a pointer");
        let bytes = Some(2_471_645_608);
        assert_eq!(kind, FileKind::GitLfsPointer { bytes });
        assert!(kind.to_string().contains("2471645608 bytes"));
    }

    #[test]
    fn text_is_told_from_bytes() {
        let begins = "Entry not found".to_owned();
        assert_eq!(
            FileKind::of(b"Entry not found"),
            Some(FileKind::Text { begins })
        );
        assert_eq!(FileKind::of(b"  <!DOCTYPE HTML>"), Some(FileKind::Html));
        assert_eq!(FileKind::of(b"{\"a\":1}"), Some(FileKind::Json));
        assert_eq!(
            FileKind::of("ein Text mit ü".as_bytes().split_last().expect("bytes").1)
                .map(|kind| matches!(kind, FileKind::Text { .. })),
            Some(true)
        );
        assert_eq!(FileKind::of(b"\x01\x02\x03\x04\x05\x06\x07\x08\x09"), None);
        assert_eq!(FileKind::of(b""), None);
    }

    #[test]
    fn a_length_the_wrong_way_round_is_told() {
        let mut file = 60_u64.to_be_bytes().to_vec();
        file.extend(b"{\"a\":{}}");
        assert_eq!(
            FileKind::of(&file),
            Some(FileKind::BigEndian { header_bytes: 60 })
        );
        file[8] = b'[';
        assert_eq!(FileKind::of(&file), None);
    }

    #[test]
    fn zeros_need_to_go_on_after_the_length() {
        assert_eq!(FileKind::of(&[0; 8]), None);
        assert_eq!(FileKind::of(&[0; 512]), Some(FileKind::Zeros));
    }
}
