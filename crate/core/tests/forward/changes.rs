//! What a change does, and what the report makes of it.

use serde_json::{Value, json};

use crate::support::{Model, of, usual};

fn module<'a>(report: &'a Value, name: &str) -> &'a Value {
    let modules = report["modules"].as_array().expect("modules");
    modules
        .iter()
        .find(|it| it["name"] == name)
        .expect("it is there")
}

#[test]
fn rounded_frequencies_part_at_the_first_o_proj_and_never_at_position_0() {
    let report = Model::llama().report(usual());
    assert_eq!(report["schema"], "floatscope.forward/1");
    assert_eq!(report["first_difference"], "layers.0.self_attn.o_proj");
    for name in [
        "embed_tokens",
        "layers.0.self_attn.q_proj",
        "layers.0.self_attn.v_proj",
    ] {
        assert_eq!(module(&report, name)["equal"], 1.0, "{name}");
    }
    let last = module(&report, "lm_head");
    assert_eq!(last["mean_abs"], report["logits"]["mean_abs"]);
    assert_eq!(report["position_0_equal"], 1.0);
    assert_eq!(report["logits"]["kl"][0], 0.0);
    let rows = &report["logits"]["rows"];
    assert_eq!(rows[0]["a"], rows[0]["b"]);
    assert_ne!(rows[4]["a"], rows[4]["b"]);
    assert_eq!(report["attribution"][0]["change"], "inv_freq=bf16");
    assert_eq!(report["attribution"][0]["share"], 1.0);
    let headline = report["headline"].as_str().expect("text");
    assert!(
        headline.contains("position 0 agrees throughout"),
        "{headline}"
    );
}

#[test]
fn modules_stand_in_the_order_of_execution() {
    let report = Model::llama().report(usual());
    let names: Vec<&str> = report["modules"]
        .as_array()
        .expect("modules")
        .iter()
        .map(|it| it["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names.len(), 1 + 2 * 9 + 2);
    let begin = [
        "embed_tokens",
        "layers.0.input_layernorm",
        "layers.0.self_attn.q_proj",
        "layers.0.self_attn.k_proj",
        "layers.0.self_attn.v_proj",
        "layers.0.self_attn.o_proj",
        "layers.0.post_attention_layernorm",
        "layers.0.mlp.gate_proj",
        "layers.0.mlp.up_proj",
        "layers.0.mlp.down_proj",
        "layers.1.input_layernorm",
    ];
    assert_eq!(names[..begin.len()], begin);
    assert_eq!(names[19..], ["norm", "lm_head"]);
}

#[test]
fn policies_that_are_the_same_differ_in_nothing() {
    let report = Model::llama().report(of("norm=bf16", "norm=bf16"));
    assert_eq!(report["first_difference"], Value::Null);
    assert_eq!(report["attribution"], json!([]));
    assert_eq!(
        report["headline"],
        "Both policies are the same, and so is every number."
    );
    // These weights fit BF16, so a cast to it does nothing.
    let report = Model::llama().report(of("", "weights=bf16"));
    assert_eq!(report["logits"]["equal"], 1.0);
    assert_eq!(report["attribution"][0]["share"], Value::Null);
    let says = "Every module's results are the same to the bit: weights=bf16 changes nothing for these tokens.";
    assert_eq!(report["headline"], says);
}

#[test]
fn each_change_is_made_by_itself() {
    let report = Model::llama().report(of("", "inv_freq=bf16,softmax=bf16,weights=mxfp4"));
    let changes = report["attribution"].as_array().expect("changes");
    let names: Vec<&Value> = changes.iter().map(|it| &it["change"]).collect();
    // MXFP4 does by far the most.
    assert_eq!(*names[0], "weights=mxfp4");
    assert_eq!(names.len(), 3);
    for (change, text) in [
        ("inv_freq=bf16", "inv_freq=bf16"),
        ("softmax=bf16", "softmax=bf16"),
    ] {
        let alone = Model::llama().report(of("", text));
        let found = changes.iter().find(|it| it["change"] == change);
        let found = found.expect("it is among them");
        assert_eq!(
            found["logits_mean_abs"], alone["logits"]["mean_abs"],
            "{change}"
        );
    }
    let mut options = of("", "inv_freq=bf16,softmax=bf16");
    options.attribute = false;
    assert_eq!(Model::llama().report(options)["attribution"], json!([]));
}

/// Every key changes something here, so none is read and forgotten.
#[test]
fn every_key_of_a_policy_is_used() {
    for b in [
        "inv_freq=f16",
        "activations=f32",
        "activations=f16",
        "norm=bf16",
        "norm=f16",
        "softmax=bf16",
        "softmax=f16",
        "accumulate=bf16",
        "accumulate=f16",
        "accumulate=tpu",
        "weights=f8_e4m3",
        "weights=int8/row",
        "weights=f8_e4m3/128x128",
        "weights=nf4/64",
        "weights=f8_e4m3/tensor",
    ] {
        let report = Model::llama().report(of("", b));
        let last = &module(&report, "lm_head")["equal"];
        // A TPU's sums are FP32's, but for their order.
        assert!(*last != 1.0 || b == "accumulate=tpu", "{b}");
    }
}

#[test]
fn a_window_hides_what_lies_before_it() {
    let mut model = Model::llama();
    model.config["model_type"] = json!("mistral");
    let logits = |model: &Model, tokens: &[u64]| {
        let mut options = usual();
        options.tokens = tokens.to_vec();
        let pass = model.run(options, usize::MAX).expect("a good model");
        pass.logits()[0][(tokens.len() - 1) * 40..].to_vec()
    };
    // Two layers with a window of two see three tokens: the first one is out of sight.
    model.config["sliding_window"] = json!(2);
    assert_eq!(logits(&model, &[1, 2, 3, 4]), logits(&model, &[9, 2, 3, 4]));
    assert_ne!(logits(&model, &[1, 2, 3, 4]), logits(&model, &[1, 9, 3, 4]));
    model.config["sliding_window"] = Value::Null;
    assert_ne!(logits(&model, &[1, 2, 3, 4]), logits(&model, &[9, 2, 3, 4]));
}
