//! Cuts tensors into pieces and strings pieces together into runs.

use super::{Choice, PlanOptions};
use crate::checkpoint::TensorInfo;
use crate::format::Dtype;
use crate::scan::{Matrix, Span, TILE, bytes_of};

/// A row band that must stay whole where it can: later observers look at blocks of 128 rows.
const BAND_ROWS: u64 = 128;
/// Bands are kept whole up to this many bytes.
const BAND_CAP_BYTES: u64 = 16 << 20;
/// Where bands are too long, whole rows are kept up to this many bytes, if they are no whole tiles.
const ROWS_CAP_BYTES: u64 = 256 << 20;
/// Pieces of a run: many small ones take longer than their bytes, and workers
/// should share them and tell of them in time.
const MAX_PIECES: usize = 1024;

/// Consecutive elements of one tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Index of the tensor in the plan.
    pub tensor: usize,
    /// First byte in the file.
    pub begin: u64,
    /// What is there.
    pub span: Span,
}

impl Piece {
    /// First byte after it in the file.
    pub fn end(&self) -> u64 {
        self.begin + self.span.bytes()
    }
}

/// Pieces that lie one behind the other in one file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Names the run when its results come back.
    pub id: u64,
    /// Index of the file.
    pub file: usize,
    /// Its pieces in the order of the file.
    pub pieces: Vec<Piece>,
}

impl Run {
    /// First byte in the file.
    pub fn begin(&self) -> u64 {
        self.pieces[0].begin
    }

    /// First byte after it in the file.
    pub fn end(&self) -> u64 {
        self.pieces[self.pieces.len() - 1].end()
    }

    /// What a worker must know to scan the run's bytes: one span a piece.
    pub fn spans(&self) -> Vec<Span> {
        self.pieces.iter().map(|piece| piece.span).collect()
    }
}

/// Cuts the tensors of one file, given in the order of their offsets as (index, tensor).
pub(crate) fn runs_of_file<'a>(
    tensors: impl Iterator<Item = (usize, &'a TensorInfo)>,
    options: PlanOptions,
) -> Vec<Vec<Piece>> {
    let mut runs = Runs::new(options);
    for (index, tensor) in tensors {
        runs.add_tensor(index, tensor);
    }
    runs.finish()
}

/// The same for a sample: what was chosen of each tensor.
pub(crate) fn runs_of_sample<'a>(
    tensors: impl Iterator<Item = (usize, &'a TensorInfo, &'a Choice)>,
    options: PlanOptions,
) -> Vec<Vec<Piece>> {
    let mut runs = Runs::new(options);
    for (index, tensor, choice) in tensors {
        match choice {
            Choice::Whole => runs.add_tensor(index, tensor),
            Choice::Some(sampled) => sampled
                .pieces(index, tensor)
                .into_iter()
                .for_each(|piece| runs.add_piece(piece)),
            Choice::Nothing => {}
        }
    }
    runs.finish()
}

struct Runs {
    options: PlanOptions,
    done: Vec<Vec<Piece>>,
    open: Vec<Piece>,
}

impl Runs {
    fn new(options: PlanOptions) -> Self {
        Self {
            options,
            done: Vec::new(),
            open: Vec::new(),
        }
    }

    fn finish(mut self) -> Vec<Vec<Piece>> {
        self.close();
        self.done
    }

    /// Adds a piece as it is.
    fn add_piece(&mut self, piece: Piece) {
        let follows = |last: &Piece| last.end() == piece.begin;
        if self.open.len() == MAX_PIECES || !self.open.last().is_some_and(follows) {
            self.close();
        }
        self.open.push(piece);
    }

    fn add_tensor(&mut self, index: usize, tensor: &TensorInfo) {
        if self
            .open
            .last()
            .is_some_and(|last| last.end() != tensor.begin)
        {
            self.close();
        }
        let unit = cut_unit(tensor);
        let whole = Span::whole(tensor.dtype, &tensor.shape);
        let (mut begin, mut left) = (tensor.begin, tensor.elements());
        while left > 0 {
            let elements = self.elements_that_fit(tensor.dtype, unit, left);
            if elements == 0 || self.open.len() == MAX_PIECES {
                self.close();
                continue;
            }
            let span = Span {
                first: tensor.elements() - left,
                elements,
                ..whole
            };
            let piece = Piece {
                tensor: index,
                begin,
                span,
            };
            begin = piece.end();
            left -= elements;
            self.open.push(piece);
        }
    }

    /// All that is left, or whole units up to the length of a run; at least one
    /// unit when the run is still empty.
    fn elements_that_fit(&self, dtype: Dtype, unit: u64, left: u64) -> u64 {
        let used = match &self.open[..] {
            [first, .., last] => last.end() - first.begin,
            [only] => only.span.bytes(),
            [] => 0,
        };
        let room = self.options.run_bytes.saturating_sub(used);
        if bytes_of(dtype, left) <= room {
            return left;
        }
        let fitting = room / u64::from(dtype.bits()) * 8 / unit * unit;
        match fitting {
            0 if self.open.is_empty() => unit.min(left),
            fitting => fitting.min(left),
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
    }
}

/// Cuts fall on multiples of this many elements: whole tiles, and whole bands
/// where a stretch that is both stays under the cap.
fn cut_unit(tensor: &TensorInfo) -> u64 {
    let row = Matrix::of(&tensor.shape).columns.max(1);
    let both = row
        .checked_mul(BAND_ROWS)
        .and_then(|band| least_common_multiple(band, TILE));
    let fits = |&elements: &u64| {
        elements
            .checked_mul(u64::from(tensor.dtype.bits()))
            .is_some_and(|bits| bits / 8 <= BAND_CAP_BYTES)
    };
    let at_rows = || {
        let rows = least_common_multiple(row, TILE)?;
        (rows.saturating_mul(u64::from(tensor.dtype.bits())) / 8 <= ROWS_CAP_BYTES).then_some(rows)
    };
    // A cut within a row must not lie within a block, and blocks begin with the row.
    let is_aligned = row.is_multiple_of(TILE) || row == tensor.elements();
    both.filter(fits).unwrap_or_else(|| match is_aligned {
        true => TILE,
        false => at_rows().unwrap_or(tensor.elements()),
    })
}

fn least_common_multiple(a: u64, b: u64) -> Option<u64> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).checked_mul(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(begin: u64, shape: &[u64], dtype: Dtype) -> TensorInfo {
        let elements: u64 = shape.iter().product();
        let end = begin + elements * u64::from(dtype.bits()) / 8;
        TensorInfo {
            name: format!("t{begin}"),
            dtype,
            shape: shape.to_vec(),
            begin,
            end,
        }
    }

    fn runs(tensors: &[TensorInfo], run_bytes: u64) -> Vec<Vec<Piece>> {
        runs_of_file(tensors.iter().enumerate(), PlanOptions { run_bytes })
    }

    #[test]
    fn every_byte_is_in_one_piece() {
        let tensors = [
            tensor(8, &[3, 1000], Dtype::BF16),
            tensor(6008, &[100_000], Dtype::F32),
            tensor(406_008, &[], Dtype::F64),
            tensor(406_016, &[700, 300], Dtype::F4),
        ];
        for run_bytes in [1, 5000, 20_000, 1 << 20] {
            let mut at = 8;
            for piece in runs(&tensors, run_bytes).into_iter().flatten() {
                assert_eq!(piece.begin, at);
                at = piece.end();
            }
            assert_eq!(at, tensors[3].end);
        }
    }

    #[test]
    fn cuts_fall_on_tiles() {
        let tensors = [tensor(0, &[1_000_003], Dtype::F32)];
        for piece in runs(&tensors, 100_000).into_iter().flatten() {
            assert_eq!(piece.begin / 4 % TILE, 0);
        }
    }

    #[test]
    fn bands_stay_whole_where_they_can() {
        assert_eq!(cut_unit(&tensor(0, &[512, 512], Dtype::BF16)), 512 * 128);
        assert_eq!(cut_unit(&tensor(0, &[10, 100], Dtype::BF16)), 100 * 1024);
        assert_eq!(cut_unit(&tensor(0, &[2, 1 << 30], Dtype::BF16)), TILE);
    }

    #[test]
    fn long_rows_are_cut_where_no_block_is() {
        let unit = |shape: &[u64]| cut_unit(&tensor(0, shape, Dtype::F32));
        // Rows of whole tiles, and a vector of any length.
        for shape in [
            &[8, 1 << 20][..],
            &[64 << 20],
            &[(64 << 20) + 3],
            &[1 << 20, 1],
        ] {
            assert_eq!(unit(shape), TILE, "{shape:?}");
        }
        // A row and a tile end together after 1,024 rows.
        assert_eq!(unit(&[5000, 40_004]), 40_004 * 1024);
        // And where that is more than 256 MiB, there is no cut.
        assert_eq!(unit(&[5000, 40_001]), 5000 * 40_001);
        assert_eq!(unit(&[5000, 65_540]), 5000 * 65_540);
        assert_eq!(unit(&[5000, 65_532]), 65_532 * 1024);
        // Bands of up to 16 MiB are whole.
        assert_eq!(unit(&[5000, 32_768]), 128 * 32_768);
        assert_eq!(unit(&[5000, 36_864]), TILE);
    }

    #[test]
    fn very_many_small_tensors_are_shared_out() {
        let tensors: Vec<TensorInfo> = (0..3000)
            .map(|at| tensor(2 * at, &[1], Dtype::BF16))
            .collect();
        let runs = runs(&tensors, 1 << 20);
        let pieces: Vec<usize> = runs.iter().map(Vec::len).collect();
        assert_eq!(pieces, [MAX_PIECES, MAX_PIECES, 3000 - 2 * MAX_PIECES]);
    }

    #[test]
    fn a_hole_ends_a_run() {
        let tensors = [tensor(0, &[10], Dtype::U8), tensor(11, &[10], Dtype::U8)];
        assert_eq!(runs(&tensors, 1 << 20).len(), 2);
    }
}
