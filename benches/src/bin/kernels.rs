//! The streaming kernels, one JSON line each: `{"kernel", "gb_per_s", "bytes"}`.
//!
//! Given a number of rounds and "comparisons", only what a comparison of two tensors runs.
//!
//! Built natively and for wasm, so that the two can be run in turn. Beside each
//! kernel stand what it can be held against: the same increments without anything
//! else, the scalar twin, and a constant tensor.

use std::hint::black_box;

use floatscope_benches::{bf16_bytes, f32_bytes, gb_per_s, normal_weights};
use floatscope_core::cast::{CASTS, CastSet, CastTask, Caster, Casting, from_counts};
use floatscope_core::format::Dtype;
use floatscope_core::scan::{Observations, Scanner, Span};
use floatscope_simd::differences::{Tolerance, compare, squares};
use floatscope_simd::places::{BINS, Spacing, count_distances};
use floatscope_simd::rounding::{Rounding, round};
use floatscope_simd::{self as simd, TILE, census, powers, words};

const ELEMENTS: usize = 8 << 20;
const CHUNK: usize = 1 << 20;
const TILE_BYTES: usize = TILE * 4;

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(9);
    let weights = normal_weights(ELEMENTS);
    let bench = Bench { rounds };
    if std::env::args()
        .nth(2)
        .is_some_and(|only| only == "comparisons")
    {
        return bench.comparisons(&weights);
    }
    bench.scans(&weights);
    bench.casts(&weights);
    bench.increments(&weights);
    bench.tiles(&f32_bytes(&weights));
    bench.comparisons(&weights);
}

struct Bench {
    rounds: usize,
}

impl Bench {
    fn scans(&self, weights: &[f32]) {
        let bf16 = bf16_bytes(weights);
        let f32 = f32_bytes(weights);
        self.scan("scan BF16", Dtype::BF16, &bf16);
        self.scan_without_casts("scan BF16, no casts", Dtype::BF16, &bf16);
        self.scan(
            "scan BF16, constant",
            Dtype::BF16,
            &bf16[..2].repeat(ELEMENTS),
        );
        self.scan("scan F16", Dtype::F16, &bf16);
        self.scan("scan F8_E4M3", Dtype::F8E4M3, &bf16);
        self.scan("scan F32", Dtype::F32, &f32);
        self.scan("scan F32, constant", Dtype::F32, &f32[..4].repeat(ELEMENTS));
        self.scan("scan F64", Dtype::F64, &f64_bytes(&weights[..ELEMENTS / 2]));
        self.scan("scan I32", Dtype::I32, &f32);
    }

    fn scan(&self, name: &str, dtype: Dtype, bytes: &[u8]) {
        self.scan_with(Scanner::new(), name, dtype, bytes);
    }

    fn scan_without_casts(&self, name: &str, dtype: Dtype, bytes: &[u8]) {
        let mut scanner = Scanner::new();
        scanner.watch_casts(false);
        self.scan_with(scanner, name, dtype, bytes);
    }

    fn scan_with(&self, mut scanner: Scanner, name: &str, dtype: Dtype, bytes: &[u8]) {
        let span = span(dtype, bytes);
        self.run(name, bytes, |bytes| {
            scanner.begin(span);
            bytes.chunks(CHUNK).for_each(|chunk| scanner.feed(chunk));
            black_box(scanner.finish());
        });
    }

    /// What follows from counts, and the second look: each cast by itself, and all of them.
    fn casts(&self, weights: &[f32]) {
        let bf16 = bf16_bytes(weights);
        let seen = seen(Dtype::BF16, &bf16);
        self.run("casts from the counts of BF16", &bf16, |_| {
            black_box(from_counts(black_box(&seen), Casting::default()));
        });
        self.second_looks("BF16", &seen, &bf16);
        let f32 = f32_bytes(weights);
        self.second_looks("F32", &self::seen(Dtype::F32, &f32), &f32);
    }

    fn second_looks(&self, types: &str, seen: &Observations, bytes: &[u8]) {
        let casting = Casting::default();
        let (_, remaining) = from_counts(seen, casting).expect("floats are cast");
        let remaining = remaining.expect("some casts follow from no counts");
        let span = span(seen.dtype, bytes);
        let all = remaining.task(span, casting);
        let look = |name: &str, wanted: CastSet| {
            let task = CastTask {
                wanted,
                ..all.clone()
            };
            let mut caster = Caster::new();
            self.run(&format!("second look at {types}, {name}"), bytes, |bytes| {
                caster.begin(task.clone());
                bytes.chunks(CHUNK).for_each(|chunk| caster.feed(chunk));
                black_box(caster.finish());
            });
        };
        for at in remaining.wanted.each() {
            look(CASTS[at].key, CastSet::of(|cast| cast.key == CASTS[at].key));
        }
        look("all together", remaining.wanted);
    }

    fn increments(&self, weights: &[f32]) {
        let mut tables = census::tables();
        let (bf16, f32) = (bf16_bytes(weights), f32_bytes(weights));
        self.run("increments alone, BF16", &bf16, |bytes| {
            census::count_u16(black_box(&mut tables), bytes);
        });
        self.run("increments alone, F32", &f32, |bytes| {
            census::count_top_of_u32(black_box(&mut tables), bytes);
        });
    }

    fn tiles(&self, f32: &[u8]) {
        self.by_tile("words of F32", f32, |tile| {
            black_box(words::look::<simd::BestU32>(tile));
        });
        self.by_tile("words of F32, scalar twin", f32, |tile| {
            black_box(words::look::<simd::PortableU32>(tile));
        });
        self.by_tile("powers of F32", f32, |tile| {
            black_box(powers::power_sums::<powers::F32, simd::BestF64>(
                tile,
                powers::Frame::PLAIN,
            ));
        });
        self.by_tile("powers of F32, scalar twin", f32, |tile| {
            black_box(powers::power_sums::<powers::F32, simd::PortableF64>(
                tile,
                powers::Frame::PLAIN,
            ));
        });
    }

    /// Two tensors beside each other, the second trained for a while; bytes are as many as FP32 has.
    fn comparisons(&self, a: &[f32]) {
        let noise = a.iter().rev();
        let b: Vec<f32> = a
            .iter()
            .zip(noise)
            .map(|(a, noise)| a + noise / 128.0)
            .collect();
        let tolerance = Tolerance {
            relative: 1e-5,
            absolute: 1e-8,
        };
        self.by_pair("compare FP32", a, &b, |a, b| {
            black_box(compare(a, b, tolerance));
        });
        self.distances("places and distances, FP32", FP32, a, &b);
        let [bf16_a, bf16_b] = [a, &b].map(|numbers| {
            let mut out = Vec::new();
            round(numbers, BF16, Rounding::NearestEven, &mut out);
            out
        });
        self.distances("places and distances, BF16", BF16, &bf16_a, &bf16_b);
        self.by_numbers("squares of FP32", a, |a| {
            black_box(squares(a));
        });
        let mut out = Vec::new();
        self.by_numbers("round FP32 to BF16", a, |a| {
            out.clear();
            round(a, BF16, Rounding::NearestEven, &mut out);
            black_box(&out);
        });
    }

    fn distances(&self, name: &str, spacing: Spacing, a: &[f32], b: &[f32]) {
        let mut bins = [0; BINS];
        self.by_pair(name, a, b, |a, b| {
            black_box(count_distances(a, b, spacing, &mut bins));
        });
    }

    fn by_pair(&self, name: &str, a: &[f32], b: &[f32], mut look: impl FnMut(&[f32], &[f32])) {
        self.time(name, size_of_val(a) + size_of_val(b), || {
            let tiles = black_box(a).chunks(TILE).zip(black_box(b).chunks(TILE));
            tiles.for_each(|(a, b)| look(a, b));
        });
    }

    fn by_numbers(&self, name: &str, numbers: &[f32], mut look: impl FnMut(&[f32])) {
        self.time(name, size_of_val(numbers), || {
            black_box(numbers).chunks(TILE).for_each(&mut look);
        });
    }

    fn by_tile(&self, name: &str, bytes: &[u8], mut look: impl FnMut(&[u8])) {
        self.run(name, bytes, |bytes| {
            bytes.chunks(TILE_BYTES).for_each(&mut look);
        });
    }

    fn run(&self, name: &str, bytes: &[u8], mut work: impl FnMut(&[u8])) {
        self.time(name, bytes.len(), || work(black_box(bytes)));
    }

    fn time(&self, name: &str, bytes: usize, work: impl FnMut()) {
        let speed = gb_per_s(bytes, self.rounds, work);
        println!(r#"{{"kernel":"{name}","gb_per_s":{speed:.3},"bytes":{bytes}}}"#);
    }
}

const FP32: Spacing = Spacing {
    mantissa_bits: 23,
    min_exponent: -126,
};

const BF16: Spacing = Spacing {
    mantissa_bits: 7,
    min_exponent: -126,
};

fn span(dtype: Dtype, bytes: &[u8]) -> Span {
    let elements = bytes.len() as u64 * 8 / u64::from(dtype.bits());
    Span::whole(dtype, &[elements / 1024, 1024])
}

fn seen(dtype: Dtype, bytes: &[u8]) -> Observations {
    let mut scanner = Scanner::new();
    scanner.begin(span(dtype, bytes));
    scanner.feed(bytes);
    scanner.finish().expect("a span was begun")
}

fn f64_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|&value| f64::from(value).to_le_bytes())
        .collect()
}
