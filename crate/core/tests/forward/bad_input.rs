//! What cannot be run is said in a sentence that names it and what was expected.

use serde_json::{Value, json};

use crate::support::{Model, of, usual};

fn with(key: &str, value: Value) -> String {
    let mut model = Model::llama();
    model.config[key] = value;
    model.error(usual())
}

const SUPPORTED: &str = "supported are llama (SmolLM2 is one), mistral, qwen2, qwen3 and smollm3";

#[test]
fn configs_are_held_against_what_is_supported() {
    let cases = [
        ("model_type", json!("gpt2"), format!("model_type is \"gpt2\": {SUPPORTED}")),
        ("model_type", Value::Null, format!("there is no model_type: {SUPPORTED}")),
        ("hidden_act", json!("gelu"), "hidden_act is \"gelu\": supported is silu".to_owned()),
        ("vocab_size", Value::Null, "there is no vocab_size".to_owned()),
        (
            "num_hidden_layers",
            json!(0),
            "num_hidden_layers is 0: it must be a whole number from 1 to 4,096".to_owned(),
        ),
        (
            "num_key_value_heads",
            json!(3),
            "num_key_value_heads is 3: it must divide num_attention_heads, which is 2".to_owned(),
        ),
        (
            "tie_word_embeddings",
            json!("no"),
            "tie_word_embeddings is \"no\": it must be true or false".to_owned(),
        ),
        (
            "partial_rotary_factor",
            json!(0.5),
            "partial_rotary_factor turns 4 of head_dim's 8: supported are whole heads".to_owned(),
        ),
        (
            "quantization_config",
            json!({"quant_method": "gptq"}),
            "quantization_config (\"gptq\"): weights of packed codes are not supported, only BF16, FP16 and FP32"
                .to_owned(),
        ),
    ];
    for (key, value, expected) in cases {
        assert_eq!(with(key, value), format!("config.json: {expected}"));
    }
}

#[test]
fn tensors_are_held_against_the_config() {
    let mut missing = Model::llama();
    missing.tensors.remove("model.layers.1.mlp.up_proj.weight");
    assert_eq!(
        missing.error(usual()),
        "there is no tensor \"model.layers.1.mlp.up_proj.weight\": by config.json, which has 2 layers, it has the shape [24, 16]"
    );
    let mut short = Model::llama();
    short.add("model.layers.0.self_attn.o_proj.weight", &[16, 8]);
    assert_eq!(
        short.error(usual()),
        "tensor \"model.layers.0.self_attn.o_proj.weight\" has the shape [16, 8]: by config.json it has [16, 16]"
    );
    let mut headless = Model::llama();
    headless.tensors.remove("lm_head.weight");
    assert!(
        headless
            .error(usual())
            .starts_with("there is no tensor \"lm_head.weight\"")
    );
    headless.config["tie_word_embeddings"] = json!(true);
    assert!(headless.run(usual(), usize::MAX).is_ok());
    headless.tensors.clear();
    headless.add("other", &[1]);
    assert_eq!(
        headless.error(usual()),
        "there is no tensor model.embed_tokens.weight: the tokens' embeddings are expected there"
    );
}

#[test]
fn tokens_are_of_the_vocabulary() {
    let mut options = usual();
    options.tokens[2] = 40;
    assert_eq!(
        Model::llama().error(options),
        "token 40, at position 2, is outside the vocabulary: config.json has 40 tokens, from 0 to 39"
    );
    let mut options = usual();
    options.tokens.clear();
    assert_eq!(
        Model::llama().error(options),
        "there are no tokens: at least one is needed"
    );
    let mut options = usual();
    options.tokens = vec![0; 2_000_000];
    let error = Model::llama().error(options);
    assert!(
        error.starts_with("the logits would take 610 MiB: at most 512 are held"),
        "{error}"
    );
}

#[test]
fn a_weight_that_is_no_number_is_found() {
    let rest = "all weights must be finite, or every result after them is lost";
    let places = [
        (
            "model.embed_tokens.weight",
            4 * 16 + 2,
            f32::NAN,
            "NaN at [4, 2]",
        ),
        (
            "model.layers.0.input_layernorm.weight",
            3,
            f32::NAN,
            "NaN at [3]",
        ),
        (
            "model.layers.1.mlp.down_proj.weight",
            5 * 24 + 23,
            f32::INFINITY,
            "an infinity at [5, 23]",
        ),
        ("lm_head.weight", 39 * 16, f32::NAN, "NaN at [39, 0]"),
    ];
    for (name, at, value, says) in places {
        let mut model = Model::llama();
        let (_, numbers) = model.tensors.get_mut(name).expect("it is there");
        numbers[at] = value;
        for options in [usual(), of("", "weights=mxfp4")] {
            assert_eq!(
                model.error(options),
                format!("tensor \"{name}\" has {says}: {rest}")
            );
        }
    }
    // No token asks for this row.
    let mut model = Model::llama();
    let (_, numbers) = model
        .tensors
        .get_mut("model.embed_tokens.weight")
        .expect("it is there");
    numbers[20 * 16] = f32::NAN;
    assert!(model.run(usual(), usize::MAX).is_ok());
}
