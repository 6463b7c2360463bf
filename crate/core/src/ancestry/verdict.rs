//! What ancestry concludes, and what a person can quote of it.

use serde::{Serialize, Serializer};

use super::prose::{counted, grouped};
use crate::estimate::Share;

macro_rules! labels {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $title:literal;)*) => {
        /// What the values of a tensor are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Label {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Label {
            /// Every label, in the order of the table.
            pub const ALL: &'static [Label] = &[$(Label::$variant),*];

            /// As the report writes it.
            pub fn name(self) -> &'static str {
                match self { $(Label::$variant => $name,)* }
            }

            /// What it is called in prose.
            pub fn title(self) -> &'static str {
                match self { $(Label::$variant => $title,)* }
            }
        }
    };
}

labels! {
    /// Every listed history is excluded, with power.
    Native, "native", "native";
    /// Some history can be neither shown nor excluded.
    Inconclusive, "inconclusive", "inconclusive";
    /// The values went through FP16.
    F16, "f16", "FP16";
    /// The values went through BF16.
    Bf16, "bf16", "BF16";
    /// The values went through TF32.
    Tf32, "tf32", "TF32";
    /// FP64 that holds FP32.
    F32, "f32", "FP32";
    /// Dequantised FP8 E4M3.
    F8E4m3, "f8_e4m3", "FP8 E4M3";
    /// Dequantised FP8 E5M2.
    F8E5m2, "f8_e5m2", "FP8 E5M2";
    /// Dequantised MXFP8 E4M3.
    Mxfp8E4m3, "mxfp8_e4m3", "MXFP8 E4M3";
    /// Dequantised MXFP8 E5M2.
    Mxfp8E5m2, "mxfp8_e5m2", "MXFP8 E5M2";
    /// Dequantised MXFP6 E2M3.
    Mxfp6E2m3, "mxfp6_e2m3", "MXFP6 E2M3";
    /// Dequantised MXFP6 E3M2.
    Mxfp6E3m2, "mxfp6_e3m2", "MXFP6 E3M2";
    /// Dequantised MXFP4.
    Mxfp4, "mxfp4", "MXFP4";
    /// Dequantised FP4 E2M1 with real scales.
    Nvfp4, "nvfp4", "NVFP4";
    /// Dequantised INT8.
    Int8, "int8", "INT8";
    /// Dequantised INT4.
    Int4, "int4", "INT4";
    /// Dequantised NF4.
    Nf4, "nf4", "NF4";
    /// A lattice that is no known code: tables, grids of integers.
    FewLevels, "few_levels", "a few levels";
    /// Averages of, or sums on, values of the stored type.
    Arithmetic, "arithmetic", "arithmetic in the stored type";
    /// Clearly not native, and nothing listed fits.
    Unexplained, "unexplained", "unexplained";
    /// Every value is the same.
    Constant, "constant", "constant";
    /// No values.
    Empty, "empty", "empty";
    /// Less than 95 % of the values share one history; `rows` says which do.
    Mixed, "mixed", "mixed";
    /// Integers, booleans, complex numbers, scales.
    NotFloat, "not_float", "not floating point";
}

/// Over which elements of the tensor one scale holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// No scale: every value is a code of the format.
    Element,
    /// One scale.
    Tensor,
    /// One for each row.
    Row,
    /// One for each column.
    Column,
    /// One for so many neighbours along the last axis.
    Block(u16),
    /// One for a square of so many rows and columns.
    Square(u16),
}

impl std::fmt::Display for Granularity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Granularity::Element => f.write_str("element"),
            Granularity::Tensor => f.write_str("tensor"),
            Granularity::Row => f.write_str("row"),
            Granularity::Column => f.write_str("column"),
            Granularity::Block(size) => write!(f, "{size}"),
            Granularity::Square(size) => write!(f, "{size}x{size}"),
        }
    }
}

/// What kind of number a scale is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// There is none.
    None,
    /// Powers of two.
    PowerOfTwo,
    /// Any numbers.
    Real,
}

/// A share of the values, with the interval that it lies in with 95 % confidence;
/// the interval is a point where every value was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fraction {
    /// The share, 0 to 1.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What one test found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// Which test: "containment", "fp16_grid", "parity", "lattice", "few_levels".
    pub test: &'static str,
    /// Values, distinct values or groups that it could use.
    pub n: u64,
    /// What the history that is tested predicts.
    pub expected: Option<f64>,
    /// What was seen.
    pub observed: Option<f64>,
    /// log10 of the chance that native values look like this; `None` where that is not asked.
    pub log10_p: Option<f64>,
    /// The chance that the test would have found the history, 0 to 1.
    pub power: Option<f64>,
    /// A sentence that a person can quote.
    pub says: String,
}

/// Where a tensor's values come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// In one word.
    pub label: Label,
    /// The stops that are proven, the first one first, joined by ">".
    pub path: String,
    /// Over which elements one scale holds, where there was one.
    pub granularity: Option<Granularity>,
    /// What kind of scale.
    pub scale: Option<Scale>,
    /// The share of values that the label speaks for.
    pub fraction: Option<Fraction>,
    /// log10 of the odds against the best native explanation, corrected for everything
    /// that was tried; 0 where nothing speaks against it.
    pub log10_odds: f64,
    /// One entry a test.
    pub evidence: Vec<Evidence>,
    /// What this verdict cannot know.
    pub blind_spots: Vec<&'static str>,
}

impl Verdict {
    /// Says that only some stretches were looked at. Rows of another past lie together, if there are any, so that
    /// each stretch is one draw: how much of the tensor the label speaks for is known no better than that.
    pub(crate) fn rest_on_sample(&mut self, share: Share, stretches: u64) {
        if matches!(self.label, Label::Empty | Label::NotFloat) {
            return;
        }
        let draws = stretches.max(1) as f64;
        let mut least = 0.0;
        if self.label != Label::Inconclusive {
            let known = self.fraction.unwrap_or(Fraction::exact(1.0));
            let of_draws = Fraction::of_draws(known.value, draws);
            least = known.low.min(of_draws.low);
            self.fraction = Some(Fraction {
                value: known.value,
                low: least,
                high: known.high.max(of_draws.high),
            });
        }
        let looked_at = counted(share.elements, "value", "values");
        let stretches = counted(stretches, "stretch", "stretches");
        let all = grouped(share.of);
        let mut says = format!("Judged by a sample of {looked_at} of {all}, in {stretches}.");
        if least > 0.0 {
            let missed = libm::round((1.0 - least) * 100.0) as u64;
            says.push_str(&format!(
                " Rows of another past could be up to {missed} % of the tensor and have been missed."
            ));
        }
        self.evidence.push(Evidence {
            test: "sample",
            n: share.elements,
            expected: None,
            observed: None,
            log10_p: None,
            power: None,
            says,
        });
    }
}

/// How many rows have which history. A row is a line along the last axis.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RowFigures {
    /// Rows of the tensor.
    pub count: u64,
    /// Rows that are all zeros.
    pub zero: u64,
    /// Rows of one value, zeros among them.
    pub constant: u64,
    /// Rows that were looked at for their history: all of them, or a sample.
    pub examined: u64,
    /// Of these, by label; labels in the order of the table.
    #[serde(serialize_with = "as_map")]
    pub ancestry: Vec<(Label, u64)>,
}

/// The least significant bit by binade: how often it is even, of what falls on
/// pairs of neighbouring codes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Parity {
    /// The lowest binade, ⌊log2|x|⌋.
    pub first: i32,
    /// Share of even codes by binade from `first` up, corrected for the slope of the
    /// density; `None` where nothing can be said.
    pub even: Vec<Option<f64>>,
    /// Standard error of each.
    pub error: Vec<Option<f64>>,
}

/// How often the popular witnesses occur.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Witness {
    /// "1e-10", "2^-24", "2^-17" or "65504".
    pub threshold: &'static str,
    /// Nonzero values below it; for 65504 finite values above it.
    pub observed: u64,
    /// Of these, off the grid of FP16.
    pub off_grid: u64,
    /// Values that a density which is flat near zero would put there; `None` where
    /// nothing can be expected.
    pub expected: Option<f64>,
}

impl Serialize for Granularity {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// An object.
fn as_map<S: Serializer>(counts: &[(Label, u64)], out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(counts.iter().copied())
}
