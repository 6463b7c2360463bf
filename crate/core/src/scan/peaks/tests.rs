//! Peaks against the largest of the decoded values, one after another.

use super::*;
use crate::scan::{Scanner, TILE};

/// The largest magnitude in FP32, infinite for what is no number.
fn largest(values: impl Iterator<Item = f64>) -> f32 {
    let magnitudes = values.map(|x| if x.is_nan() { f64::INFINITY } else { x.abs() });
    magnitudes.fold(0.0, f64::max) as f32
}

/// Values of packed elements, bit by bit.
fn decoded(dtype: Dtype, bytes: &[u8]) -> Vec<f64> {
    let bits = dtype.bits() as usize;
    let bit = |at: usize| u64::from(bytes[at / 8] >> (at % 8) & 1);
    let code = |at: usize| (0..bits).map(|of| bit(at * bits + of) << of).sum();
    let count = bytes.len() * 8 / bits;
    (0..count)
        .map(|at| dtype.format().decode(code(at)))
        .collect()
}

struct Naive {
    tensor: f32,
    rows: Vec<f32>,
    squares: Vec<f32>,
}

fn naive(matrix: Matrix, values: &[f64]) -> Naive {
    let (rows, columns) = (matrix.rows as usize, matrix.columns as usize);
    let row_peaks = values
        .chunks(columns)
        .map(|row| largest(row.iter().copied()));
    let corners = (0..rows)
        .step_by(128)
        .flat_map(|row| (0..columns).step_by(128).map(move |column| (row, column)));
    let square = |(top, left): (usize, usize)| {
        let rows = top..(top + 128).min(rows);
        let inside = rows.flat_map(|row| &values[row * columns..][left..(left + 128).min(columns)]);
        largest(inside.copied())
    };
    Naive {
        tensor: largest(values.iter().copied()),
        rows: if columns > 4096 {
            row_peaks.collect()
        } else {
            Vec::new()
        },
        squares: if rows > 1 {
            corners.map(square).collect()
        } else {
            Vec::new()
        },
    }
}

/// Mostly of moderate size, so that peaks differ; some that are no numbers.
fn bytes(dtype: Dtype, count: usize, mut state: u64) -> Vec<u8> {
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let mut out = Vec::with_capacity(count + 8);
    while out.len() < count {
        let word = next();
        let small = word as i64 as f64 / 1e19;
        match (next() % 3000, dtype) {
            (0, Dtype::F64) => out.extend(f64::NAN.to_bits().wrapping_add(1 << 63).to_le_bytes()),
            (1, Dtype::F64) => out.extend(1e300f64.to_le_bytes()),
            (_, Dtype::F64) => out.extend(small.to_le_bytes()),
            (0, Dtype::F32) => out.extend(f32::NEG_INFINITY.to_le_bytes()),
            (1, Dtype::F32) => out.extend((f32::NAN.to_bits() | 1).to_le_bytes()),
            (_, Dtype::F32) => out.extend((small as f32).to_le_bytes()),
            (0, Dtype::BF16) => out.extend(0xff81u16.to_le_bytes()),
            (_, Dtype::BF16) => out.extend(&(small as f32).to_le_bytes()[2..]),
            (0, Dtype::F16) => out.extend(0xfc00u16.to_le_bytes()),
            (_, Dtype::F16) => out.extend((word as u16 & 0xb7ff).to_le_bytes()),
            (0..2, _) => out.extend(word.to_le_bytes()),
            // Small codes of 8 bits, either sign; −0 now and then, which FNUZ has for NaN.
            (2, _) => out.push(0x80),
            (_, _) if dtype.bits() == 8 => out.push((word as u8 & 0xbf).max(1 | word as u8 & 0x80)),
            _ => out.extend(word.to_le_bytes()),
        }
    }
    out.truncate(count);
    out
}

fn scanned(span: Span, bytes: &[u8], chunk: usize) -> Peaks {
    let mut scanner = Scanner::new();
    scanner.begin(span);
    bytes.chunks(chunk).for_each(|chunk| scanner.feed(chunk));
    scanner.finish().expect("a span was begun").peaks
}

fn assert_are(peaks: &Peaks, expected: &Naive, of: &str) {
    assert_eq!(peaks.tensor, expected.tensor, "{of}");
    assert!(peaks.rows.values == expected.rows, "{of}: rows");
    assert!(peaks.squares.values == expected.squares, "{of}: squares");
    assert_eq!((peaks.rows.first, peaks.squares.first), (0, 0));
}

const TYPES: [Dtype; 10] = [
    Dtype::F64,
    Dtype::F32,
    Dtype::BF16,
    Dtype::F16,
    Dtype::F8E4M3,
    Dtype::F8E5M2,
    Dtype::F8E4M3Fnuz,
    Dtype::F6E2M3,
    Dtype::F6E3M2,
    Dtype::F4,
];

#[test]
fn peaks_are_the_largest_of_their_values() {
    let shapes = [
        [1, 1000],
        [8, 1],
        [300, 4],
        [400, 20],
        [130, 128],
        [260, 129],
        [128, 500],
        [4, 4096],
        [5, 4100],
        [3, 8292],
    ];
    for (dtype, shape) in TYPES
        .into_iter()
        .flat_map(|dtype| shapes.map(|shape| (dtype, shape)))
    {
        let span = Span::whole(dtype, &shape);
        let bytes = bytes(dtype, span.bytes() as usize, shape[0] * 77 + shape[1]);
        let expected = naive(span.matrix, &decoded(dtype, &bytes));
        for chunk in [5, 4097, bytes.len()] {
            let of = format!("{dtype} {shape:?} in chunks of {chunk}");
            assert_are(&scanned(span, &bytes, chunk), &expected, &of);
        }
    }
}

#[test]
fn peaks_of_parts_add_up_and_each_part_needs_its_own() {
    // A row and a half, a square cut through, very short rows.
    for (shape, at) in [
        ([3, 8192], 3),
        ([512, 64], 3),
        ([9000, 2], 2),
        ([40, 12_288], 70),
    ] {
        let span = Span::whole(Dtype::F32, &shape);
        let bytes = bytes(Dtype::F32, span.bytes() as usize, 99);
        let expected = naive(span.matrix, &decoded(Dtype::F32, &bytes));
        let (first, cut) = (at * TILE, (at * TILE * 4) as usize);
        let head = Span {
            elements: first,
            ..span
        };
        let tail = Span {
            first,
            elements: span.elements - first,
            ..span
        };
        let (of_head, of_tail) = (
            scanned(head, &bytes[..cut], 999),
            scanned(tail, &bytes[cut..], 1000),
        );
        for (mut one, other) in [(of_head.clone(), &of_tail), (of_tail.clone(), &of_head)] {
            one.merge(other);
            assert_are(&one, &expected, &format!("{shape:?}"));
            for part in [head, tail, span] {
                check_part(&one, &one.part(&part), &part);
            }
        }
    }
}

/// Nothing that an element of the span has a part in is missing, and little else is there.
fn check_part(whole: &Peaks, part: &Peaks, span: &Span) {
    let columns = span.matrix.columns;
    let across = columns.div_ceil(SQUARE);
    for at in span.first..span.first + span.elements {
        let (row, column) = (at / columns, at % columns);
        assert_eq!(part.rows.get(row), whole.rows.get(row));
        let square = row / SQUARE * across + column / SQUARE;
        assert_eq!(part.squares.get(square), whole.squares.get(square));
    }
    let rows = span.elements.div_ceil(columns) + 1;
    assert!(part.rows.values.len() as u64 <= rows);
    assert!(part.squares.values.len() as u64 <= (rows.div_ceil(SQUARE) + 1) * across);
    assert_eq!(part.tensor, whole.tensor);
}

#[test]
fn types_that_are_not_cast_have_no_peaks() {
    for dtype in [Dtype::U8, Dtype::I32, Dtype::F8E8M0, Dtype::C64] {
        let span = Span::whole(dtype, &[2, 8]);
        let bytes = vec![0x41; span.bytes() as usize];
        assert_eq!(scanned(span, &bytes, 100), Peaks::default(), "{dtype}");
    }
}

/// Without two zeros −0 is NaN; elsewhere it is a zero like the other.
#[test]
fn negative_zero_is_a_number_or_none() {
    for (dtype, peak) in [
        (Dtype::F8E4M3, 0.0),
        (Dtype::F8E4M3Fnuz, f32::INFINITY),
        (Dtype::F8E5M2Fnuz, f32::INFINITY),
    ] {
        let span = Span::whole(dtype, &[3]);
        assert_eq!(scanned(span, &[0, 0x80, 0], 3).tensor, peak, "{dtype}");
    }
}
