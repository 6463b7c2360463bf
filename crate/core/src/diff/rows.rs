//! Rows that differ, and whether they are the same rows in another order.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::PairSpan;
use crate::scan::bytes_of;

/// What rows that differ have shown; sums, so that parts add up in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rows {
    /// How many differ.
    pub(super) differing: u64,
    /// Of A and of B: their fingerprints, and the squares of them.
    prints: [[u64; 2]; 2],
}

impl Rows {
    pub(super) fn merge(&mut self, other: &Self) {
        self.differing += other.differing;
        let both = self.prints.iter_mut().zip(other.prints);
        for (mine, theirs) in both.flat_map(|(mine, theirs)| mine.iter_mut().zip(theirs)) {
            *mine = mine.wrapping_add(theirs);
        }
    }

    /// Whether those of B are those of A in another order.
    pub(super) fn are_permuted(&self) -> bool {
        self.differing >= 2 && self.prints[0] == self.prints[1] && self.prints[0] != [0; 2]
    }
}

/// Follows the rows of one piece, which holds whole rows.
#[derive(Default)]
pub(super) struct RowWatch {
    columns: u64,
    /// Bits of an element where rows have fingerprints: the same type, rows of whole bytes.
    bits: Option<u64>,
    column: u64,
    differs: bool,
    prints: Prints,
    rows: Rows,
}

impl RowWatch {
    /// Starts a piece.
    pub(super) fn begin(&mut self, span: &PairSpan) {
        let bits = u64::from(span.a.bits());
        let has_prints = span.a == span.b && (span.matrix.columns * bits).is_multiple_of(8);
        *self = Self {
            columns: span.matrix.columns,
            bits: has_prints.then_some(bits),
            ..Self::default()
        };
    }

    /// Takes the next elements, of which `differs` says whether a range has a difference.
    pub(super) fn add(
        &mut self,
        elements: usize,
        sides: [&[u8]; 2],
        is_equal: bool,
        differs: impl Fn(Range<usize>) -> bool,
    ) {
        let mut at = 0;
        while at < elements {
            let left = usize::try_from(self.columns - self.column).unwrap_or(usize::MAX);
            let next = at + left.min(elements - at);
            self.differs = self.differs || (!is_equal && differs(at..next));
            let is_whole = self.column == 0 && next - at == left;
            // A whole row of equal bits adds the same to both sums, and nothing is to be told of it.
            if !(is_whole && is_equal) {
                self.print(at..next, sides);
            }
            self.column += (next - at) as u64;
            at = next;
            if self.column == self.columns {
                self.end_row();
            }
        }
    }

    pub(super) fn finish(&mut self) -> Rows {
        std::mem::take(&mut self.rows)
    }

    fn print(&mut self, range: Range<usize>, sides: [&[u8]; 2]) {
        let Some(bits) = self.bits else {
            return;
        };
        // Rows and tiles begin with a byte, whatever the width of an element.
        let byte = |element: usize| element * bits as usize / 8;
        let range = byte(range.start)..byte(range.end);
        self.prints.feed(sides.map(|bytes| &bytes[range.clone()]));
    }

    fn end_row(&mut self) {
        let prints = std::mem::take(&mut self.prints).finish();
        if self.differs {
            self.rows.differing += 1;
            if self.bits.is_some() {
                for (sums, print) in self.rows.prints.iter_mut().zip(prints) {
                    sums[0] = sums[0].wrapping_add(print);
                    sums[1] = sums[1].wrapping_add(print.wrapping_mul(print));
                }
            }
        }
        self.differs = false;
        self.column = 0;
    }
}

/// The fingerprints of a row of A and of B in the making: the words of each go in turn into two
/// chains of multiplications, so that none of the four waits for another.
#[derive(Debug, Clone, Copy, Default)]
struct Prints {
    /// Of A, of B.
    chains: [[u64; 2]; 2],
    words: u64,
    held: [[u8; 8]; 2],
    holds: usize,
}

/// The golden ratio's fraction of 2^64, which is odd.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

impl Prints {
    /// The next bytes of both sides, equally many.
    fn feed(&mut self, [a, b]: [&[u8]; 2]) {
        let is_between = self.holds > 0 || !self.words.is_multiple_of(2);
        let head = match is_between {
            true => (16 - (self.words % 2) as usize * 8 - self.holds).min(a.len()),
            false => 0,
        };
        let ([head_a, a], [head_b, b]) = (split(a, head), split(b, head));
        self.hold([head_a, head_b]);
        let (pairs_a, rest_a) = a.as_chunks::<16>();
        let (pairs_b, rest_b) = b.as_chunks::<16>();
        let [[mut even_a, mut odd_a], [mut even_b, mut odd_b]] = self.chains;
        for (a, b) in pairs_a.iter().zip(pairs_b) {
            let [a, b] = [a, b].map(|pair| u128::from_le_bytes(*pair));
            even_a = chained(even_a, a as u64);
            odd_a = chained(odd_a, (a >> 64) as u64);
            even_b = chained(even_b, b as u64);
            odd_b = chained(odd_b, (b >> 64) as u64);
        }
        self.chains = [[even_a, odd_a], [even_b, odd_b]];
        self.words += 2 * pairs_a.len() as u64;
        self.hold([rest_a, rest_b]);
    }

    /// Bytes that make no pair of words by themselves.
    fn hold(&mut self, [a, b]: [&[u8]; 2]) {
        for (a, b) in a.iter().zip(b) {
            self.held[0][self.holds] = *a;
            self.held[1][self.holds] = *b;
            self.holds += 1;
            if self.holds == 8 {
                self.holds = 0;
                let at = (self.words % 2) as usize;
                for (chains, held) in self.chains.iter_mut().zip(self.held) {
                    chains[at] = chained(chains[at], u64::from_le_bytes(held));
                }
                self.words += 1;
            }
        }
    }

    fn finish(mut self) -> [u64; 2] {
        if self.holds > 0 {
            let zeros = &[0; 8][self.holds..];
            self.hold([zeros; 2]);
        }
        self.chains
            .map(|[even, odd]| mix(even ^ mix(odd.wrapping_add(MULTIPLIER))))
    }
}

fn split(bytes: &[u8], at: usize) -> [&[u8]; 2] {
    [&bytes[..at], &bytes[at..]]
}

fn chained(chain: u64, word: u64) -> u64 {
    (chain.rotate_left(23) ^ word).wrapping_mul(MULTIPLIER)
}

/// The finaliser of SplitMix64 (Steele et al. 2014).
const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Bytes of so many elements on both sides.
pub(super) fn sides<'a>(span: &PairSpan, bytes: [&'a [u8]; 2], elements: usize) -> [&'a [u8]; 2] {
    let length = |dtype| bytes_of(dtype, elements as u64) as usize;
    [&bytes[0][..length(span.a)], &bytes[1][..length(span.b)]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Tolerance;
    use crate::format::Dtype;
    use crate::scan::Matrix;

    fn watch(columns: u64, a: &[u8], b: &[u8], cut: usize) -> Rows {
        let span = PairSpan {
            a: Dtype::U8,
            b: Dtype::U8,
            matrix: Matrix {
                rows: a.len() as u64 / columns,
                columns,
            },
            has_rows: true,
            first: 0,
            elements: a.len() as u64,
            tolerance: Tolerance::default(),
        };
        let mut watch = RowWatch::default();
        watch.begin(&span);
        for (a, b) in a.chunks(cut).zip(b.chunks(cut)) {
            watch.add(a.len(), [a, b], a == b, |range| {
                a[range.clone()] != b[range]
            });
        }
        watch.finish()
    }

    fn bytes() -> Vec<u8> {
        (0..700u64).map(|at| mix(at * 7 + 1) as u8).collect()
    }

    #[test]
    fn moved_rows_are_known_again_wherever_they_are_cut() {
        let a = bytes();
        for columns in [7, 10, 35, 350] {
            let mut rows: Vec<&[u8]> = a.chunks(columns).collect();
            rows.swap(0, 1);
            let b = rows.concat();
            for cut in [1, 9, 64, 700] {
                let seen = watch(columns as u64, &a, &b, cut);
                assert_eq!(seen.differing, 2, "{columns} {cut}");
                assert!(seen.are_permuted(), "{columns} {cut}");
            }
        }
    }

    #[test]
    fn a_changed_byte_is_no_move() {
        let a = bytes();
        let mut rows: Vec<&[u8]> = a.chunks(10).collect();
        rows.rotate_left(3);
        let mut b = rows.concat();
        assert!(watch(10, &a, &b, 64).are_permuted());
        b[77] ^= 1;
        let seen = watch(10, &a, &b, 64);
        assert_eq!(seen.differing, 70);
        assert!(!seen.are_permuted());
    }
}
