//! Products of matrices beside what they are held against, one JSON line each: multiply-adds
//! in registers, and bare reads of the weights where there is one token.
//!
//! Each is timed in turn with its yardstick, for machines get warm and neighbours come and go:
//! `{"kernel", "unit", "speed", "yardstick", "share"}`, the best of some rounds.

use std::hint::black_box;
use std::time::Instant;

use floatscope_benches::{bf16_bytes, f32_bytes, normal_weights};
use floatscope_simd::product::{Elements, Inputs, multiply_adds, product};

const SHAPES: [(usize, usize); 2] = [(1536, 576), (2048, 2048)];
const TOKENS: [usize; 4] = [3, 6, 12, 48];

/// Rows where there is one token: more than caches hold.
const STREAMED_ROWS: usize = 16 << 10;
const STREAMED_COLUMNS: usize = 2048;

/// Multiply-adds of a measurement, at least.
const WORK: usize = 10_000_000;

fn main() {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let bench = Bench {
        rounds: rounds.unwrap_or(15),
    };
    let types = [
        ("BF16", Elements::Bf16),
        ("F16", Elements::F16),
        ("F32", Elements::F32),
    ];
    for (rows, columns) in SHAPES {
        for (name, elements) in types {
            let weights = bytes(elements, &normal_weights(rows * columns));
            for tokens in TOKENS {
                for (precision, kept) in [("BF16", 0xffff_0000), ("F32", u32::MAX)] {
                    let name = format!("{name} {rows}×{columns} × {precision}, {tokens} tokens");
                    let inputs = inputs(tokens, columns, kept);
                    bench.product(&name, elements, &weights, &inputs);
                }
            }
        }
    }
    for (name, elements) in types {
        bench.stream(name, elements);
    }
}

struct Bench {
    rounds: usize,
}

impl Bench {
    fn product(&self, name: &str, elements: Elements, weights: &[u8], inputs: &Inputs) {
        let rows = weights.len() / inputs.columns() / elements.bytes();
        let mut out = vec![0.0; inputs.tokens() * rows];
        let each = out.len() * inputs.columns();
        let times = WORK.div_ceil(each);
        let work = || {
            for _ in 0..times {
                product(elements, black_box(weights), inputs, &mut out);
                black_box(&out);
            }
        };
        let runs = black_box([[0.5; 8]; 2]);
        let registers = || {
            black_box(multiply_adds(&runs, WORK as u64 / 96));
        };
        let (_, registers_done) = multiply_adds(&runs, WORK as u64 / 96);
        let [seconds, least] = self.best(work, registers);
        let speed = 2e-9 * (each * times) as f64 / seconds;
        print(name, "GFLOP/s", speed, 2e-9 * registers_done as f64 / least);
    }

    fn stream(&self, name: &str, elements: Elements) {
        let some = bytes(elements, &normal_weights(STREAMED_COLUMNS * 1024));
        let weights = some.repeat(STREAMED_ROWS / 1024);
        let inputs = inputs(1, STREAMED_COLUMNS, 0xffff_0000);
        let mut out = vec![0.0; STREAMED_ROWS];
        let work = || {
            product(elements, black_box(&weights), &inputs, &mut out);
            black_box(&out);
        };
        let read = || {
            black_box(fold_of_words(black_box(&weights)));
        };
        let gigabytes = 1e-9 * weights.len() as f64;
        let [seconds, least] = self.best(work, read);
        let name = format!("{name} × BF16, 1 token, beside bare reads");
        print(&name, "GB/s", gigabytes / seconds, gigabytes / least);
    }

    /// The least seconds of both, which are run in turn.
    fn best(&self, mut work: impl FnMut(), mut yardstick: impl FnMut()) -> [f64; 2] {
        let mut best = [f64::INFINITY; 2];
        for _ in 0..=self.rounds {
            best[0] = best[0].min(seconds(&mut work));
            best[1] = best[1].min(seconds(&mut yardstick));
        }
        best
    }
}

fn seconds(work: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn print(kernel: &str, unit: &str, speed: f64, yardstick: f64) {
    let share = speed / yardstick;
    println!(
        r#"{{"kernel":"{kernel}","unit":"{unit}","speed":{speed:.3},"yardstick":{yardstick:.3},"share":{share:.4}}}"#
    );
}

/// Reads every byte, and does nothing else that takes time.
fn fold_of_words(bytes: &[u8]) -> u64 {
    let words = bytes.as_chunks::<8>().0.iter();
    words.fold(0, |all, word| all ^ u64::from_le_bytes(*word))
}

/// Numbers of which these bits are kept.
fn inputs(tokens: usize, columns: usize, kept: u32) -> Inputs {
    let values = normal_weights(tokens * columns);
    let values = values.iter().map(|x| f32::from_bits(x.to_bits() & kept));
    Inputs::new(&values.collect::<Vec<_>>(), tokens, columns)
}

fn bytes(elements: Elements, values: &[f32]) -> Vec<u8> {
    match elements {
        Elements::Bf16 => bf16_bytes(values),
        Elements::F32 => f32_bytes(values),
        Elements::F16 => values
            .iter()
            .flat_map(|x| half::f16::from_f32(*x).to_le_bytes())
            .collect(),
    }
}
