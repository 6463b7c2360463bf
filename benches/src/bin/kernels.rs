//! The streaming kernels, one JSON line each: `{"kernel", "gb_per_s", "bytes"}`.
//!
//! Built natively and for wasm, so that the two can be run in turn. Beside each
//! kernel stand what it can be held against: the same increments without anything
//! else, the scalar twin, and a constant tensor.

use std::hint::black_box;

use floatscope_benches::{bf16_bytes, f32_bytes, gb_per_s, normal_weights};
use floatscope_core::format::Dtype;
use floatscope_core::scan::{Scanner, Span};
use floatscope_simd::{self as simd, census, powers, words};

const ELEMENTS: usize = 8 << 20;
const CHUNK: usize = 1 << 20;
const TILE_BYTES: usize = 4096 * 4;

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(9);
    let weights = normal_weights(ELEMENTS);
    let bench = Bench { rounds };
    bench.scans(&weights);
    bench.increments(&weights);
    bench.tiles(&f32_bytes(&weights));
}

struct Bench {
    rounds: usize,
}

impl Bench {
    fn scans(&self, weights: &[f32]) {
        let bf16 = bf16_bytes(weights);
        let f32 = f32_bytes(weights);
        self.scan("scan BF16", Dtype::BF16, &bf16);
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
        let mut scanner = Scanner::new();
        let elements = bytes.len() as u64 * 8 / u64::from(dtype.bits());
        let span = Span::whole(dtype, &[elements / 1024, 1024]);
        self.run(name, bytes, |bytes| {
            scanner.begin(span);
            bytes.chunks(CHUNK).for_each(|chunk| scanner.feed(chunk));
            black_box(scanner.finish());
        });
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

    fn by_tile(&self, name: &str, bytes: &[u8], mut look: impl FnMut(&[u8])) {
        self.run(name, bytes, |bytes| {
            bytes.chunks(TILE_BYTES).for_each(&mut look);
        });
    }

    fn run(&self, name: &str, bytes: &[u8], mut work: impl FnMut(&[u8])) {
        let speed = gb_per_s(bytes.len(), self.rounds, || work(black_box(bytes)));
        println!(
            r#"{{"kernel":"{name}","gb_per_s":{speed:.3},"bytes":{}}}"#,
            bytes.len()
        );
    }
}

fn f64_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|&value| f64::from(value).to_le_bytes())
        .collect()
}
