//! Bytes of one tile as numbers.

use serde::{Deserialize, Serialize};

use crate::format::{Dtype, Encoding, FloatLayout, sign_extend};
use crate::report::Number;
use crate::scan::unpack;
use floatscope_simd::decode;

/// One stored value, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value {
    Real(f64),
    Integer(i128),
}

impl Value {
    /// As FP64, rounded where it is a large integer.
    pub(super) fn to_f64(self) -> f64 {
        match self {
            Value::Real(value) => value,
            Value::Integer(value) => value as f64,
        }
    }

    /// Equal as numbers: NaN equals nothing.
    pub(super) fn equals(self, other: Self) -> bool {
        match (self, other) {
            (Value::Real(a), Value::Real(b)) => a == b,
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::Real(real), Value::Integer(integer))
            | (Value::Integer(integer), Value::Real(real)) => {
                // A double that is no integer, or beyond all of them, is cut to another number.
                real as i128 as f64 == real && real as i128 == integer
            }
        }
    }

    /// Not equal, and not NaN both.
    pub(super) fn differs(self, other: Self) -> bool {
        !(self.equals(other) || (self.is_nan() && other.is_nan()))
    }

    pub(super) fn is_nan(self) -> bool {
        matches!(self, Value::Real(value) if value.is_nan())
    }
}

impl From<Value> for Number {
    fn from(value: Value) -> Self {
        match value {
            Value::Real(value) => Number::Real(value),
            Value::Integer(value) => Number::Integer(value),
        }
    }
}

/// The layout of a float that FP32 holds exactly: those have the quick path.
pub(super) fn single_layout(dtype: Dtype) -> Option<&'static FloatLayout> {
    match &dtype.format().encoding {
        Encoding::Float(layout) if dtype.bits() <= 32 => Some(layout),
        _ => None,
    }
}

/// Decodes floats of up to 32 bits to FP32, which holds all of them.
#[derive(Default)]
pub(super) struct Singles {
    codes: Vec<u8>,
    /// Values of the codes of `of`, of up to 8 bits.
    table: Option<(Dtype, Box<[f32; 256]>)>,
}

impl Singles {
    /// Appends the values.
    pub(super) fn decode(&mut self, dtype: Dtype, bytes: &[u8], out: &mut Vec<f32>) {
        match dtype {
            Dtype::F32 => decode::extend_from_f32(bytes, out),
            Dtype::BF16 => decode::extend_from_bf16(bytes, out),
            Dtype::F16 => decode::extend_from_f16(bytes, out),
            _ => {
                self.codes.clear();
                unpack(dtype.bits(), bytes, &mut self.codes);
                decode::extend_by_table(&self.codes, table_of(&mut self.table, dtype), out);
            }
        }
    }
}

fn table_of(known: &mut Option<(Dtype, Box<[f32; 256]>)>, dtype: Dtype) -> &[f32; 256] {
    if known.as_ref().is_none_or(|(of, _)| *of != dtype) {
        let value = |code: usize| dtype.format().decode(code as u64 & mask(dtype)) as f32;
        *known = Some((dtype, Box::new(std::array::from_fn(value))));
    }
    &known.as_ref().expect("it was just made").1
}

fn mask(dtype: Dtype) -> u64 {
    u64::MAX >> (64 - dtype.bits())
}

/// The code of an element, right-aligned.
pub(super) fn code_at(dtype: Dtype, bytes: &[u8], index: usize) -> u64 {
    let bits = dtype.bits() as usize;
    let (first, shift) = (index * bits / 8, index * bits % 8);
    let last = (index * bits + bits).div_ceil(8);
    let mut word = [0; 16];
    word[..last - first].copy_from_slice(&bytes[first..last]);
    (u128::from_le_bytes(word) >> shift) as u64 & mask(dtype)
}

/// The value of an element.
pub(super) fn value_at(dtype: Dtype, bytes: &[u8], index: usize) -> Value {
    let code = code_at(dtype, bytes, index);
    let format = dtype.format();
    match format.encoding {
        Encoding::Float(layout) | Encoding::Complex(layout) => Value::Real(layout.decode(code)),
        Encoding::Bool => Value::Integer(i128::from(code != 0)),
        Encoding::Unsigned => Value::Integer(i128::from(code)),
        Encoding::Signed => Value::Integer(i128::from(sign_extend(code, format.bits))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_width_are_found() {
        let bytes = [0x21, 0x43, 0x65, 0x87, 0xa9, 0xcb, 0xed, 0x0f];
        assert_eq!(code_at(Dtype::F4, &bytes, 0), 1);
        assert_eq!(code_at(Dtype::F4, &bytes, 5), 6);
        assert_eq!(code_at(Dtype::BF16, &bytes, 1), 0x8765);
        assert_eq!(code_at(Dtype::F64, &bytes, 0), 0x0fed_cba9_8765_4321);
        let word = u32::from_le_bytes([0x21, 0x43, 0x65, 0]);
        for index in 0..4 {
            let code = u64::from(word >> (6 * index) & 63);
            assert_eq!(code_at(Dtype::F6E2M3, &bytes, index), code);
        }
    }

    #[test]
    fn integers_and_floats_are_compared_exactly() {
        let integer = Value::Integer((1 << 53) + 1);
        assert!(!integer.equals(Value::Real(9_007_199_254_740_992.0)));
        assert!(Value::Integer(1 << 53).equals(Value::Real(9_007_199_254_740_992.0)));
        assert!(!Value::Integer(i128::MAX).equals(Value::Real(f64::INFINITY)));
        assert!(!Value::Integer(1).equals(Value::Real(1.5)));
        assert!(!Value::Integer(0).equals(Value::Real(f64::NAN)));
        assert!(Value::Real(-0.0).equals(Value::Integer(0)));
    }
}
