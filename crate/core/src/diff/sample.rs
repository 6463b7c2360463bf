//! Up to 128 × 128 evenly spaced elements of B − A, from which its rank is estimated.

use serde::{Deserialize, Serialize};

use super::PairSpan;
use crate::scan::Matrix;

/// Most rows and columns that are sampled, and the fewest that tell anything.
const MOST: u64 = 128;
const LEAST: u64 = 32;

/// How far the largest singular value of noise may lie beyond where it is expected.
const MARGIN: f64 = 1.2;

/// Sampled differences, by their place in the sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sample {
    /// Row of the sample × [`MOST`] + column, B − A, and the square of the ULP there.
    places: Vec<(u16, f32, f64)>,
}

/// What the sample shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rank {
    pub(super) rank: u64,
    /// Rows and columns that were looked at.
    pub(super) sampled: [u64; 2],
}

/// Which elements of a matrix are sampled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    matrix: Matrix,
    rows: u64,
    columns: u64,
}

impl Grid {
    /// `None` for a matrix that is too small.
    pub(super) fn of(span: &PairSpan) -> Option<Self> {
        let matrix = span.matrix;
        (matrix.rows >= LEAST && matrix.columns >= LEAST).then(|| Self {
            matrix,
            rows: matrix.rows.min(MOST),
            columns: matrix.columns.min(MOST),
        })
    }

    /// Calls back with the place in the sample and the index in the tile for every sampled
    /// element of a tile.
    pub(super) fn each(&self, first: u64, elements: u64, mut take: impl FnMut(u16, usize)) {
        let Matrix { rows, columns } = self.matrix;
        let end = first + elements;
        let first_row = self.sampled_from(first / columns, rows, self.rows);
        for at_row in first_row..self.rows {
            let begin = place(at_row, rows, self.rows) * columns;
            if begin >= end {
                break;
            }
            let from = self.sampled_from(first.saturating_sub(begin), columns, self.columns);
            for at_column in from..self.columns {
                let index = begin + place(at_column, columns, self.columns);
                if index >= end {
                    break;
                }
                take((at_row * MOST + at_column) as u16, (index - first) as usize);
            }
        }
    }

    /// The first of `sampled` places among `all` that is not before `least`.
    fn sampled_from(&self, least: u64, all: u64, sampled: u64) -> u64 {
        (0..sampled)
            .find(|at| place(*at, all, sampled) >= least)
            .unwrap_or(sampled)
    }
}

/// Where one of evenly spaced places is.
fn place(at: u64, all: u64, sampled: u64) -> u64 {
    // Fewer than 2^57 elements fit any file.
    at * all / sampled
}

impl Sample {
    pub(super) fn add(&mut self, place: u16, difference: f64, step: f64) {
        self.places.push((place, difference as f32, step * step));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.places.extend_from_slice(&other.places);
    }

    /// How many directions B − A has beyond what rounding shows; `None` where there are none
    /// or too many to be few.
    pub(super) fn rank(&self, grid: &Grid) -> Option<Rank> {
        let (rows, columns) = (grid.rows as usize, grid.columns as usize);
        // Each in its place, so that sums do not depend on who came first.
        let mut differences = vec![0.0; rows * columns];
        let mut squares = vec![0.0; rows * columns];
        for (place, difference, square) in &self.places {
            let (row, column) = (
                *place as usize / MOST as usize,
                *place as usize % MOST as usize,
            );
            differences[row * columns + column] = f64::from(*difference);
            squares[row * columns + column] = *square;
        }
        let variance = squares.iter().sum::<f64>() / 12.0 / self.places.len().max(1) as f64;
        let reach = libm::sqrt(rows as f64) + libm::sqrt(columns as f64);
        let edge = MARGIN * libm::sqrt(variance) * reach;
        let rank = singular_values_above(&differences, columns, edge);
        let most = rows.min(columns) / 3;
        (1..=most).contains(&rank).then_some(Rank {
            rank: rank as u64,
            sampled: [grid.rows, grid.columns],
        })
    }
}

/// How many singular values of a matrix are larger than `edge`.
///
/// They are the roots of the eigenvalues of its Gram matrix, which Householder reflections
/// make tridiagonal; there Sturm's sequence counts without finding any of them.
fn singular_values_above(matrix: &[f64], columns: usize, edge: f64) -> usize {
    let rows = matrix.chunks_exact(columns);
    let mut gram = vec![0.0; columns * columns];
    for row in rows {
        for (at, &left) in row.iter().enumerate() {
            for (sum, &right) in gram[at * columns..].iter_mut().zip(&row[..=at]) {
                *sum += left * right;
            }
        }
    }
    let (diagonal, beside) = tridiagonal(&mut gram, columns);
    count_above(&diagonal, &beside, edge * edge)
}

/// Diagonal and subdiagonal of a symmetric matrix of which the lower half is given (Golub and
/// Van Loan 2013, algorithm 8.3.1).
fn tridiagonal(lower: &mut [f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let at = |row: usize, column: usize| row.max(column) * n + row.min(column);
    let mut beside = vec![0.0; n.saturating_sub(1)];
    for k in 0..n.saturating_sub(2) {
        let mut v: Vec<f64> = (k + 1..n).map(|row| lower[at(row, k)]).collect();
        let norm = libm::sqrt(v.iter().map(|x| x * x).sum());
        beside[k] = norm;
        if norm == 0.0 {
            continue;
        }
        v[0] += if v[0] < 0.0 { -norm } else { norm };
        let square: f64 = v.iter().map(|x| x * x).sum();
        let beta = 2.0 / square;
        let size = n - k - 1;
        let p: Vec<f64> = (0..size)
            .map(|row| {
                let products = v.iter().enumerate();
                beta * products
                    .map(|(column, x)| lower[at(k + 1 + row, k + 1 + column)] * x)
                    .sum::<f64>()
            })
            .collect();
        let half = beta / 2.0 * p.iter().zip(&v).map(|(p, v)| p * v).sum::<f64>();
        let w: Vec<f64> = p.iter().zip(&v).map(|(p, v)| p - half * v).collect();
        for row in 0..size {
            for column in 0..=row {
                lower[at(k + 1 + row, k + 1 + column)] -= v[row] * w[column] + w[row] * v[column];
            }
        }
    }
    if n > 1 {
        beside[n - 2] = lower[at(n - 1, n - 2)].abs();
    }
    ((0..n).map(|row| lower[at(row, row)]).collect(), beside)
}

/// How many eigenvalues of a symmetric tridiagonal matrix are larger than `least`.
fn count_above(diagonal: &[f64], beside: &[f64], least: f64) -> usize {
    let mut above = 0;
    let mut pivot = 1.0;
    for (at, entry) in diagonal.iter().enumerate() {
        let square = match at {
            0 => 0.0,
            _ => beside[at - 1] * beside[at - 1],
        };
        // A pivot of zero is moved by less than rounding does.
        let divisor = if pivot == 0.0 {
            f64::MIN_POSITIVE
        } else {
            pivot
        };
        pivot = entry - least - square / divisor;
        above += usize::from(pivot > 0.0);
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Tolerance;
    use crate::format::Dtype;

    fn noise(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*seed >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    }

    #[test]
    fn singular_values_are_counted() {
        // 3, 2 and 1, each alone in its row and column.
        let matrix = [0.0, 3.0, 0.0, 0.0, 0.0, -2.0, 1.0, 0.0, 0.0];
        let above = |edge| singular_values_above(&matrix, 3, edge);
        assert_eq!([0.5, 1.5, 2.5, 3.5].map(above), [3, 2, 1, 0]);
        let dense = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0];
        // numpy.linalg.svd: 17.412505, 0.875161, 0.196866.
        let above = |edge| singular_values_above(&dense, 3, edge);
        assert_eq!(
            [0.19, 0.2, 0.87, 0.88, 17.41, 17.42].map(above),
            [3, 2, 2, 1, 1, 0]
        );
    }

    #[test]
    fn few_directions_in_rounding_noise_are_counted() {
        let mut seed = 1;
        let grid = Grid {
            matrix: Matrix {
                rows: 128,
                columns: 100,
            },
            rows: 128,
            columns: 100,
        };
        for rank in [0, 1, 8, 20, 100] {
            let left: Vec<f64> = (0..128 * rank).map(|_| noise(&mut seed)).collect();
            let right: Vec<f64> = (0..100 * rank).map(|_| noise(&mut seed)).collect();
            let mut sample = Sample::default();
            let step = 1e-3;
            for row in 0..128 {
                for column in 0..100 {
                    let product =
                        (0..rank).map(|at| left[row * rank + at] * right[column * rank + at]);
                    let difference = product.sum::<f64>() + step * noise(&mut seed);
                    sample.add((row * 128 + column) as u16, difference, step);
                }
            }
            let found = sample.rank(&grid).map(|found| found.rank);
            let wanted = (1..=33).contains(&rank).then_some(rank as u64);
            assert_eq!(found, wanted, "rank {rank}");
        }
    }

    #[test]
    fn every_place_is_in_one_tile() {
        for (rows, columns) in [(32, 32), (128, 4096), (1000, 77), (33, 100_000)] {
            let span = PairSpan {
                a: Dtype::F32,
                b: Dtype::F32,
                matrix: Matrix { rows, columns },
                has_rows: true,
                first: 0,
                elements: rows * columns,
                tolerance: Tolerance::default(),
            };
            let grid = Grid::of(&span).expect("large enough");
            let mut seen = Vec::new();
            let mut first = 0;
            while first < span.elements {
                let elements = 4096.min(span.elements - first);
                grid.each(first, elements, |place, at| {
                    seen.push((place, first + at as u64));
                });
                first += elements;
            }
            assert_eq!(seen.len() as u64, rows.min(128) * columns.min(128));
            let (place, index) = seen[seen.len() / 2 + 3];
            let (row, column) = (u64::from(place) / 128, u64::from(place) % 128);
            let wanted = row * rows / rows.min(128) * columns + column * columns / columns.min(128);
            assert_eq!(index, wanted);
        }
    }
}
