//! The rows.

use super::{Encoding, FloatLayout, Format, Specials};

const fn float(
    signed: bool,
    exponent_bits: u32,
    mantissa_bits: u32,
    bias: i32,
    specials: Specials,
) -> FloatLayout {
    FloatLayout {
        signed,
        exponent_bits,
        mantissa_bits,
        bias,
        specials,
    }
}

const fn row(
    name: &'static str,
    bits: u32,
    encoding: Encoding,
    title: &'static str,
    source: &'static str,
) -> Format {
    Format {
        name,
        bits,
        encoding,
        title,
        source,
    }
}

const OCP_FP8: &str = "OCP 8-bit Floating Point Specification (OFP8) 1.0";
const OCP_MX: &str = "OCP Microscaling Formats (MX) Specification 1.0";
const FNUZ: &str = "Noune et al. 2022, 8-bit Numerical Formats for Deep Neural Networks";
const IEEE: &str = "IEEE 754-2019";
const SAFETENSORS: &str = "safetensors 0.8";
const BFLOAT16: &str = "Intel BFLOAT16 Hardware Numerics Definition 1.0";

const F32_LAYOUT: FloatLayout = float(true, 8, 23, 127, Specials::Ieee);

/// TF32: FP32's range with FP16's precision. It is never stored under a name of
/// its own; such values fill the upper 19 bits of FP32 words.
pub static TF32: Format = row(
    "TF32",
    19,
    Encoding::Float(float(true, 8, 10, 127, Specials::Ieee)),
    "TensorFloat-32",
    "NVIDIA A100 Tensor Core GPU Architecture whitepaper",
);

macro_rules! dtypes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $bits:literal, $encoding:expr, $title:literal, $source:expr;)*) => {
        /// An element type of safetensors 0.8.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum Dtype {
            $($(#[$doc])* $variant,)*
        }

        impl Dtype {
            /// Every dtype, in the order of the table.
            pub const ALL: &'static [Dtype] = &[$(Dtype::$variant),*];
        }

        /// The table, in the order of [`Dtype::ALL`].
        pub static FORMATS: &[Format] = &[$(row($name, $bits, $encoding, $title, $source)),*];
    };
}

dtypes! {
    /// A byte that is zero or not.
    Bool, "BOOL", 8, Encoding::Bool, "boolean", SAFETENSORS;
    /// E2M1, two to a byte, the first in the low half.
    F4, "F4", 4, Encoding::Float(float(true, 2, 1, 1, Specials::AllFinite)), "FP4 E2M1", OCP_MX;
    /// E2M3, four to three bytes, the first in the lowest bits.
    F6E2M3, "F6_E2M3", 6, Encoding::Float(float(true, 2, 3, 1, Specials::AllFinite)), "FP6 E2M3", OCP_MX;
    /// E3M2, four to three bytes, the first in the lowest bits.
    F6E3M2, "F6_E3M2", 6, Encoding::Float(float(true, 3, 2, 3, Specials::AllFinite)), "FP6 E3M2", OCP_MX;
    /// Unsigned byte.
    U8, "U8", 8, Encoding::Unsigned, "unsigned 8-bit integer", SAFETENSORS;
    /// Signed byte.
    I8, "I8", 8, Encoding::Signed, "signed 8-bit integer", SAFETENSORS;
    /// FP8 for gradients: FP16 without its last eight mantissa bits.
    F8E5M2, "F8_E5M2", 8, Encoding::Float(float(true, 5, 2, 15, Specials::Ieee)), "FP8 E5M2", OCP_FP8;
    /// FP8 for weights: no infinity, largest value 448.
    F8E4M3, "F8_E4M3", 8, Encoding::Float(float(true, 4, 3, 7, Specials::AllOnesNan)), "FP8 E4M3", OCP_FP8;
    /// A power-of-two scale.
    F8E8M0, "F8_E8M0", 8, Encoding::Float(float(false, 8, 0, 127, Specials::ScaleOnly)), "E8M0 scale", OCP_MX;
    /// E4M3 without negative zero: bias 8, largest value 240.
    F8E4M3Fnuz, "F8_E4M3FNUZ", 8, Encoding::Float(float(true, 4, 3, 8, Specials::NegativeZeroNan)), "FP8 E4M3 FNUZ", FNUZ;
    /// E5M2 without negative zero: bias 16.
    F8E5M2Fnuz, "F8_E5M2FNUZ", 8, Encoding::Float(float(true, 5, 2, 16, Specials::NegativeZeroNan)), "FP8 E5M2 FNUZ", FNUZ;
    /// Signed 16-bit integer.
    I16, "I16", 16, Encoding::Signed, "signed 16-bit integer", SAFETENSORS;
    /// Unsigned 16-bit integer.
    U16, "U16", 16, Encoding::Unsigned, "unsigned 16-bit integer", SAFETENSORS;
    /// IEEE half precision.
    F16, "F16", 16, Encoding::Float(float(true, 5, 10, 15, Specials::Ieee)), "FP16", IEEE;
    /// The upper half of FP32.
    BF16, "BF16", 16, Encoding::Float(float(true, 8, 7, 127, Specials::Ieee)), "BF16", BFLOAT16;
    /// Signed 32-bit integer.
    I32, "I32", 32, Encoding::Signed, "signed 32-bit integer", SAFETENSORS;
    /// Unsigned 32-bit integer.
    U32, "U32", 32, Encoding::Unsigned, "unsigned 32-bit integer", SAFETENSORS;
    /// IEEE single precision.
    F32, "F32", 32, Encoding::Float(F32_LAYOUT), "FP32", IEEE;
    /// Two FP32: real part, imaginary part.
    C64, "C64", 64, Encoding::Complex(F32_LAYOUT), "complex of two FP32", SAFETENSORS;
    /// IEEE double precision.
    F64, "F64", 64, Encoding::Float(float(true, 11, 52, 1023, Specials::Ieee)), "FP64", IEEE;
    /// Signed 64-bit integer.
    I64, "I64", 64, Encoding::Signed, "signed 64-bit integer", SAFETENSORS;
    /// Unsigned 64-bit integer.
    U64, "U64", 64, Encoding::Unsigned, "unsigned 64-bit integer", SAFETENSORS;
}

impl Dtype {
    /// The dtype that a header names, or `None` for a name that safetensors 0.8 does not know.
    pub fn from_name(name: &str) -> Option<Dtype> {
        Dtype::ALL
            .iter()
            .copied()
            .find(|dtype| dtype.name() == name)
    }

    /// Its row of the table.
    pub fn format(self) -> &'static Format {
        &FORMATS[self as usize]
    }

    /// The name that safetensors uses.
    pub fn name(self) -> &'static str {
        self.format().name
    }

    /// Width of one element in bits.
    pub fn bits(self) -> u32 {
        self.format().bits
    }
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
