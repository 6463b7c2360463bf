//! No figure depends on where a tensor was cut, how its bytes arrived, or in
//! which order its parts were merged.

use floatscope_core::format::Dtype;
use floatscope_core::report::TensorFigures;
use floatscope_core::scan::{Observations, Scanner, TILE, wire};
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

fn scan(dtype: Dtype, chunks: &[&[u8]]) -> Observations {
    let mut scanner = Scanner::new();
    scanner.begin(dtype);
    for chunk in chunks {
        scanner.feed(chunk);
    }
    scanner.finish().expect("a span was begun")
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..Default::default() })]

    #[test]
    fn chunks_do_not_matter(
        dtype in any_dtype(),
        quads in 0usize..5000,
        seed in any::<u64>(),
        places in prop::collection::vec(any::<usize>(), 0..9),
    ) {
        let bytes = tensor_bytes(dtype, quads * 4, seed);
        let whole = scan(dtype, &[&bytes]);
        let parts = scan(dtype, &split(&bytes, &places, 1));
        prop_assert_eq!(&whole, &parts);
        prop_assert_eq!(wire::to_bytes(&whole), wire::to_bytes(&parts));
    }

    #[test]
    fn cuts_and_order_do_not_matter(
        dtype in any_dtype(),
        quads in 0usize..9000,
        seed in any::<u64>(),
        places in prop::collection::vec(any::<usize>(), 0..5),
        backwards in any::<bool>(),
    ) {
        let bytes = tensor_bytes(dtype, quads * 4, seed);
        let tile_bytes = TILE as usize * dtype.bits() as usize / 8;
        let mut parts: Vec<Observations> = split(&bytes, &places, tile_bytes)
            .into_iter()
            .map(|part| wire::from_bytes(&wire::to_bytes(&scan(dtype, &[part]))).expect("a round trip"))
            .collect();
        if backwards {
            parts.reverse();
        }
        let mut merged = Observations::empty(dtype);
        for part in &parts {
            merged.merge(part).expect("the same dtype");
        }
        let whole = scan(dtype, &[&bytes]);
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(json(&merged), json(&whole));
    }
}

fn json(seen: &Observations) -> String {
    serde_json::to_string(&TensorFigures::of(seen)).expect("figures are JSON")
}
