//! Neither workers nor their haste nor the cuts of what they read change a byte of the report.

use floatscope_core::diff::{Comparison, Difference, PairRun, PairWorker, Side};
use floatscope_core::format::Dtype;
use serde_json::json;

use crate::groups::{int8, rounded};
use crate::support::*;

/// Pairs of many types and shapes, some larger than a run.
fn zoo() -> Both {
    let mut random = Random(7);
    let mut sides = [Vec::new(), Vec::new()];
    let mut add = |name: &str, shape: &[u64], [a, b]: [(Dtype, Vec<u8>); 2]| {
        for (side, (dtype, bytes)) in sides.iter_mut().zip([a, b]) {
            side.push(Tensor::new(name, dtype, shape, bytes));
        }
    };
    let numbers = random.units(60_001 * 7);
    let noisy: Vec<f64> = numbers.iter().map(|x| x + random.unit() / 256.0).collect();
    let pair = |a, b| [(a, stored(a, &numbers)), (b, stored(b, &noisy))];
    add("rows of 7", &[60_001, 7], pair(Dtype::F32, Dtype::F32));
    add(
        "rows of 1",
        &[60_001 * 7, 1],
        pair(Dtype::F16, Dtype::F8E4M3),
    );
    let single = |number: f64| f64::from(number as f32);
    let numbers: Vec<f64> = random.units(100 * 4096).into_iter().map(single).collect();
    let both_ways = [Dtype::F32, Dtype::BF16].map(|dtype| (dtype, stored(dtype, &numbers)));
    add("rows of 4096", &[100, 4096], both_ways);
    add("rows of 5000", &[600, 5000], few_rows(&mut random));
    for dtype in [
        Dtype::F4,
        Dtype::F6E2M3,
        Dtype::F6E3M2,
        Dtype::F64,
        Dtype::I64,
        Dtype::C64,
    ] {
        let bytes = |random: &mut Random| random.bytes(72 * 200 * dtype.bits() as usize / 8);
        let [a, b] = [bytes(&mut random), bytes(&mut random)];
        add(dtype.name(), &[72, 200], [(dtype, a), (dtype, b)]);
    }
    let flags = |random: &mut Random| (0..5000).map(|_| random.below(2) as u8).collect();
    let [a, b] = [flags(&mut random), flags(&mut random)];
    add("flags", &[5000], [(Dtype::Bool, a), (Dtype::U8, b)]);
    add(
        "codes",
        &[16, 4096],
        [Dtype::F16; 2].map(|dtype| (dtype, random.bytes(1 << 17))),
    );
    add("update", &[200, 300], update(&mut random));
    add("cast", &[1400, 520], cast_by_row(&mut random));
    add(
        "multiplied",
        &[1400, 520],
        multiplied_by_square(&mut random),
    );
    add(
        "none",
        &[0, 3],
        [Dtype::F32; 2].map(|dtype| (dtype, Vec::new())),
    );
    [one_file(&sides[0]), one_file(&sides[1])]
}

/// FP8 of which 20 rows are others.
fn few_rows(random: &mut Random) -> [(Dtype, Vec<u8>); 2] {
    let a: Vec<u8> = random
        .bytes(600 * 5000)
        .iter()
        .map(|code| code & 0xbf)
        .collect();
    let mut b = a.clone();
    for row in 0..20 {
        b[row * 29 * 5000 + row * 251] ^= 1;
    }
    [(Dtype::F8E4M3, a), (Dtype::F8E4M3, b)]
}

/// BF16, and the same through INT8 by row.
fn cast_by_row(random: &mut Random) -> [(Dtype, Vec<u8>); 2] {
    let a: Vec<f64> = random.units(1400 * 520);
    let a: Vec<f64> = a.iter().map(|x| rounded(Dtype::BF16, *x)).collect();
    let rows: Vec<usize> = (0..a.len()).map(|at| at / 520).collect();
    let b = int8(&a, &rows);
    [a, b].map(|numbers| (Dtype::BF16, stored(Dtype::BF16, &numbers)))
}

/// FP8, and BF16 with a factor for each square.
fn multiplied_by_square(random: &mut Random) -> [(Dtype, Vec<u8>); 2] {
    let codes: Vec<f64> = random.units(1400 * 520);
    let codes: Vec<f64> = codes
        .iter()
        .map(|x| rounded(Dtype::F8E4M3, x * 400.0))
        .collect();
    let factor = |at: usize| 0.01 + (at / 520 / 128 * 5 + at % 520 / 128) as f64 * 0.003;
    let product = |(at, code): (usize, &f64)| code * factor(at);
    let products: Vec<f64> = codes.iter().enumerate().map(product).collect();
    [(Dtype::F8E4M3, codes), (Dtype::BF16, products)]
        .map(|(dtype, numbers)| (dtype, stored(dtype, &numbers)))
}

/// FP32, and the same with a product of two vectors added.
fn update(random: &mut Random) -> [(Dtype, Vec<u8>); 2] {
    let [rows, columns] = [random.units(200), random.units(300)];
    let a = random.units(200 * 300);
    let added = |(at, a): (usize, &f64)| a + 0.01 * rows[at / 300] * columns[at % 300];
    let b: Vec<f64> = a.iter().enumerate().map(added).collect();
    [a, b].map(|numbers| (Dtype::F32, stored(Dtype::F32, &numbers)))
}

/// In which order runs that are out come back.
#[derive(Debug, Clone, Copy)]
enum Order {
    First,
    Last,
    Random,
    /// Piece by piece, one run's after another's.
    Pieces,
}

/// How a worker is fed.
#[derive(Debug, Clone, Copy)]
enum Feed {
    /// Copied.
    Feed,
    /// Into the room that it has.
    Room,
}

fn fed(
    worker: &mut PairWorker,
    run: &PairRun,
    both: &Both,
    chunk: usize,
    feed: Feed,
) -> Vec<Difference> {
    worker.begin(run.spans());
    let mut rest = SIDES.map(|side| bytes_of(run, both, side));
    let mut seen = Vec::new();
    while let Some(side) = worker.wants() {
        let rest = &mut rest[side as usize];
        let (now, later) = rest.split_at(chunk.min(rest.len()));
        assert!(!now.is_empty(), "{side:?} has no more");
        *rest = later;
        match feed {
            Feed::Feed => worker.feed(side, now),
            Feed::Room => {
                worker.room(side, now.len()).copy_from_slice(now);
                worker.filled(side, now.len());
            }
        }
        if worker.finished() > 1 {
            seen.append(&mut worker.take());
        }
    }
    assert_eq!(rest.map(<[u8]>::len), [0, 0], "all of it was wanted");
    seen.append(&mut worker.take());
    seen
}

/// As many runs at once as there are workers.
fn compared_by(
    both: &Both,
    workers: usize,
    chunk: usize,
    feed: Feed,
    order: Order,
) -> (Comparison, usize) {
    let mut comparison = opened(both);
    comparison.start(workers as u64);
    let mut random = Random(3);
    let mut pool: Vec<PairWorker> = (0..workers).map(|_| PairWorker::new()).collect();
    let mut out: Vec<(PairRun, Vec<Difference>)> = Vec::new();
    let mut runs = 0;
    loop {
        while out.len() < workers {
            let Some(run) = comparison.next_run() else {
                break;
            };
            let worker = &mut pool[runs % workers];
            let seen = fed(worker, &run, both, chunk, feed);
            runs += 1;
            out.push((run, seen));
        }
        if out.is_empty() {
            break;
        }
        let at = match order {
            Order::First => 0,
            Order::Last => out.len() - 1,
            Order::Random | Order::Pieces => random.below(out.len() as u64) as usize,
        };
        let (run, seen) = &mut out[at];
        let now = if matches!(order, Order::Pieces) {
            1
        } else {
            seen.len()
        };
        comparison.merge(run.id, seen.drain(..now).collect());
        if seen.is_empty() {
            out.remove(at);
        }
    }
    assert!(comparison.is_done());
    assert_eq!(comparison.waiting_bytes(), 0);
    (comparison, runs)
}

#[test]
fn the_report_is_the_same_to_the_byte() {
    let both = zoo();
    let (first, few) = compared_by(&both, 1, 1 << 20, Feed::Feed, Order::First);
    let expected = text(&first);
    let cases = [
        (1, 4095, Feed::Room, Order::First),
        (2, 7, Feed::Feed, Order::Last),
        (2, 1 << 20, Feed::Room, Order::Pieces),
        (5, 1, Feed::Room, Order::Random),
        (5, 4095, Feed::Feed, Order::Last),
        (5, 1 << 20, Feed::Feed, Order::Pieces),
        (5, 12_345, Feed::Room, Order::Random),
    ];
    for (workers, chunk, feed, order) in cases {
        let (comparison, runs) = compared_by(&both, workers, chunk, feed, order);
        assert!(
            workers < 5 || runs > few,
            "{runs} runs of five workers, {few} of one"
        );
        let found = text(&comparison);
        let differs = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
        assert_eq!(
            differs, None,
            "{workers} workers, {chunk} bytes, {feed:?}, {order:?}"
        );
        assert_eq!(found, expected);
    }
}

/// What is the same in all of them is what it should be.
#[test]
fn many_kinds_are_told_apart() {
    let report = report(&compared(&zoo()));
    let looks = |name: &str| {
        let at = names(&report).iter().position(|known| *known == name);
        let pair = &report["tensors"][at.expect("a pair")];
        (
            pair["looks"]["like"].clone(),
            pair["differing_rows"].clone(),
        )
    };
    let rows = |rows: u64, differing: u64| json!({"rows": rows, "differing": differing});
    assert_eq!(looks("rows of 5000"), (json!("few_rows"), rows(600, 20)));
    assert_eq!(looks("rows of 4096"), (json!(null), rows(100, 100)));
    assert_eq!(looks("update"), (json!("low_rank"), rows(200, 200)));
    assert_eq!(
        looks("rows of 7"),
        (json!("different"), rows(60_001, 60_001))
    );
    assert_eq!(looks("flags"), (json!(null), json!(null)));
    assert_eq!(
        looks("rows of 1").1,
        json!(null),
        "one dimension has no rows"
    );
    let pair = |name: &str| {
        let at = names(&report).iter().position(|known| *known == name);
        explained(&report["tensors"][at.expect("a pair")])
    };
    assert_eq!(pair("cast"), [("through:int8/row", "a>b")]);
    assert!(pair("multiplied").contains(&("times/128x128", "a>b")));
    assert_eq!(report["pairs"]["compared"], 16);
    assert_eq!(report["problems"], json!([]));
    assert_eq!(
        report["tensors"][9]["count"],
        2 * 72 * 200,
        "{}",
        report["tensors"][9]["name"]
    );
}

/// A worker that is told to begin forgets what it has.
#[test]
fn what_was_begun_is_forgotten() {
    let both = zoo();
    let mut comparison = opened(&both);
    comparison.start(5);
    let first = comparison.next_run().expect("a run");
    let second = comparison.next_run().expect("another");
    let mut worker = PairWorker::new();
    assert_eq!(worker.wants(), None);
    worker.begin(first.spans());
    worker.feed(Side::A, &bytes_of(&first, &both, Side::A)[..100_001]);
    assert_eq!(worker.wants(), Some(Side::B));
    worker.feed(Side::B, &bytes_of(&first, &both, Side::B)[..50_001]);
    assert_eq!(
        fed(&mut worker, &second, &both, 7, Feed::Feed),
        look(&second, &both)
    );
}
