//! What the report says of one pair: pure functions of what was seen.

use serde::{Serialize, Serializer};

use super::difference::Difference;
use super::explain::{Explainer, Explanation, explanations};
use super::looks::Look;
use super::ulp::{Ruler, bin_name};
use super::{PairSpan, Side};
use crate::checkpoint::TensorInfo;
use crate::format::{Dtype, Encoding};
use crate::report::Number;
use crate::scan::{ExactSum, Scaled};

/// One side of a pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operand {
    /// The tensor's name there.
    pub name: String,
    /// The element type.
    pub dtype: &'static str,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// The file that holds it.
    pub file: String,
}

impl Operand {
    pub(super) fn of(tensor: &TensorInfo, file: &str) -> Self {
        Self {
            name: tensor.name.clone(),
            dtype: tensor.dtype.name(),
            shape: tensor.shape.clone(),
            file: file.to_owned(),
        }
    }
}

/// How the compared tensors are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The same type and the same bits.
    Identical,
    /// Every value equals the other's, or both are NaN.
    Equal,
    /// A conversion turns one into the other.
    Explained,
    /// Neither.
    Unexplained,
    /// It could not be read.
    Failed,
}

impl Kind {
    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Identical => "identical",
            Kind::Equal => "equal",
            Kind::Explained => "explained",
            Kind::Unexplained => "unexplained",
            Kind::Failed => "failed",
        }
    }
}

/// Rows with a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DifferingRows {
    /// How many there are.
    pub rows: u64,
    /// How many differ.
    pub differing: u64,
}

/// One of the elements that differ most.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorstElement {
    /// Its place in the tensor.
    pub index: Vec<u64>,
    /// Its value in A.
    pub a: Number,
    /// Its value in B.
    pub b: Number,
    /// |a − b|.
    pub abs: Number,
    /// How many ULPs apart, or "inf" or "nan".
    pub ulp: Ulps,
}

/// A distance for a reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Ulps {
    /// Steps.
    Steps(Number),
    /// What has no steps: "inf" or "nan".
    Beyond(&'static str),
    /// An integer against a float.
    None,
}

/// A pair of tensors in the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairFigures {
    /// Its name in A.
    pub name: String,
    /// The tensor in A.
    pub a: Operand,
    /// The tensor in B.
    pub b: Operand,
    /// The same type and the same bits.
    pub identical_bits: bool,
    /// Elements.
    pub count: u64,
    /// Elements of equal values.
    pub equal: u64,
    /// Elements that are NaN on both sides.
    pub both_nan: u64,
    /// Where the first difference is.
    pub first_difference: Option<Vec<u64>>,
    /// Elements by distance.
    #[serde(serialize_with = "histogram")]
    pub ulp: Option<Vec<u64>>,
    /// Whose ULPs they are.
    pub ulp_of: Option<&'static str>,
    /// The largest distance.
    pub max_ulp: Option<Number>,
    /// Pairs that are finite on both sides.
    pub finite: u64,
    /// The largest |a − b|.
    pub max_abs: Option<Number>,
    /// The mean of them.
    pub mean_abs: Option<Number>,
    /// The largest |a − b|/|b|.
    pub max_rel: Option<Number>,
    /// The mean of them.
    pub mean_rel: Option<Number>,
    /// Whether all are close.
    pub allclose: bool,
    /// Elements that are not.
    pub not_close: u64,
    /// The cosine of the angle between them.
    pub cosine: Option<Number>,
    /// Signal to noise.
    pub sqnr_db: Option<Number>,
    /// Rows with a difference.
    pub differing_rows: Option<DifferingRows>,
    /// The elements that differ most.
    pub worst: Vec<WorstElement>,
    /// Conversions, best first.
    pub explained_by: Vec<Explanation>,
    /// What it looks like, where there is none.
    pub looks: Option<Look>,
}

fn histogram<S: Serializer>(bins: &Option<Vec<u64>>, out: S) -> Result<S::Ok, S::Error> {
    let Some(bins) = bins else {
        return out.serialize_none();
    };
    let counted = bins.iter().enumerate().filter(|(_, count)| **count > 0);
    out.collect_map(counted.map(|(bin, count)| (bin_name(bin), count)))
}

impl PairFigures {
    /// Of a whole pair.
    pub(super) fn of([a, b]: [(&TensorInfo, &str); 2], span: &PairSpan, seen: &Difference) -> Self {
        let ruler = Ruler::of(span.a, span.b);
        let identical_bits = seen.is_identical(span);
        let explained_by = explained_by(span, seen, identical_bits);
        let [squares_a, squares_b, noise] = [
            &seen.sums.squares_a,
            &seen.sums.squares_b,
            &seen.sums.squares,
        ]
        .map(ExactSum::to_scaled);
        let cosine = cosine(seen.sums.products.to_scaled(), squares_a, squares_b);
        let looks = match explained_by.is_empty() {
            true => Look::of(span, seen, ruler, cosine),
            false => None,
        };
        let complex = matches!(a.0.dtype.format().encoding, Encoding::Complex(_));
        let place = |index| place_of(&a.0.shape, complex, index);
        let real = Number::Real;
        let has = |any: bool, value: f64| any.then_some(real(value));
        let mean = |sum: &ExactSum, count: u64| {
            (count > 0).then(|| real(sum.to_scaled().divided_by(count).to_f64()))
        };
        Self {
            name: a.0.name.clone(),
            identical_bits,
            count: seen.elements,
            equal: seen.equal,
            both_nan: seen.both_nan,
            first_difference: seen.first.map(place),
            ulp: ruler.map(|_| seen.ulp.clone()),
            ulp_of: ruler.map(|ruler| ruler.dtype().name()),
            max_ulp: seen.max_ulp.map(|steps| Number::Integer(steps as i128)),
            finite: seen.finite,
            max_abs: has(seen.finite > 0, seen.max_absolute),
            mean_abs: mean(&seen.sums.absolute, seen.finite),
            max_rel: has(seen.nonzero_b > 0, seen.max_relative),
            mean_rel: match seen.sums.has_infinite_relative {
                true => Some(real(f64::INFINITY)),
                false => mean(&seen.sums.relative, seen.nonzero_b),
            },
            allclose: seen.not_close == 0,
            not_close: seen.not_close,
            cosine: cosine.map(real),
            sqnr_db: (seen.finite > 0).then(|| real(sqnr_db(squares_a, noise))),
            differing_rows: span.has_rows.then_some(DifferingRows {
                rows: span.matrix.rows,
                differing: seen.rows.differing,
            }),
            worst: worst(seen, ruler, place),
            explained_by,
            looks,
            a: Operand::of(a.0, a.1),
            b: Operand::of(b.0, b.1),
        }
    }

    /// How the pair is sorted.
    pub fn kind(&self) -> Kind {
        match self {
            _ if self.identical_bits => Kind::Identical,
            _ if self.equal + self.both_nan == self.count => Kind::Equal,
            _ if self.explained_by.is_empty() => Kind::Unexplained,
            _ => Kind::Explained,
        }
    }
}

fn explained_by(span: &PairSpan, seen: &Difference, identical_bits: bool) -> Vec<Explanation> {
    if identical_bits {
        return vec![Explanation::identity()];
    }
    let layouts = [span.a, span.b].map(|dtype: Dtype| dtype.format().layout());
    let [forth, back] = &seen.explained;
    match layouts {
        [Some(a), Some(b)] => {
            let mut all = explanations(forth, &Explainer::new(a, b), Side::A, span.b);
            all.extend(explanations(back, &Explainer::new(b, a), Side::B, span.a));
            all
        }
        _ => {
            let both = [(forth, Side::A, span.b), (back, Side::B, span.a)];
            let exact = both.into_iter().filter(|(left, ..)| left.exact);
            exact
                .map(|(_, from, to)| Explanation::exact(from, to))
                .collect()
        }
    }
}

fn worst(
    seen: &Difference,
    ruler: Option<Ruler>,
    place: impl Fn(u64) -> Vec<u64>,
) -> Vec<WorstElement> {
    use super::ulp::Distance;
    let of = |element: &super::worst::Element| WorstElement {
        index: place(element.index),
        a: element.a.into(),
        b: element.b.into(),
        abs: Number::Real(element.difference),
        ulp: match ruler.map(|ruler| ruler.distance(element.a, element.b)) {
            Some(Distance::Steps(steps)) => Ulps::Steps(Number::Integer(steps as i128)),
            Some(Distance::Infinite) => Ulps::Beyond("inf"),
            Some(Distance::Nan) => Ulps::Beyond("nan"),
            None => Ulps::None,
        },
    };
    seen.worst.elements().iter().map(of).collect()
}

/// The index along each axis; of complex numbers the part comes last.
fn place_of(shape: &[u64], complex: bool, index: u64) -> Vec<u64> {
    let mut rest = index;
    let axes = shape.iter().copied().chain(complex.then_some(2));
    let axes: Vec<u64> = axes.collect();
    let mut place = vec![0; axes.len()];
    for (at, size) in axes.iter().enumerate().rev() {
        place[at] = rest % size;
        rest /= size;
    }
    place
}

/// Σab / √(Σa²·Σb²); `None` where a side is all zero.
fn cosine(products: Scaled, a: Scaled, b: Scaled) -> Option<f64> {
    if a.significand == 0.0 || b.significand == 0.0 {
        return None;
    }
    // Significands apart from exponents, so that squares of any size fit.
    let square =
        Scaled::from(a.significand * b.significand).times_power_of_two(a.exponent + b.exponent);
    let root = square.square_root();
    let quotient = Scaled {
        significand: products.significand / root.significand,
        exponent: products.exponent - root.exponent,
    };
    Some(quotient.to_f64().clamp(-1.0, 1.0))
}

fn sqnr_db(signal: Scaled, noise: Scaled) -> f64 {
    if noise.significand == 0.0 {
        return f64::INFINITY;
    }
    if signal.significand == 0.0 {
        return f64::NEG_INFINITY;
    }
    let decades = libm::log10(signal.significand / noise.significand);
    let binades = f64::from(signal.exponent - noise.exponent);
    10.0 * (decades + binades * std::f64::consts::LOG10_2)
}
