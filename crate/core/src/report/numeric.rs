//! One view of every kind of stream: cells of values in numeric order.

use super::Number;
use crate::format::{Class, Dtype, Encoding, FloatLayout, Format};
use crate::scan::{Census, IntegerCell, WideFloat, WideInteger};

/// Finite values with their count. Where a cell holds several values, `low` and
/// `high` are the first and the last of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell<T> {
    pub(crate) low: T,
    pub(crate) high: T,
    pub(crate) count: u64,
}

/// Occupied cells, ascending by value without sorting: codes with the sign bit
/// come after the others, and fall where the sign stands before a magnitude.
fn in_numeric_order(
    census: &Census,
    sign: u16,
    falling: bool,
) -> impl Iterator<Item = (u16, u64)> + Clone + '_ {
    let negative = census.cells().filter(move |cell| cell.0 & sign != 0);
    let (forwards, backwards) = if falling {
        (None, Some(negative.rev()))
    } else {
        (Some(negative), None)
    };
    let negative = forwards.into_iter().flatten();
    let negative = negative.chain(backwards.into_iter().flatten());
    negative.chain(census.cells().filter(move |cell| cell.0 & sign == 0))
}

/// Finite cells of a census of codes, ascending; −0 is 0. Every code of up to 16
/// bits is a double.
pub(crate) fn code_cells(format: &Format, census: &Census) -> Vec<Cell<f64>> {
    let signed = match format.encoding {
        Encoding::Float(layout) => layout.signed,
        encoding => encoding == Encoding::Signed,
    };
    let sign = u16::from(signed) << (format.bits - 1);
    let falling = matches!(format.encoding, Encoding::Float(_));
    in_numeric_order(census, sign, falling)
        .filter(|&(code, _)| is_finite(format, code))
        .map(|(code, count)| {
            let value = format.decode(u64::from(code)) + 0.0;
            Cell {
                low: value,
                high: value,
                count,
            }
        })
        .collect()
}

/// A value of a type of up to 16 bits as the report writes it.
pub(crate) fn code_number(format: &Format) -> fn(f64) -> Number {
    match format.encoding {
        Encoding::Float(_) => Number::Real,
        _ => |value| Number::Integer(value as i128),
    }
}

/// Codes of finite numbers with their counts.
pub(crate) fn finite_codes<'a>(
    format: &'a Format,
    census: &'a Census,
) -> impl Iterator<Item = (u16, u64)> + Clone + 'a {
    census.cells().filter(|&(code, _)| is_finite(format, code))
}

fn is_finite(format: &Format, code: u16) -> bool {
    !matches!(
        format.classify(u64::from(code)),
        Class::Nan | Class::Infinite
    )
}

/// Finite cells of the top 16 bits, ascending, cut to the extremes that are known
/// exactly.
pub(crate) fn float_cells(layout: &FloatLayout, float: &WideFloat) -> Vec<Cell<f64>> {
    let low_bits = layout.bits() - 16;
    // Not `clamp`: its panic would bring the printing of floats into the wasm.
    let clamp = |x: f64| x.max(float.min).min(float.max) + 0.0;
    in_numeric_order(&float.tops, 1 << 15, true)
        .map(|(top, count)| (u64::from(top) << low_bits, count))
        .filter(|&(code, _)| !has_top_exponent(layout, code))
        .map(|(code, count)| {
            let (inner, outer) = (
                layout.decode(code),
                layout.decode(code | ((1 << low_bits) - 1)),
            );
            let (low, high) = (clamp(inner.min(outer)), clamp(inner.max(outer)));
            Cell { low, high, count }
        })
        .collect()
}

/// Whether a code of FP32 or FP64 is a NaN or an infinity.
pub(crate) fn has_top_exponent(layout: &FloatLayout, code: u64) -> bool {
    layout.exponent_field(code) == layout.exponent_field(u64::MAX)
}

/// Cells of wide integers, ascending, cut to the extremes that are known exactly.
pub(crate) fn integer_cells(integer: &WideInteger) -> Vec<Cell<i128>> {
    let clamp = |x: i128| x.clamp(integer.min, integer.max);
    in_numeric_order(&integer.cells, 1 << 15, true)
        .map(|(code, count)| {
            let (low, high) = IntegerCell::from_code(code).bounds();
            Cell {
                low: clamp(low),
                high: clamp(high),
                count,
            }
        })
        .collect()
}

/// The layout of a float type or of the parts of a complex one.
pub(crate) fn layout_of(dtype: Dtype) -> &'static FloatLayout {
    dtype
        .format()
        .layout()
        .expect("float streams belong to float types")
}
