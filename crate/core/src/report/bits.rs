//! How much the bits carry: entropies of the fields, and the share of ones by plane.

use serde::Serialize;

use crate::format::{Encoding, FloatLayout, Format};
use crate::scan::{Census, IntegerCell, WideFloat, WideInteger};

/// Entropies in bits over all codes, NaN included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bits {
    /// Width of a code.
    pub width: u32,
    /// Of the sign bit; none for types without fields.
    pub sign_entropy: Option<f64>,
    /// Of the exponent field.
    pub exponent_entropy: Option<f64>,
    /// Of the mantissa field; an upper bound where not `exact`.
    pub mantissa_entropy: Option<f64>,
    /// Of whole codes: what a lossless coder of single elements could reach at
    /// best; an upper bound where not `exact`.
    pub joint_entropy: f64,
    /// Whether the mantissa and joint entropies are exact.
    pub exact: bool,
    /// Share of ones in each bit plane, most significant bit first.
    pub plane_ones: Vec<f64>,
}

impl Bits {
    /// Of a type of at most 16 bits.
    pub(crate) fn of_codes(format: &Format, census: &Census) -> Self {
        let total = census.total();
        let ones = plane_ones(census);
        let fields = match &format.encoding {
            Encoding::Float(layout) => Some(FieldEntropies::of(layout, census, 0)),
            _ => None,
        };
        Self {
            width: format.bits,
            sign_entropy: fields.as_ref().map(|fields| fields.sign),
            exponent_entropy: fields.as_ref().map(|fields| fields.exponent),
            mantissa_entropy: fields.as_ref().map(|fields| fields.mantissa),
            joint_entropy: entropy(census.cells().map(|cell| cell.1)),
            exact: true,
            plane_ones: planes_from_top(&ones[..format.bits as usize], total),
        }
    }

    /// Of FP32, FP64 or one part of a complex type. Below the top 16 bits only
    /// planes are counted; entropies add up to no less than the joint one, and bounds
    /// to no more than `most` values can have.
    pub(crate) fn of_float(layout: &FloatLayout, float: &WideFloat, most: u64) -> Self {
        let total = float.tops.total();
        let low_bits = layout.bits() - 16;
        let low = plane_entropies(&float.ones[..low_bits as usize], total);
        let fields = FieldEntropies::of(layout, &float.tops, low_bits);
        let joint = entropy(float.tops.cells().map(|cell| cell.1)) + low;
        let mantissa_bits = f64::from(layout.mantissa_bits);
        Self {
            width: layout.bits(),
            sign_entropy: Some(fields.sign),
            exponent_entropy: Some(fields.exponent),
            mantissa_entropy: Some(at_most(fields.mantissa + low, mantissa_bits, most)),
            joint_entropy: at_most(joint, f64::from(layout.bits()), most),
            exact: false,
            plane_ones: planes_from_top(&float.ones, total),
        }
    }

    /// Of an integer type of 32 or 64 bits; bounds likewise.
    pub(crate) fn of_integer(integer: &WideInteger, most: u64) -> Self {
        let width = integer.ones.len() as u32;
        let by_planes = plane_entropies(&integer.ones, integer.elements);
        let by_cells = entropy(integer.cells.cells().map(|cell| cell.1))
            + mean_cell_bits(&integer.cells, integer.elements);
        Self {
            width,
            sign_entropy: None,
            exponent_entropy: None,
            mantissa_entropy: None,
            joint_entropy: at_most(by_planes.min(by_cells), f64::from(width), most),
            exact: false,
            plane_ones: planes_from_top(&integer.ones, integer.elements),
        }
    }
}

/// Entropies of sign, exponent and mantissa fields.
struct FieldEntropies {
    sign: f64,
    exponent: f64,
    mantissa: f64,
}

impl FieldEntropies {
    /// Of a census of codes whose lowest `missing_bits` were cut off.
    fn of(layout: &FloatLayout, census: &Census, missing_bits: u32) -> Self {
        let (mut signs, mut exponents, mut mantissas) = (
            [0; 2],
            vec![0; 1 << layout.exponent_bits],
            vec![0; 1 << (layout.mantissa_bits - missing_bits)],
        );
        for (code, count) in census.cells() {
            let code = u64::from(code) << missing_bits;
            signs[usize::from(layout.sign_bit(code))] += count;
            exponents[layout.exponent_field(code) as usize] += count;
            mantissas[(layout.mantissa_field(code) >> missing_bits) as usize] += count;
        }
        Self {
            sign: entropy(signs.into_iter()),
            exponent: entropy(exponents.into_iter()),
            mantissa: entropy(mantissas.into_iter()),
        }
    }
}

/// Shannon entropy in bits of a distribution given by counts, summed in their order.
fn entropy(counts: impl Iterator<Item = u64> + Clone) -> f64 {
    let total: u64 = counts.clone().sum();
    let of_cell = |count: u64| {
        let share = count as f64 / total as f64;
        -share * libm::log2(share)
    };
    // The sum is of terms that are not negative; adding zero keeps −0 out.
    counts.filter(|&count| count > 0).map(of_cell).sum::<f64>() + 0.0
}

/// Sum of the entropies of single planes.
fn plane_entropies(ones: &[u64], total: u64) -> f64 {
    ones.iter()
        .map(|&ones| entropy([ones, total - ones].into_iter()))
        .sum::<f64>()
        + 0.0
}

/// Mean of log2 of the number of values that a cell holds.
fn mean_cell_bits(cells: &Census, total: u64) -> f64 {
    let bits = |code| {
        let cell = IntegerCell::from_code(code);
        libm::log2((cell.high - cell.low) as f64 + 1.0)
    };
    cells
        .cells()
        .map(|(code, count)| bits(code) * share(count, total))
        .sum::<f64>()
        + 0.0
}

/// No entropy exceeds the field's width or log2 of the number of elements.
fn at_most(bound: f64, width: f64, total: u64) -> f64 {
    let by_count = if total == 0 {
        0.0
    } else {
        libm::log2(total as f64)
    };
    bound.min(width).min(by_count)
}

fn planes_from_top(ones: &[u64], total: u64) -> Vec<f64> {
    ones.iter().rev().map(|&ones| share(ones, total)).collect()
}

/// Codes with a one in each plane, lowest first: by byte, since a code has sixteen
/// planes and two bytes.
fn plane_ones(census: &Census) -> [u64; 16] {
    let mut bytes = [[0u64; 256]; 2];
    for (code, count) in census.cells() {
        for (counts, byte) in bytes.iter_mut().zip(code.to_le_bytes()) {
            counts[usize::from(byte)] += count;
        }
    }
    std::array::from_fn(|plane| {
        let with_one = (0..256).filter(|byte| byte >> (plane % 8) & 1 == 1);
        with_one.map(|byte| bytes[plane / 8][byte]).sum()
    })
}

fn share(part: u64, total: u64) -> f64 {
    if total == 0 {
        0.0
    } else {
        part as f64 / total as f64
    }
}
