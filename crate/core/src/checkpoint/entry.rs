//! One tensor's entry: `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::json::{Checked, Numbers, byte_of, offset_in, what};
use super::shown::{count, shown};
use crate::format::Dtype;

/// Most dimensions that a shape may have. NumPy and PyTorch stop at 64; without
/// a limit one hostile shape could cost eight times the header's memory.
pub const MAX_RANK: usize = 1024;

/// serde_json allows 127 levels, the header is the first and the entry the second.
const LEVELS_WITHIN_ENTRY: u32 = 125;

/// What is wrong with an entry, and at which byte of the header.
pub(super) struct Fault {
    pub(super) at: u64,
    pub(super) what: String,
}

/// What could be made of an entry. The range is kept when the rest is wrong, so
/// that a tensor left out does not look like a hole in the file.
pub(super) struct Entry {
    /// Byte range among the tensors' bytes, begin ≤ end.
    pub(super) range: Option<(u64, u64)>,
    /// What the bytes are.
    pub(super) tensor: Result<(Dtype, Vec<u64>), Fault>,
}

/// Reads the entry `text`, which is a slice of `header`.
pub(super) fn read(header: &str, text: &str) -> Entry {
    let fields = match parse::<Fields<'_>>(header, text) {
        Ok(fields) => fields,
        Err(fault) => return Entry::nothing(fault),
    };
    match offsets(header, fields.data_offsets) {
        Ok(range) => Entry {
            range: Some(range),
            tensor: tensor(header, &fields, range),
        },
        Err(fault) => Entry::nothing(fault),
    }
}

impl Entry {
    fn nothing(fault: Fault) -> Self {
        Self {
            range: None,
            tensor: Err(fault),
        }
    }
}

fn tensor(
    header: &str,
    fields: &Fields<'_>,
    range: (u64, u64),
) -> Result<(Dtype, Vec<u64>), Fault> {
    let dtype = dtype(header, fields.dtype)?;
    let Shape(shape) = field(header, fields.shape, "shape")?;
    match check_size(dtype, &shape, range) {
        Ok(()) => Ok((dtype, shape)),
        Err(what) => Err(Fault {
            at: offset_in(header, fields.shape),
            what,
        }),
    }
}

fn dtype(header: &str, text: &str) -> Result<Dtype, Fault> {
    let name: String = field(header, text, "dtype")?;
    Dtype::from_name(&name).ok_or_else(|| Fault {
        at: offset_in(header, text),
        what: format!("unknown dtype {}", shown(&name)),
    })
}

fn offsets(header: &str, text: &str) -> Result<(u64, u64), Fault> {
    let (begin, end): (u64, u64) = field(header, text, "data_offsets")?;
    if begin <= end {
        return Ok((begin, end));
    }
    Err(Fault {
        at: offset_in(header, text),
        what: format!("data_offsets [{begin}, {end}] end before they begin"),
    })
}

/// Whether shape and dtype need just the bytes that the offsets give.
///
/// The product is taken from left to right as the crate does, so that
/// `[2^63, 4, 0]` overflows and `[0, 2^63, 4]` is empty.
fn check_size(dtype: Dtype, shape: &[u64], (begin, end): (u64, u64)) -> Result<(), String> {
    let of = || format!("shape {} of {}", shown_shape(shape), dtype.name());
    let bits = shape
        .iter()
        .try_fold(1_u64, |product, &size| product.checked_mul(size))
        .and_then(|elements| elements.checked_mul(u64::from(dtype.bits())))
        .ok_or_else(|| format!("{} overflows 64 bits", of()))?;
    if bits % 8 != 0 {
        return Err(format!("{} needs {bits} bits, not whole bytes", of()));
    }
    if bits / 8 == end - begin {
        return Ok(());
    }
    Err(format!(
        "{} needs {}, data_offsets [{begin}, {end}] give {}",
        of(),
        count(bits / 8, "byte"),
        end - begin
    ))
}

fn shown_shape(shape: &[u64]) -> String {
    const MOST: usize = 8;
    let sizes: Vec<String> = shape.iter().take(MOST).map(u64::to_string).collect();
    let rest = if shape.len() > MOST { ", …" } else { "" };
    format!("[{}{rest}]", sizes.join(", "))
}

/// Reads `text`, naming the field in what may be wrong with it.
fn field<T: DeserializeOwned>(header: &str, text: &str, name: &str) -> Result<T, Fault> {
    parse(header, text).map_err(|fault| Fault {
        what: format!("{name}: {}", fault.what),
        ..fault
    })
}

fn parse<'a, T: Deserialize<'a>>(header: &str, text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault {
        at: offset_in(header, text) + byte_of(text, &error),
        what: what(&error),
    })
}

struct Shape(Vec<u64>);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Numbers { most: MAX_RANK }).map(Self)
    }
}

/// The three fields as they stand in the text.
struct Fields<'a> {
    dtype: &'a str,
    shape: &'a str,
    data_offsets: &'a str,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Dtype,
    Shape,
    DataOffsets,
    #[serde(other)]
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with dtype, shape and data_offsets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let (mut dtype, mut shape, mut data_offsets) = (None, None, None);
        while let Some(key) = map.next_key()? {
            match key {
                Key::Dtype => once(&mut dtype, &mut map, "dtype")?,
                Key::Shape => once(&mut shape, &mut map, "shape")?,
                Key::DataOffsets => once(&mut data_offsets, &mut map, "data_offsets")?,
                Key::Other => map.next_value_seed(Checked {
                    levels: LEVELS_WITHIN_ENTRY,
                })?,
            }
        }
        let missing = A::Error::missing_field;
        Ok(Fields {
            dtype: dtype.ok_or_else(|| missing("dtype"))?,
            shape: shape.ok_or_else(|| missing("shape"))?,
            data_offsets: data_offsets.ok_or_else(|| missing("data_offsets"))?,
        })
    }

    /// `["F32", [2, 3], [0, 24]]`: serde reads structs from arrays too, so the
    /// crate takes this, and so do we.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Fields<'de>, A::Error> {
        let mut next = |length| match seq.next_element::<&RawValue>()? {
            Some(value) => Ok(value.get()),
            None => Err(A::Error::invalid_length(length, &self)),
        };
        Ok(Fields {
            dtype: next(0)?,
            shape: next(1)?,
            data_offsets: next(2)?,
        })
    }
}

fn once<'de, A: MapAccess<'de>>(
    slot: &mut Option<&'de str>,
    map: &mut A,
    name: &'static str,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *slot = Some(map.next_value::<&RawValue>()?.get());
    Ok(())
}
