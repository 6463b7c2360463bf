//! The scan against the definition: every code unpacked and counted one by one,
//! also where interleaved tables, tiles and bounds come in.

#[path = "shared/json.rs"]
mod json;

use floatscope_core::format::Dtype;
use floatscope_core::scan::{Observations, Scanner, Span, Stream};
use serde_json::Value;

/// Bytes that favour no code.
fn random_bytes(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Codes of so many bits, the first in the lowest bits.
fn unpacked(bits: usize, bytes: &[u8]) -> Vec<u16> {
    let bit = |at: usize| u16::from(bytes[at / 8] >> (at % 8) & 1);
    let code = |first: usize| (0..bits).map(|at| bit(first + at) << at).sum();
    (0..bytes.len() * 8).step_by(bits).map(code).collect()
}

fn naive_census(codes: &[u16]) -> Vec<(u16, u64)> {
    let mut counts = vec![0; 1 << 16];
    codes
        .iter()
        .for_each(|&code| counts[usize::from(code)] += 1);
    let cells = (0..=u16::MAX).zip(counts);
    cells.filter(|cell| cell.1 > 0).collect()
}

/// A tensor of one axis with these bytes.
fn vector(dtype: Dtype, bytes: &[u8]) -> Span {
    let elements = bytes.len() as u64 * 8 / u64::from(dtype.bits());
    Span::whole(dtype, &[elements])
}

fn scan(scanner: &mut Scanner, dtype: Dtype, bytes: &[u8], chunk: usize) -> Observations {
    scanner.begin(vector(dtype, bytes));
    bytes.chunks(chunk).for_each(|chunk| scanner.feed(chunk));
    scanner.finish().expect("a span was begun")
}

fn cells(seen: &Observations) -> Vec<(u16, u64)> {
    match &seen.streams[..] {
        [Stream::Codes(census)] => census.cells().collect(),
        streams => panic!("one census, not {streams:?}"),
    }
}

fn figures(dtype: Dtype, bytes: &[u8]) -> Value {
    let seen = scan(&mut Scanner::new(), dtype, bytes, 1 << 20);
    serde_json::from_str(&json::json(&seen)).expect("figures are JSON")
}

fn bytes_of<const N: usize>(words: impl Iterator<Item = [u8; N]>) -> Vec<u8> {
    words.flatten().collect()
}

#[test]
fn every_code_of_narrow_types_is_counted_once() {
    let narrow = Dtype::ALL.iter().filter(|dtype| dtype.bits() <= 16);
    let mut scanner = Scanner::new();
    for &dtype in narrow {
        // More than one table's worth, fewer, and single groups; odd numbers of bytes.
        for bytes in [600_006, 600_003, 999, 33, 3] {
            let odd_allowed = dtype.bits() != 16;
            let bytes = random_bytes(if odd_allowed { bytes } else { bytes & !1 });
            let codes = unpacked(dtype.bits() as usize, &bytes);
            let expected = naive_census(&codes);
            for chunk in [bytes.len(), 70_001] {
                let seen = scan(&mut scanner, dtype, &bytes, chunk);
                assert_eq!(seen.elements, codes.len() as u64, "{dtype}");
                assert!(cells(&seen) == expected, "{dtype}, {} bytes", bytes.len());
            }
        }
    }
}

#[test]
fn an_unfinished_span_leaves_nothing_behind() {
    let mut scanner = Scanner::new();
    for &dtype in Dtype::ALL {
        for abandoned in Dtype::ALL {
            let left = random_bytes(50_000);
            scanner.begin(vector(*abandoned, &left));
            scanner.feed(&left);
            let bytes = random_bytes(24);
            let seen = scan(&mut scanner, dtype, &bytes, 24);
            let fresh = scan(&mut Scanner::new(), dtype, &bytes, 24);
            assert_eq!(seen, fresh, "{dtype} after {abandoned}");
        }
    }
    assert!(scanner.finish().is_none());
}

#[test]
fn subnormals_stand_in_their_binade() {
    for low in 0..23u32 {
        for magnitude in [1u32 << low, (2 << low) - 1] {
            let words = [magnitude | 1 << 31, magnitude];
            let exponents = &figures(
                Dtype::F32,
                &bytes_of(words.map(u32::to_le_bytes).into_iter()),
            )["exponents"];
            let expected = serde_json::json!({"first": low as i32 - 149, "counts": [2], "zero": 0});
            assert_eq!(*exponents, expected, "{magnitude:#x}");
        }
    }
    for low in 0..52u32 {
        for magnitude in [1u64 << low, (2 << low) - 1] {
            let exponents = &figures(Dtype::F64, &magnitude.to_le_bytes())["exponents"];
            let expected =
                serde_json::json!({"first": low as i32 - 1074, "counts": [1], "zero": 0});
            assert_eq!(*exponents, expected, "{magnitude:#x}");
        }
    }
}

/// Small differences between large integers survive on both sides of zero.
#[test]
fn large_integers_keep_their_spread() {
    let spread = figures(Dtype::I64, &bytes_of((0..1001).map(i64::to_le_bytes)));
    for start in [i64::MIN, -(1 << 62) - 7, i64::MAX - 1000] {
        let bytes = bytes_of((0..1001).map(|step| (start + step).to_le_bytes()));
        let found = figures(Dtype::I64, &bytes);
        for name in ["std", "kurtosis"] {
            let of = |figures: &Value| figures["stats"][name].as_f64().expect("a number");
            let error = (of(&found) / of(&spread) - 1.0).abs();
            assert!(error < 1e-12, "{name} from {start}: off by {error:e}");
        }
    }
}

fn joint_entropy(dtype: Dtype, bytes: &[u8]) -> f64 {
    let joint = &figures(dtype, bytes)["bits"]["joint_entropy"];
    joint.as_f64().expect("a number")
}

#[test]
fn bounds_of_entropies_are_no_looser_than_they_must_be() {
    // Three words of random bits cannot carry more than log2 of 3 bits each.
    for dtype in [Dtype::F32, Dtype::I32, Dtype::U32] {
        let joint = joint_entropy(dtype, &random_bytes(12));
        assert!(joint <= libm::log2(3.0), "{dtype}: {joint}");
    }
    // 0 and −1 differ in 32 planes and carry one bit.
    let signs = (0..1000).map(|at: i32| (-(at % 2)).to_le_bytes());
    assert_eq!(joint_entropy(Dtype::I32, &bytes_of(signs)), 1.0);
    // Cells of 2^22 values each; their lowest plane alone carries anything.
    let low_planes = (0..1000).map(|at: i32| ((1 << 30) + at % 2).to_le_bytes());
    assert_eq!(joint_entropy(Dtype::I32, &bytes_of(low_planes)), 1.0);
}
