//! Our header parser against the safetensors crate's: the one assertion that
//! the tests beside this file and the fuzz target share.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::panic::catch_unwind;

use floatscope_core::Error;
use floatscope_core::checkpoint::{Header, HeaderReader, MAX_RANK};
use safetensors::SafeTensors;
use safetensors::tensor::Metadata;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// What became of one file. The assertions have passed when this is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// Both take it, and read the same out of it.
    BothAccept,
    /// Neither takes it.
    BothReject,
    /// We refuse what the crate takes, on purpose.
    Stricter(Difference),
}

/// Where we refuse on purpose what the crate takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Difference {
    /// Two entries have the same name; the crate takes the last.
    DuplicateName,
    /// A dtype is written `{"F32": null}`, as serde writes enums with data.
    DtypeNotText,
    /// A shape has more than [`MAX_RANK`] dimensions.
    Rank,
}

/// Reads `file` with both parsers and asserts that they agree, that what we
/// keep of a bad file is sound, and that what both accept survives a round trip.
///
/// # Panics
/// Where an assertion fails.
pub(crate) fn check(file: &[u8]) -> Outcome {
    let ours = read(file);
    assert_sound(&ours, file.len() as u64);
    match (accepted(&ours), crates_verdict(file)) {
        (Some(header), Some(metadata)) => {
            assert_same(header, &metadata);
            assert_round_trip(header, &metadata);
            Outcome::BothAccept
        }
        (None, None) => Outcome::BothReject,
        (None, Some(_)) => match difference(file) {
            Some(difference) => Outcome::Stricter(difference),
            None => panic!("only the crate accepts {}: {ours:?}", Escaped(file)),
        },
        (Some(_), None) => panic!(
            "only we accept {}: {:?}",
            Escaped(file),
            SafeTensors::read_metadata(file).err()
        ),
    }
}

/// Reads a file's header as page and command do, piece by piece.
pub(crate) fn read(file: &[u8]) -> Result<Header, Error> {
    let mut reader = HeaderReader::new("fuzz.safetensors", file.len() as u64);
    while let Some(range) = reader.wants() {
        assert!(range.start < range.end && range.end <= file.len() as u64);
        reader.feed(&file[range.start as usize..range.end as usize]);
    }
    reader.finish()
}

fn accepted(ours: &Result<Header, Error>) -> Option<&Header> {
    ours.as_ref()
        .ok()
        .filter(|header| header.problems.is_empty())
}

/// The crate adds offsets without a check, so that builds with overflow checks
/// panic on some hostile headers: that is a refusal too.
fn crates_verdict(file: &[u8]) -> Option<Metadata> {
    let read = || SafeTensors::read_metadata(file).ok();
    catch_unwind(read)
        .ok()
        .flatten()
        .map(|(_, metadata)| metadata)
}

/// Whatever the file, what we say about it must hold.
fn assert_sound(ours: &Result<Header, Error>, file_bytes: u64) {
    let header = match ours {
        Ok(header) => header,
        Err(error) => return assert_one_line(&error.to_string()),
    };
    assert!(header.header_bytes <= file_bytes);
    assert!(
        header
            .tensors
            .is_sorted_by_key(|tensor| (tensor.begin, tensor.end))
    );
    for tensor in &header.tensors {
        assert!(header.header_bytes <= tensor.begin);
        assert!(tensor.begin <= tensor.end && tensor.end <= file_bytes);
        let bits = tensor.elements() * u64::from(tensor.dtype.bits());
        assert_eq!(bits, tensor.bytes() * 8, "{tensor:?}");
    }
    for problem in &header.problems {
        assert!(!problem.what.is_empty());
        assert_one_line(&problem.what);
    }
}

fn assert_one_line(message: &str) {
    assert!(!message.contains(char::is_control), "{message:?}");
    assert!(message.len() < 2000, "{message:?}");
}

/// A tensor as both parsers tell it: dtype, shape, begin and end among the
/// tensors' bytes.
type Row = (String, Vec<u64>, u64, u64);

fn our_rows(header: &Header) -> BTreeMap<String, Row> {
    let data = header.header_bytes;
    let row = |tensor: &floatscope_core::checkpoint::TensorInfo| {
        let (begin, end) = (tensor.begin - data, tensor.end - data);
        let row = (
            tensor.dtype.name().to_owned(),
            tensor.shape.clone(),
            begin,
            end,
        );
        (tensor.name.clone(), row)
    };
    header.tensors.iter().map(row).collect()
}

fn crates_rows(metadata: &Metadata) -> BTreeMap<String, Row> {
    let tensors = metadata.tensors().into_iter();
    tensors
        .map(|(name, info)| {
            let shape = info.shape.iter().map(|&size| size as u64).collect();
            let (begin, end) = info.data_offsets;
            let row = (info.dtype.to_string(), shape, begin as u64, end as u64);
            (name, row)
        })
        .collect()
}

fn assert_same(header: &Header, metadata: &Metadata) {
    assert_eq!(our_rows(header), crates_rows(metadata));
    let theirs = metadata.metadata().clone().unwrap_or_default();
    assert_eq!(
        header.metadata,
        theirs.into_iter().collect::<BTreeMap<_, _>>()
    );
}

/// What the crate writes of what it read, we read as before.
fn assert_round_trip(header: &Header, metadata: &Metadata) {
    // The crate does not count the entry `__metadata__` when it announces how
    // many it writes, so that with nothing else its JSON is broken.
    if header.tensors.is_empty() && header.metadata.is_empty() {
        return;
    }
    let json = serde_json::to_vec(metadata).expect("metadata that was read can be written");
    let mut file = (json.len() as u64).to_le_bytes().to_vec();
    file.extend(&json);
    file.resize(file.len() + metadata.data_len(), 0);
    let again = read(&file).expect("we read what the crate writes");
    assert_eq!(again.problems, []);
    assert_eq!(again.metadata, header.metadata);
    assert_eq!(our_rows(&again), our_rows(header));
}

/// Why we may refuse a file that the crate takes, found without our parser.
fn difference(file: &[u8]) -> Option<Difference> {
    let length = u64::from_le_bytes(*file.first_chunk()?) as usize;
    let entries: Entries = serde_json::from_slice(file.get(8..)?.get(..length)?).ok()?;
    let mut names = HashSet::new();
    if !entries.0.iter().all(|(name, _)| names.insert(name)) {
        return Some(Difference::DuplicateName);
    }
    let any = |test: fn(&Value) -> bool| entries.0.iter().any(|(_, entry)| test(entry));
    if any(|entry| field(entry, "dtype", 0).is_some_and(Value::is_object)) {
        return Some(Difference::DtypeNotText);
    }
    let long = |shape: &Value| shape.as_array().is_some_and(|sizes| sizes.len() > MAX_RANK);
    let rank = entries
        .0
        .iter()
        .filter_map(|(_, entry)| field(entry, "shape", 1))
        .any(long);
    rank.then_some(Difference::Rank)
}

/// A field of an entry, which is an object or, as serde allows, an array.
fn field<'a>(entry: &'a Value, name: &str, place: usize) -> Option<&'a Value> {
    entry.get(name).or_else(|| entry.get(place))
}

/// The header's entries with their names, repeated ones too.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    list.push(entry);
                }
                Ok(Entries(list))
            }
        }
        from.deserialize_map(List)
    }
}

/// A file in a message.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}
