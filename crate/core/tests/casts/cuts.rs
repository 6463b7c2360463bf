//! Scans and second looks of parts, cut where the planner cuts, against those in one go: equal, to
//! the last bit of every sum.

use floatscope_core::cast::{Caster, Casting, Losses, Remaining, from_counts};
use floatscope_core::checkpoint::TensorInfo;
use floatscope_core::format::Dtype;
use floatscope_core::plan::{Plan, PlanOptions};
use floatscope_core::scan::{Observations, Scanner, Span, wire};

/// Xorshift64* (Vigna 2016).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() >> 32) as usize % most
    }
}

/// Zeros, small normal numbers, bits of any kind.
fn bytes(span: Span, random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    while out.len() < span.bytes() as usize {
        let word = random.next();
        let small = |word: u64| (word as f64 / 2e19 - 0.4) * 0.05;
        match (random.below(1000), span.dtype) {
            (0..50, _) => out.extend([0; 8]),
            (50..52, _) => out.extend(word.to_le_bytes()),
            (_, Dtype::F64) => out.extend(small(word).to_le_bytes()),
            (_, Dtype::F32) => out.extend((small(word) as f32).to_le_bytes()),
            (_, Dtype::BF16) => out.extend(&(small(word) as f32).to_le_bytes()[2..]),
            // Between 2^-12 and 1, of either sign.
            (_, Dtype::F16) => out.extend(
                ((word % 0x3000 + 0xc00) as u16 | (word >> 48) as u16 & 0x8000).to_le_bytes(),
            ),
            (_, Dtype::F8E4M3) => out.extend(word.to_le_bytes().map(|byte| byte & 0xbf)),
            _ => out.extend(word.to_le_bytes()),
        }
    }
    out.truncate(span.bytes() as usize);
    out
}

/// The smallest pieces that the planner makes.
fn pieces(dtype: Dtype, shape: &[u64]) -> Vec<Span> {
    let tensor = TensorInfo {
        name: "t".to_owned(),
        dtype,
        shape: shape.to_vec(),
        begin: 0,
        end: Span::whole(dtype, shape).bytes(),
    };
    let tensors = [tensor];
    let (mut plan, _) = Plan::new([("f", &tensors[..])], PlanOptions { run_bytes: 1 });
    let runs = std::iter::from_fn(|| plan.next_run());
    runs.flat_map(|run| run.spans()).collect()
}

/// Neighbours put together at random, in any order.
fn parts(pieces: &[Span], random: &mut Random) -> Vec<Span> {
    let mut parts: Vec<Span> = Vec::new();
    for piece in pieces {
        match parts.last_mut() {
            Some(last) if random.below(3) == 0 => last.elements += piece.elements,
            _ => parts.push(*piece),
        }
    }
    for at in (1..parts.len()).rev() {
        parts.swap(at, random.below(at + 1));
    }
    parts
}

fn of_span(span: Span, bytes: &[u8]) -> &[u8] {
    let place = |element: u64| (element * u64::from(span.dtype.bits()) / 8) as usize;
    &bytes[place(span.first)..place(span.first) + span.bytes() as usize]
}

/// Chunks of any length, of one byte now and then.
fn feed(bytes: &[u8], random: &mut Random, mut feed: impl FnMut(&[u8])) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let most = [3, 1000, 30_000, 100_000][random.below(4)];
        let (chunk, after) = rest.split_at((1 + random.below(most)).min(rest.len()));
        feed(chunk);
        rest = after;
    }
}

fn scan(span: Span, bytes: &[u8], random: Option<&mut Random>) -> Observations {
    let mut scanner = Scanner::new();
    scanner.begin(span);
    match random {
        None => scanner.feed(bytes),
        Some(random) => feed(bytes, random, |chunk| scanner.feed(chunk)),
    }
    scanner.finish().expect("a span was begun")
}

fn look(remaining: &Remaining, span: Span, bytes: &[u8], random: Option<&mut Random>) -> Losses {
    let task = wire::to_bytes(&remaining.task(span, Casting::default()));
    let mut caster = Caster::new();
    caster.begin(wire::from_bytes(&task).expect("what was sent"));
    match random {
        None => caster.feed(bytes),
        Some(random) => feed(bytes, random, |chunk| caster.feed(chunk)),
    }
    let losses = wire::to_bytes(&caster.finish().expect("a span was begun"));
    wire::from_bytes(&losses).expect("what was sent")
}

/// How many pieces it has.
fn check(dtype: Dtype, shape: &[u64], random: &mut Random) -> usize {
    let span = Span::whole(dtype, shape);
    let bytes = bytes(span, random);
    let whole = scan(span, &bytes, None);
    let (counted, remaining) = from_counts(&whole, Casting::default()).expect("floats are cast");
    let remaining = remaining.expect("some casts take a second look");
    let looked = look(&remaining, span, &bytes, None);
    assert_eq!(looked.elements, span.elements);
    assert_eq!(counted.each().count() + looked.each().count(), 20);
    let pieces = pieces(dtype, shape);
    for _ in 0..2 {
        let mut seen = Observations::empty(dtype, span.matrix);
        for part in parts(&pieces, random) {
            let part = scan(part, of_span(part, &bytes), Some(random));
            seen.merge(&part).expect("parts of one tensor");
        }
        let of = || format!("{dtype} {shape:?}");
        assert!(seen.blocks == whole.blocks, "{}: other blocks", of());
        assert_eq!(seen.peaks, whole.peaks, "{}", of());
        let (again, still) = from_counts(&seen, Casting::default()).expect("floats are cast");
        assert!(again == counted, "{}: counts", of());
        assert_eq!(still.as_ref(), Some(&remaining));
        let mut losses = Losses::default();
        for part in parts(&pieces, random) {
            losses.merge(&look(&remaining, part, of_span(part, &bytes), Some(random)));
        }
        assert!(
            losses == looked,
            "{}: {losses:?}, in one go {looked:?}",
            of()
        );
    }
    pieces.len()
}

#[test]
fn cuts_chunks_and_order_change_no_bit_of_a_cast() {
    let shapes: [&[u64]; 14] = [
        &[20_000, 1, 3],
        &[9000, 4],
        &[700, 33],
        &[1100, 31],
        &[1300, 64],
        &[700, 100],
        &[1024, 127],
        &[1030, 129],
        &[514, 1000],
        &[3, 4096],
        &[2, 4097],
        &[50, 16_384],
        &[2, 8292],
        &[300_001],
    ];
    let mut random = Random(41);
    let types = [Dtype::F32, Dtype::BF16, Dtype::F64, Dtype::F16];
    let mut most = 0;
    for (at, shape) in shapes.into_iter().enumerate() {
        most = most.max(check(types[at % 4], shape, &mut random));
        most = most.max(check(types[(at + 1) % 4], shape, &mut random));
    }
    assert!(most > 3, "nothing was cut");
}

#[test]
fn cuts_of_long_rows_change_no_bit_of_a_cast() {
    let mut random = Random(43);
    // Bands are beyond 16 MiB, and so cuts fall within rows.
    for (dtype, shape) in [
        (Dtype::F32, [3, 36_864]),
        (Dtype::BF16, [2, 69_632]),
        (Dtype::F8E4M3, [2, 135_168]),
    ] {
        assert!(check(dtype, &shape, &mut random) > 20);
    }
    assert!(check(Dtype::F32, &[200_003], &mut random) > 20);
}

#[test]
fn cuts_of_packed_codes_change_no_bit_of_a_cast() {
    let mut random = Random(47);
    let types = [
        Dtype::F8E4M3Fnuz,
        Dtype::F8E5M2,
        Dtype::F6E2M3,
        Dtype::F6E3M2,
        Dtype::F4,
        Dtype::F8E4M3,
    ];
    for dtype in types {
        for shape in [
            &[2000, 36][..],
            &[516, 100],
            &[132, 1000],
            &[4, 5001],
            &[3, 8292],
        ] {
            check(dtype, shape, &mut random);
        }
    }
}
