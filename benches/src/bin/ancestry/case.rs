//! One native tensor: drawn, rounded once, judged.

use crate::random::Random;
use crate::source::{Draw, SOURCES};
use floatscope_core::ancestry::Label;
use floatscope_core::format::Dtype;
use floatscope_core::report::TensorFigures;
use floatscope_core::scan::{Scanner, Span};
use half::{bf16, f16};

/// How FP32 becomes what is stored. More of what is most often seen.
pub(crate) const ROUNDINGS: &[Rounding] = &[
    Rounding("bf16, nearest", "BF16", bf16_nearest),
    Rounding("bf16, nearest", "BF16", bf16_nearest),
    Rounding("bf16, truncated", "BF16", |x, _| (x.to_bits() >> 16) as u16),
    Rounding("bf16, stochastic", "BF16", |x, random| {
        ((u64::from(x.to_bits()) + (random.bits() >> 48)) >> 16) as u16
    }),
    Rounding("f16, nearest", "F16", |x, _| f16::from_f32(x).to_bits()),
    Rounding("f16, truncated", "F16", |x, _| f16_truncated(x)),
    Rounding("f16, stochastic", "F16", f16_stochastic),
    Rounding("f32", "F32", |_, _| 0),
];

/// A name, the stored type, and the code of a value; FP32 is stored as it is.
#[derive(Clone, Copy)]
pub(crate) struct Rounding(
    pub(crate) &'static str,
    &'static str,
    fn(f32, &mut Random) -> u16,
);

fn bf16_nearest(x: f32, _: &mut Random) -> u16 {
    bf16::from_f32(x).to_bits()
}

fn f16_truncated(x: f32) -> u16 {
    let nearest = f16::from_f32(x);
    let beyond = nearest.to_f32().abs() > x.abs();
    nearest.to_bits() - u16::from(beyond)
}

/// To one of the two neighbours, the nearer one more often.
fn f16_stochastic(x: f32, random: &mut Random) -> u16 {
    let low = f16_truncated(x);
    let [below, above] = [low, low + 1].map(|code| f16::from_bits(code).to_f64());
    let up = random.unit() * (above - below).abs() < (f64::from(x) - below).abs();
    low + u16::from(up)
}

/// A tensor with everything that is needed to make it again.
pub(crate) struct Case {
    pub(crate) number: u64,
    pub(crate) source: &'static str,
    pub(crate) rounding: &'static str,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<u64>,
    pub(crate) bytes: Vec<u8>,
    /// Parameters of the source.
    pub(crate) text: String,
}

impl Case {
    /// The case of that number.
    pub(crate) fn draw(seed: u64, number: u64) -> Self {
        let mut random = Random::new(seed, number);
        let source = &SOURCES[random.below(SOURCES.len() as u64) as usize];
        let rounding = random.pick(ROUNDINGS);
        let (rows, columns) = matrix(&mut random);
        let mut draw = Draw {
            random,
            columns,
            values: vec![0.0; rows * columns],
            text: String::new(),
        };
        (source.fill)(&mut draw);
        scale(&mut draw);
        let shape = if rows == 1 {
            vec![columns]
        } else {
            vec![rows, columns]
        };
        Self {
            number,
            source: source.name,
            rounding: rounding.0,
            dtype: Dtype::from_name(rounding.1).expect("ROUNDINGS names types of the table"),
            shape: shape.into_iter().map(|axis| axis as u64).collect(),
            bytes: rounding.bytes(&draw.values, &mut draw.random),
            text: draw.text,
        }
    }

    /// What the core says of it.
    pub(crate) fn judge(&self, scanner: &mut Scanner) -> TensorFigures {
        scanner.begin(Span::whole(self.dtype, &self.shape));
        self.bytes
            .chunks(1 << 20)
            .for_each(|chunk| scanner.feed(chunk));
        TensorFigures::of(&scanner.finish().expect("a span was begun"))
    }

    /// Whether a label is true of a native tensor.
    pub(crate) fn may_be(&self, label: Label) -> bool {
        match label {
            Label::Native | Label::Inconclusive => true,
            Label::Constant => self.is_constant(),
            _ => false,
        }
    }

    fn is_constant(&self) -> bool {
        let width = self.dtype.bits() as usize / 8;
        let first = &self.bytes[..width];
        self.bytes.chunks(width).all(|element| element == first)
    }

    pub(crate) fn elements(&self) -> u64 {
        self.shape.iter().product()
    }

    /// A safetensors file of this one tensor.
    pub(crate) fn safetensors(&self) -> Vec<u8> {
        let (name, shape, end) = (self.dtype.name(), &self.shape, self.bytes.len());
        let entry = format!(r#"{{"dtype":"{name}","shape":{shape:?},"data_offsets":[0,{end}]}}"#);
        let header = format!(r#"{{"case-{}":{entry}}}"#, self.number);
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], header.as_bytes(), &self.bytes].concat()
    }
}

impl Rounding {
    fn bytes(self, values: &[f32], random: &mut Random) -> Vec<u8> {
        if self.1 == "F32" {
            return values.iter().flat_map(|x| x.to_le_bytes()).collect();
        }
        let codes = values.iter().map(|x| self.2(*x, random));
        codes.flat_map(u16::to_le_bytes).collect()
    }
}

/// Rows and columns of 1,000 to 10 million values: one in twelve over a million.
fn matrix(random: &mut Random) -> (usize, usize) {
    let elements = if random.below(12) == 0 {
        random.factor(1e6, 1e7)
    } else {
        random.factor(1e3, 1e6)
    };
    if random.below(10) == 0 {
        return (1, elements as usize);
    }
    let longest = (elements / 2.0).min(16_384.0);
    let columns = match random.below(3) {
        0 => random.factor(8.0, longest) as usize,
        _ => 16 << random.below(u64::from((longest as u64 / 16).ilog2()) + 1),
    };
    ((elements as usize).div_ceil(columns).max(2), columns)
}

/// One in five is multiplied by a number that is no power of two, in FP32.
fn scale(draw: &mut Draw) {
    if draw.random.below(5) == 0 {
        let factor = draw.random.factor(0.01, 30.0) as f32;
        draw.text += &format!(" times {factor:.5}");
        draw.values.iter_mut().for_each(|x| *x *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::{Case, f16, f16_stochastic, f16_truncated};
    use crate::random::Random;

    #[test]
    fn a_number_draws_the_same_case_again() {
        let [one, other] = [7, 7].map(|number| Case::draw(1, number));
        assert_eq!(one.bytes, other.bytes);
        assert_ne!(one.bytes, Case::draw(2, 7).bytes);
    }

    #[test]
    fn fp16_is_truncated_to_the_neighbour_nearer_zero() {
        let mut random = Random::new(3, 4);
        for _ in 0..10_000 {
            let x = (random.normal() * random.factor(1e-8, 1.0)) as f32;
            let code = f16_truncated(x);
            let [low, high] = [code, code + 1].map(|code| f16::from_bits(code).to_f32().abs());
            assert!(low <= x.abs() && x.abs() < high, "{low} {x} {high}");
        }
    }

    #[test]
    fn stochastic_rounding_keeps_the_mean() {
        let mut random = Random::new(5, 6);
        let x = 0.123_45_f32;
        let codes = (0..100_000).map(|_| f16_stochastic(x, &mut random));
        let mean = codes.map(|code| f16::from_bits(code).to_f64()).sum::<f64>() / 1e5;
        let (step, error) = (1.0 / 16_384.0, (mean - f64::from(x)).abs());
        assert!(error < 0.01 * step, "{error}");
    }
}
