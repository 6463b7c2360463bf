//! Probe activations: normal numbers in BF16 that anyone can make again.
//!
//! SplitMix64 (Steele, Lea and Flood 2014) gives 64 random bits for each number's place, so that any of
//! them can be had alone; the Box-Muller transform turns two of these into two normal numbers:
//!
//! ```text
//! bits(n)  = mix(seed + (n + 1) · 0x9e3779b97f4a7c15)      modulo 2^64
//! mix(z)   : z = (z ^ z >> 30) · 0xbf58476d1ce4e5b9; z = (z ^ z >> 27) · 0x94d049bb133111eb; z ^ z >> 31
//! u        = ((bits(2j) >> 11) + 1) · 2^-53                in (0, 1]
//! v        = (bits(2j + 1) >> 11) · 2^-53                  in [0, 1)
//! number 2j     = √(−2 ln u) · cos(2π v)
//! number 2j + 1 = √(−2 ln u) · sin(2π v)
//! ```
//!
//! in FP64, rounded to FP32 and then to BF16. X is the first tokens × columns numbers, row by row.

use std::f64::consts::PI;
use std::sync::OnceLock;

use floatscope_simd::product::Inputs;

use crate::lab::to_bf16;

/// The most rows of a probe.
pub const MOST_TOKENS: u64 = 1024;
/// The longest row that is multiplied, in elements.
pub const MOST_COLUMNS: u64 = 1 << 20;
/// The largest probe, in elements.
pub const MOST_NUMBERS: u64 = 1 << 25;

/// Tokens that are multiplied at once.
const TOGETHER: usize = 8;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
const UNIT: f64 = 1.0 / (1u64 << 53) as f64;

/// Activations X: tokens × columns numbers of BF16, held as FP32.
#[derive(Debug, Clone)]
pub struct Probe {
    columns: usize,
    numbers: Vec<f32>,
    /// Column by column the numbers of eight tokens, then those of the next eight.
    panels: Vec<[f32; TOGETHER]>,
    /// As the vector kernel wants them, made when it is first used.
    inputs: OnceLock<Inputs>,
}

impl Probe {
    /// The probe of a seed. There must be a column.
    pub fn new(seed: u64, tokens: u64, columns: u64) -> Self {
        let count = tokens * columns;
        let pairs = (0..count.div_ceil(2)).flat_map(|pair| normal_pair(seed, pair));
        let numbers = pairs.map(|number| to_bf16(number as f32));
        let numbers: Vec<f32> = numbers.take(count as usize).collect();
        let columns = columns as usize;
        let eights = numbers.chunks_exact(TOGETHER * columns);
        let panels = eights.flat_map(|rows| {
            let column = move |at: usize| std::array::from_fn(|token| rows[token * columns + at]);
            (0..columns).map(column)
        });
        Self {
            columns,
            panels: panels.collect(),
            numbers,
            inputs: OnceLock::new(),
        }
    }

    /// Elements of a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many rows there are.
    pub fn tokens(&self) -> usize {
        self.numbers.len() / self.columns
    }

    /// The rows, one a token.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.numbers.chunks_exact(self.columns)
    }

    /// Eight rows at a time, turned: the numbers of a column side by side.
    pub(super) fn panels(&self) -> impl Iterator<Item = &[[f32; TOGETHER]]> {
        self.panels.chunks_exact(self.columns)
    }

    /// The rows that are in no panel.
    pub(super) fn last_rows(&self) -> impl Iterator<Item = &[f32]> {
        self.rows()
            .skip(self.panels.len() / self.columns * TOGETHER)
    }

    /// The rows as the vector kernel wants them.
    pub(super) fn inputs(&self) -> &Inputs {
        let make = || Inputs::new(&self.numbers, self.tokens(), self.columns);
        self.inputs.get_or_init(make)
    }

    /// All numbers, row by row.
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }
}

/// Two normal numbers, before they are rounded.
fn normal_pair(seed: u64, pair: u64) -> [f64; 2] {
    let u = ((bits(seed, 2 * pair) >> 11) + 1) as f64 * UNIT;
    let v = (bits(seed, 2 * pair + 1) >> 11) as f64 * UNIT;
    let radius = (-2.0 * libm::log(u)).sqrt();
    let angle = 2.0 * PI * v;
    [radius * libm::cos(angle), radius * libm::sin(angle)]
}

/// The random bits of a place.
fn bits(seed: u64, place: u64) -> u64 {
    let z = seed.wrapping_add((place + 1).wrapping_mul(STEP));
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_splitmix64() {
        // The first outputs for seed 1234567, as its authors' C code prints them.
        let wanted = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
        ];
        assert_eq!([0, 1, 2].map(|place| bits(1_234_567, place)), wanted);
    }

    #[test]
    fn numbers_are_normal_and_of_bf16() {
        let probe = Probe::new(7, 64, 1001);
        assert_eq!((probe.rows().count(), probe.columns()), (64, 1001));
        let numbers = probe.numbers();
        assert!(numbers.iter().all(|x| x.to_bits() & 0xffff == 0));
        let moment = |power: i32| {
            let powers = numbers.iter().map(|x| {
                let x = f64::from(*x);
                (0..power).fold(1.0, |product, _| product * x)
            });
            powers.sum::<f64>() / numbers.len() as f64
        };
        // Of 64,064 numbers: five standard errors, and BF16's rounding is far below them.
        let within = |moment: f64, wanted: f64, variance: f64| {
            (moment - wanted).abs() < 5.0 * (variance / numbers.len() as f64).sqrt()
        };
        assert!(within(moment(1), 0.0, 1.0));
        assert!(within(moment(2), 1.0, 2.0));
        assert!(within(moment(3), 0.0, 15.0));
        assert!(within(moment(4), 3.0, 96.0));
    }

    #[test]
    fn longer_probes_begin_as_shorter_ones() {
        let [short, long] = [3, 8].map(|tokens| Probe::new(1, tokens, 5));
        assert_eq!(short.numbers(), &long.numbers()[..15]);
        assert_ne!(Probe::new(2, 3, 5).numbers(), short.numbers());
    }
}
