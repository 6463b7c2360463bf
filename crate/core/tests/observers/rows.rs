//! Rows by what they hold, against the definition.

use floatscope_core::format::Dtype;
use floatscope_core::scan::{Observations, RowClass, Span, TILE};
use proptest::prelude::*;

use crate::support::*;

/// How a row is made.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Zeros,
    /// +0 and −0.
    SignedZeros,
    Constant(u32),
    /// Random words with so many low bits cleared, but for so many in a hundred.
    Short {
        zero_bits: u32,
        strays: u64,
    },
    /// Infinities and NaN, but for so many values in a hundred.
    NotFinite {
        values: u64,
    },
    /// FP16 values, subnormal ones among them; zeros in so many of a hundred places.
    Half {
        zeros: u64,
    },
}

fn kind() -> impl Strategy<Value = Kind> {
    let word = prop_oneof![
        any::<u32>(),
        any::<u16>().prop_map(|top| u32::from(top) << 16)
    ];
    prop_oneof![
        Just(Kind::Zeros),
        Just(Kind::SignedZeros),
        word.prop_map(Kind::Constant),
        (prop_oneof![Just(0u32), 12..17u32], 0..10u64)
            .prop_map(|(zero_bits, strays)| Kind::Short { zero_bits, strays }),
        (0..100u64).prop_map(|zeros| Kind::Half { zeros }),
        (0..3u64).prop_map(|values| Kind::NotFinite {
            values: values * 40
        }),
    ]
}

fn row(kind: Kind, columns: u64, random: &mut Random) -> Vec<u32> {
    let word = |_| match kind {
        Kind::Zeros => 0,
        Kind::SignedZeros => (random.next() as u32) << 31,
        Kind::Constant(word) => word,
        Kind::Short { zero_bits, strays } => {
            let is_stray = random.below(100) < strays;
            (random.next() as u32) << if is_stray { 0 } else { zero_bits }
        }
        Kind::NotFinite { values } if random.below(100) < values => random.next() as u32,
        Kind::NotFinite { .. } => 0x7f80_0000 | (random.next() as u32 & 0x80c0_0000),
        Kind::Half { zeros } if random.below(100) < zeros => 0,
        Kind::Half { .. } => half::f16::from_bits(random.next() as u16)
            .to_f32()
            .to_bits(),
    };
    (0..columns).map(word).collect()
}

/// Sums that a scan should find: zero, constant, wider; BF16, ten bits, alike.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    counts: [u64; 3],
    classes: [RowClass; 3],
}

impl Expected {
    fn add(&mut self, row: &[u32]) {
        // Zeros, infinities and NaN say nothing of the format.
        let is_value = |word: &u32| *word << 1 != 0 && f32::from_bits(*word).is_finite();
        let values: Vec<u32> = row.iter().copied().filter(is_value).collect();
        let is_zero = row.iter().all(|word| word << 1 == 0);
        let is_constant = is_zero || row.iter().all(|word| word == &row[0]);
        let beyond = |bits: u32| {
            values
                .iter()
                .filter(|word| word.trailing_zeros() < bits)
                .count()
        };
        let is_nearly_all = |beyond: usize| beyond <= values.len() / 20;
        self.counts[0] += u64::from(is_zero);
        self.counts[1] += u64::from(is_constant);
        let class = match (
            is_constant || values.is_empty(),
            is_nearly_all(beyond(16)),
            is_nearly_all(beyond(13)),
        ) {
            (true, ..) => 2,
            (_, true, _) => 0,
            (_, _, true) => 1,
            _ => {
                self.counts[2] += 1;
                return;
            }
        };
        let class = &mut self.classes[class];
        let outside = values.iter().filter(|word| is_outside(**word));
        class.rows += 1;
        class.outside += outside.clone().count() as u64;
        class.outside_f16 += outside.filter(|word| is_f16(**word)).count() as u64;
    }
}

/// Ten bits of mantissa, and where FP16 is not normal.
fn is_outside(word: u32) -> bool {
    let magnitude = f32::from_bits(word).abs();
    let is_normal = (1.0 / 16_384.0..=65_504.0).contains(&magnitude);
    word.trailing_zeros() >= 13 && !is_normal
}

fn is_f16(word: u32) -> bool {
    let value = f32::from_bits(word);
    value.is_finite() && half::f16::from_f32(value).to_f32() == value
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn rows_of_fp32_are_classed_as_defined(
        kinds in prop::collection::vec(kind(), 1..12),
        columns in prop_oneof![2..50u64, 2..3000u64],
        seed in 1..u64::MAX,
    ) {
        let mut random = Random(seed);
        let (mut expected, mut bytes) = (Expected::default(), Vec::new());
        for kind in &kinds {
            let row = row(*kind, columns, &mut random);
            expected.add(&row);
            bytes.extend(row.into_iter().flat_map(u32::to_le_bytes));
        }
        let span = Span::whole(Dtype::F32, &[kinds.len() as u64, columns]);
        let rows = seen(span, &bytes).rows;
        let found = Expected {
            counts: [rows.zero, rows.constant, rows.wider],
            classes: [rows.bf16, rows.ten_bits, rows.alike],
        };
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn rows_of_other_floats_are_constant_or_not(
        dtype in prop::sample::select(vec![Dtype::BF16, Dtype::F16, Dtype::F64, Dtype::F8E4M3]),
        kinds in prop::collection::vec(0..4u8, 1..20),
        columns in 2..200usize,
        seed in 1..u64::MAX,
    ) {
        let mut random = Random(seed);
        let width = dtype.bits() as usize / 8;
        let (mut zero, mut constant, mut bytes) = (0, 0, Vec::new());
        for kind in &kinds {
            let mut row = match kind {
                0 => vec![0; width * columns],
                1 => random.bytes(width).repeat(columns),
                2 => [&vec![0; width - 1][..], &[0x80]].concat().repeat(columns),
                _ => random.bytes(width * columns),
            };
            if kind % 2 == 0 {
                // +0 after −0.
                row[width * columns - 1] = 0;
            }
            let elements: Vec<&[u8]> = row.chunks(width).collect();
            let is_zero = |element: &&[u8]| {
                let (sign, rest) = element.split_last().expect("a byte or more");
                sign & 0x7f == 0 && rest.iter().all(|byte| *byte == 0)
            };
            let is_zero = elements.iter().all(is_zero);
            zero += u64::from(is_zero);
            constant += u64::from(is_zero || elements.iter().all(|one| one == &elements[0]));
            bytes.extend(row);
        }
        let span = Span::whole(dtype, &[kinds.len() as u64, columns as u64]);
        let rows = seen(span, &bytes).rows;
        prop_assert_eq!((rows.zero, rows.constant), (zero, constant));
    }
}

/// A long row whose parts are each of one value is constant only if that is the same.
#[test]
fn parts_of_one_value_each_make_no_constant_row() {
    let part = |word: u32| word.to_le_bytes().repeat(TILE as usize);
    for (first, second, expected) in [
        (7, 7, (0, 1)),
        (7, 8, (0, 0)),
        (0, 1 << 31, (1, 1)),
        (0, 7, (0, 0)),
    ] {
        let whole = Span::whole(Dtype::F32, &[1, 2 * TILE]);
        let mut merged = Observations::empty(whole.dtype, whole.matrix);
        for (at, word) in [(TILE, second), (0, first)] {
            let span = Span {
                first: at,
                elements: TILE,
                ..whole
            };
            let part = seen(span, &part(word));
            merged.merge(&part).expect("parts of one tensor");
        }
        let found = (merged.rows.zero, merged.rows.constant);
        assert_eq!(found, expected, "{first:#x} and {second:#x}");
    }
}
