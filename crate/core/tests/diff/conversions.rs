//! Every conversion that is known, carried out step by step as its name says.

use floatscope_core::format::{Dtype, FloatLayout, Overflow, Rounding, TF32};

use crate::support::{Random, layout, packed};

pub(crate) use Rounding::{NearestAway, NearestEven, TowardZero};

/// A rounding into a format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) layout: FloatLayout,
    pub(crate) rounding: Rounding,
}

/// What is done to each number of a tensor.
#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    pub(crate) key: String,
    pub(crate) from: Dtype,
    pub(crate) to: Dtype,
    pub(crate) steps: Vec<Step>,
    /// Before the steps; in FP32 where `in_single`.
    pub(crate) factor: f64,
    pub(crate) in_single: bool,
    pub(crate) saturate: bool,
    pub(crate) flush: bool,
}

impl Conversion {
    fn new(key: impl Into<String>, from: Dtype, to: Dtype) -> Self {
        Self {
            key: key.into(),
            from,
            to,
            steps: vec![Step {
                layout: layout(to),
                rounding: NearestEven,
            }],
            factor: 1.0,
            in_single: false,
            saturate: false,
            flush: false,
        }
    }

    /// First into these formats.
    fn through(key: impl Into<String>, from: Dtype, to: Dtype, stops: &[Step]) -> Self {
        let mut conversion = Self::new(key, from, to);
        conversion.steps.splice(0..0, stops.iter().copied());
        conversion
    }

    /// The code of what becomes of a number.
    pub(crate) fn code(&self, number: f64) -> u64 {
        let product = match self.in_single {
            true => f64::from(number as f32 * self.factor as f32),
            false => number * self.factor,
        };
        let overflow = match self.saturate {
            true => Overflow::Saturate,
            false => Overflow::Ieee,
        };
        let made = self.steps.iter().fold(product, |number, step| {
            let code = step.layout.encode(number, step.rounding, overflow);
            let made = step.layout.decode(code);
            let least = least_normal(&step.layout);
            match self.flush && made.abs() < least {
                true => 0f64.copysign(made),
                false => made,
            }
        });
        layout(self.to).encode(made, NearestEven, overflow)
    }
}

/// The smallest normal number.
pub(crate) fn least_normal(layout: &FloatLayout) -> f64 {
    layout.decode(1 << layout.mantissa_bits)
}

/// Random numbers of a type, many of them halfway between two of a narrower one, that are
/// normal numbers of every format.
pub(crate) fn numbers(from: Dtype, count: usize, seed: u64) -> Vec<f64> {
    let mut random = Random(seed);
    let layout = layout(from);
    let number = || {
        let significand = random.next() >> 11 | 1 << 53;
        let cut = random.below(52);
        let halfway = (significand >> cut | 1) << cut;
        let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
        let exact =
            sign * halfway as f64 / (1u64 << 53) as f64 * [1.0, 0.5, 2.0][random.below(3) as usize];
        // Cut off, so that it is a number of the type and halfway still.
        layout.decode(layout.encode(exact, TowardZero, Overflow::Ieee))
    };
    std::iter::repeat_with(number).take(count).collect()
}

/// The codes of numbers that a type holds.
pub(crate) fn codes(dtype: Dtype, numbers: &[f64]) -> Vec<u64> {
    let layout = layout(dtype);
    let code = |number: &f64| {
        let code = layout.encode(*number, NearestEven, Overflow::Ieee);
        assert_eq!(
            layout.decode(code).to_bits(),
            number.to_bits(),
            "{dtype:?} holds it"
        );
        code
    };
    numbers.iter().map(code).collect()
}

pub(crate) fn bytes(dtype: Dtype, codes: &[u64]) -> Vec<u8> {
    packed(dtype, codes)
}

const ROUNDINGS: [(Rounding, &str); 3] = [
    (NearestEven, "nearest_even"),
    (TowardZero, "toward_zero"),
    (NearestAway, "ties_away"),
];

fn stops() -> Vec<(&'static str, FloatLayout)> {
    vec![
        ("f16", layout(Dtype::F16)),
        ("bf16", layout(Dtype::BF16)),
        ("tf32", *TF32.layout().expect("a float")),
        ("f8_e4m3", layout(Dtype::F8E4M3)),
        ("f8_e5m2", layout(Dtype::F8E5M2)),
        ("f8_e4m3fnuz", layout(Dtype::F8E4M3Fnuz)),
        ("f8_e5m2fnuz", layout(Dtype::F8E5M2Fnuz)),
        ("f6_e2m3", layout(Dtype::F6E2M3)),
        ("f6_e3m2", layout(Dtype::F6E3M2)),
        ("f4", layout(Dtype::F4)),
    ]
}

/// Direct roundings from wider types into narrower ones.
pub(crate) fn direct() -> Vec<Conversion> {
    let pairs = [
        (Dtype::F64, Dtype::F32),
        (Dtype::F64, Dtype::F16),
        (Dtype::F32, Dtype::BF16),
        (Dtype::F32, Dtype::F16),
        (Dtype::F32, Dtype::F8E4M3),
        (Dtype::F16, Dtype::BF16),
        (Dtype::BF16, Dtype::F8E5M2),
        (Dtype::F16, Dtype::F8E4M3Fnuz),
        (Dtype::BF16, Dtype::F6E2M3),
        (Dtype::F16, Dtype::F6E3M2),
        (Dtype::F32, Dtype::F4),
    ];
    let all = pairs.into_iter().flat_map(|(from, to)| {
        ROUNDINGS.map(|(rounding, key)| {
            let mut conversion = Conversion::new(key, from, to);
            conversion.steps[0].rounding = rounding;
            conversion
        })
    });
    all.collect()
}

/// From FP32 through each format, rounded in each way, and back.
pub(crate) fn through_one() -> Vec<Conversion> {
    let all = stops().into_iter().flat_map(|(stop, layout)| {
        ROUNDINGS.map(|(rounding, key)| {
            let key = match rounding {
                NearestEven => format!("through:{stop}"),
                _ => format!("through:{stop}:{key}"),
            };
            Conversion::through(key, Dtype::F32, Dtype::F32, &[Step { layout, rounding }])
        })
    });
    all.collect()
}

/// Double roundings and more.
pub(crate) fn through_more() -> Vec<Conversion> {
    let stops = stops();
    let step = |key: &str| {
        let (_, layout) = stops
            .iter()
            .find(|(known, _)| *known == key)
            .expect("a stop");
        Step {
            layout: *layout,
            rounding: NearestEven,
        }
    };
    let rows: [(&[&str], Dtype, Dtype); 8] = [
        (&["f16"], Dtype::F32, Dtype::BF16),
        (&["bf16"], Dtype::F32, Dtype::F16),
        (&["tf32"], Dtype::F32, Dtype::F8E4M3),
        (&["tf32"], Dtype::F32, Dtype::BF16),
        (&["bf16", "f16"], Dtype::F32, Dtype::F32),
        (&["f16", "bf16"], Dtype::F32, Dtype::F32),
        (&["tf32", "f16"], Dtype::F64, Dtype::F8E5M2),
        (&["tf32", "bf16"], Dtype::F32, Dtype::F64),
    ];
    let of = |(keys, from, to): (&[&str], Dtype, Dtype)| {
        let steps: Vec<Step> = keys.iter().map(|key| step(key)).collect();
        Conversion::through(format!("through:{}", keys.join(">")), from, to, &steps)
    };
    rows.map(of).to_vec()
}

/// Products.
pub(crate) fn times() -> Vec<Conversion> {
    let rows = [
        (Dtype::F32, Dtype::BF16, 0.75, false),
        (Dtype::F32, Dtype::F32, -0.5, false),
        (Dtype::BF16, Dtype::BF16, 1.5, false),
        (Dtype::F16, Dtype::F16, 0.125, false),
        (Dtype::F16, Dtype::BF16, -3.0, false),
        (Dtype::BF16, Dtype::F8E4M3, 0.9, false),
        (Dtype::F32, Dtype::BF16, 0.3, true),
        (Dtype::F32, Dtype::F16, 1.7, true),
        (Dtype::F32, Dtype::BF16, -0.7, true),
    ];
    let of = |(from, to, factor, in_single)| {
        let key = if in_single { "times:f32" } else { "times" };
        Conversion {
            factor,
            in_single,
            ..Conversion::new(key, from, to)
        }
    };
    rows.map(of).to_vec()
}

/// What happens beyond the largest and below the smallest numbers.
pub(crate) fn edges() -> Vec<Conversion> {
    let rows = [
        ("nearest_even", false, false),
        ("nearest_even+saturate", true, false),
        ("nearest_even+flush", false, true),
        ("nearest_even+saturate+flush", true, true),
    ];
    let types = [
        (Dtype::F32, Dtype::F16),
        (Dtype::F32, Dtype::F8E4M3),
        (Dtype::BF16, Dtype::F8E5M2),
    ];
    let all = types.into_iter().flat_map(|(from, to)| {
        rows.map(|(key, saturate, flush)| Conversion {
            saturate,
            flush,
            ..Conversion::new(key, from, to)
        })
    });
    all.collect()
}
