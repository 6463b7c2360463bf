//! The GPU's products beside what the card can do at most, in turn, one JSON line each.
//!
//! ```text
//! cargo run --release --package floatscope-benches --bin gpu -- [--sizes 512,1024,2048,4096] [--rounds 5]
//! ```
//!
//! The tiled product is held against a kernel that does multiply-adds in registers and nothing else,
//! the matrix-vector product against one that copies a buffer. Both run on the device beside the
//! product, in the same round; a figure is the median of its rounds.
#![cfg(not(target_family = "wasm"))]

use floatscope_core::format::Dtype;
use floatscope_gpu::measure::Work;
use floatscope_gpu::{Gpu, GpuError, Options};
use pollster::block_on;

const DTYPES: [Dtype; 3] = [Dtype::BF16, Dtype::F16, Dtype::F32];
/// How long a measurement should take at least, in seconds.
const LEAST_SECONDS: f64 = 0.2;
/// Bytes that are copied: more than any cache holds.
const COPIED_BYTES: usize = 64 << 20;

fn main() -> Result<(), GpuError> {
    let sizes = argument("--sizes").unwrap_or_else(|| "512,1024,2048,4096".to_owned());
    let sizes = sizes.split(',').filter_map(|size| size.parse().ok());
    let rounds = argument("--rounds").and_then(|rounds| rounds.parse().ok());
    let mut gpu = block_on(Gpu::open(&Options::default()))?;
    let facts = gpu.facts();
    println!(
        "{{\"adapter\": {:?}, \"driver\": {:?}, \"backend\": {:?}, \"is_software\": {}}}",
        facts.name, facts.driver, facts.backend, facts.is_software
    );
    let mut bench = Bench {
        is_software: facts.is_software,
        gpu: &mut gpu,
        rounds: rounds.unwrap_or(5),
    };
    for size in sizes {
        for dtype in DTYPES {
            bench.product(dtype, size)?;
            bench.matvec(dtype, size)?;
        }
    }
    Ok(())
}

/// The word after an option.
fn argument(name: &str) -> Option<String> {
    let mut words = std::env::args().skip_while(|word| word != name);
    words.nth(1)
}

struct Bench<'a> {
    gpu: &'a mut Gpu,
    rounds: usize,
    is_software: bool,
}

impl Bench<'_> {
    /// Everything is padded to 128, and so sizes are multiples of it.
    fn product(&mut self, dtype: Dtype, size: usize) -> Result<(), GpuError> {
        let size = size.next_multiple_of(128);
        let work = Work::Product {
            dtype,
            rows: size,
            columns: size,
            tokens: size,
        };
        // Enough threads for the largest cards, on which this takes some milliseconds.
        let [workgroups, rounds] = if self.is_software {
            [16, 512]
        } else {
            [8192, 2048]
        };
        let peak = Work::Peak { workgroups, rounds };
        let [product, peak] = self.side_by_side([work, peak], Work::operations)?;
        println!(
            "{{\"kernel\": \"product\", \"weights\": {:?}, \"size\": {size}, \"gflop_per_s\": {:.1}, \"peak_gflop_per_s\": {:.1}, \"share\": {:.3}}}",
            dtype.name(),
            product / 1e9,
            peak / 1e9,
            product / peak
        );
        Ok(())
    }

    /// A matrix of eight times as many rows, so that it does not fit a cache.
    fn matvec(&mut self, dtype: Dtype, size: usize) -> Result<(), GpuError> {
        let rows = 8 * size.next_multiple_of(128);
        let work = Work::Matvec {
            dtype,
            rows,
            columns: size,
        };
        let copy = Work::Copy {
            bytes: COPIED_BYTES,
        };
        let [matvec, copy] = self.side_by_side([work, copy], Work::bytes)?;
        println!(
            "{{\"kernel\": \"matvec\", \"weights\": {:?}, \"rows\": {rows}, \"columns\": {size}, \"gb_per_s\": {:.1}, \"copy_gb_per_s\": {:.1}, \"share\": {:.3}}}",
            dtype.name(),
            matvec / 1e9,
            copy / 1e9,
            matvec / copy
        );
        Ok(())
    }

    /// Medians of what both do in a second, measured in turn.
    fn side_by_side(
        &mut self,
        works: [Work; 2],
        done: impl Fn(Work) -> f64,
    ) -> Result<[f64; 2], GpuError> {
        let mut times = [1; 2];
        for (times, work) in times.iter_mut().zip(works) {
            let once = block_on(self.gpu.seconds(work, 1))?;
            *times = (LEAST_SECONDS / once).clamp(1.0, 1000.0) as u32;
        }
        let mut speeds = [Vec::new(), Vec::new()];
        for _ in 0..self.rounds {
            for (at, work) in works.into_iter().enumerate() {
                let seconds = block_on(self.gpu.seconds(work, times[at]))?;
                speeds[at].push(done(work) / seconds);
            }
        }
        Ok(speeds.map(median))
    }
}

fn median(mut speeds: Vec<f64>) -> f64 {
    speeds.sort_by(f64::total_cmp);
    speeds[speeds.len() / 2]
}
