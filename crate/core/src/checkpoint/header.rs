//! The header of one file.

use std::collections::{BTreeMap, HashSet};

use super::coverage::{self, Claim, Data};
use super::entry;
use super::json;
use super::problems::Problems;
use super::shown::count;
use crate::error::Error;
use crate::format::Dtype;
use crate::report::Problem;

/// Most bytes that a header may have; the safetensors crate's limit.
pub const MAX_HEADER_BYTES: u64 = 100_000_000;

/// In place of a file's length where nobody says it: the header does.
pub const UNKNOWN_BYTES: u64 = u64::MAX;

/// The bytes that state the header's length.
pub(super) const LENGTH_BYTES: u64 = 8;

/// The entry that holds free text and no tensor.
const METADATA: &str = "__metadata__";

/// What a file's header says, as far as it can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The free text under `__metadata__`.
    pub metadata: BTreeMap<String, String>,
    /// The tensors that can be read, sorted by begin and end; equal ones in the
    /// order of the header.
    pub tensors: Vec<TensorInfo>,
    /// What is wrong with the others, or with the file.
    pub problems: Vec<Problem>,
    /// Where the tensors' bytes begin: 8 plus the header's length.
    pub header_bytes: u64,
}

/// One tensor: what it is, and where its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name: any text, possibly hostile.
    pub name: String,
    /// The format of its elements.
    pub dtype: Dtype,
    /// Its dimensions in elements, outermost first; empty for a scalar.
    pub shape: Vec<u64>,
    /// Where its bytes begin in the file.
    pub begin: u64,
    /// Where its bytes end in the file, exclusive.
    pub end: u64,
}

impl TensorInfo {
    /// How many elements the shape has.
    pub fn elements(&self) -> u64 {
        self.shape
            .iter()
            .fold(1, |product, &size| product.saturating_mul(size))
    }

    /// How many bytes of the file it takes.
    pub fn bytes(&self) -> u64 {
        self.end - self.begin
    }
}

/// Reads the header's JSON text of the file `file_name`, which is `file_bytes` long.
///
/// # Errors
/// Only what makes the header unreadable: a length over the limit or past the
/// end of the file, no UTF-8, no JSON object, two entries of one name that both
/// claim bytes. All else is among the header's problems and the tensors
/// concerned are left out.
pub fn parse_header(file_name: &str, json: &[u8], file_bytes: u64) -> Result<Header, Error> {
    check_length(file_name, json.len() as u64, file_bytes)?;
    let text = std::str::from_utf8(json).map_err(|error| Error::NotUtf8 {
        file: file_name.to_owned(),
        at: error.valid_up_to() as u64,
    })?;
    parse_text(file_name, text, file_bytes)
}

/// Whether a header of this length is allowed and fits the file.
pub(super) fn check_length(file: &str, header_bytes: u64, file_bytes: u64) -> Result<(), Error> {
    if header_bytes > MAX_HEADER_BYTES {
        return Err(Error::HeaderTooLarge {
            file: file.to_owned(),
            header_bytes,
        });
    }
    if header_bytes + LENGTH_BYTES > file_bytes {
        return Err(Error::HeaderPastEnd {
            file: file.to_owned(),
            header_bytes,
            file_bytes,
        });
    }
    Ok(())
}

fn parse_text(file: &str, text: &str, file_bytes: u64) -> Result<Header, Error> {
    let header_bytes = LENGTH_BYTES + text.len() as u64;
    let mut problems = Problems::new(file);
    let (metadata, mut listed) = list(file, text, &mut problems)?;
    let last = || listed.iter().map(|entry| entry.range.1).max();
    let data = Data {
        begin: header_bytes,
        bytes: match file_bytes {
            UNKNOWN_BYTES => last().unwrap_or(0),
            known => known - header_bytes,
        },
    };
    refuse_duplicates(file, &listed)?;
    listed.sort_unstable_by_key(|entry| (entry.range, entry.at));
    coverage::check(claims(&listed), data, &mut problems);
    let tensors = readable(listed, data, &mut problems);
    Ok(Header {
        metadata: metadata.unwrap_or_default(),
        tensors,
        problems: problems.finish(),
        header_bytes,
    })
}

/// An entry that claims bytes, with the place of its value in the header.
struct Listed {
    name: String,
    at: u64,
    /// Begin and end among the tensors' bytes.
    range: (u64, u64),
    /// What the bytes are, where that is known.
    tensor: Option<(Dtype, Vec<u64>)>,
}

type Metadata = Option<BTreeMap<String, String>>;

/// Reads all entries. A bad one is told at once, and kept only if it claims
/// bytes: a hundred megabytes hold millions of them.
fn list(file: &str, text: &str, problems: &mut Problems) -> Result<(Metadata, Vec<Listed>), Error> {
    let mut metadata: Option<(u64, &str)> = None;
    let mut twice = None;
    let mut listed = Vec::new();
    json::for_each_entry(text, |name, value| {
        let at = json::offset_in(text, value);
        if name != METADATA {
            listed.extend(read_tensor(text, name, value, problems));
        } else if let Some((first, _)) = metadata {
            twice.get_or_insert((first, at));
        } else {
            metadata = Some((at, value));
        }
    })
    .map_err(|error| unreadable(file, text, &error))?;
    if let Some((first, second)) = twice {
        return Err(duplicate(file, METADATA, first, second));
    }
    let metadata = metadata.and_then(|(at, value)| read_metadata(at, value, problems));
    Ok((metadata, listed))
}

fn read_tensor(text: &str, name: String, value: &str, problems: &mut Problems) -> Option<Listed> {
    let entry = entry::read(text, value);
    if let Err(fault) = &entry.tensor {
        problems.of_tensor(&name, header_byte(fault.at), fault.what.clone());
    }
    Some(Listed {
        name,
        at: json::offset_in(text, value),
        range: entry.range?,
        tensor: entry.tensor.ok(),
    })
}

fn read_metadata(at: u64, value: &str, problems: &mut Problems) -> Metadata {
    match serde_json::from_str::<Metadata>(value) {
        Ok(metadata) => metadata,
        Err(error) => {
            let at = at + json::byte_of(value, &error);
            let what = format!("{METADATA}: {}", json::what(&error));
            problems.of_file(header_byte(at), what);
            None
        }
    }
}

fn unreadable(file: &str, text: &str, error: &serde_json::Error) -> Error {
    let file = file.to_owned();
    let what = json::what(error);
    // The values are raw, so that only the outermost type can be a wrong one.
    if error.is_data() {
        return Error::NotAnObject { file, what };
    }
    Error::NotJson {
        file,
        what,
        at: json::byte_of(text, error),
    }
}

fn refuse_duplicates(file: &str, listed: &[Listed]) -> Result<(), Error> {
    let mut names = HashSet::with_capacity(listed.len());
    let Some(second) = listed
        .iter()
        .find(|entry| !names.insert(entry.name.as_str()))
    else {
        return Ok(());
    };
    let first = listed.iter().find(|entry| entry.name == second.name);
    let first = first.map_or(second.at, |first| first.at);
    Err(duplicate(file, &second.name, first, second.at))
}

fn duplicate(file: &str, name: &str, first: u64, second: u64) -> Error {
    Error::DuplicateName {
        file: file.to_owned(),
        name: name.to_owned(),
        first,
        second,
    }
}

fn header_byte(at: u64) -> String {
    format!("header byte {at}")
}

fn claims(listed: &[Listed]) -> impl Iterator<Item = Claim<'_>> {
    listed.iter().map(|entry| Claim {
        name: &entry.name,
        begin: entry.range.0,
        end: entry.range.1,
    })
}

/// The tensors that lie in the file; those that don't become problems.
fn readable(listed: Vec<Listed>, data: Data, problems: &mut Problems) -> Vec<TensorInfo> {
    let mut tensors = Vec::with_capacity(listed.len());
    for entry in listed {
        let (begin, end) = entry.range;
        let Some((dtype, shape)) = entry.tensor else {
            continue;
        };
        if end > data.bytes {
            let what = format!(
                "the file ends at byte {}, {} before the tensor does",
                data.begin + data.bytes,
                count(end - data.bytes, "byte")
            );
            problems.of_tensor(&entry.name, data.place(begin, end), what);
            continue;
        }
        tensors.push(TensorInfo {
            name: entry.name,
            dtype,
            shape,
            begin: data.begin + begin,
            end: data.begin + end,
        });
    }
    tensors
}
