//! Whole tensors of every type and of awkward shapes against the definition: what follows from counts,
//! and a second look of all casts.

use super::*;
use crate::cast::unit::tests::{Nature, Random, Table, assert_same, largest, numbers};
use crate::cast::{Casting, from_counts};
use crate::format::{Overflow, Rounding};
use crate::scan::{Scanner, wire};

/// Numbers as elements of this type, and the bytes of these.
fn stored(dtype: Dtype, numbers: &[f64]) -> (Vec<f64>, Vec<u8>) {
    let format = dtype.format();
    let layout = format.layout().expect("a float");
    let (mut bits, mut held, mut bytes) = (0u128, 0, Vec::new());
    let mut values = Vec::with_capacity(numbers.len());
    for &number in numbers {
        let code = match dtype {
            Dtype::F64 => number.to_bits(),
            _ => layout.encode(number, Rounding::NearestEven, Overflow::Ieee),
        };
        values.push(format.decode(code));
        bits |= u128::from(code) << held;
        held += dtype.bits();
        while held >= 8 {
            bytes.push(bits as u8);
            bits >>= 8;
            held -= 8;
        }
    }
    assert_eq!(held, 0, "elements fill their bytes");
    (values, bytes)
}

/// Sums are sent without what they still have to carry.
fn assert_is_settled(tally: &Tally) {
    for sum in [&tally.noise, &tally.signal] {
        let mut settled = sum.clone();
        settled.settle();
        assert_eq!(wire::to_bytes(sum), wire::to_bytes(&settled));
    }
}

fn check(dtype: Dtype, shape: [u64; 2], nature: Nature, seed: u64) {
    let mut random = Random(seed);
    let (values, bytes) = stored(
        dtype,
        &numbers(nature, (shape[0] * shape[1]) as usize, &mut random),
    );
    let span = Span::whole(dtype, &shape);
    let mut scanner = Scanner::new();
    scanner.begin(span);
    scanner.feed(&bytes);
    let seen = scanner.finish().expect("a span was begun");
    let table = Table {
        peak: largest(values.iter().copied()) as f32,
        numbers: values,
        columns: span.matrix.columns as usize,
    };
    assert_eq!(seen.peaks.tensor, table.peak);
    for saturate in [false, true] {
        let casting = Casting {
            saturate,
            ..Casting::default()
        };
        let (counted, _) = from_counts(&seen, casting).expect("floats are cast");
        let mut caster = Caster::new();
        caster.begin(CastTask {
            span,
            wanted: CastSet::all(),
            saturate,
            peaks: seen.peaks.part(&span),
        });
        bytes.chunks(10_007).for_each(|chunk| caster.feed(chunk));
        let looked = caster.finish().expect("a span was begun");
        assert_eq!(looked.elements, span.elements);
        for (at, cast) in CASTS.iter().enumerate() {
            let expected = table.expected(cast, saturate);
            let of = |way: &str| format!("{dtype} {shape:?}, {nature:?}: {} {way}", cast.key);
            let (_, tally) = looked
                .each()
                .find(|found| found.0 == at)
                .expect("it was wanted");
            assert_same(tally, &expected, &|| of("looked at"));
            assert_is_settled(tally);
            if let Some((_, tally)) = counted.each().find(|found| found.0 == at) {
                assert_same(tally, &expected, &|| of("counted"));
            }
        }
    }
}

/// A few rows of each, and more than a square of short ones.
const SHAPES: [[u64; 2]; 18] = [
    [8, 32],
    [44, 96],
    [8, 1],
    [8, 3],
    [300, 20],
    [4, 31],
    [4, 33],
    [260, 100],
    [132, 127],
    [12, 128],
    [136, 129],
    [4, 1000],
    [1, 5000],
    [4, 4095],
    [3, 4096],
    [4, 4097],
    [4, 5000],
    [2, 8292],
];

#[test]
fn whole_tensors_are_cast_as_defined() {
    let types = [
        (Dtype::BF16, [Nature::Weights, Nature::Wide(-140, 127)]),
        (Dtype::F16, [Nature::Broken, Nature::Wide(-26, 17)]),
        (Dtype::F32, [Nature::Broken, Nature::Wide(-40, 10)]),
        (Dtype::F64, [Nature::Weights, Nature::Wide(-60, 20)]),
        (Dtype::F8E4M3, [Nature::Weights, Nature::Wide(-10, 10)]),
        (Dtype::F8E4M3Fnuz, [Nature::Broken, Nature::Wide(-10, 9)]),
        (Dtype::F8E5M2, [Nature::Broken, Nature::Wide(-18, 17)]),
        (Dtype::F6E3M2, [Nature::Wide(-4, 1), Nature::Wide(-5, 6)]),
        (Dtype::F4, [Nature::Wide(-1, 1), Nature::Wide(-3, 4)]),
    ];
    for (at, shape) in SHAPES.into_iter().enumerate() {
        // Each type meets every other shape, with one nature or the other.
        for (of, (dtype, natures)) in types.iter().enumerate() {
            if (at + of) % 2 == 0 {
                check(*dtype, shape, natures[at / 2 % 2], (at * 9 + of + 1) as u64);
            }
        }
    }
}
