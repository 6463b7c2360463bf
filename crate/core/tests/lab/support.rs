//! Checkpoints in memory and how they are multiplied.

use floatscope_core::lab::Accumulate;
use floatscope_core::lab::matmul::{Block, Cpu, Device, Job, Reduction, Settings, Worker};
use floatscope_core::report::to_json;
use serde_json::{Value, json};

/// A tensor's name, type, shape and bytes.
pub(crate) type Entry = (&'static str, &'static str, Vec<u64>, Vec<u8>);

/// The bytes of a safetensors file.
pub(crate) fn container(entries: &[Entry]) -> Vec<u8> {
    let mut data: Vec<u8> = Vec::new();
    let mut header = serde_json::Map::new();
    for (name, dtype, shape, bytes) in entries {
        let begin = data.len();
        data.extend(bytes);
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert((*name).to_owned(), entry);
    }
    let header = Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// FP32 weights from a generator as simple as can be.
pub(crate) fn weights(count: usize) -> Vec<u8> {
    let number = |at: u32| (at.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0;
    let numbers = (0..count as u32).map(number);
    numbers.flat_map(f32::to_le_bytes).collect()
}

/// The same in BF16, cut.
pub(crate) fn halves(count: usize) -> Vec<u8> {
    let words = weights(count);
    let upper = words.as_chunks::<4>().0.iter();
    upper.flat_map(|word| [word[2], word[3]]).collect()
}

pub(crate) fn settings(a: &str, b: &str, tokens: u64) -> Settings {
    let model = |key| Accumulate::parse(key).expect("a model");
    Settings {
        a: model(a),
        b: model(b),
        tokens,
        seed: 42,
    }
}

/// A job that has read the header of one file.
pub(crate) fn started(file: &[u8], settings: Settings) -> Job {
    let mut job = Job::new("test", settings);
    let index = job.add_file("m.safetensors", file.len() as u64);
    while let Some(range) = job.header_wants(index) {
        job.header_feed(index, &file[range.start as usize..range.end as usize]);
    }
    job.start();
    job
}

/// A block, fed in pieces of these sizes over and over.
pub(crate) fn reduced(
    worker: &mut Worker<Cpu>,
    file: &[u8],
    block: &Block,
    pieces: &[usize],
) -> Reduction {
    worker.begin(block);
    let mut rest = &file[block.begin as usize..block.end() as usize];
    for size in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at((*size).min(rest.len()));
        worker.feed(now);
        rest = later;
    }
    worker.take()
}

/// All blocks, the order of what comes back being told.
pub(crate) fn multiplied(
    file: &[u8],
    settings: Settings,
    pieces: &[usize],
    backwards: bool,
) -> Value {
    let mut job = started(file, settings);
    let mut worker = Worker::new(settings, Cpu);
    let mut seen = Vec::new();
    while let Some(block) = job.next_block() {
        seen.push((block.id, reduced(&mut worker, file, &block, pieces)));
    }
    if backwards {
        seen.reverse();
    }
    for (id, reduction) in &seen {
        job.merge(*id, reduction);
    }
    assert!(job.is_done());
    report(&job)
}

pub(crate) fn report(job: &Job) -> Value {
    let device = Device {
        kind: "cpu",
        asked: "cpu",
        says: "A test.".to_owned(),
    };
    serde_json::from_str(&to_json(&job.report(&device))).expect("the report is JSON")
}
