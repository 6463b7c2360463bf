//! What a report says of tensors that loaders treat in a way of their own: heads that are tied,
//! rotary frequencies, and what is kept in FP32.

use floatscope_core::format::Dtype;

use crate::support::*;
use crate::triage::*;

/// The embedding, and a head beside it.
fn with_head(head: Option<Tensor>) -> Vec<Tensor> {
    let embedding = tensor("model.embed_tokens.weight", Dtype::F32, 5).shaped(&[6, 4]);
    [
        vec![embedding, tensor("model.norm", Dtype::F32, 6)],
        head.into_iter().collect(),
    ]
    .concat()
}

fn head(dtype: Dtype, seed: u64) -> Option<Tensor> {
    Some(tensor("lm_head.weight", dtype, seed).shaped(&[6, 4]))
}

#[test]
fn a_head_that_one_side_stores_is_held_against_the_others_embedding() {
    let none = with_head(None);
    let cases = [
        (
            head(Dtype::F32, 5),
            "is B's embedding, bit for bit, so nothing is missing there if it ties them",
        ),
        (
            head(Dtype::BF16, 5),
            "goes with B's embedding (A is B rounded to the nearest BF16), which is its head if it ties them",
        ),
        (
            head(Dtype::F32, 8),
            "is not B's embedding: to tie them there would give another head",
        ),
    ];
    for (head, what) in cases {
        let a = with_head(head);
        let found = hints(&a, &none, PLAIN);
        let says = format!("lm_head.weight is stored in A only. It {what}.");
        assert_eq!(said(&found, "tied_head"), Some(says.as_str()));
        let swapped = hints(&none, &a, PLAIN);
        let says = says
            .replace("A is B", "?")
            .replace("in A only", "in B only")
            .replace("B's", "A's")
            .replace('?', "B is A");
        assert_eq!(said(&swapped, "tied_head"), Some(says.as_str()));
    }
    let both = with_head(head(Dtype::F32, 8));
    assert_eq!(said(&hints(&both, &both, PLAIN), "tied_head"), None);
    assert_eq!(said(&hints(&none, &none, PLAIN), "tied_head"), None);
}

#[test]
fn the_tied_head_is_no_pair_of_the_report() {
    let report = report_of(&with_head(head(Dtype::F32, 5)), &with_head(None));
    assert_eq!(names(&report), ["model.embed_tokens.weight", "model.norm"]);
    assert_eq!(report["pairs"]["compared"], 2);
    assert_eq!(report["only_in_a"][0], "lm_head.weight");
    assert_eq!(report["triage"][1]["tensors"][0], "lm_head.weight");
}

#[test]
fn the_config_of_the_side_without_a_head_is_heard() {
    let (a, b) = (with_head(head(Dtype::F32, 5)), with_head(None));
    let says = |config| {
        let found = hints(&a, &b, ["", config]);
        said(&found, "tied_head").expect("it is said").to_owned()
    };
    assert!(
        says(r#"{"tie_word_embeddings": true}"#).ends_with("ties them (B's config.json says so).")
    );
    assert!(
        says(r#"{"tie_word_embeddings": false}"#)
            .ends_with("ties them (but B's config.json says that it does not).")
    );
    assert!(says("{}").ends_with("if it ties them."));
}

#[test]
fn a_head_without_an_embedding_to_go_with() {
    let a = [some(1), head(Dtype::F32, 5).into_iter().collect()].concat();
    let found = hints(&a, &some(1), PLAIN);
    let says = "lm_head.weight is stored in A only. It has no embedding of B to go with.";
    assert_eq!(said(&found, "tied_head"), Some(says));
}

fn rotary(dtype: Dtype) -> Vec<Tensor> {
    [some(1), vec![tensor("h.0.inv_freq", dtype, 9)]].concat()
}

#[test]
fn rotary_frequencies_on_one_side_or_of_two_types() {
    let found = hints(&rotary(Dtype::F32), &some(1), PLAIN);
    let says = "Rotary frequencies (inv_freq) are stored in A only, as F32. For B they are computed when it is loaded, in FP32, \
        and .to(dtype) rounds them.";
    assert_eq!(said(&found, "inv_freq"), Some(says));
    let found = hints(&some(1), &rotary(Dtype::BF16), PLAIN);
    let says = says
        .replace("in A only, as F32", "in B only, as BF16")
        .replace("For B", "For A");
    assert_eq!(said(&found, "inv_freq"), Some(says.as_str()));
    let found = hints(&rotary(Dtype::F32), &rotary(Dtype::BF16), PLAIN);
    let says = "Rotary frequencies (inv_freq) are stored as F32 in A and as BF16 in B: positions are turned by other angles.";
    assert_eq!(said(&found, "inv_freq"), Some(says));
    assert_eq!(
        said(
            &hints(&rotary(Dtype::F32), &rotary(Dtype::F32), PLAIN),
            "inv_freq"
        ),
        None
    );
}

#[test]
fn rotary_frequencies_of_a_model_that_stores_none() {
    let model = |seed| {
        [
            some(1),
            vec![tensor("h.0.self_attn.q_proj.weight", Dtype::F32, seed)],
        ]
        .concat()
    };
    let found = hints(&model(7), &model(7), PLAIN);
    assert_eq!(abouts(&found), ["run_time", "inv_freq"]);
    assert!(
        found[1]
            .1
            .starts_with("No rotary frequencies (inv_freq) are stored on either side: ")
    );
    assert_eq!(
        said(&hints(&model(7), &model(8), PLAIN), "inv_freq"),
        None,
        "the weights differ"
    );
    assert_eq!(
        said(&hints(&some(1), &some(1), PLAIN), "inv_freq"),
        None,
        "no such model"
    );
}

#[test]
fn tensors_that_are_kept_in_fp32() {
    let with = |names: &[&str], dtype| {
        let extra = names.iter().map(|name| tensor(name, dtype, 4)).collect();
        [some(1), extra].concat()
    };
    let names = ["h.0.A_log", "h.1.mlp.gate.weight"];
    let [wide, narrow] = [Dtype::F32, Dtype::BF16].map(|dtype| with(&names, dtype));
    let rest = "usually kept in FP32 are stored in fewer bits";
    let says = |a: &[Tensor], b: &[Tensor]| {
        let found = hints(a, b, PLAIN);
        said(&found, "kept_in_f32").map(ToOwned::to_owned)
    };
    assert_eq!(
        says(&narrow, &wide),
        Some(format!("2 tensors that are {rest} in A, and not in B."))
    );
    assert_eq!(
        says(&wide, &narrow),
        Some(format!("2 tensors that are {rest} in B, and not in A."))
    );
    assert_eq!(
        says(&narrow, &narrow),
        Some(format!("2 tensors that are {rest} on both sides."))
    );
    assert_eq!(says(&wide, &wide), None);
    let one = with(&["router.weight"], Dtype::F16);
    let says_one = "1 tensor that is usually kept in FP32 is stored in fewer bits on both sides.";
    assert_eq!(says(&one, &one), Some(says_one.to_owned()));
}
