//! Kept are the elements that the windows name, and windows lie in the tensor.

use floatscope_core::format::Dtype;
use floatscope_core::scan::{Matrix, Purpose, Span, Window, windows};
use proptest::prelude::*;

use crate::support::*;

/// Indices of a window's elements in the tensor, in the window's order.
fn indices(window: &Window, columns: u64) -> impl Iterator<Item = u64> {
    let stretches = (0..window.rows)
        .flat_map(move |row| (0..window.stretches).map(move |stretch| (row, stretch)));
    stretches.flat_map(move |(row, stretch)| {
        let (row, column) = window.place(row, stretch);
        let first = row * columns + column;
        first..first + window.width
    })
}

/// What every window of a tensor promises.
fn check(matrix: Matrix) {
    for window in windows(matrix) {
        let about = format!("{window:?} of {matrix:?}");
        assert!(window.elements() > 0, "{about}");
        // What is kept stays a megabyte or two.
        assert!(window.elements() <= 1 << 19, "{about}");
        let (last_row, _) = window.place(window.rows - 1, 0);
        assert!(last_row < matrix.rows, "{about}");
        // All of a drift's places.
        for row in 0..window.rows.min(window.drift.1) {
            let columns = (0..window.stretches).map(|stretch| window.place(row, stretch).1);
            let columns: Vec<u64> = columns.collect();
            let apart = columns
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= window.width);
            assert!(apart, "overlapping stretches: {about}");
            let end = columns[columns.len() - 1] + window.width;
            assert!(end <= matrix.columns, "{about}");
        }
    }
}

fn purposes(matrix: Matrix) -> Vec<Purpose> {
    let mut purposes: Vec<Purpose> = windows(matrix)
        .iter()
        .map(|window| window.purpose)
        .collect();
    purposes.dedup();
    purposes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn windows_lie_in_their_tensor(
        rows in prop_oneof![1..5u64, 1..200u64, 1..100_000u64, Just(1 << 24), Just(1 << 40)],
        columns in prop_oneof![1..5u64, 1..200u64, 1..100_000u64, Just(1 << 22), Just(1 << 40)],
    ) {
        check(Matrix { rows, columns });
    }
}

#[test]
fn there_is_a_window_for_each_kind_of_scale() {
    for (rows, columns) in [
        (2048, 2048),
        (50_000, 64),
        (64, 50_000),
        (151_936, 896),
        (1 << 22, 33),
    ] {
        let found = purposes(Matrix { rows, columns });
        let wanted = [
            Purpose::Rows,
            Purpose::Segments,
            Purpose::Square,
            Purpose::Columns,
        ];
        assert_eq!(found, wanted, "{rows} x {columns}");
    }
    for (rows, columns) in [(1, 1), (1, 1 << 19), (512, 1024), (1 << 19, 1)] {
        assert_eq!(purposes(Matrix { rows, columns }), [Purpose::Whole]);
    }
    for (rows, columns) in [(1, 1 << 20), (31, 1 << 20)] {
        assert_eq!(
            purposes(Matrix { rows, columns }),
            [Purpose::Rows, Purpose::Segments]
        );
    }
}

/// Neighbouring groups of a row, its end and all its blocks must have a chance.
#[test]
fn segments_reach_every_part_of_a_row() {
    for columns in [1024, 4096, 14_336, 3072 + 64] {
        let matrix = Matrix {
            rows: 4096,
            columns,
        };
        let all = windows(matrix);
        let of_segments = |window: &&Window| window.purpose == Purpose::Segments;
        let window = all.iter().find(of_segments).expect("segments");
        let places = (0..window.rows)
            .flat_map(|row| (0..window.stretches).map(move |stretch| window.place(row, stretch).1));
        let mut blocks: Vec<u64> = places.map(|column| column / 256).collect();
        blocks.sort_unstable();
        blocks.dedup();
        assert_eq!(blocks.len() as u64, columns / 256, "of {columns} columns");
    }
}

/// A tensor of which each element is its own index.
fn kept_elements(shape: &[u64]) {
    let span = Span::whole(Dtype::F64, shape);
    let bytes: Vec<u8> = (0..span.elements).flat_map(u64::to_le_bytes).collect();
    let kept = seen(span, &bytes).sample.windows(span.matrix, 8);
    assert_eq!(kept.len(), windows(span.matrix).len());
    for (window, bytes) in kept {
        let found = bytes
            .as_chunks()
            .0
            .iter()
            .map(|code| u64::from_le_bytes(*code));
        let expected = indices(&window, span.matrix.columns);
        assert!(found.eq(expected), "{window:?} of {shape:?}");
    }
}

#[test]
fn kept_is_what_the_windows_say() {
    let shapes: [&[u64]; 12] = [
        &[],
        &[1],
        &[0, 7],
        &[1 << 19],
        &[(1 << 19) + 1],
        &[3, 200_000],
        &[200_000, 3],
        &[1024, 513],
        &[2, 7, 300, 130],
        &[4099, 129],
        &[60, 9999],
        &[(1 << 19) + 77, 1],
    ];
    shapes.into_iter().for_each(kept_elements);
}

/// Integers have no history, and FP8 is known by its census.
#[test]
fn only_wider_floats_are_kept() {
    for dtype in [
        Dtype::I32,
        Dtype::U8,
        Dtype::F8E4M3,
        Dtype::C64,
        Dtype::Bool,
    ] {
        let span = Span::whole(dtype, &[64]);
        let seen = seen(span, &vec![1; span.bytes() as usize]);
        let windows = seen
            .sample
            .windows(span.matrix, u64::from(dtype.bits()) / 8);
        assert!(windows.iter().all(|window| window.1.is_empty()), "{dtype}");
    }
}
