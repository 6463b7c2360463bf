//! One number under the microscope: what every format makes of it.
//!
//! A number is typed as a decimal or as a code of a format. For each float of
//! the table there is the code that it becomes, to nearest even and rounded
//! once, the value of that code, its two neighbours, and how far off it is.
//! Integers are left out: they hold numbers such as these only with a scale.

mod facts;
mod input;

use std::cmp::Reverse;

use serde::Serialize;

pub use facts::{FormatFacts, FormatTable};
pub use input::{Input, InputError};

use crate::format::{
    Class, Encoding, FORMATS, FloatLayout, Format, Overflow, Rounding, Specials, TF32, power_of_two,
};
use crate::report::Number;

/// The name of this shape of JSON.
const SCHEMA: &str = "floatscope.microscope/1";

/// A number in every float format of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Microscope {
    /// The name and version of this schema.
    pub schema: &'static str,
    /// What was typed, and how it was understood.
    pub input: Input,
    /// The formats, the widest first.
    pub formats: Vec<Look>,
}

/// What a number is in one format.
#[derive(Debug, Clone, Serialize)]
pub struct Look {
    /// The format's name.
    pub name: &'static str,
    /// What it is called in prose.
    pub title: &'static str,
    /// What becomes of the number.
    pub outcome: Outcome,
    /// Its code in this format; none for a NaN where there is none.
    pub stored: Option<Stored>,
    /// Value stored less value typed, of finite ones.
    pub error: Option<f64>,
    /// The error as a share of the value typed.
    pub relative_error: Option<f64>,
    /// The error as a share of the distance of the format's numbers where the
    /// value typed lies: half at most, to nearest.
    pub ulps: Option<f64>,
}

/// What becomes of a number in a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The format has it.
    Exact,
    /// It becomes a neighbour.
    Rounded,
    /// It is not zero and becomes zero.
    Underflow,
    /// It rounds beyond the largest number.
    Overflow,
    /// The format has nothing of its kind: no NaN, or no sign and no zero.
    None,
}

/// A code, taken apart.
#[derive(Debug, Clone, Serialize)]
pub struct Stored {
    /// The code, hexadecimal.
    pub code: String,
    /// Its sign in binary; empty where there is none.
    pub sign: String,
    /// Its exponent field in binary.
    pub exponent: String,
    /// Its mantissa field in binary; empty where there is none.
    pub mantissa: String,
    /// What kind of number it stands for.
    pub class: Kind,
    /// The number.
    pub value: Number,
    /// The next smaller number.
    pub below: Option<Neighbour>,
    /// The next larger number.
    pub above: Option<Neighbour>,
}

/// What kind of number a code stands for: [`Class`], as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Kind {
    Zero,
    Subnormal,
    Normal,
    Infinite,
    Nan,
}

/// A number beside another in a format.
#[derive(Debug, Clone, Serialize)]
pub struct Neighbour {
    /// Its code, hexadecimal.
    pub code: String,
    /// The number.
    pub value: Number,
}

impl Microscope {
    /// Reads a number and looks at it in every format; `format` is that of a code without one.
    ///
    /// # Errors
    /// Says what is wrong with the text and where.
    pub fn of(text: &str, format: Option<&str>) -> Result<Self, InputError> {
        let input = Input::parse(text, format)?;
        let formats = floats().map(|(format, layout)| Look::of(format, layout, &input));
        Ok(Self {
            schema: SCHEMA,
            formats: formats.collect(),
            input,
        })
    }
}

/// The floats of the table, the widest first; complex numbers have one's parts.
fn floats() -> impl Iterator<Item = (&'static Format, &'static FloatLayout)> {
    let mut sorted: Vec<(&Format, &FloatLayout)> = Vec::new();
    for format in FORMATS.iter().chain([&TF32]) {
        if let Encoding::Float(layout) = &format.encoding {
            let row = (format, layout);
            // An insertion, because a sort is kilobytes of the page's code.
            let place = sorted.partition_point(|other| rank(other) <= rank(&row));
            sorted.insert(place, row);
        }
    }
    sorted.into_iter()
}

/// Of one width the usual formats first, and of these the one with the larger range.
fn rank((format, layout): &(&Format, &FloatLayout)) -> impl Ord + use<> {
    let oddity = match layout.specials {
        Specials::NegativeZeroNan => 1,
        Specials::ScaleOnly => 2,
        _ => 0,
    };
    (Reverse(format.bits), oddity, Reverse(layout.exponent_bits))
}

impl Look {
    fn of(format: &Format, layout: &FloatLayout, input: &Input) -> Self {
        let typed = input.number();
        let code = match input.code_of(format) {
            Some(code) => Some(code),
            None if typed.is_nan() => layout.nan_code(),
            None => Some(layout.encode(typed, Rounding::NearestEven, Overflow::Ieee)),
        };
        let value = code.map_or(f64::NAN, |code| layout.decode(code));
        let outcome = outcome(layout, typed, code, value);
        let error = (value.is_finite() && typed.is_finite()).then_some(value - typed);
        Self {
            name: format.name,
            title: format.title,
            outcome,
            stored: code.map(|code| Stored::of(layout, code)),
            error,
            relative_error: error.map(|error| if error == 0.0 { 0.0 } else { error / typed }),
            ulps: error
                .filter(|_| outcome != Outcome::Overflow)
                .map(|error| in_ulps(layout, typed, error)),
        }
    }
}

fn outcome(layout: &FloatLayout, typed: f64, code: Option<u64>, value: f64) -> Outcome {
    if typed.is_nan() {
        return code.map_or(Outcome::None, |_| Outcome::Exact);
    }
    if !layout.signed && typed <= 0.0 {
        return Outcome::None;
    }
    let rounds_beyond = layout.overflows(typed, Rounding::NearestEven);
    match value {
        _ if value == typed => Outcome::Exact,
        _ if rounds_beyond || typed.is_infinite() => Outcome::Overflow,
        0.0 => Outcome::Underflow,
        _ => Outcome::Rounded,
    }
}

/// An error in units of the distance of a layout's numbers where `value` lies.
fn in_ulps(layout: &FloatLayout, value: f64, error: f64) -> f64 {
    if error == 0.0 {
        return 0.0;
    }
    // What is subnormal in f64 lies below every layout that can be off.
    let exponent = (value.abs().to_bits() >> 52) as i32 - 1023;
    let binade = exponent.max(layout.min_exponent());
    error / power_of_two(binade - layout.mantissa_bits as i32)
}

impl Stored {
    fn of(layout: &FloatLayout, code: u64) -> Self {
        let sign = u64::from(layout.sign_bit(code));
        let beside = |step| neighbour(layout, code, step);
        Self {
            code: hexadecimal(layout, code),
            sign: binary(sign, layout.signed.into()),
            exponent: binary(layout.exponent_field(code), layout.exponent_bits),
            mantissa: binary(layout.mantissa_field(code), layout.mantissa_bits),
            class: layout.classify(code).into(),
            value: Number::Real(layout.decode(code)),
            below: beside(-1),
            above: beside(1),
        }
    }
}

/// The number so many steps further up; ±0 is one number.
fn neighbour(layout: &FloatLayout, code: u64, step: i128) -> Option<Neighbour> {
    if layout.classify(code) == Class::Nan {
        return None;
    }
    let sign = u64::from(layout.signed) << (layout.bits() - 1);
    let magnitude = i128::from(code & !sign);
    let place = if layout.sign_bit(code) {
        step - magnitude
    } else {
        step + magnitude
    };
    let magnitude = u64::try_from(place.unsigned_abs()).ok()?;
    let is_there = place >= 0 || layout.signed;
    let fits = magnitude >> (layout.exponent_bits + layout.mantissa_bits) == 0;
    let code = if place < 0 {
        sign | magnitude
    } else {
        magnitude
    };
    let is_number = is_there && fits && layout.classify(code) != Class::Nan;
    is_number.then(|| Neighbour {
        code: hexadecimal(layout, code),
        value: Number::Real(layout.decode(code)),
    })
}

/// The low `digits` bits, the most significant first.
fn binary(value: u64, digits: u32) -> String {
    let digit = |place: u32| if value >> place & 1 == 1 { '1' } else { '0' };
    (0..digits).rev().map(digit).collect()
}

fn hexadecimal(layout: &FloatLayout, code: u64) -> String {
    let digits = layout.bits().div_ceil(4) as usize;
    format!("0x{code:0digits$x}")
}

impl From<Class> for Kind {
    fn from(class: Class) -> Self {
        match class {
            Class::Zero => Self::Zero,
            Class::Subnormal => Self::Subnormal,
            Class::Normal => Self::Normal,
            Class::Infinite => Self::Infinite,
            Class::Nan => Self::Nan,
        }
    }
}

#[cfg(test)]
mod tests;
