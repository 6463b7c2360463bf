//! The rule of the module's head, on tensors that were made up.

use super::*;

/// A matrix of BF16 of which these casts keep so many dB, and all others none.
struct Made {
    name: String,
    rows: u64,
    columns: u64,
    sqnr_db: Vec<f32>,
    is_matrix: bool,
    breaking: CastSet,
    outliers_db: f64,
    overflow: u64,
    underflow: u64,
}

fn made(name: &str, rows: u64, known: &[(&str, f32)]) -> Made {
    let of = |cast: &crate::cast::Cast| {
        let known = known.iter().find(|(key, _)| *key == cast.key);
        known.map_or(3.0, |(_, sqnr_db)| *sqnr_db)
    };
    Made {
        name: name.to_owned(),
        rows,
        columns: 128,
        sqnr_db: CASTS.iter().map(of).collect(),
        is_matrix: true,
        breaking: CastSet::default(),
        outliers_db: 0.0,
        overflow: 0,
        underflow: 0,
    }
}

fn advice(made: &[Made]) -> Advice {
    let subjects: Vec<Subject> = made
        .iter()
        .map(|made| Subject {
            name: &made.name,
            matrix: Matrix {
                rows: made.rows,
                columns: made.columns,
            },
            bytes: made.rows * made.columns * 2,
            is_matrix: made.is_matrix,
            sqnr_db: &made.sqnr_db,
            breaking: made.breaking,
            outliers_db: made.outliers_db,
            overflow_f16: made.overflow,
            underflow_f16: made.underflow,
        })
        .collect();
    advise(&subjects, CastSet::all())
}

const USUAL: [(&str, f32); 4] = [
    ("int8/row", 40.0),
    ("mxfp6_e2m3", 31.0),
    ("int4/128", 19.0),
    ("mxfp4", 17.0),
];

#[test]
fn each_level_has_the_cast_of_fewest_bytes_that_keeps_it() {
    let advice = advice(&[made("a", 100, &USUAL), made("b", 50, &USUAL)]);
    let said: Vec<_> = advice
        .recommendations
        .iter()
        .map(|level| (level.level, level.threshold_db, level.cast))
        .collect();
    assert_eq!(
        said,
        [
            ("8-bit", 36, Some("int8/row")),
            ("6-bit", 30, Some("mxfp6_e2m3")),
            ("4-bit", 18, Some("int4/128"))
        ]
    );
    let eight = &advice.recommendations[0];
    assert_eq!((eight.tensors, eight.of, eight.keep_more), (2, 2, 0));
    assert_eq!(eight.bytes, 150 * 128 + 150 * 4);
    assert_eq!(
        eight.says,
        "8-bit quality: INT8 per row keeps 36 dB or more in both matrices and takes 52 % of their bytes."
    );
}

#[test]
fn a_threshold_is_kept_by_what_is_equal_to_it() {
    for (sqnr_db, cast) in [
        (36.0, Some("int8/row")),
        (36.0f32.next_down(), None),
        (f32::INFINITY, Some("int8/row")),
        (f32::NAN, None),
    ] {
        let advice = advice(&[made("a", 100, &[("int8/row", sqnr_db)])]);
        assert_eq!(advice.recommendations[0].cast, cast, "{sqnr_db}");
    }
}

/// 100 dB of which 75 are a few outliers' are 25 dB.
#[test]
fn outliers_are_no_signal() {
    let known = [
        ("int8/row", 100.0),
        ("mxfp6_e2m3", 97.0),
        ("int4/128", 93.0),
    ];
    let mut one = made("a", 100, &known);
    one.outliers_db = -64.0;
    let casts = |made: &[Made]| {
        let recommendations = advice(made).recommendations;
        recommendations
            .into_iter()
            .map(|level| level.cast)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        casts(&[one]),
        [Some("int8/row"), Some("mxfp6_e2m3"), Some("int4/128")]
    );
    // Less than half of the energy is what heavy tails are made of.
    let mut tails = made("a", 100, &[("int8/row", 36.0)]);
    tails.outliers_db = -3.0;
    assert_eq!(casts(&[tails])[0], Some("int8/row"));
    let mut other = made("a", 100, &known);
    other.outliers_db = -75.0;
    assert_eq!(casts(&[other]), [None, None, Some("int4/128")]);
}

/// Half of the energy is 3 dB.
#[test]
fn tensors_that_few_values_decide_are_named() {
    let with = |decibels: &[f64]| {
        let made: Vec<Made> = decibels
            .iter()
            .zip('a'..)
            .map(|(outliers_db, name)| Made {
                outliers_db: *outliers_db,
                ..made(&name.to_string(), 1, &USUAL)
            })
            .collect();
        advice(&made).outliers
    };
    assert_eq!(with(&[-3.0, 0.0]), None);
    assert_eq!(
        with(&[-2.9, -3.02]).as_deref(),
        Some(
            "In b the largest thousandth of the values hold half of the energy or more, so that its SQNR says little of the others. Recommendations leave them out of the signal."
        )
    );
    let said = with(&[-3.02; 4]).unwrap_or_default();
    assert!(said.starts_with("In 4 tensors (a, b, c, …) the "), "{said}");
    let said = with(&[-3.02; 3]).unwrap_or_default();
    assert!(said.starts_with("In 3 tensors (a, b, c) the "), "{said}");
}

/// A NaN among the weights is worse than any noise.
#[test]
fn a_cast_that_breaks_a_value_is_not_recommended() {
    let mut one = made("a", 100, &[("f8_e4m3", 31.0), ("f8_e4m3/row", 31.0)]);
    assert_eq!(advice(&[one]).recommendations[1].cast, Some("f8_e4m3"));
    one = made("a", 100, &[("f8_e4m3", 31.0), ("f8_e4m3/row", 31.0)]);
    one.breaking = CastSet::of(|cast| cast.key == "f8_e4m3");
    assert_eq!(advice(&[one]).recommendations[1].cast, Some("f8_e4m3/row"));
}

#[test]
fn up_to_five_per_cent_of_the_values_are_left_alone() {
    let with = |bad: u64| advice(&[made("good", 100 - bad, &USUAL), made("bad", bad, &[])]);
    let five = &with(5).recommendations[0];
    assert_eq!((five.cast, five.tensors, five.of), (Some("int8/row"), 1, 2));
    assert_eq!(five.keep, ["bad"]);
    assert_eq!(five.bytes, 95 * 128 + 95 * 4 + 5 * 128 * 2);
    assert_eq!(
        five.says,
        "8-bit quality: INT8 per row keeps 36 dB or more in 1 of 2 matrices and takes 54 % of their bytes; leave bad as it is."
    );
    let six = &with(6).recommendations[0];
    assert_eq!(
        (six.cast, six.tensors, six.of, six.bytes),
        (None, 0, 2, 100 * 256)
    );
    assert!(six.keep.is_empty());
    assert_eq!(
        six.says,
        "8-bit quality: no format of at most 8 bits takes fewer bytes and keeps 36 dB, and every value finite, in 95 % of the values."
    );
}

#[test]
fn those_left_alone_are_named_the_largest_first() {
    let names: Vec<String> = (0..23).map(|at| format!("t{at:02}")).collect();
    let mut all: Vec<Made> = names
        .iter()
        .zip(1..)
        .map(|(name, rows)| made(name, rows, &[]))
        .collect();
    all.insert(3, made("good", 1_000_000, &USUAL));
    let level = advice(&all).recommendations.swap_remove(0);
    assert_eq!(
        (level.keep.len(), level.keep_more, level.tensors, level.of),
        (20, 3, 1, 24)
    );
    assert_eq!((&*level.keep[0], &*level.keep[19]), ("t22", "t03"));
    assert!(
        level
            .says
            .ends_with("; leave t22, t21, t20 and 20 more as they are."),
        "{}",
        level.says
    );
    let three = [
        made("good", 1_000_000, &USUAL),
        made("x", 1, &[]),
        made("", 1, &[]),
        made("z", 2, &[]),
    ];
    let says = advice(&three).recommendations.swap_remove(0).says;
    assert!(
        says.ends_with("; leave z, x and \"\" as they are."),
        "{says}"
    );
    let two = [
        made("good", 1_000_000, &USUAL),
        made("x", 1, &[]),
        made("y", 2, &[]),
    ];
    let says = advice(&two).recommendations.swap_remove(0).says;
    assert!(says.ends_with("; leave y and x as they are."), "{says}");
}

/// Of as many bytes as they have now nothing is gained.
#[test]
fn a_cast_must_take_fewer_bytes() {
    let mut one = made("a", 4, &[("int8/row", 50.0), ("f16", 90.0)]);
    one.columns = 4;
    // 16 values of BF16 are 32 bytes; so are 16 codes and four scales.
    assert_eq!(advice(&[one]).recommendations[0].cast, None);
    // FP16 has more than 8 bits.
    assert_eq!(
        advice(&[made("a", 4, &[("f16", 90.0)])]).recommendations[0].cast,
        None
    );
}

#[test]
fn vectors_count_where_there_is_no_matrix() {
    let mut vector = made("norm", 1, &[]);
    vector.is_matrix = false;
    let both = advice(&[made("a", 1, &USUAL), vector]);
    assert_eq!(both.recommendations[0].of, 1);
    let mut vector = made("norm", 1, &USUAL);
    vector.is_matrix = false;
    let mut empty = made("none", 0, &USUAL);
    empty.is_matrix = false;
    let alone = &advice(&[vector, empty]).recommendations[0];
    assert_eq!((alone.of, alone.cast), (1, Some("int8/row")));
    assert!(
        alone
            .says
            .contains("the only tensor and takes 52 % of its bytes"),
        "{}",
        alone.says
    );
    assert_eq!(advice(&[]).recommendations, []);
}

#[test]
fn what_fp16_would_do_is_said() {
    let activations = " Whether FP16 is safe at run time, activations decide, which no checkpoint shows: they pass 65504 long before weights do.";
    let says = |overflow: [u64; 4], underflow: [u64; 4]| {
        let tensor = |at: usize| {
            let mut one = made(["a", "b", "c", "d"][at], 9, &USUAL);
            (one.overflow, one.underflow) = (overflow[at], underflow[at]);
            one
        };
        let said = advice(&[0, 1, 2, 3].map(tensor))
            .f16
            .expect("something is said");
        said.strip_suffix(activations)
            .expect("what else it depends on")
            .to_owned()
    };
    assert_eq!(
        says([0; 4], [0; 4]),
        "No value would overflow in FP16, and none would vanish."
    );
    assert_eq!(
        says([0, 12, 0, 0], [0; 4]),
        "In FP16 12 values of 1 tensor (b) would overflow, and none would vanish."
    );
    assert_eq!(
        says([0; 4], [1, 0, 0, 0]),
        "No value would overflow in FP16; 1 value of 1 tensor (a) would become zero."
    );
    assert_eq!(
        says([1, 4, 2, 3], [5, 0, 6000, 0]),
        "In FP16 10 values of 4 tensors (b, d, c, …) would overflow; 6,005 values of 2 tensors (c, a) would become zero."
    );
    let mut unknown = made("a", 1, &[("f16", f32::NAN)]);
    assert_eq!(advice(&[unknown]).f16, None);
    unknown = made("a", 1, &[("f16", f32::NAN)]);
    unknown.overflow = 128;
    assert!(advice(&[unknown]).f16.is_some(), "all of it overflows");
    assert_eq!(advice(&[]).f16, None);
}
