//! The targets: one row each, in the order of the report.

use crate::format::{Dtype, FloatLayout, TF32};

/// The codes of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// A format of the table.
    Format(Dtype),
    /// TF32, which rounds ties away from zero.
    Tf32,
    /// Integers, from the least to the largest.
    Integers(i32, i32),
    /// Multiples of 1/64 up to ±127/64 (the element of MXINT8).
    SixtyFourths,
    /// The sixteen levels of NF4.
    Nf4,
}

/// Values that share a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// All of them.
    Tensor,
    /// A line along the last axis.
    Row,
    /// 128 rows by 128 columns.
    Square,
    /// So many along the last axis, anew in each row.
    Run(u64),
    /// So many of the whole tensor as one line.
    Line(u64),
}

/// How a scale is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// There is none.
    None,
    /// The largest magnitude, divided by the largest code, in FP32.
    Real(Group),
    /// The power of two that the MX specification has, for blocks of 32.
    PowerOfTwo,
    /// NVFP4's: E4M3 for blocks of 16, times FP32 for the tensor.
    TwoLevels,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cast {
    /// Its key in reports.
    pub key: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What values become.
    pub codes: Codes,
    /// What they are divided by first.
    pub scaling: Scaling,
    /// Bits of a code as it is stored.
    pub bits: u32,
    /// Bits of a scale as it is stored.
    pub scale_bits: u32,
}

/// Values of an MX block.
pub(crate) const MX_BLOCK: u64 = 32;
/// Values of an NVFP4 block.
pub(crate) const NVFP4_BLOCK: u64 = 16;

const fn row(
    key: &'static str,
    title: &'static str,
    codes: Codes,
    scaling: Scaling,
    bits: u32,
    scale_bits: u32,
) -> Cast {
    Cast {
        key,
        title,
        codes,
        scaling,
        bits,
        scale_bits,
    }
}

const E4M3: Codes = Codes::Format(Dtype::F8E4M3);
const E5M2: Codes = Codes::Format(Dtype::F8E5M2);
const E2M3: Codes = Codes::Format(Dtype::F6E2M3);
const E3M2: Codes = Codes::Format(Dtype::F6E3M2);
const E2M1: Codes = Codes::Format(Dtype::F4);
const INT8: Codes = Codes::Integers(-128, 127);
const INT4: Codes = Codes::Integers(-8, 7);

/// Every target.
#[rustfmt::skip]
pub static CASTS: &[Cast] = &[
    row("tf32", "TF32", Codes::Tf32, Scaling::None, 32, 0),
    row("f16", "FP16", Codes::Format(Dtype::F16), Scaling::None, 16, 0),
    row("bf16", "BF16", Codes::Format(Dtype::BF16), Scaling::None, 16, 0),
    row("f8_e4m3", "FP8 E4M3", E4M3, Scaling::None, 8, 0),
    row("f8_e5m2", "FP8 E5M2", E5M2, Scaling::None, 8, 0),
    row("f8_e4m3fnuz", "FP8 E4M3 FNUZ", Codes::Format(Dtype::F8E4M3Fnuz), Scaling::None, 8, 0),
    row("f8_e5m2fnuz", "FP8 E5M2 FNUZ", Codes::Format(Dtype::F8E5M2Fnuz), Scaling::None, 8, 0),
    row("f8_e4m3/tensor", "FP8 E4M3, one scale", E4M3, Scaling::Real(Group::Tensor), 8, 32),
    row("f8_e4m3/row", "FP8 E4M3 per row", E4M3, Scaling::Real(Group::Row), 8, 32),
    row("f8_e4m3/128x128", "FP8 E4M3 per 128×128", E4M3, Scaling::Real(Group::Square), 8, 32),
    row("mxfp8_e4m3", "MXFP8 E4M3", E4M3, Scaling::PowerOfTwo, 8, 8),
    row("mxfp8_e5m2", "MXFP8 E5M2", E5M2, Scaling::PowerOfTwo, 8, 8),
    row("mxfp6_e2m3", "MXFP6 E2M3", E2M3, Scaling::PowerOfTwo, 6, 8),
    row("mxfp6_e3m2", "MXFP6 E3M2", E3M2, Scaling::PowerOfTwo, 6, 8),
    row("mxfp4", "MXFP4", E2M1, Scaling::PowerOfTwo, 4, 8),
    row("mxint8", "MXINT8", Codes::SixtyFourths, Scaling::PowerOfTwo, 8, 8),
    row("nvfp4", "NVFP4", E2M1, Scaling::TwoLevels, 4, 8),
    row("int8/row", "INT8 per row", INT8, Scaling::Real(Group::Row), 8, 32),
    row("int4/128", "INT4 in groups of 128", INT4, Scaling::Real(Group::Run(128)), 4, 16),
    row("nf4/64", "NF4 in blocks of 64", Codes::Nf4, Scaling::Real(Group::Line(64)), 4, 32),
];

impl Cast {
    /// The cast of this key.
    pub fn of_key(key: &str) -> Option<&'static Self> {
        CASTS.iter().find(|cast| cast.key == key)
    }

    /// The layout of the codes where they are floats.
    pub fn layout(&self) -> Option<&'static FloatLayout> {
        match self.codes {
            Codes::Format(dtype) => dtype.format().layout(),
            Codes::Tf32 => TF32.layout(),
            _ => None,
        }
    }

    /// What is stored, in words.
    pub fn says(&self) -> &'static str {
        match (self.scaling, self.codes) {
            (Scaling::None, Codes::Tf32) => "as it is, ties away from zero, stored in 32 bits",
            (Scaling::None, _) => "as it is, without a scale",
            (Scaling::Real(Group::Tensor), _) => "an FP32 scale, amax/448, for the tensor",
            (Scaling::Real(Group::Square), _) => {
                "an FP32 scale, amax/448, for each square of 128 × 128"
            }
            (Scaling::Real(Group::Row), Codes::Format(_)) => {
                "an FP32 scale, amax/448, for each row"
            }
            (Scaling::Real(Group::Row), _) => "an FP32 scale, amax/127, for each row",
            (Scaling::Real(Group::Run(_)), _) => {
                "an FP16 scale, amax/7, for each 128 values of a row"
            }
            (Scaling::Real(Group::Line(_)), _) => "an FP32 scale, amax, for each 64 values",
            (Scaling::PowerOfTwo, _) => "a power-of-two scale for each 32 values of a row",
            (Scaling::TwoLevels, _) => {
                "an E4M3 scale for each 16 values of a row, an FP32 one for the tensor"
            }
        }
    }

    /// Number of scales of a tensor of so many rows and columns.
    fn scales(&self, rows: u64, columns: u64) -> u64 {
        let elements = rows.saturating_mul(columns);
        let in_rows = |run: u64| rows.saturating_mul(columns.div_ceil(run));
        match self.scaling {
            _ if elements == 0 => 0,
            Scaling::None => 0,
            Scaling::Real(Group::Tensor) => 1,
            Scaling::Real(Group::Row) => rows,
            Scaling::Real(Group::Square) => rows.div_ceil(128) * columns.div_ceil(128),
            Scaling::Real(Group::Run(run)) => in_rows(run),
            Scaling::Real(Group::Line(run)) => elements.div_ceil(run),
            Scaling::PowerOfTwo => in_rows(MX_BLOCK),
            Scaling::TwoLevels => in_rows(NVFP4_BLOCK),
        }
    }

    /// Bytes of a tensor of so many rows and columns, scales included.
    pub fn bytes(&self, rows: u64, columns: u64) -> u64 {
        let elements = rows.saturating_mul(columns);
        let bits = u64::from(self.bits);
        let codes = (elements / 8).saturating_mul(bits) + (elements % 8 * bits).div_ceil(8);
        let scales = self
            .scales(rows, columns)
            .saturating_mul(u64::from(self.scale_bits / 8));
        let of_tensor = if self.scaling == Scaling::TwoLevels && elements > 0 {
            4
        } else {
            0
        };
        codes.saturating_add(scales).saturating_add(of_tensor)
    }
}
