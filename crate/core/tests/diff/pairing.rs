//! Which tensor of A goes with which of B.

use floatscope_core::diff::{Comparison, Renames};
use floatscope_core::format::Dtype;
use serde_json::{Value, json};

use crate::support::*;

/// Tensors of one byte each, the number beside the name.
fn marked(names: &[(&str, u8)]) -> Vec<Tensor> {
    let tensor = |(name, mark): &(&str, u8)| Tensor::new(name, Dtype::U8, &[1], vec![*mark]);
    names.iter().map(tensor).collect()
}

fn renamed(a: &[(&str, u8)], b: &[(&str, u8)], table: &str) -> Value {
    let both = both(&marked(a), &marked(b));
    let mut comparison = opened(&both);
    comparison.rename(Renames::parse(table).expect("a table"));
    comparison.start(1);
    run_out(&mut comparison, &both);
    report(&comparison)
}

/// Names in A and in B of each pair, in their order.
fn pairs(report: &Value) -> Vec<(&str, &str)> {
    let tensors = report["tensors"].as_array().expect("a list").iter();
    tensors
        .map(|pair| (str_of(&pair["a"], "name"), str_of(&pair["b"], "name")))
        .collect()
}

fn plain(a: &[(&str, u8)], b: &[(&str, u8)]) -> Value {
    report_of(&marked(a), &marked(b))
}

#[test]
fn names_that_are_the_same_go_together_in_the_order_of_a() {
    let report = plain(
        &[("b", 1), ("a", 2), ("x", 3)],
        &[("a", 2), ("y", 4), ("b", 1), ("z", 5)],
    );
    assert_eq!(pairs(&report), [("b", "b"), ("a", "a")]);
    assert_eq!(report["pairs"]["identical"], 2);
    assert_eq!(
        (&report["only_in_a"], &report["only_in_b"]),
        (&json!(["x"]), &json!(["y", "z"]))
    );
    assert_eq!(report["differ"], true);
    let says = "Both tensors are identical, bit for bit. 1 tensor is only in A and 2 tensors are only in B.";
    assert_eq!(report["headline"], says);
}

#[test]
fn a_table_renames() {
    for table in ["old -> new\n", "# names\n\nold new\n", r#"{"old": "new"}"#] {
        let report = renamed(
            &[("old", 1), ("same", 2)],
            &[("same", 2), ("new", 1)],
            table,
        );
        assert_eq!(
            pairs(&report),
            [("old", "new"), ("same", "same")],
            "{table}"
        );
        assert_eq!(
            report["renames"],
            json!([{"a": "old", "b": "new", "tensors": 1}])
        );
        assert_eq!(report["differ"], false);
    }
}

/// Two tensors that changed places.
#[test]
fn a_rename_wins_over_a_namesake() {
    let report = renamed(&[("x", 1), ("y", 2)], &[("x", 2), ("y", 1)], "x y\ny x\n");
    assert_eq!(pairs(&report), [("x", "y"), ("y", "x")]);
    assert_eq!(report["pairs"]["identical"], 2);
    // The namesake of what is taken is left over, and comes first here.
    let report = renamed(&[("y", 2), ("x", 1)], &[("y", 1)], "x y");
    assert_eq!(pairs(&report), [("x", "y")]);
    assert_eq!(report["only_in_a"], json!(["y"]));
    assert_eq!(report["pairs"]["identical"], 1);
}

#[test]
fn a_rename_that_leads_nowhere_leaves_the_name() {
    let report = renamed(&[("x", 1)], &[("x", 1)], "x gone\nnever seen\n");
    assert_eq!(pairs(&report), [("x", "x")]);
    assert_eq!(
        report["renames"],
        json!([]),
        "those that match nothing are not told"
    );
}

#[test]
fn a_pattern_renames_many_and_whole_names_come_first() {
    let a = [("h.0.w", 1), ("h.1.w", 2), ("h.2.w", 3), ("h.0.b", 4)];
    let b = [
        ("layers.0.w", 1),
        ("layers.1.w", 2),
        ("special", 3),
        ("h.0.b", 4),
    ];
    let report = renamed(&a, &b, "h.*.w layers.*.w\nh.2.w special\n");
    let expected = [
        ("h.0.w", "layers.0.w"),
        ("h.1.w", "layers.1.w"),
        ("h.2.w", "special"),
        ("h.0.b", "h.0.b"),
    ];
    assert_eq!(pairs(&report), expected);
    assert_eq!(report["pairs"]["identical"], 4);
    let renames = json!([
        {"a": "h.2.w", "b": "special", "tensors": 1}, {"a": "h.*.w", "b": "layers.*.w", "tensors": 2}
    ]);
    assert_eq!(report["renames"], renames);
}

#[test]
fn a_prefix_on_either_side_is_found() {
    let plain_names = [("norm", 1), ("h.0", 2), ("head", 9)];
    let long = [
        ("model.norm", 1),
        ("model.h.0", 2),
        ("head", 9),
        ("model.extra", 5),
    ];
    let report = plain(&long, &plain_names);
    assert_eq!(
        pairs(&report),
        [
            ("model.norm", "norm"),
            ("model.h.0", "h.0"),
            ("head", "head")
        ]
    );
    assert_eq!(
        report["renames"],
        json!([{"a": "model.*", "b": "*", "tensors": 2}])
    );
    assert_eq!(report["only_in_a"], json!(["model.extra"]));
    let report = plain(&plain_names, &long);
    assert_eq!(
        pairs(&report),
        [
            ("norm", "model.norm"),
            ("h.0", "model.h.0"),
            ("head", "head")
        ]
    );
    assert_eq!(
        report["renames"],
        json!([{"a": "*", "b": "model.*", "tensors": 2}])
    );
    assert_eq!(report["only_in_b"], json!(["model.extra"]));
}

#[test]
fn a_prefix_is_found_among_what_a_table_leaves() {
    let report = renamed(
        &[("m.a", 1), ("m.b", 2), ("x", 3)],
        &[("a", 1), ("b", 2), ("y", 3)],
        "x y",
    );
    assert_eq!(report["pairs"]["identical"], 3);
    let renames = json!([{"a": "x", "b": "y", "tensors": 1}, {"a": "m.*", "b": "*", "tensors": 2}]);
    assert_eq!(report["renames"], renames);
}

#[test]
fn names_without_anything_in_common_stay_alone() {
    let report = plain(&[("a.b", 1)], &[("c.d", 1)]);
    assert_eq!(
        (pairs(&report), &report["renames"]),
        (Vec::new(), &json!([]))
    );
    let says = "No tensor of A can be compared with one of B. 1 tensor is only in A and 1 tensor is only in B.";
    assert_eq!(report["headline"], says);
    assert_eq!(report["differ"], true);
}

#[test]
fn shapes_that_differ_are_told_with_both() {
    let of = |shape: &[u64]| [Tensor::new("w", Dtype::U8, shape, vec![0; 6])];
    let report = report_of(&of(&[2, 3]), &of(&[6]));
    let side = |shape: Value| json!({"name": "w", "dtype": "U8", "shape": shape, "file": "model.safetensors"});
    let mismatch = json!([{"name": "w", "a": side(json!([2, 3])), "b": side(json!([6]))}]);
    assert_eq!(report["shape_mismatch"], mismatch);
    assert_eq!(
        (&report["tensors"], &report["differ"]),
        (&json!([]), &json!(true))
    );
    // Ones and zeros among the axes count as well.
    let empty = |shape: &[u64]| [Tensor::new("w", Dtype::U8, shape, Vec::new())];
    assert_eq!(report_of(&empty(&[0, 3]), &empty(&[0, 4]))["differ"], true);
    assert_eq!(report_of(&empty(&[0, 3]), &empty(&[0, 3]))["differ"], false);
    assert_eq!(report_of(&of(&[1, 6]), &of(&[6]))["differ"], true);
}

#[test]
fn complex_numbers_do_not_go_with_real_ones() {
    let real = [Tensor::of("w", Dtype::F32, &[1.0, 2.0])];
    let complex = [Tensor::new(
        "w",
        Dtype::C64,
        &[2],
        stored(Dtype::F32, &[1.0, 2.0, 3.0, 4.0]),
    )];
    let report = report_of(&complex, &real);
    assert_eq!(report["shape_mismatch"][0]["a"]["dtype"], "C64");
    assert_eq!(report["tensors"], json!([]));
    let mut other = complex.clone();
    other[0].bytes[13] ^= 1;
    let pair = &report_of(&complex, &other)["tensors"][0];
    assert_eq!(
        (&pair["count"], &pair["first_difference"]),
        (&json!(4), &json!([1, 1]))
    );
}

/// A started comparison of some names of A and B that are wanted.
fn selected(wanted: fn(&str) -> bool) -> (Comparison, Value) {
    let both = both(
        &marked(&[("model.a", 1), ("model.b", 2), ("alone", 3)]),
        &marked(&[("a", 1), ("b", 3), ("other", 4)]),
    );
    let mut comparison = opened(&both);
    assert_eq!(
        comparison.names(SIDES[0]).collect::<Vec<_>>(),
        ["model.a", "model.b", "alone"]
    );
    comparison.select(wanted);
    comparison.start(1);
    run_out(&mut comparison, &both);
    let report = report(&comparison);
    (comparison, report)
}

#[test]
fn only_what_is_wanted_is_compared() {
    // Either name will do, and prefixes are found all the same.
    for wanted in [|name: &str| name == "b", |name: &str| name == "model.b"] {
        let (_, report) = selected(wanted);
        assert_eq!(pairs(&report), [("model.b", "b")]);
        assert_eq!(
            (&report["only_in_a"], &report["only_in_b"]),
            (&json!([]), &json!([]))
        );
    }
    let (_, report) = selected(|name| name.starts_with('a'));
    assert_eq!(pairs(&report), [("model.a", "a")]);
    assert_eq!(
        (&report["only_in_a"], &report["only_in_b"]),
        (&json!(["alone"]), &json!([]))
    );
    let (comparison, report) = selected(|_| false);
    assert_eq!(report["headline"], "There is nothing to compare.");
    assert!(comparison.report().is_empty());
}
