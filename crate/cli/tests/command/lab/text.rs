//! `floatscope lab forward --text`: tokens by text.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Outcome, Scratch, container, floatscope, outcome, test_data};

const TEXT: &str = "The quick brown fox";

/// As many tokens as the fixture's tokenizer has.
const VOCABULARY: usize = 320;

/// A Llama of one layer, with `vocabulary` tokens.
fn checkpoint(vocabulary: usize) -> Scratch {
    let scratch = Scratch::new();
    let config = json!({
        "model_type": "llama", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "vocab_size": vocabulary, "max_position_embeddings": 64, "rope_theta": 100.0, "tie_word_embeddings": true
    });
    scratch.write("config.json", config.to_string());
    let layer = |name: &str| format!("model.layers.0.{name}.weight");
    let square = ["q", "k", "v", "o"].map(|it| layer(&format!("self_attn.{it}_proj")));
    let wide = ["gate", "up", "down"].map(|it| layer(&format!("mlp.{it}_proj")));
    let norms = ["input_layernorm", "post_attention_layernorm"].map(layer);
    let mut shapes = vec![("model.embed_tokens.weight".to_owned(), vec![vocabulary, 8])];
    shapes.extend(
        square
            .into_iter()
            .chain(wide)
            .map(|name| (name, vec![8, 8])),
    );
    shapes.extend(norms.into_iter().map(|name| (name, vec![8])));
    shapes.push(("model.norm.weight".to_owned(), vec![8]));
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape) in shapes {
        let begin = data.len();
        let count = shape.iter().product::<usize>();
        data.extend((0..count).flat_map(|at| bf16(at + begin).to_le_bytes()));
        let entry = json!({"dtype": "BF16", "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert(name, entry);
    }
    scratch.write(
        "model.safetensors",
        container(&Value::Object(header), &data),
    );
    scratch
}

/// Numbers of either sign from 1/2 to 2, in no order.
fn bf16(at: usize) -> u16 {
    let mixed = (at as u32).wrapping_mul(2_654_435_761) >> 16;
    0x3f00 | (mixed as u16 & 0x80ff)
}

/// A checkpoint with the fixture's tokenizer, which puts a token in front and asks for truncation.
fn with_tokenizer() -> Scratch {
    let scratch = checkpoint(VOCABULARY);
    let tokenizer = test_data("fixtures/tokenizer/byte_level.json");
    scratch.write("tokenizer.json", fs::read(tokenizer).expect("a fixture"));
    scratch
}

/// What transformers makes of the text.
fn expected() -> Value {
    let expected = fs::read(test_data("fixtures/tokenizer/expected.json")).expect("a fixture");
    let expected: Value = serde_json::from_slice(&expected).expect("a fixture");
    let mut cases = expected["byte_level"].as_array().expect("texts").iter();
    cases
        .find(|case| case["text"] == TEXT)
        .expect("the text")
        .clone()
}

fn forward(scratch: &Scratch, more: &[&str]) -> Outcome {
    let mut command = floatscope();
    command.args(["lab", "forward"]).arg(scratch.folder());
    outcome(command.args(more))
}

/// Checks that it says what is wrong and nothing else.
fn refused(seen: &Outcome, expected: &str) {
    assert_eq!((seen.status, &*seen.stdout), (Some(2), ""));
    assert_eq!(seen.stderr, format!("floatscope: {expected}\n"));
}

#[test]
fn a_text_and_its_ids_give_the_same() {
    let scratch = with_tokenizer();
    let expected = expected();
    let seen = forward(&scratch, &["--text", TEXT, "--json", "-"]);
    assert_eq!((seen.status, &*seen.stderr), (Some(0), ""));
    let mut by_text = seen.json();
    assert_eq!(by_text["tokens"], expected["tokens"]);
    assert_eq!(by_text["text"].take(), TEXT);
    assert_eq!(by_text["pieces"].take(), expected["pieces"]);
    let ids = expected["tokens"].as_array().expect("ids").iter();
    let ids: Vec<String> = ids.map(Value::to_string).collect();
    let by_id = forward(&scratch, &["--tokens", &ids.join(","), "--json", "-"]);
    assert_eq!((by_id.status, &*by_id.stderr), (Some(0), ""));
    assert_eq!(by_id.json(), by_text);
}

#[test]
fn the_table_has_what_each_token_is_of_the_text() {
    let scratch = with_tokenizer();
    let seen = forward(&scratch, &["--text", "The dog\n\x1b[2J"]);
    assert_eq!((seen.status, &*seen.stderr), (Some(0), ""));
    let positions = seen.stdout.split("position").last().expect("a part");
    let pieces: Vec<&str> = positions.split('"').skip(1).step_by(2).collect();
    let escape = r"\u{1b}";
    assert_eq!(
        pieces,
        ["<s>", "T", "he", " dog", r"\n", escape, "[", "2", "J"]
    );
    let by_id = forward(&scratch, &["--tokens", "0,55"]);
    assert!(!by_id.stdout.contains("text"), "{}", by_id.stdout);
}

#[test]
fn a_text_needs_a_tokenizer() {
    let scratch = checkpoint(VOCABULARY);
    let folder = scratch.folder().display().to_string();
    let seen = forward(&scratch, &["--text", TEXT]);
    let none = "there is no tokenizer.json beside config.json: --text needs it, --tokens does not";
    refused(&seen, &format!("{folder}: {none}"));
    assert_eq!(forward(&scratch, &["--tokens", "0,55"]).status, Some(0));
    let path = scratch.write("tokenizer.json", "{\"model\": {\"type\": \"\u{202e}\"}}");
    let seen = forward(&scratch, &["--text", TEXT]);
    let known = "BPE, Unigram, WordPiece, WordLevel";
    let says = format!("model.type is \"\\u{{202e}}\": it must be one of {known}");
    refused(&seen, &format!("{}: {says}", path.display()));
    let seen = forward(&scratch, &["--tokens", "0,55", "--no-progress"]);
    assert_eq!(seen.status, Some(0), "it is not read for ids");
}

#[test]
fn tokens_of_a_text_are_in_the_vocabulary_or_named() {
    let scratch = checkpoint(64);
    let tokenizer = test_data("fixtures/tokenizer/byte_level.json");
    scratch.write("tokenizer.json", fs::read(tokenizer).unwrap());
    let seen = forward(&scratch, &["--text", "The"]);
    let says = "token 260, at position 2, is outside the vocabulary: config.json has 64 tokens, from 0 to 63";
    refused(&seen, &format!("{}: {says}", scratch.folder().display()));
}

#[test]
fn a_text_or_ids_and_not_both() {
    let scratch = with_tokenizer();
    let cases: [(&[&str], &str); 4] = [
        (&["--text", TEXT, "--tokens", "1"], "cannot be used with"),
        (&[], "<--tokens <ID,...>|--text <TEXT>>"),
        (&["--text", ""], "a value is required for '--text <TEXT>'"),
        (&["--text"], "a value is required for '--text <TEXT>'"),
    ];
    for (arguments, says) in cases {
        let seen = forward(&scratch, arguments);
        assert_eq!((seen.status, &*seen.stdout), (Some(2), ""), "{arguments:?}");
        assert!(seen.stderr.contains(says), "{}", seen.stderr);
    }
}

#[test]
fn the_tokenizer_is_not_written_over() {
    let scratch = with_tokenizer();
    let path = scratch.path("tokenizer.json");
    let before = fs::read(&path).unwrap();
    let path = path.to_str().expect("a plain path");
    let seen = forward(&scratch, &["--text", TEXT, "--json", path]);
    refused(
        &seen,
        &format!("{path}: cannot be written: it is to be read"),
    );
    assert_eq!(fs::read(path).unwrap(), before);
}
