//! Tensors of bytes, and workers that see what is there.

use floatscope_core::checkpoint::TensorInfo;
use floatscope_core::format::Dtype;
use floatscope_core::plan::{Piece, Plan, PlanOptions, Progress, Run};
use floatscope_core::scan::{Observations, Scanner, Span};

pub(crate) fn tensor(name: &str, begin: u64, dtype: Dtype, elements: u64) -> TensorInfo {
    // Rows of two elements where there can be, so that it can be cut at every tile.
    let shape = match elements % 2 {
        0 if elements > 0 => vec![elements / 2, 2],
        _ => vec![elements],
    };
    let bytes = Span::whole(dtype, &shape).bytes();
    TensorInfo {
        name: name.to_owned(),
        dtype,
        shape,
        begin,
        end: begin + bytes,
    }
}

/// Tensors of bytes, named "0", "1", …, one behind the other.
pub(crate) fn bytes_tensors(sizes: &[u64]) -> Vec<TensorInfo> {
    let mut begin = 100;
    let one = |(at, &size): (usize, &u64)| {
        let tensor = tensor(&at.to_string(), begin, Dtype::U8, size);
        begin = tensor.end;
        tensor
    };
    sizes.iter().enumerate().map(one).collect()
}

pub(crate) fn plan(files: &[(&str, &[TensorInfo])], run_bytes: u64) -> (Plan, Progress) {
    Plan::new(files.iter().copied(), PlanOptions { run_bytes })
}

/// A plan of one file "f".
pub(crate) fn plan_of(tensors: &[TensorInfo], run_bytes: u64) -> Plan {
    plan(&[("f", tensors)], run_bytes).0
}

/// The byte that a file holds at this place.
pub(crate) fn byte_at(place: u64) -> u8 {
    ((place * 37) >> 3) as u8
}

/// What a scan of these bytes of the file shows, taken for a span.
pub(crate) fn seen_of(span: Span, begin: u64, end: u64) -> Observations {
    let bytes: Vec<u8> = (begin..end).map(byte_at).collect();
    let mut scanner = Scanner::new();
    scanner.begin(span);
    scanner.feed(&bytes);
    scanner.finish().expect("a span was begun")
}

pub(crate) fn seen(piece: &Piece) -> Observations {
    seen_of(piece.span, piece.begin, piece.end())
}

/// What a scan of a tensor in one go shows.
pub(crate) fn seen_whole(tensor: &TensorInfo) -> Observations {
    let span = Span::whole(tensor.dtype, &tensor.shape);
    seen_of(span, tensor.begin, tensor.end)
}

pub(crate) fn all_seen(run: &Run) -> Vec<Observations> {
    run.pieces.iter().map(seen).collect()
}

pub(crate) fn next(plan: &mut Plan) -> Run {
    plan.next_run().expect("a run is waiting")
}

pub(crate) fn tensors_of(run: &Run) -> Vec<usize> {
    run.pieces.iter().map(|piece| piece.tensor).collect()
}

pub(crate) fn finished(progress: &Progress) -> Vec<usize> {
    progress.finished.iter().map(|tensor| tensor.0).collect()
}

pub(crate) fn is_empty(progress: &Progress) -> bool {
    progress.finished.is_empty() && progress.failed.is_empty() && progress.problems.is_empty()
}

/// Runs everything that is left without another failure; the tensors that this finishes.
pub(crate) fn run_out(plan: &mut Plan) -> Vec<usize> {
    let mut all = Vec::new();
    while let Some(run) = plan.next_run() {
        let progress = plan.merge(run.id, all_seen(&run));
        assert!(progress.failed.is_empty(), "{progress:?}");
        all.extend(finished(&progress));
    }
    assert!(plan.is_done());
    all.sort_unstable();
    all
}
