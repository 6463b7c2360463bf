//! What small tensors show together, where none shows it alone.

use floatscope_core::ancestry::{Label, Pool, PoolShare};
use floatscope_core::format::Dtype;

use super::random::{Random, normal};
use super::round::f16;
use super::tensor::*;

/// Tensors of BF16 values that are inconclusive alone.
fn shares(through: fn(f64) -> f64, seeds: std::ops::Range<u64>) -> Vec<PoolShare> {
    let mut shares = Vec::new();
    for seed in seeds {
        let values: Vec<f64> = normal(1200, 0.02, seed).into_iter().map(through).collect();
        let found = figures(Dtype::BF16, 60, &values);
        assert_eq!(found.ancestry.label, Label::Inconclusive);
        shares.extend(found.pool_share);
    }
    shares
}

fn pool(shares: &[PoolShare]) -> Pool {
    let mut pool = Pool::default();
    shares.iter().for_each(|share| pool.add(share));
    pool
}

#[test]
fn many_small_tensors_show_fp16() {
    let mut shares = shares(f16, 0..250);
    let together = pool(&shares);
    assert_eq!(together.tensors(), 250);
    assert_told(&together.verdict(), Label::F16, "f16>bf16");
    // In whatever order they come, to the bit.
    shares.reverse();
    assert_eq!(pool(&shares).verdict(), together.verdict());
    shares.rotate_left(77);
    assert_eq!(pool(&shares).verdict(), together.verdict());
}

#[test]
fn many_small_native_tensors_raise_no_alarm() {
    let found = pool(&shares(|x| x, 1000..1250)).verdict();
    let is_quiet = matches!(found.label, Label::Native | Label::Inconclusive);
    assert!(is_quiet, "{found:#?}");
}

/// Uniform numbers on ±1/2 lie on FP16's grid: many tensors of them prove as little as one.
#[test]
fn uniform_initialisations_do_not_add_up_to_fp16() {
    let mut random = Random::new(9);
    let mut pool = Pool::default();
    for _ in 0..100 {
        let mut draw = || (random.next() >> 40) as f64 / f64::from(1 << 24) - 0.5;
        let values: Vec<f64> = (0..4000).map(|_| draw()).collect();
        let found = figures(Dtype::BF16, 50, &values);
        if let Some(share) = &found.pool_share {
            pool.add(share);
        }
    }
    let found = pool.verdict();
    let is_quiet = matches!(found.label, Label::Native | Label::Inconclusive);
    assert!(is_quiet, "{found:#?}");
}
