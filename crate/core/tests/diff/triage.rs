//! What a report advises to look at: when it should, and not otherwise.

use floatscope_core::diff::Side;
use floatscope_core::format::Dtype;
use serde_json::Value;

use crate::support::*;

pub(crate) fn tensor(name: &str, dtype: Dtype, seed: u64) -> Tensor {
    Tensor::of(name, dtype, &Random(seed).units(24))
}

/// The hints of two checkpoints, each perhaps with a config.json.
pub(crate) fn hints(a: &[Tensor], b: &[Tensor], configs: [&str; 2]) -> Vec<(String, String)> {
    let both = both(a, b);
    let mut comparison = opened(&both);
    for (side, config) in SIDES.into_iter().zip(configs) {
        if !config.is_empty() {
            comparison.add_config(side, "config.json", config.as_bytes());
        }
    }
    comparison.start(1);
    run_out(&mut comparison, &both);
    let report = report(&comparison);
    let hints = report["triage"].as_array().expect("a list").iter();
    let of = |hint: &Value| {
        (
            str_of(hint, "about").to_owned(),
            str_of(hint, "says").to_owned(),
        )
    };
    hints.map(of).collect()
}

pub(crate) fn abouts(hints: &[(String, String)]) -> Vec<&str> {
    hints.iter().map(|(about, _)| about.as_str()).collect()
}

/// What is said about something; nothing where it is not.
pub(crate) fn said<'a>(hints: &'a [(String, String)], about: &str) -> Option<&'a str> {
    hints
        .iter()
        .find(|(key, _)| key == about)
        .map(|(_, says)| says.as_str())
}

pub(crate) const PLAIN: [&str; 2] = ["", ""];

pub(crate) fn some(seed: u64) -> Vec<Tensor> {
    (0..8)
        .map(|at| tensor(&format!("h.{at}"), Dtype::F32, seed + at))
        .collect()
}

#[test]
fn run_time_where_all_weights_are_the_same() {
    let same = hints(&some(1), &some(1), PLAIN);
    assert_eq!(abouts(&same), ["run_time"]);
    assert!(
        same[0]
            .1
            .starts_with("The weights are the same, bit for bit. "),
        "{same:?}"
    );
    let none_of_it = [some(1), vec![tensor("more", Dtype::F32, 3)]].concat();
    for (a, b) in [(some(1), none_of_it.clone()), (none_of_it, some(1))] {
        let found = hints(&a, &b, PLAIN);
        let says = said(&found, "run_time").expect("what both have is the same");
        assert!(
            says.starts_with("The weights that both have are the same, bit for bit. "),
            "{says}"
        );
    }
    let one_more = [some(1), vec![tensor("more", Dtype::F32, 3)]].concat();
    let mut other = one_more.clone();
    other[8].bytes[0] ^= 1;
    assert_eq!(said(&hints(&one_more, &other, PLAIN), "run_time"), None);
    assert_eq!(hints(&[], &[], PLAIN), [], "nothing was compared");
    // Two types are not the same weights, even if no value is lost.
    let wide: Vec<Tensor> = some(1)
        .iter()
        .map(|old| tensor(&old.name, Dtype::F64, 1))
        .collect();
    assert_eq!(said(&hints(&some(1), &wide, PLAIN), "run_time"), None);
}

/// A tensor of two shapes is not the same.
#[test]
fn no_run_time_where_shapes_differ() {
    let a = [some(1), vec![tensor("w", Dtype::F32, 3).shaped(&[4, 6])]].concat();
    let b = [some(1), vec![tensor("w", Dtype::F32, 3).shaped(&[3, 8])]].concat();
    assert_eq!(hints(&a, &b, PLAIN), []);
}

#[test]
fn retrained_where_a_few_differ_and_the_rest_is_the_same() {
    let mut other = some(1);
    other[3] = tensor("h.3", Dtype::F32, 99);
    let one = hints(&some(1), &other, PLAIN);
    let says = "Only one tensor differs, and the rest is the same: it alone was trained, edited or damaged.";
    assert_eq!(said(&one, "retrained"), Some(says));
    other[5] = tensor("h.5", Dtype::F32, 98);
    let two = hints(&some(1), &other, PLAIN);
    let says =
        "Only 2 tensors differ, and the rest is the same: they alone were trained or edited.";
    assert_eq!(said(&two, "retrained"), Some(says), "a quarter of them");
    other[6] = tensor("h.6", Dtype::F32, 97);
    assert_eq!(
        said(&hints(&some(1), &other, PLAIN), "retrained"),
        None,
        "more than that"
    );
}

#[test]
fn not_retrained_where_the_rest_is_rounded() {
    let a = some(1);
    let mut b: Vec<Tensor> = (0..8)
        .map(|at| tensor(&format!("h.{at}"), Dtype::BF16, 1 + at))
        .collect();
    b[3] = tensor("h.3", Dtype::BF16, 99);
    assert_eq!(hints(&a, &b, PLAIN), []);
}

#[test]
fn a_config_that_says_another_type_than_is_stored() {
    let config = |dtype: &str| format!(r#"{{"torch_dtype": "{dtype}"}}"#);
    let (half, single) = (config("bfloat16"), config("torch.float32"));
    let of = |a: &str, b: &str| hints(&some(1), &some(1), [a, b]);
    assert_eq!(abouts(&of(&single, &single)), ["run_time"]);
    assert_eq!(
        abouts(&of(&half, &half)),
        ["run_time", "config_dtype", "config_dtype"]
    );
    let found = of(&half, &single);
    assert_eq!(
        abouts(&found),
        ["run_time", "config_dtype", "config_dtypes"]
    );
    let says = "A's config.json says bfloat16, and most of its bytes are F32: a loader that follows config.json converts them.";
    assert_eq!(found[1].1, says);
    let says = "config.json says bfloat16 for A and float32 for B: loaded by it, they are computed in other types.";
    assert_eq!(found[2].1, says);
    assert_eq!(abouts(&of(&half, "{}")), ["run_time", "config_dtype"]);
    assert_eq!(abouts(&of(&config("auto"), "")), ["run_time"]);
}

#[test]
fn shapes_the_other_way_round() {
    let of = |shape: &[u64]| [some(1), vec![tensor("w", Dtype::F32, 3).shaped(shape)]].concat();
    let says = "1 tensor has rows for columns: one side stores the transpose.";
    assert_eq!(
        said(&hints(&of(&[4, 6]), &of(&[6, 4]), PLAIN), "transposed"),
        Some(says)
    );
    assert_eq!(
        said(&hints(&of(&[4, 6]), &of(&[3, 8]), PLAIN), "transposed"),
        None
    );
    assert_eq!(
        said(
            &hints(&of(&[2, 3, 4]), &of(&[4, 3, 2]), PLAIN),
            "transposed"
        ),
        None
    );
}

/// The same square, complex on one side: that is no transpose.
#[test]
fn a_complex_square_is_no_transpose() {
    let square = [Tensor::of("w", Dtype::F32, &Random(2).units(4)).shaped(&[2, 2])];
    let complex = [Tensor::new(
        "w",
        Dtype::C64,
        &[2, 2],
        stored(Dtype::F32, &Random(3).units(8)),
    )];
    assert_eq!(hints(&complex, &square, PLAIN), []);
}

#[test]
fn ten_names_at_most_are_told() {
    let many = |seed: u64| -> Vec<Tensor> {
        (0..48)
            .map(|at| tensor(&format!("h.{at}"), Dtype::F32, seed + at))
            .collect()
    };
    let mut other = many(1);
    other[..12].clone_from_slice(&many(100)[..12]);
    let report = report_of(&many(1), &other);
    let hint = &report["triage"][0];
    assert_eq!(
        (str_of(hint, "about"), &hint["count"]),
        ("retrained", &Value::from(12))
    );
    let told = hint["tensors"].as_array().expect("a list");
    assert_eq!((told.len(), &told[9]), (10, &Value::from("h.9")));
}

/// Nothing is said of what was not read.
#[test]
fn no_run_time_where_a_pair_failed() {
    let both = both(&some(1), &some(1));
    let mut comparison = opened(&both);
    comparison.start(1);
    let run = comparison.next_run().expect("a run");
    comparison.merge(run.id, look(&run, &both)[..7].to_vec());
    for _ in 0..2 {
        comparison.fail(run.id, Some(Side::A), "gone");
        if let Some(run) = comparison.next_run() {
            comparison.fail(run.id, Some(Side::A), "gone");
        }
    }
    assert!(comparison.is_done());
    assert_eq!(
        report(&comparison)["triage"],
        Value::from(Vec::<Value>::new())
    );
}
