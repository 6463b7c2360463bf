//! One view of every kind of stream: cells of values in numeric order.

use crate::format::{Class, Dtype, Encoding, FloatLayout, Format};
use crate::report::Number;
use crate::scan::{Census, IntegerCell, WideFloat, WideInteger};

/// Finite values with their counts; a cell of several values has bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    pub(crate) low: Number,
    pub(crate) high: Number,
    pub(crate) count: u64,
}

/// Finite cells of a census of codes, ascending by value; −0 is 0.
pub(crate) fn code_cells(format: &Format, census: &Census) -> Vec<Cell> {
    let is_integer = !matches!(format.encoding, Encoding::Float(_));
    let mut cells: Vec<Cell> = finite_codes(format, census)
        .map(|(code, count)| {
            let value = format.decode(u64::from(code)) + 0.0;
            let number = if is_integer {
                Number::Integer(value as i128)
            } else {
                Number::Real(value)
            };
            Cell {
                low: number,
                high: number,
                count,
            }
        })
        .collect();
    sort(&mut cells);
    cells
}

/// Codes of finite numbers with their counts.
pub(crate) fn finite_codes<'a>(
    format: &'a Format,
    census: &'a Census,
) -> impl Iterator<Item = (u16, u64)> + Clone + 'a {
    census.cells().filter(|&(code, _)| {
        !matches!(
            format.classify(u64::from(code)),
            Class::Nan | Class::Infinite
        )
    })
}

/// Cells of the top 16 bits, ascending, cut to the extremes that are known exactly.
pub(crate) fn float_cells(layout: &FloatLayout, float: &WideFloat) -> Vec<Cell> {
    let low_bits = layout.bits() - 16;
    let mut nan = float_nans(layout, float);
    let mut cells: Vec<Cell> = float
        .tops
        .cells()
        .filter_map(|(top, count)| {
            let code = u64::from(top) << low_bits;
            if layout.exponent_field(code) == layout.exponent_field(u64::MAX) {
                nan = nan.saturating_sub(count);
                return None;
            }
            let (inner, outer) = (
                layout.decode(code),
                layout.decode(code | ((1 << low_bits) - 1)),
            );
            let clamp = |x: f64| Number::Real(x.clamp(float.min, float.max) + 0.0);
            Some(Cell {
                low: clamp(inner.min(outer)),
                high: clamp(inner.max(outer)),
                count,
            })
        })
        .collect();
    sort(&mut cells);
    cells
}

/// NaNs among wide floats: all codes of the top exponent that are not infinities.
pub(crate) fn float_nans(layout: &FloatLayout, float: &WideFloat) -> u64 {
    let low_bits = layout.bits() - 16;
    let top_exponent: u64 = float
        .tops
        .cells()
        .filter(|&(top, _)| {
            layout.exponent_field(u64::from(top) << low_bits) == layout.exponent_field(u64::MAX)
        })
        .map(|(_, count)| count)
        .sum();
    top_exponent - float.pos_inf - float.neg_inf
}

/// Cells of wide integers, ascending, cut to the extremes that are known exactly.
pub(crate) fn integer_cells(integer: &WideInteger) -> Vec<Cell> {
    let clamp = |x: i128| Number::Integer(x.clamp(integer.min, integer.max));
    let mut cells: Vec<Cell> = integer
        .cells
        .cells()
        .map(|(code, count)| {
            let (low, high) = IntegerCell::from_code(code).bounds();
            Cell {
                low: clamp(low),
                high: clamp(high),
                count,
            }
        })
        .collect();
    sort(&mut cells);
    cells
}

fn sort(cells: &mut [Cell]) {
    cells.sort_by(|a, b| {
        a.low
            .to_f64()
            .total_cmp(&b.low.to_f64())
            .then_with(|| exact(a).cmp(&exact(b)))
    });
}

/// Order among integers that round to the same double.
fn exact(cell: &Cell) -> i128 {
    match cell.low {
        Number::Integer(value) => value,
        Number::Real(_) => 0,
    }
}

/// The layout of a float type or of the parts of a complex one.
pub(crate) fn layout_of(dtype: Dtype) -> &'static FloatLayout {
    dtype
        .format()
        .layout()
        .expect("float streams belong to float types")
}
