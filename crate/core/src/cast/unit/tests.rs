//! Units against the definition: each value's scale found anew from the values that share it, each
//! value rounded by itself, and its squares added exactly.

use super::*;
use crate::cast::{CASTS, Group};

/// Xorshift64* (Vigna 2016).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        (self.next() >> 32) % most
    }

    /// Between −1 and 1, of few or of many bits.
    fn unit(&mut self) -> f64 {
        match self.below(3) {
            0 => (self.below(33) as f64 - 16.0) / 16.0,
            1 => (self.below(1 << 16) as f64 - 32_768.0) / 32_768.0,
            _ => (self.next() as i64 as f64) / 9.3e18,
        }
    }
}

/// Sizes of what lies in a stretch; of NaN and infinity one in a hundred.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Nature {
    Weights,
    /// Zeros and numbers of any size.
    Wide(i32, i32),
    /// Some of it no number.
    Broken,
}

pub(crate) fn numbers(nature: Nature, count: usize, random: &mut Random) -> Vec<f64> {
    let mut size = 1.0;
    let mut number = |at: usize| {
        if at.is_multiple_of(19) {
            size = match nature {
                Nature::Wide(least, most) => {
                    let exponent = least + random.below((most - least) as u64) as i32;
                    libm::ldexp(1.0, exponent)
                }
                _ => 0.02,
            };
            if random.below(5) == 0 {
                size = 0.0;
            }
        }
        match (nature, random.below(100)) {
            (Nature::Broken, 0) => f64::NAN,
            (Nature::Broken, 1) => f64::NEG_INFINITY,
            _ => random.unit() * size,
        }
    };
    (0..count).map(&mut number).collect()
}

pub(crate) fn largest(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, |most, x| match x.is_nan() {
        true => f64::INFINITY,
        false => most.max(x.abs()),
    })
}

/// A matrix whose rows are a unit.
pub(crate) struct Table {
    pub(crate) numbers: Vec<f64>,
    pub(crate) columns: usize,
    pub(crate) peak: f32,
}

impl Table {
    /// Indices of the values that share a scale with this one.
    fn group(&self, cast: &Cast, at: usize) -> Vec<usize> {
        let (row, column) = (at / self.columns, at % self.columns);
        let in_row = |run: usize| {
            let first = row * self.columns + column / run * run;
            let end = (first + run).min((row + 1) * self.columns);
            (first..end).collect::<Vec<_>>()
        };
        match cast.scaling {
            Scaling::PowerOfTwo => in_row(32),
            Scaling::TwoLevels => in_row(16),
            Scaling::Real(Group::Run(run)) => in_row(run as usize),
            Scaling::Real(Group::Row) => in_row(self.columns),
            Scaling::Real(Group::Line(run)) => {
                let run = run as usize;
                (at / run * run..(at / run * run + run).min(self.numbers.len())).collect()
            }
            Scaling::Real(Group::Square) => {
                let rows = self.numbers.len() / self.columns;
                let (top, left) = (row / 128 * 128, column / 128 * 128);
                let across = left..(left + 128).min(self.columns);
                let down = top..(top + 128).min(rows);
                down.flat_map(|row| {
                    across
                        .clone()
                        .map(move |column| row * self.columns + column)
                })
                .collect()
            }
            Scaling::Real(Group::Tensor) | Scaling::None => (0..self.numbers.len()).collect(),
        }
    }

    /// By the definition, value by value.
    pub(crate) fn expected(&self, cast: &Cast, saturate: bool) -> Tally {
        let rule = Rule::of(cast);
        let mut tally = Tally::default();
        let mut known: Option<(Vec<usize>, crate::cast::rule::Scale)> = None;
        for (at, &x) in self.numbers.iter().enumerate() {
            if cast.scaling == Scaling::None {
                tally.add(x, rule.unscaled(x, saturate));
                continue;
            }
            if known
                .as_ref()
                .is_none_or(|(group, _)| group.binary_search(&at).is_err())
            {
                let group = self.group(cast, at);
                let peak = match cast.scaling {
                    Scaling::Real(Group::Tensor) => self.peak.into(),
                    _ => largest(group.iter().map(|&at| self.numbers[at])),
                };
                known = Some((group, ScaleRule::of(cast, self.peak).scale(peak)));
            }
            let (_, scale) = known.as_ref().expect("just made");
            tally.add(x, rule.scaled(x, *scale));
        }
        tally
    }

    /// Of the squares that each run of 128 columns lies in, row by row.
    fn square_peaks(&self) -> Vec<f64> {
        let cast = Cast::of_key("f8_e4m3/128x128").expect("a key");
        let rows = self.numbers.len() / self.columns;
        let runs = (0..rows).flat_map(|row| {
            (0..self.columns)
                .step_by(128)
                .map(move |column| (row, column))
        });
        runs.map(|(row, column)| {
            let group = self.group(cast, row * self.columns + column);
            // As the peaks are kept.
            f64::from(largest(group.iter().map(|&at| self.numbers[at])) as f32)
        })
        .collect()
    }
}

fn check<T: Real>(table: &Table, convert: impl Fn(f64) -> T) {
    let rows_of_levels = level::rows();
    let values: Vec<T> = table.numbers.iter().map(|&x| convert(x)).collect();
    let squares = table.square_peaks();
    let (columns, count) = (table.columns, values.len());
    for (cast, saturate) in CASTS.iter().flat_map(|cast| [(cast, false), (cast, true)]) {
        let mut tally = Tally::default();
        let is_line = matches!(cast.scaling, Scaling::Real(Group::Line(_)));
        let mut unit = Unit::new(&values, if is_line { count } else { columns }, table.peak);
        if count > columns {
            unit.square_peaks = &squares;
        }
        unit.cast(cast, &rows_of_levels, saturate, &mut tally);
        let expected = table.expected(cast, saturate);
        assert_same(&tally, &expected, &|| {
            format!("{} of {count} by {columns}", cast.key)
        });
    }
}

pub(crate) fn assert_same(ours: &Tally, expected: &Tally, of: &dyn Fn() -> String) {
    let counts = |tally: &Tally| {
        [
            tally.exact,
            tally.overflow,
            tally.broken,
            tally.underflow,
            tally.subnormal,
            tally.finite,
        ]
    };
    assert_eq!(counts(ours), counts(expected), "{}", of());
    assert_eq!(ours.max_error, expected.max_error, "{}", of());
    for (ours, expected) in [
        (&ours.noise, &expected.noise),
        (&ours.signal, &expected.signal),
    ] {
        let (ours, expected) = (ours.to_scaled(), expected.to_scaled());
        let ratio = ours.significand / expected.significand
            * libm::ldexp(1.0, ours.exponent - expected.exponent);
        let is_near =
            (ratio - 1.0).abs() < 1e-12 || (ours.significand == 0.0 && expected.significand == 0.0);
        assert!(is_near, "{}: {ours:?}, expected {expected:?}", of());
    }
}

const SHAPES: [(usize, usize); 17] = [
    (1, 1),
    (40, 1),
    (9, 3),
    (5, 15),
    (4, 16),
    (3, 17),
    (3, 31),
    (2, 32),
    (3, 33),
    (4, 64),
    (3, 100),
    (2, 127),
    (2, 128),
    (3, 129),
    (130, 20),
    (1, 1000),
    (3, 300),
];

fn check_all<T: Real>(natures: &[Nature], seed: u64, convert: impl Fn(f64) -> T) {
    let mut random = Random(seed);
    for (rows, columns) in SHAPES {
        for &nature in natures {
            // As they are stored.
            let stored = self::numbers(nature, rows * columns, &mut random);
            let numbers: Vec<f64> = stored.iter().map(|&x| convert(x).into()).collect();
            let peak = largest(numbers.iter().copied()) as f32;
            let table = Table {
                numbers,
                columns,
                peak,
            };
            check(&table, &convert);
        }
    }
}

#[test]
fn units_of_single_precision_are_cast_as_defined() {
    let natures = [
        Nature::Weights,
        Nature::Broken,
        Nature::Wide(-4, 12),
        Nature::Wide(-30, 3),
        Nature::Wide(-149, -120),
        Nature::Wide(-149, 127),
        Nature::Wide(95, 127),
    ];
    check_all(&natures, 3, |x| x as f32);
}

#[test]
fn units_of_double_precision_are_cast_as_defined() {
    let natures = [
        Nature::Weights,
        Nature::Broken,
        Nature::Wide(-30, 12),
        Nature::Wide(-160, -100),
        Nature::Wide(-320, 10),
        Nature::Wide(-1074, -280),
        Nature::Wide(-1074, 1023),
        Nature::Wide(95, 140),
    ];
    check_all(&natures, 5, |x| x);
}

/// The tensor's peak, and so NVFP4's second scale, is often far above the unit's.
#[test]
fn a_peak_elsewhere_in_the_tensor_counts() {
    let mut random = Random(9);
    for peak in [1e-44, 1e-30, 0.5, 3e5, 1e20, 3e38, f32::INFINITY] {
        for nature in [Nature::Weights, Nature::Wide(-149, -100)] {
            let numbers: Vec<f64> = self::numbers(nature, 300, &mut random);
            let numbers: Vec<f64> = numbers.iter().map(|&x| f64::from(x as f32)).collect();
            let peak = peak.max(largest(numbers.iter().copied()) as f32);
            check(
                &Table {
                    numbers,
                    columns: 100,
                    peak,
                },
                |x| x as f32,
            );
        }
    }
}

/// Squares of what is far below 1 have no double: what they add up to is exact all the same.
#[test]
fn squares_that_no_double_holds_are_not_lost() {
    let numbers = vec![1.0, 1e-200];
    check(
        &Table {
            numbers,
            columns: 2,
            peak: 1.0,
        },
        |x| x,
    );
}
