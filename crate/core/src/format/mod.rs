//! The table of number formats: one documented row each, one decoder and
//! one encoder for all.
//!
//! A format is data. Everything else in the crate asks the table for widths,
//! fields and special codes, so a new row is scanned, reported and tested the
//! day it is added.

mod encode;
mod float;
mod table;

pub use encode::{Overflow, Rounding};
pub(crate) use float::power_of_two;
pub use float::{Class, FloatLayout, Specials};
pub use table::{Dtype, FORMATS, TF32};

/// How the bits of one element are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One byte, zero is false and anything else is true.
    Bool,
    /// An unsigned integer.
    Unsigned,
    /// A two's complement integer.
    Signed,
    /// A binary floating-point number.
    Float(FloatLayout),
    /// A real and an imaginary part, in this order, each of this layout.
    Complex(FloatLayout),
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The name that safetensors uses, or the field's name where it has none.
    pub name: &'static str,
    /// Width of one element in bits.
    pub bits: u32,
    /// How these bits are read.
    pub encoding: Encoding,
    /// What the format is called in prose.
    pub title: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

impl Format {
    /// The layout of a float, or of one part of a complex number.
    pub fn layout(&self) -> Option<&FloatLayout> {
        match &self.encoding {
            Encoding::Float(layout) | Encoding::Complex(layout) => Some(layout),
            _ => None,
        }
    }

    /// The value of a code of at most 53 significant bits; `code` is right-aligned.
    ///
    /// Integers beyond 2^53 are rounded to nearest even, as is every conversion
    /// to `f64`. A complex code is read by its parts: this decodes the real one.
    pub fn decode(&self, code: u64) -> f64 {
        match self.encoding {
            Encoding::Bool => f64::from(u8::from(code != 0)),
            Encoding::Unsigned => code as f64,
            Encoding::Signed => sign_extend(code, self.bits) as f64,
            Encoding::Float(layout) | Encoding::Complex(layout) => layout.decode(code),
        }
    }

    /// What kind of number a code stands for. Integers are zero or normal.
    pub fn classify(&self, code: u64) -> Class {
        match self.encoding {
            Encoding::Float(layout) | Encoding::Complex(layout) => layout.classify(code),
            _ if code == 0 => Class::Zero,
            _ => Class::Normal,
        }
    }

    /// Whether the code has a sign bit and it is set.
    pub fn is_negative(&self, code: u64) -> bool {
        match self.encoding {
            Encoding::Bool | Encoding::Unsigned => false,
            Encoding::Signed => code >> (self.bits - 1) & 1 == 1,
            Encoding::Float(layout) | Encoding::Complex(layout) => layout.sign_bit(code),
        }
    }
}

/// Reads the low `bits` of `code` as a two's complement number.
pub fn sign_extend(code: u64, bits: u32) -> i64 {
    let shift = 64 - bits;
    ((code << shift) as i64) >> shift
}
