//! JSON of plain data, for the page as small as it gets: writing to memory cannot
//! fail, and who says so needs no code for failures.

use serde::Serialize;
use serde::ser::{self, Serializer};

mod keys;

use keys::KEY;
pub(crate) use keys::Keys;

/// JSON of a report, of a part of it, or of any other plain data.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    let mut json = Json::default();
    json.value(value);
    json.text
}

/// Text in the making. Whether an entry is the first of its list is seen at what
/// stands before it.
#[derive(Debug, Default)]
pub(crate) struct Json {
    pub(crate) text: String,
    /// Where keys are numbered instead of written.
    pub(crate) keys: Option<Keys>,
}

impl Json {
    /// Text that is to be kept.
    pub(crate) fn with_keys(keys: Keys) -> Self {
        Self {
            text: String::new(),
            keys: Some(keys),
        }
    }

    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        let Ok(()) = value.serialize(self);
    }

    /// A field of an object that was begun.
    pub(super) fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) {
        self.numbered_key(key);
        self.value(value);
    }

    pub(super) fn separate(&mut self) {
        if !self.text.ends_with(['{', '[']) && !self.text.is_empty() {
            self.text.push(',');
        }
    }

    fn numbered_key(&mut self, key: &'static str) {
        let Some(keys) = &mut self.keys else {
            self.separate();
            return self.key(key);
        };
        let number = keys.number(key);
        self.separate();
        self.text.extend([KEY, number]);
    }

    fn key(&mut self, key: &str) {
        self.string(key);
        self.text.push(':');
    }

    fn integer(&mut self, sign: &str, magnitude: u64) {
        self.text.push_str(sign);
        self.text.push_str(&magnitude.to_string());
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            let escaped = match character {
                '"' | '\\' => character,
                '\n' => 'n',
                '\r' => 'r',
                '\t' => 't',
                '\u{8}' => 'b',
                '\u{c}' => 'f',
                ' '.. => {
                    self.text.push(character);
                    continue;
                }
                _ => 'u',
            };
            self.text.extend(['\\', escaped]);
            if escaped == 'u' {
                self.text.push_str("00");
                let digit = |value| char::from_digit(value, 16).expect("four bits");
                let code = u32::from(character);
                self.text.extend([digit(code >> 4), digit(code & 15)]);
            }
        }
        self.text.push('"');
    }

    fn begin<'a>(&'a mut self, open: &str, close: &'static str) -> Compound<'a> {
        self.text.push_str(open);
        Compound { json: self, close }
    }

    /// A variant that holds something: an object of one field.
    fn begin_variant<'a>(
        &'a mut self,
        variant: &str,
        open: &str,
        close: &'static str,
    ) -> Compound<'a> {
        self.text.push('{');
        self.key(variant);
        self.begin(open, close)
    }
}

/// The failure that there is none of.
#[derive(Debug)]
pub(crate) enum Never {}

impl std::fmt::Display for Never {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        unreachable!("{message}")
    }
}

/// A list or an object that was begun.
pub(crate) struct Compound<'a> {
    json: &'a mut Json,
    close: &'static str,
}

impl Compound<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.json.separate();
        self.json.value(value);
    }

    fn finish(self) {
        self.json.text.push_str(self.close);
    }
}

macro_rules! integers {
    ($($unsigned:ident $of_unsigned:ident, $signed:ident $of_signed:ident;)*) => {
        $(
            fn $unsigned(self, value: $of_unsigned) -> Result<(), Never> {
                self.integer("", value.into());
                Ok(())
            }

            fn $signed(self, value: $of_signed) -> Result<(), Never> {
                let sign = if value < 0 { "-" } else { "" };
                self.integer(sign, value.unsigned_abs().into());
                Ok(())
            }
        )*
    };
}

macro_rules! reals {
    ($($function:ident $real:ident;)*) => {
        $(
            fn $function(self, value: $real) -> Result<(), Never> {
                if value.is_finite() {
                    self.text.push_str(zmij::Buffer::new().format_finite(value));
                } else {
                    self.text.push_str("null");
                }
                Ok(())
            }
        )*
    };
}

impl<'a> Serializer for &'a mut Json {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    integers! {
        serialize_u8 u8, serialize_i8 i8;
        serialize_u16 u16, serialize_i16 i16;
        serialize_u32 u32, serialize_i32 i32;
        serialize_u64 u64, serialize_i64 i64;
    }

    reals! {
        serialize_f32 f32;
        serialize_f64 f64;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Never> {
        self.text.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Never> {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Never> {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Never> {
        self.text.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Never> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        let compound = self.begin_variant(variant, "", "}");
        compound.json.value(value);
        compound.finish();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, Never> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a>, Never> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, Never> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Never> {
        Ok(self.begin_variant(variant, "[", "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, Never> {
        Ok(self.begin("{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, Never> {
        Ok(self.begin("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Never> {
        Ok(self.begin_variant(variant, "{", "}}"))
    }
}

macro_rules! compounds {
    ($($kind:ident: $function:ident($($key:ident)?);)*) => {
        $(impl ser::$kind for Compound<'_> {
            type Ok = ();
            type Error = Never;

            fn $function<T: Serialize + ?Sized>(
                &mut self,
                $($key: &'static str,)?
                value: &T,
            ) -> Result<(), Never> {
                compounds!(@ self value $($key)?);
                Ok(())
            }

            fn end(self) -> Result<(), Never> {
                self.finish();
                Ok(())
            }
        })*
    };
    (@ $compound:ident $value:ident) => { $compound.element($value) };
    (@ $compound:ident $value:ident $key:ident) => { $compound.json.field($key, $value) };
}

compounds! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStruct: serialize_field(key);
    SerializeStructVariant: serialize_field(key);
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Never;

    /// Keys are strings: what writes itself as anything else is put in quotes.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        self.json.separate();
        let at = self.json.text.len();
        self.json.value(key);
        if !self.json.text[at..].starts_with('"') {
            self.json.text.insert(at, '"');
            self.json.text.push('"');
        }
        self.json.text.push(':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.json.value(value);
        Ok(())
    }

    fn end(self) -> Result<(), Never> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
