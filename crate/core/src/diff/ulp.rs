//! How many steps of a format lie between two values.

use super::numbers::Value;
use crate::format::{Class, Dtype, Encoding, FloatLayout, Overflow, Rounding, Specials};
use floatscope_simd::places::Spacing;

/// How far apart two values lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distance {
    /// Steps.
    Steps(u128),
    /// An infinity on one side alone, or one of each sign.
    Infinite,
    /// NaN on one side alone.
    Nan,
}

/// What steps are counted in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ruler {
    /// Of a float format.
    Float(Dtype, FloatLayout),
    /// Of whole numbers.
    Integer(Dtype),
}

impl Ruler {
    /// The coarser of two types; `None` for an integer against a float.
    pub(crate) fn of(a: Dtype, b: Dtype) -> Option<Self> {
        let layout = |dtype: Dtype| match dtype.format().encoding {
            Encoding::Float(layout) | Encoding::Complex(layout) => Some(layout),
            _ => None,
        };
        match (layout(a), layout(b)) {
            (Some(of_a), Some(of_b)) => Some(match is_coarser(&of_b, &of_a) {
                true => Self::Float(b, of_b),
                false => Self::Float(a, of_a),
            }),
            (None, None) => Some(Self::Integer(if b.bits() < a.bits() { b } else { a })),
            _ => None,
        }
    }

    /// The type.
    pub(super) fn dtype(&self) -> Dtype {
        match *self {
            Ruler::Float(dtype, _) | Ruler::Integer(dtype) => dtype,
        }
    }

    /// The distance of two values.
    pub(crate) fn distance(&self, a: Value, b: Value) -> Distance {
        let layout = match self {
            Ruler::Float(_, layout) => layout,
            Ruler::Integer(_) => return integers(a, b),
        };
        let [a, b] = [a, b].map(|value| place(layout, value.to_f64()));
        match (a, b) {
            (Place::Nan, Place::Nan) => Distance::Steps(0),
            (Place::Nan, _) | (_, Place::Nan) => Distance::Nan,
            (Place::Infinite(a), Place::Infinite(b)) if a == b => Distance::Steps(0),
            (Place::Infinite(_), _) | (_, Place::Infinite(_)) => Distance::Infinite,
            (Place::At(a), Place::At(b)) => Distance::Steps(u128::from(a.abs_diff(b))),
        }
    }

    /// The step at a finite number.
    pub(super) fn step_at(&self, value: f64) -> f64 {
        match self {
            Ruler::Float(_, layout) => step_at(layout, value),
            Ruler::Integer(_) => 1.0,
        }
    }
}

/// Where a value comes to lie in the order of a format.
enum Place {
    Nan,
    Infinite(bool),
    At(i64),
}

fn place(layout: &FloatLayout, value: f64) -> Place {
    // A format without NaN or infinity would have its largest number for them.
    if value.is_nan() {
        return Place::Nan;
    }
    if value.is_infinite() && layout.infinity_code().is_none() && layout.nan_code().is_none() {
        return Place::Infinite(value.is_sign_negative());
    }
    let code = layout.encode(value, Rounding::NearestEven, Overflow::Ieee);
    let magnitude = code & (u64::MAX >> (65 - layout.bits() - u32::from(!layout.signed)));
    match layout.classify(code) {
        Class::Nan => Place::Nan,
        Class::Infinite => Place::Infinite(layout.sign_bit(code)),
        _ if layout.sign_bit(code) => Place::At(-(magnitude as i64)),
        _ => Place::At(magnitude as i64),
    }
}

fn integers(a: Value, b: Value) -> Distance {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Distance::Steps(a.abs_diff(b)),
        _ => Distance::Nan,
    }
}

/// Fewer bits of mantissa, of equals fewer of exponent, of equals the smaller largest number.
fn is_coarser(one: &FloatLayout, other: &FloatLayout) -> bool {
    let rank = |layout: &FloatLayout| {
        let largest = layout.decode(layout.max_finite_code());
        (layout.mantissa_bits, layout.exponent_bits, largest)
    };
    rank(one) < rank(other)
}

/// The step of a format at a finite number, that below its smallest normal one at least.
pub(super) fn step_at(layout: &FloatLayout, value: f64) -> f64 {
    let exponent = if value == 0.0 {
        i32::MIN
    } else {
        libm::ilogb(value)
    };
    let binade = exponent.clamp(layout.min_exponent(), layout.max_exponent());
    libm::ldexp(1.0, binade - layout.mantissa_bits as i32)
}

/// How a format's numbers lie, for the kernels; `None` for one without zero.
pub(super) fn spacing(layout: &FloatLayout) -> Option<Spacing> {
    (layout.specials != Specials::ScaleOnly).then(|| Spacing {
        mantissa_bits: layout.mantissa_bits,
        min_exponent: layout.min_exponent(),
    })
}

/// A histogram of distances: bins of 0, 1, 2, 3 to 4, 5 to 8, …; then infinite, then NaN.
pub(crate) const BINS: usize = 69;
const INFINITE: usize = BINS - 2;
const NAN: usize = BINS - 1;

/// The bin of a distance.
pub(crate) fn bin(distance: Distance) -> usize {
    match distance {
        Distance::Steps(0) => 0,
        Distance::Steps(steps) => (129 - (steps - 1).leading_zeros()) as usize,
        Distance::Infinite => INFINITE,
        Distance::Nan => NAN,
    }
}

/// What a bin is called.
pub(crate) fn bin_name(bin: usize) -> String {
    match bin {
        INFINITE => "inf".to_owned(),
        NAN => "nan".to_owned(),
        0..=2 => bin.to_string(),
        _ => format!("{}-{}", (1u128 << (bin - 2)) + 1, 1u128 << (bin - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bf16(a: f64, b: f64) -> Distance {
        let ruler = Ruler::of(Dtype::BF16, Dtype::F32).expect("two floats");
        ruler.distance(Value::Real(a), Value::Real(b))
    }

    #[test]
    fn the_coarser_type_is_chosen() {
        let of = |a, b| Ruler::of(a, b).map(|ruler| ruler.dtype());
        assert_eq!(of(Dtype::F32, Dtype::BF16), Some(Dtype::BF16));
        assert_eq!(of(Dtype::BF16, Dtype::F16), Some(Dtype::BF16));
        assert_eq!(of(Dtype::F8E5M2, Dtype::F8E4M3), Some(Dtype::F8E5M2));
        assert_eq!(
            of(Dtype::F8E4M3, Dtype::F8E4M3Fnuz),
            Some(Dtype::F8E4M3Fnuz)
        );
        assert_eq!(of(Dtype::F6E3M2, Dtype::F8E5M2), Some(Dtype::F6E3M2));
        assert_eq!(of(Dtype::I32, Dtype::I8), Some(Dtype::I8));
        assert_eq!(of(Dtype::I32, Dtype::F32), None);
    }

    #[test]
    fn steps_are_counted_through_zero() {
        let least = f64::from(f32::from_bits(1 << 16));
        assert_eq!(bf16(-least, least), Distance::Steps(2));
        assert_eq!(bf16(-0.0, 0.0), Distance::Steps(0));
        assert_eq!(bf16(1.0, 1.0 + 1.0 / 128.0), Distance::Steps(1));
        assert_eq!(bf16(1.0, 0.5), Distance::Steps(128));
        assert_eq!(bf16(1.0, 1.0 + 1.0 / 256.0), Distance::Steps(0));
    }

    #[test]
    fn what_is_not_finite_has_bins_of_its_own() {
        assert_eq!(bf16(f64::NAN, f64::NAN), Distance::Steps(0));
        assert_eq!(bf16(1.0, f64::NAN), Distance::Nan);
        assert_eq!(bf16(f64::INFINITY, 1.0), Distance::Infinite);
        assert_eq!(bf16(f64::INFINITY, f64::NEG_INFINITY), Distance::Infinite);
        assert_eq!(bf16(f64::from(f32::MAX), f64::INFINITY), Distance::Steps(0));
    }

    #[test]
    fn bins_double() {
        let name = |steps| bin_name(bin(Distance::Steps(steps)));
        let names = [0, 1, 2, 3, 4, 5, 8, 9, 1 << 65].map(name);
        let wanted = ["0", "1", "2", "3-4", "3-4", "5-8", "5-8", "9-16"];
        assert_eq!(names[..8], wanted);
        assert_eq!(names[8], "18446744073709551617-36893488147419103232");
        assert_eq!(bin_name(bin(Distance::Infinite)), "inf");
        assert_eq!(bin_name(bin(Distance::Nan)), "nan");
    }

    #[test]
    fn a_step_is_the_gap_above_a_number() {
        let layout = Dtype::F16.format().layout().expect("a float");
        assert_eq!(step_at(layout, 1.5), 1.0 / 1024.0);
        assert_eq!(step_at(layout, 0.0), 1.0 / 16_777_216.0);
        assert_eq!(step_at(layout, 1e-30), 1.0 / 16_777_216.0);
    }
}
