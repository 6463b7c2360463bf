//! No figure depends on where a tensor was cut, how its bytes arrived, or in
//! which order its parts were merged.

#[path = "shared/json.rs"]
mod json;

use floatscope_core::format::Dtype;
use floatscope_core::scan::{Observations, Scanner, Span, TILE, wire};
use json::json;
use proptest::prelude::*;

/// Elements, as bytes, with everything that may be hard: special codes, long
/// runs of one value, random bits.
fn tensor_bytes(dtype: Dtype, elements: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed | 1);
    let bytes = elements * dtype.bits() as usize / 8;
    let mut out = Vec::with_capacity(bytes + 8);
    while out.len() < bytes {
        match random.next() % 8 {
            0 => out.extend_from_slice(&special(dtype, &mut random)),
            1 => out.extend_from_slice(&[0; 8]),
            2 => out.extend_from_slice(&small_normal(&mut random)),
            _ => out.extend_from_slice(&random.next().to_le_bytes()),
        }
    }
    out.truncate(bytes);
    out
}

fn special(dtype: Dtype, random: &mut Random) -> [u8; 8] {
    let double = [f64::NAN, f64::INFINITY, -0.0, 5e-324, 1e300, -1e-300];
    let single = [f32::NAN, f32::NEG_INFINITY, -0.0, 1e-45, 3e38, -1e-39];
    let at = random.next() as usize % 6;
    match dtype {
        Dtype::F64 => double[at].to_le_bytes(),
        _ => {
            let word = single[at].to_le_bytes();
            [word, word].concat().try_into().expect("two words")
        }
    }
}

fn small_normal(random: &mut Random) -> [u8; 8] {
    let value = (random.next() % 2000) as f32 / 1000.0 - 1.0;
    let word = value.to_le_bytes();
    [word, word].concat().try_into().expect("two words")
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

fn scan(span: Span, chunks: &[&[u8]]) -> Observations {
    let mut scanner = Scanner::new();
    scanner.begin(span);
    for chunk in chunks {
        scanner.feed(chunk);
    }
    scanner.finish().expect("a span was begun")
}

/// Scans the parts of a tensor apart and sends them as bytes; every other one from the
/// front, the rest from the back.
fn scan_parts(whole: Span, bytes: &[u8], places: &[usize]) -> Observations {
    let tile_bytes = TILE as usize * whole.dtype.bits() as usize / 8;
    let mut first = 0;
    let mut parts = Vec::new();
    for (at, part) in split(bytes, places, tile_bytes).into_iter().enumerate() {
        let elements = part.len() as u64 * 8 / u64::from(whole.dtype.bits());
        let span = Span {
            first,
            elements,
            ..whole
        };
        first += elements;
        let sent = wire::to_bytes(&scan(span, &[part]));
        let place = if at % 2 == 0 { 0 } else { parts.len() };
        parts.insert(place, wire::from_bytes(&sent).expect("a round trip"));
    }
    let mut merged = Observations::empty(whole.dtype, whole.matrix);
    for part in &parts {
        merged.merge(part).expect("parts of one tensor");
    }
    merged
}

/// Splits at the given places, which are taken modulo the length.
fn split<'a>(bytes: &'a [u8], places: &[usize], unit: usize) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = places
        .iter()
        .map(|at| at % (bytes.len() / unit + 1) * unit)
        .collect();
    cuts.push(0);
    cuts.push(bytes.len());
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

fn any_dtype() -> impl Strategy<Value = Dtype> {
    proptest::sample::select(Dtype::ALL.to_vec())
}

/// Matrices, a vector, rank 3; rows shorter and longer than a tile; enough elements for
/// a sample of windows now and then.
fn any_shape() -> impl Strategy<Value = Vec<u64>> {
    let size = |most: u64| 1..most;
    prop_oneof![
        2 => size(9000).prop_map(|quads| vec![quads * 4]),
        3 => (size(40), size(300)).prop_map(|(rows, quads)| vec![rows, quads * 4]),
        2 => (size(3), size(9), size(300)).prop_map(|(a, b, c)| vec![a, b, c * 4]),
        1 => size(9000).prop_map(|rows| vec![rows * 4, 1]),
        1 => (1..5u64, 3000..5000u64).prop_map(|(rows, quads)| vec![rows, quads * 4]),
        1 => (0..8u64).prop_map(|rows| vec![rows, 0, 4]),
    ]
}

fn elements(shape: &[u64]) -> usize {
    shape.iter().product::<u64>() as usize
}

/// Everything but the order in which the sample's parts came.
fn assert_same(one: &Observations, other: &Observations) {
    assert_eq!(one.elements, other.elements);
    assert!(one.streams == other.streams, "other counts or sums");
    assert_eq!(one.fingerprint, other.fingerprint);
    assert_eq!(one.rows, other.rows);
    let width = u64::from(one.dtype.bits() / 8);
    let windows = |seen: &Observations| seen.sample.windows(seen.matrix, width);
    assert!(windows(one) == windows(other), "another sample");
    assert_eq!(json(one), json(other));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..Default::default() })]

    #[test]
    fn chunks_do_not_matter(
        dtype in any_dtype(),
        shape in any_shape(),
        seed in any::<u64>(),
        places in prop::collection::vec(any::<usize>(), 0..9),
    ) {
        let span = Span::whole(dtype, &shape);
        let bytes = tensor_bytes(dtype, elements(&shape), seed);
        assert_same(&scan(span, &[&bytes]), &scan(span, &split(&bytes, &places, 1)));
    }

    #[test]
    fn cuts_and_order_do_not_matter(
        dtype in any_dtype(),
        shape in any_shape(),
        seed in any::<u64>(),
        places in prop::collection::vec(any::<usize>(), 0..5),
    ) {
        let span = Span::whole(dtype, &shape);
        let bytes = tensor_bytes(dtype, elements(&shape), seed);
        assert_same(&scan(span, &[&bytes]), &scan_parts(span, &bytes, &places));
    }
}

/// Of larger tensors windows are kept, which cuts go through.
#[test]
fn cuts_through_windows_do_not_matter() {
    let shapes: [&[u64]; 6] = [
        &[525_312],
        &[131_076, 4],
        &[3, 176_128],
        &[700, 752],
        &[5, 80, 1316],
        &[9001, 60],
    ];
    for (shape, dtype) in shapes
        .into_iter()
        .zip([Dtype::BF16, Dtype::F32, Dtype::F16].iter().cycle())
    {
        let span = Span::whole(*dtype, shape);
        let bytes = tensor_bytes(*dtype, elements(shape), 7);
        let whole = scan(span, &[&bytes]);
        for places in [vec![1], vec![5, 77, 78], (0..200).collect()] {
            assert_same(&whole, &scan_parts(span, &bytes, &places));
        }
    }
}
