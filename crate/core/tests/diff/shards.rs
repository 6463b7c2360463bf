//! One checkpoint in one file or in many, in any order.

use floatscope_core::format::Dtype;
use serde_json::{Value, json};

use crate::support::*;

fn tensors() -> Vec<Tensor> {
    let mut random = Random(11);
    let mut tensor = |name: &str, dtype: Dtype| Tensor::of(name, dtype, &random.units(96));
    vec![
        tensor("model.embed_tokens.weight", Dtype::F32).shaped(&[12, 8]),
        tensor("model.layers.0.weight", Dtype::BF16).shaped(&[8, 12]),
        tensor("model.layers.1.weight", Dtype::BF16).shaped(&[8, 12]),
        tensor("model.norm.weight", Dtype::F16),
        tensor("lm_head.weight", Dtype::F8E4M3).shaped(&[2, 48]),
    ]
}

/// Shards of these tensors by their places.
fn shards(tensors: &[Tensor], places: &[&[usize]]) -> Files {
    let numbered = places.iter().enumerate();
    let shard = |(at, places): (usize, &&[usize])| {
        let held: Vec<Tensor> = places.iter().map(|at| tensors[*at].clone()).collect();
        (format!("model-{at}.safetensors"), file(&held))
    };
    numbered.map(shard).collect()
}

fn ways_to_cut(tensors: &[Tensor]) -> [Files; 4] {
    [
        one_file(tensors),
        shards(tensors, &[&[0, 1], &[2], &[3, 4]]),
        shards(tensors, &[&[3, 4], &[0, 1], &[2]]),
        shards(tensors, &[&[4], &[], &[2, 0, 3], &[1]]),
    ]
}

/// Pairs by name, without the files that hold them.
fn figures(report: &Value) -> Vec<Value> {
    let mut pairs = report["tensors"].as_array().expect("a list").clone();
    for pair in &mut pairs {
        for side in ["a", "b"] {
            pair[side]
                .as_object_mut()
                .expect("an operand")
                .remove("file");
        }
    }
    pairs.sort_by_key(|pair| str_of(pair, "name").to_owned());
    pairs
}

#[test]
fn a_checkpoint_is_itself_however_it_is_cut() {
    let tensors = tensors();
    for a in ways_to_cut(&tensors) {
        for b in ways_to_cut(&tensors) {
            let both = [a.clone(), b];
            let report = report(&compared(&both));
            let says = "A and B are identical: all 5 tensors are the same, bit for bit.";
            assert_eq!(report["headline"], says);
            assert_eq!(report["differ"], false);
            let counts = json!({"compared": 5, "identical": 5, "equal": 0, "explained": 0, "unexplained": 0, "failed": 0});
            assert_eq!(report["pairs"], counts);
            for list in [
                "only_in_a",
                "only_in_b",
                "shape_mismatch",
                "renames",
                "problems",
            ] {
                assert_eq!(report[list], json!([]), "{list}");
            }
            assert_eq!(
                report["b"]["files"].as_array().map(Vec::len),
                Some(both[1].len())
            );
        }
    }
}

#[test]
fn figures_do_not_depend_on_files() {
    let a = tensors();
    let mut b = a.clone();
    let mut random = Random(13);
    for tensor in &mut b[..3] {
        tensor.bytes = stored(tensor.dtype, &random.units(96));
    }
    b[4] = Tensor::of("lm_head.weight", Dtype::BF16, &random.units(96)).shaped(&[2, 48]);
    let expected = figures(&report_of(&a, &b));
    assert_eq!(
        expected
            .iter()
            .filter(|pair| pair["identical_bits"] == false)
            .count(),
        4
    );
    for files_a in ways_to_cut(&a) {
        for files_b in ways_to_cut(&b) {
            let report = report(&compared(&[files_a.clone(), files_b]));
            assert_eq!(figures(&report), expected);
            assert_eq!(report["differ"], true);
        }
    }
}

#[test]
fn each_operand_names_its_file() {
    let tensors = tensors();
    let [whole, cut, ..] = ways_to_cut(&tensors);
    let report = report(&compared(&[cut, whole]));
    let files = report["tensors"].as_array().expect("a list").iter();
    let files: Vec<&str> = files.map(|pair| str_of(&pair["a"], "file")).collect();
    let [first, second, third] = [0, 1, 2].map(|at| format!("model-{at}.safetensors"));
    assert_eq!(files, [&first, &first, &second, &third, &third]);
    assert_eq!(report["tensors"][4]["b"]["file"], "model.safetensors");
}

/// Two shards that hold one name: the first is compared, on both sides.
#[test]
fn a_name_in_two_shards_is_taken_once() {
    let tensors = tensors();
    let twice = shards(&tensors, &[&[0, 1, 2], &[2, 3, 4]]);
    let once = one_file(&tensors);
    for both in [
        [once.clone(), twice.clone()],
        [twice.clone(), once],
        [twice.clone(), twice],
    ] {
        let report = report(&compared(&both));
        assert_eq!(report["pairs"]["identical"], 5);
        assert_eq!(
            (&report["only_in_a"], &report["only_in_b"]),
            (&json!([]), &json!([]))
        );
        assert_eq!(report["differ"], false);
    }
}

#[test]
fn an_index_is_held_against_its_files() {
    let tensors = tensors();
    let both = both(&tensors, &tensors);
    let mut comparison = opened(&both);
    let map = json!({"weight_map": {"absent": "model.safetensors", "x": "gone.safetensors"}});
    comparison.add_index(
        floatscope_core::diff::Side::B,
        "i.json",
        map.to_string().as_bytes(),
    );
    comparison.start(1);
    run_out(&mut comparison, &both);
    let told = problems(&comparison);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().all(|line| line.starts_with("b: ")), "{told:#?}");
    assert_eq!(report(&comparison)["pairs"]["identical"], 5);
}
