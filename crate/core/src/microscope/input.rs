//! What a person types: a decimal, a power of two, or a code of a format.

use std::fmt;

use serde::Serialize;

use super::{floats, hexadecimal};
use crate::format::{FORMATS, FloatLayout, Format, power_of_two};
use crate::report::Number;

/// A number as it was typed.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// The text, without blanks around it.
    pub text: String,
    /// The number: the double nearest to what was typed.
    pub value: Number,
    /// The format of a code; none of a number.
    pub format: Option<&'static str>,
    /// The code, hexadecimal; none of a number.
    pub code: Option<String>,
    /// What the double is not: the number typed lies beyond or below all doubles.
    pub note: Option<&'static str>,
    #[serde(skip)]
    bits: u64,
}

/// Why a text is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// What is wrong, as a clause.
    pub what: String,
    /// The character where it is, counted from one; none where it is the whole.
    pub at: Option<usize>,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.at {
            Some(at) => write!(f, " (character {at})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InputError {}

const TOO_LARGE: &str = "Beyond FP64’s largest number; taken for infinity.";
const TOO_SMALL: &str = "Too small for FP64; taken for zero.";

impl Input {
    /// Reads `0.1`, `-1e-8`, `2^-24`, `inf`, `nan`, `bf16:0x3f80`, `e4m3:0b01111110`;
    /// `format` is that of a code that names none.
    pub(super) fn parse(text: &str, format: Option<&str>) -> Result<Self, InputError> {
        // The minus sign of this project's own tables can be pasted.
        let text: String = text.trim().replace('−', "-");
        let (name, rest, offset) = match text.split_once(':') {
            Some((name, rest)) => {
                let code = rest.trim_start();
                (
                    Some(name),
                    code,
                    text.chars().count() - code.chars().count(),
                )
            }
            None => (format, &*text, 0),
        };
        let read = match radix(rest) {
            Some((radix, digits)) => Self::of_code(&text, name, digits, radix),
            None if offset > 0 => Err(error(
                "behind the format a code should follow, as in bf16:0x3f80",
                0,
            )),
            None => Self::of_number(&text),
        };
        read.map_err(|error| InputError {
            at: error.at.map(|at| at + offset + 1),
            ..error
        })
    }

    fn of_number(text: &str) -> Result<Self, InputError> {
        let value = number(text)?;
        let is_word = text.contains(['n', 'N', '∞']);
        let note = match value {
            0.0 if !is_written_zero(text) => Some(TOO_SMALL),
            _ if value.is_infinite() && !is_word => Some(TOO_LARGE),
            _ => None,
        };
        Ok(Self {
            text: text.to_owned(),
            value: Number::Real(value),
            format: None,
            code: None,
            note,
            bits: 0,
        })
    }

    fn of_code(
        text: &str,
        name: Option<&str>,
        digits: &str,
        radix: u32,
    ) -> Result<Self, InputError> {
        let name = name.ok_or(InputError {
            what: "a code needs its format, as in bf16:0x3f80".to_owned(),
            at: None,
        })?;
        let (format, layout) = named(name)?;
        let bits = code(digits, radix)?;
        if layout.bits() < 64 && bits >> layout.bits() != 0 {
            let what = format!(
                "a code of {} has {} bits, this one more",
                format.name, format.bits
            );
            return Err(InputError { what, at: None });
        }
        Ok(Self {
            text: text.to_owned(),
            value: Number::Real(layout.decode(bits)),
            format: Some(format.name),
            code: Some(hexadecimal(layout, bits)),
            note: None,
            bits,
        })
    }

    pub(super) fn number(&self) -> f64 {
        self.value.to_f64()
    }

    /// The code that was typed, if it is of this format: a NaN keeps its bits.
    pub(super) fn code_of(&self, format: &Format) -> Option<u64> {
        (self.format == Some(format.name)).then_some(self.bits)
    }
}

/// Whether no digit before the exponent is anything but zero.
fn is_written_zero(text: &str) -> bool {
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    !digits.contains(|digit| matches!(digit, '1'..='9'))
}

fn error(what: &str, at: usize) -> InputError {
    InputError {
        what: what.to_owned(),
        at: Some(at),
    }
}

/// The radix of a code and what stands behind its mark.
fn radix(text: &str) -> Option<(u32, &str)> {
    let (mark, digits) = text.split_at_checked(2)?;
    match mark {
        "0x" | "0X" => Some((16, digits)),
        "0b" | "0B" => Some((2, digits)),
        _ => None,
    }
}

/// The digits behind the mark; underscores may part them.
fn code(digits: &str, radix: u32) -> Result<u64, InputError> {
    let mut bits = 0u64;
    let mut any = false;
    for (at, character) in digits.chars().enumerate() {
        if character == '_' {
            continue;
        }
        let Some(digit) = character.to_digit(radix) else {
            let kind = if radix == 16 { "hexadecimal" } else { "binary" };
            return Err(error(&format!("“{character}” is no {kind} digit"), at + 2));
        };
        any = true;
        bits = bits
            .checked_mul(radix.into())
            .ok_or_else(|| error("a code has 64 bits at most", at + 2))?
            + u64::from(digit);
    }
    any.then_some(bits)
        .ok_or_else(|| error("here the code’s digits should begin", 2))
}

/// A decimal, a power of two, `inf` or `nan`. Positions in errors count from zero.
fn number(text: &str) -> Result<f64, InputError> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let signs = text.len() - unsigned.len();
    if ["inf", "infinity", "∞"]
        .iter()
        .any(|word| unsigned.eq_ignore_ascii_case(word))
    {
        return Ok(sign * f64::INFINITY);
    }
    if unsigned.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN);
    }
    if let Some(exponent) = unsigned.strip_prefix("2^") {
        return Ok(sign * power(exponent, signs + 2)?);
    }
    let end = end_of_decimal(unsigned.as_bytes()).map_err(|(what, at)| error(what, at + signs))?;
    if end < unsigned.len() {
        let rest = unsigned[end..].chars().next().unwrap_or(' ');
        let what = format!("“{rest}” is no part of a number");
        return Err(error(&what, signs + end));
    }
    // The grammar above is a part of Rust's.
    text.parse().map_err(|_| error("this is no number", 0))
}

fn power(exponent: &str, at: usize) -> Result<f64, InputError> {
    match exponent.parse::<i32>() {
        Ok(exponent @ -1022..=1023) => Ok(power_of_two(exponent)),
        Ok(exponent @ -1074..-1022) => Ok(f64::from_bits(1 << (exponent + 1074))),
        Ok(_) => Err(error("FP64 has powers of two from 2^-1074 to 2^1023", at)),
        Err(_) => Err(error("here an integer should follow, as in 2^-24", at)),
    }
}

/// Where the longest decimal at the start of a text ends.
fn end_of_decimal(text: &[u8]) -> Result<usize, (&'static str, usize)> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let mut end = whole;
    let mut any = whole > 0;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        any |= fraction > 0;
        end += 1 + fraction;
    }
    if !any {
        return Err((
            "a number should be here: 0.1, -1e-8, 2^-24, inf, nan or bf16:0x3f80",
            0,
        ));
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent == 0 {
            return Err(("here the exponent’s digits should follow", end + 1 + sign));
        }
        end += 1 + sign + exponent;
    }
    Ok(end)
}

/// The float of this name, of its title, or of what other programs call it: `fp16`,
/// `bfloat16`, `float8_e4m3fn`, `e4m3`.
fn named(name: &str) -> Result<(&'static Format, &'static FloatLayout), InputError> {
    let wanted = key(name);
    let is_it = |(format, _): &(&Format, _)| {
        let mark = format.name.split_once('_').map(|(_, rest)| rest);
        let prose = format.title.split_once(' ').map(|(_, rest)| rest);
        let mut names = [Some(format.name), Some(format.title), mark, prose].into_iter();
        names.any(|name| name.map(key).as_ref() == Some(&wanted))
    };
    if let Some(found) = floats().find(is_it) {
        return Ok(found);
    }
    let what = match FORMATS.iter().find(|format| key(format.name) == wanted) {
        Some(format) => format!(
            "{} is no float: only floats’ codes are taken apart",
            format.name
        ),
        None => {
            let names: Vec<&str> = floats().map(|(format, _)| format.name).collect();
            format!(
                "no format is called “{name}”: there are {}",
                names.join(", ")
            )
        }
    };
    Err(InputError { what, at: None })
}

/// A name without what its spellings differ in: `float16`, `fp16` and `F16` are one.
fn key(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    let mut key = String::new();
    let mut rest = name.chars();
    while let Some(letter) = rest.next() {
        key.push(letter);
        let behind = rest.as_str();
        let word = behind.strip_prefix("LOAT").or(behind.strip_prefix('P'));
        if let ('F', Some(behind)) = (letter, word) {
            rest = behind.chars();
        }
    }
    let endings = ["FNU", "FN"];
    let short = endings.iter().find_map(|ending| key.strip_suffix(ending));
    short.unwrap_or(&key).to_owned()
}
