//! A number as the report writes it.

use serde::{Serialize, Serializer};

/// Integers up to this magnitude are exact in every JSON reader.
const SAFE_INTEGER: u128 = 1 << 53;

/// A statistic: a double, or an integer that a double might not hold.
///
/// In JSON non-finite numbers are the strings "NaN", "Infinity" and "-Infinity",
/// and integers beyond 2^53 are strings of their digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Of a floating-point type, or computed.
    Real(f64),
    /// Of an integer type.
    Integer(i128),
}

impl Number {
    /// As a double, rounded where it is a large integer.
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Real(value) => value,
            Number::Integer(value) => value as f64,
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Number::Real(value) if value.is_finite() => serializer.serialize_f64(value),
            Number::Real(value) if value.is_nan() => serializer.serialize_str("NaN"),
            Number::Real(value) if value > 0.0 => serializer.serialize_str("Infinity"),
            Number::Real(_) => serializer.serialize_str("-Infinity"),
            Number::Integer(value) if value.unsigned_abs() <= SAFE_INTEGER => {
                serializer.serialize_i64(value as i64)
            }
            Number::Integer(value) => serializer.collect_str(&value),
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Real(value) => write!(f, "{value}"),
            Number::Integer(value) => write!(f, "{value}"),
        }
    }
}
