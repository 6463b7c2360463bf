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

/// A code of up to 16 bits, how often it occurs, and what it stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeCell {
    pub(crate) code: u16,
    pub(crate) count: u64,
    pub(crate) class: Class,
    /// The value, exactly; NaN where it is none.
    pub(crate) value: f64,
}

impl CodeCell {
    pub(crate) fn is_finite(&self) -> bool {
        !matches!(self.class, Class::Nan | Class::Infinite)
    }
}

/// The occupied cells of a census, decoded once for all figures.
pub(crate) fn decoded(format: &Format, census: &Census) -> Vec<CodeCell> {
    let decode = |(code, count)| CodeCell {
        code,
        count,
        class: format.classify(u64::from(code)),
        value: format.decode(u64::from(code)),
    };
    census.cells().map(decode).collect()
}

/// Cells in ascending order of code, put in that of their values without sorting:
/// codes with the sign bit come first, and fall where the sign stands before a
/// magnitude.
fn in_numeric_order<T>(
    cells: &[T],
    is_positive: impl Fn(&T) -> bool,
    falling: bool,
) -> impl Iterator<Item = &T> {
    let (positive, negative) = cells.split_at(cells.partition_point(is_positive));
    (0..negative.len())
        .map(move |at| match falling {
            true => &negative[negative.len() - 1 - at],
            false => &negative[at],
        })
        .chain(positive)
}

/// Finite cells of a census of codes, ascending; −0 is 0. Every code of up to 16
/// bits is a double.
pub(crate) fn code_cells(format: &Format, cells: &[CodeCell]) -> Vec<Cell<f64>> {
    let falling = matches!(format.encoding, Encoding::Float(_));
    let is_positive = |cell: &CodeCell| !format.is_negative(u64::from(cell.code));
    in_numeric_order(cells, is_positive, falling)
        .filter(|cell| cell.is_finite())
        .map(|cell| {
            let value = cell.value + 0.0;
            Cell {
                low: value,
                high: value,
                count: cell.count,
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

/// Finite cells of the top 16 bits, ascending, cut to the extremes that are known
/// exactly.
pub(crate) fn float_cells(layout: &FloatLayout, float: &WideFloat) -> Vec<Cell<f64>> {
    let low_bits = layout.bits() - 16;
    // Not `clamp`: its panic would bring the printing of floats into the wasm.
    let clamp = |x: f64| x.max(float.min).min(float.max) + 0.0;
    in_numeric_order(float.tops.as_slice(), |cell| cell.0 >> 15 == 0, true)
        .map(|&(top, count)| (u64::from(top) << low_bits, count))
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
    in_numeric_order(integer.cells.as_slice(), |cell| cell.0 >> 15 == 0, true)
        .map(|&(code, count)| {
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
