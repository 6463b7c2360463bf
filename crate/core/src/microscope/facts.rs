//! What is worth knowing of a format, as command and page show it.

use serde::Serialize;

use crate::format::{Class, Encoding, FORMATS, FloatLayout, Format};
use crate::report::Number;

use super::floats;

/// The table of formats, as a document.
#[derive(Debug, Clone, Serialize)]
pub struct FormatTable {
    /// The name and version of this schema.
    pub schema: &'static str,
    /// Every row.
    pub formats: Vec<FormatFacts>,
}

impl FormatTable {
    /// All of it.
    pub fn new() -> Self {
        Self {
            schema: "floatscope.formats/1",
            formats: FormatFacts::all(),
        }
    }
}

impl Default for FormatTable {
    fn default() -> Self {
        Self::new()
    }
}

/// One row of the table of formats, in figures.
///
/// Exponents are ⌊log2|x|⌋. What an integer has no such thing of is none, and
/// a complex number has the figures of its parts.
#[derive(Debug, Clone, Serialize)]
pub struct FormatFacts {
    /// The name that safetensors uses.
    pub name: &'static str,
    /// What it is called in prose.
    pub title: &'static str,
    /// Width of one element in bits.
    pub bits: u32,
    /// "float", "complex", "signed", "unsigned" or "bool".
    pub kind: &'static str,
    /// Width of the sign field.
    pub sign_bits: Option<u32>,
    /// Width of the exponent field.
    pub exponent_bits: Option<u32>,
    /// Width of the mantissa field, the hidden bit not counted.
    pub mantissa_bits: Option<u32>,
    /// What is taken from the exponent field.
    pub bias: Option<i32>,
    /// Significant bits of a normal number: the mantissa and the hidden bit.
    pub precision: Option<u32>,
    /// These in decimal digits: precision × log10 2.
    pub decimal_digits: Option<f64>,
    /// The exponent of the smallest positive number.
    pub exponent_min_subnormal: Option<i32>,
    /// The exponent of the smallest normal number.
    pub exponent_min_normal: Option<i32>,
    /// The exponent of the largest finite number.
    pub exponent_max: Option<i32>,
    /// The largest finite number.
    pub largest: Number,
    /// The smallest positive normal number.
    pub smallest_normal: Option<f64>,
    /// The smallest positive number, where it is subnormal.
    pub smallest_subnormal: Option<f64>,
    /// From 1 to the next larger number.
    pub epsilon: Option<f64>,
    /// Whether there are infinities.
    pub infinity: Option<bool>,
    /// Whether there is a NaN.
    pub nan: Option<bool>,
    /// Where the format is defined.
    pub source: &'static str,
}

impl FormatFacts {
    /// Every row of the table, and TF32: floats first, the widest of them first.
    pub fn all() -> Vec<Self> {
        let is_float = |format: &&Format| matches!(format.encoding, Encoding::Float(_));
        let others = FORMATS.iter().filter(|format| !is_float(format));
        let floats = floats().map(|(format, _)| format);
        floats.chain(others).map(Self::of).collect()
    }

    fn of(format: &Format) -> Self {
        let layout = format.layout();
        let precision = layout.map(|layout| layout.mantissa_bits + 1);
        Self {
            name: format.name,
            title: format.title,
            bits: format.bits,
            kind: kind(format),
            sign_bits: layout.map(|layout| layout.signed.into()),
            exponent_bits: layout.map(|layout| layout.exponent_bits),
            mantissa_bits: layout.map(|layout| layout.mantissa_bits),
            bias: layout.map(|layout| layout.bias),
            precision,
            decimal_digits: precision.map(|bits| f64::from(bits) * std::f64::consts::LOG10_2),
            exponent_min_subnormal: layout.map(FloatLayout::min_subnormal_exponent),
            exponent_min_normal: layout.map(FloatLayout::min_exponent),
            exponent_max: layout.map(FloatLayout::max_exponent),
            largest: largest(format),
            smallest_normal: layout.map(|layout| layout.decode(smallest_normal(layout))),
            smallest_subnormal: layout
                .filter(|layout| layout.classify(1) == Class::Subnormal)
                .map(|layout| layout.decode(1)),
            epsilon: layout.map(epsilon),
            infinity: layout.map(|layout| layout.infinity_code().is_some()),
            nan: layout.map(|layout| layout.nan_code().is_some()),
            source: format.source,
        }
    }
}

fn kind(format: &Format) -> &'static str {
    match format.encoding {
        Encoding::Bool => "bool",
        Encoding::Unsigned => "unsigned",
        Encoding::Signed => "signed",
        Encoding::Float(_) => "float",
        Encoding::Complex(_) => "complex",
    }
}

fn largest(format: &Format) -> Number {
    match format.encoding {
        Encoding::Bool => Number::Integer(1),
        Encoding::Unsigned => Number::Integer((1 << format.bits) - 1),
        Encoding::Signed => Number::Integer((1 << (format.bits - 1)) - 1),
        Encoding::Float(layout) | Encoding::Complex(layout) => {
            Number::Real(layout.decode(layout.max_finite_code()))
        }
    }
}

/// The code of the smallest normal number: exponent field one, but zero where zero is a number's own.
fn smallest_normal(layout: &FloatLayout) -> u64 {
    match layout.classify(0) {
        Class::Normal => 0,
        _ => 1 << layout.mantissa_bits,
    }
}

fn epsilon(layout: &FloatLayout) -> f64 {
    let one = (layout.bias as u64) << layout.mantissa_bits;
    layout.decode(one + 1) - layout.decode(one)
}
