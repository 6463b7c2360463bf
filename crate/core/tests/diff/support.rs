//! Small checkpoints in memory, and a reader that has all their bytes.

use floatscope_core::diff::{Comparison, Difference, PairRun, PairWorker, Side};
use floatscope_core::format::{Dtype, FloatLayout, Overflow, Rounding};
use serde_json::{Value, json};

pub(crate) const SIDES: [Side; 2] = [Side::A, Side::B];

/// Xorshift64* (Vigna 2016).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below another.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        (self.next() >> 32) % most
    }

    /// A number between -1 and 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    pub(crate) fn units(&mut self, count: usize) -> Vec<f64> {
        std::iter::repeat_with(|| self.unit()).take(count).collect()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next() as u8)
            .take(count)
            .collect()
    }
}

/// A tensor of a file in the making.
#[derive(Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<u64>,
    pub(crate) bytes: Vec<u8>,
}

impl Tensor {
    pub(crate) fn new(name: &str, dtype: Dtype, shape: &[u64], bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            dtype,
            shape: shape.to_vec(),
            bytes,
        }
    }

    /// Numbers, each rounded to the nearest of the type, in one dimension.
    pub(crate) fn of(name: &str, dtype: Dtype, numbers: &[f64]) -> Self {
        Self::new(name, dtype, &[numbers.len() as u64], stored(dtype, numbers))
    }

    pub(crate) fn shaped(mut self, shape: &[u64]) -> Self {
        self.shape = shape.to_vec();
        self
    }
}

pub(crate) fn layout(dtype: Dtype) -> FloatLayout {
    *dtype.format().layout().expect("a float")
}

/// The bytes of numbers.
pub(crate) fn stored(dtype: Dtype, numbers: &[f64]) -> Vec<u8> {
    let layout = layout(dtype);
    let code = |number: &f64| layout.encode(*number, Rounding::NearestEven, Overflow::Ieee);
    let codes: Vec<u64> = numbers.iter().map(code).collect();
    packed(dtype, &codes)
}

/// Codes one behind the other, from the lowest bit on.
pub(crate) fn packed(dtype: Dtype, codes: &[u64]) -> Vec<u8> {
    let (mut bytes, mut held, mut holds) = (Vec::new(), 0u128, 0);
    for code in codes {
        held |= u128::from(*code) << holds;
        holds += dtype.bits();
        while holds >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            holds -= 8;
        }
    }
    assert_eq!(holds, 0, "whole bytes");
    bytes
}

/// A container of these tensors, in this order.
pub(crate) fn file(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data: Vec<u8> = Vec::new();
    for tensor in tensors {
        let begin = data.len();
        data.extend(&tensor.bytes);
        let entry = json!({
            "dtype": tensor.dtype.name(), "shape": tensor.shape, "data_offsets": [begin, data.len()]
        });
        header.insert(tensor.name.clone(), entry);
    }
    let header = Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// Names and bytes of a checkpoint's files.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

pub(crate) fn one_file(tensors: &[Tensor]) -> Files {
    vec![("model.safetensors".to_owned(), file(tensors))]
}

/// Both checkpoints' files, by side.
pub(crate) type Both = [Files; 2];

pub(crate) fn both(a: &[Tensor], b: &[Tensor]) -> Both {
    [one_file(a), one_file(b)]
}

/// A comparison with all headers in, not started.
pub(crate) fn opened(both: &Both) -> Comparison {
    let mut comparison = Comparison::new("A", "B");
    for (side, files) in SIDES.into_iter().zip(both) {
        for (name, bytes) in files {
            let file = comparison.add_file(side, name, bytes.len() as u64);
            while let Some(range) = comparison.header_wants(side, file) {
                let wanted = range.start as usize..range.end as usize;
                comparison.header_feed(side, file, &bytes[wanted]);
            }
        }
    }
    comparison
}

/// Compares a run, fed in one go as it is asked for.
pub(crate) fn look(run: &PairRun, both: &Both) -> Vec<Difference> {
    let mut worker = PairWorker::new();
    worker.begin(run.spans());
    for side in SIDES {
        worker.feed(side, bytes_of(run, both, side));
    }
    assert_eq!(
        (worker.wants(), worker.finished()),
        (None, run.spans().len())
    );
    worker.take()
}

/// The bytes of a side that a run is about.
pub(crate) fn bytes_of<'a>(run: &PairRun, both: &'a Both, side: Side) -> &'a [u8] {
    let (_, bytes) = &both[side as usize][run.file(side)];
    &bytes[run.begin(side) as usize..run.end(side) as usize]
}

/// Compares what is left.
pub(crate) fn run_out(comparison: &mut Comparison, both: &Both) {
    while let Some(run) = comparison.next_run() {
        comparison.merge(run.id, look(&run, both));
    }
    assert!(comparison.is_done());
}

/// Started and compared to the end.
pub(crate) fn compared(both: &Both) -> Comparison {
    let mut comparison = opened(both);
    comparison.start(1);
    run_out(&mut comparison, both);
    comparison
}

pub(crate) fn text(comparison: &Comparison) -> String {
    comparison.report().json_chunks().collect()
}

pub(crate) fn report(comparison: &Comparison) -> Value {
    serde_json::from_str(&text(comparison)).expect("the report is JSON")
}

/// The report of two lists of tensors, a file each.
pub(crate) fn report_of(a: &[Tensor], b: &[Tensor]) -> Value {
    report(&compared(&both(a, b)))
}

pub(crate) fn names(report: &Value) -> Vec<&str> {
    let tensors = report["tensors"].as_array().expect("a list").iter();
    tensors
        .map(|tensor| tensor["name"].as_str().expect("a name"))
        .collect()
}

/// Problems with their sides: "a: file: what".
pub(crate) fn problems(comparison: &Comparison) -> Vec<String> {
    let problems = comparison.report().overview().problems;
    let told = |problem: &floatscope_core::diff::PairProblem| {
        format!("{}: {}", problem.side.unwrap_or("-"), problem.problem)
    };
    problems.iter().map(told).collect()
}

/// Keys and directions of what explains a pair.
pub(crate) fn explained(pair: &Value) -> Vec<(&str, &str)> {
    let all = pair["explained_by"].as_array().expect("a list").iter();
    all.map(|entry| (str_of(entry, "conversion"), str_of(entry, "direction")))
        .collect()
}

pub(crate) fn str_of<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry[key].as_str().expect("text")
}
