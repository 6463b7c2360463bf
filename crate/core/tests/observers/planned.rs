//! Tensors cut as the planner cuts them for few and for many workers.

use floatscope_core::checkpoint::TensorInfo;
use floatscope_core::format::Dtype;
use floatscope_core::plan::{Plan, PlanOptions};
use floatscope_core::scan::{Observations, Span};

use crate::json::json;
use crate::support::*;

const SHAPES: [(Dtype, &[u64]); 5] = [
    (Dtype::F32, &[700, 1111]),
    (Dtype::BF16, &[3, 500, 641]),
    (Dtype::F32, &[5, 180_001]),
    (Dtype::F16, &[1_100_000]),
    (Dtype::F64, &[70_001, 9]),
];

/// The tensors of a file without a header, one behind the other.
fn tensors() -> Vec<TensorInfo> {
    let mut begin = 0;
    let one = |(dtype, shape): &(Dtype, &[u64])| {
        let bytes = Span::whole(*dtype, shape).bytes();
        begin += bytes;
        TensorInfo {
            name: begin.to_string(),
            dtype: *dtype,
            shape: shape.to_vec(),
            begin: begin - bytes,
            end: begin,
        }
    };
    SHAPES.iter().map(one).collect()
}

/// Rows of several kinds in turn: whole words, the upper halves, zeros.
fn file(tensors: &[TensorInfo]) -> Vec<u8> {
    let mut random = Random(11);
    let end = tensors.last().expect("some tensors").end as usize;
    let word = |at: usize| match at / 5000 % 4 {
        0 => 0,
        1 => (random.next() as u32 & 0x81ff_0000) | 0x3c00_0000,
        _ => (random.next() as u32 & 0x81ff_ffff) | 0x3c00_0000,
    };
    (0..end.div_ceil(4))
        .map(word)
        .flat_map(u32::to_le_bytes)
        .collect()
}

/// What each tensor shows when so many workers read it, the last run first.
fn figures(tensors: &[TensorInfo], file: &[u8], options: PlanOptions) -> (usize, Vec<String>) {
    let (mut plan, _) = Plan::new([("f", tensors)], options);
    let mut runs: Vec<_> = std::iter::from_fn(|| plan.next_run()).collect();
    runs.reverse();
    let mut done: Vec<(usize, Observations)> = Vec::new();
    for run in &runs {
        let pieces = run.pieces.iter();
        let pieces = pieces.map(|piece| {
            seen(
                piece.span,
                &file[piece.begin as usize..piece.end() as usize],
            )
        });
        done.extend(plan.merge(run.id, pieces.collect()).finished);
    }
    assert!(plan.is_done());
    done.sort_by_key(|tensor| tensor.0);
    let told = |seen: &Observations| format!("{} {}", json(seen), seen.fingerprint);
    (
        runs.len(),
        done.iter().map(|tensor| told(&tensor.1)).collect(),
    )
}

#[test]
fn the_number_of_workers_does_not_matter() {
    let tensors = tensors();
    let file = file(&tensors);
    let whole = tensors.iter().map(|tensor| {
        let span = Span::whole(tensor.dtype, &tensor.shape);
        let seen = seen(span, &file[tensor.begin as usize..tensor.end as usize]);
        format!("{} {}", json(&seen), seen.fingerprint)
    });
    let whole: Vec<String> = whole.collect();
    let total = file.len() as u64;
    let mut options: Vec<PlanOptions> = [1, 2, 7]
        .map(|workers| PlanOptions::for_workers(workers, total))
        .to_vec();
    // As if there were very many.
    options.push(PlanOptions { run_bytes: 1 << 16 });
    for options in options {
        let (runs, figures) = figures(&tensors, &file, options);
        assert!(runs > 3, "{runs} runs");
        assert!(figures == whole, "{options:?}");
    }
}
