//! Tokens of texts against transformers'; `tests/oracle/make_tokenizer.py` wrote what is expected.

use floatscope_tokenizer::Tokenizer;
use serde_json::{Value, json};

/// The fixtures, and how many tokens each puts in front of a text.
const MAKES: [(&str, &[u8], usize); 3] = [
    (
        "byte_level",
        include_bytes!("../../../tests/fixtures/tokenizer/byte_level.json"),
        1,
    ),
    (
        "split",
        include_bytes!("../../../tests/fixtures/tokenizer/split.json"),
        0,
    ),
    (
        "byte_fallback",
        include_bytes!("../../../tests/fixtures/tokenizer/byte_fallback.json"),
        1,
    ),
];

const EXPECTED: &[u8] = include_bytes!("../../../tests/fixtures/tokenizer/expected.json");

#[test]
fn texts_have_the_tokens_that_transformers_gives_them() {
    let expected: Value = serde_json::from_slice(EXPECTED).unwrap();
    let mut texts = 0;
    for (make, json, added) in MAKES {
        let tokenizer = Tokenizer::from_json(json).unwrap();
        for case in expected[make].as_array().expect("a list of texts") {
            let text = case["text"].as_str().expect("a text");
            let tokens = tokenizer.encode(text, true).unwrap();
            assert_eq!(case["tokens"], json!(tokens), "{make}: {text:?}");
            let bare = tokenizer.encode(text, false).unwrap();
            assert_eq!(bare, tokens[added..], "{make}: {text:?}");
            let pieces = tokenizer.pieces(&tokens);
            assert_eq!(case["pieces"], json!(pieces), "{make}: {text:?}");
            texts += 1;
        }
    }
    assert_eq!(texts, 48);
}

#[test]
fn an_id_outside_the_vocabulary_has_no_piece() {
    let tokenizer = Tokenizer::from_json(MAKES[0].1).unwrap();
    let pieces = tokenizer.pieces(&[0, 320, u64::from(u32::MAX) + 1, 1]);
    assert_eq!(pieces, ["<s>", "", "", "</s>"]);
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("", "no JSON: EOF while parsing a value at line 1 column 0"),
        (
            "{\"model\": {",
            "no JSON: EOF while parsing an object at line 1 column 11",
        ),
        (
            "[]",
            "this is no tokenizer.json: invalid length 0, expected an object at line 1 column 2",
        ),
        ("{}", "this is no tokenizer.json: there is no entry model"),
        (
            "{\"model\": \"BPE\"}",
            "this is no tokenizer.json: invalid type: string \"BPE\", expected an object at line 1 column 15",
        ),
        (
            "{\"model\": {\"type\": \"Tiktoken\"}}",
            "model.type is \"Tiktoken\": it must be one of BPE, Unigram, WordPiece, WordLevel",
        ),
        (
            "{\"model\": {\"type\": \"BPE\", \"dropout\": 0.1}}",
            "model.dropout is 0.1: with dropout, a text has other tokens each time",
        ),
    ];
    for (json, expected) in cases {
        let error = Tokenizer::from_json(json.as_bytes()).err();
        assert_eq!(error.as_deref(), Some(expected), "{json}");
    }
    let unreadable = r#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#;
    let error = Tokenizer::from_json(unreadable.as_bytes()).err();
    let error = error.expect("b is in no vocabulary");
    assert!(
        error.starts_with("no tokenizer can be made of it: "),
        "{error}"
    );
}

#[test]
fn a_word_that_the_model_does_not_know_is_no_panic() {
    let words = r#"{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "?"}}"#;
    let tokenizer = Tokenizer::from_json(words.as_bytes()).unwrap();
    assert_eq!(tokenizer.encode("a", true), Ok(vec![0]));
    let error = tokenizer.encode("b", true).unwrap_err();
    assert!(
        error.starts_with("the text cannot be made tokens: "),
        "{error}"
    );
}

/// The first fixture with another value at a place.
fn changed(place: &str, value: Value) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(MAKES[0].1).expect("it is JSON");
    *json.pointer_mut(place).expect("it is there") = value;
    json.to_string().into_bytes()
}

#[test]
fn parts_that_the_library_would_stumble_over_are_named() {
    let cases = [
        (
            "/post_processor/processors/1/single/0/SpecialToken/id",
            json!("?"),
            "the post_processor adds \"?\", which is not among its special_tokens",
        ),
        (
            "/post_processor/processors/1/single/1/Sequence/id",
            json!("B"),
            "the post_processor's single has a second text in it",
        ),
        (
            "/model/continuing_subword_prefix",
            json!("##"),
            "model.continuing_subword_prefix is \"##\": only WordPiece may have one",
        ),
    ];
    for (place, value, expected) in cases {
        let error = Tokenizer::from_json(&changed(place, value)).err();
        assert_eq!(error.as_deref(), Some(expected), "{place}");
    }
}

#[test]
fn labels_are_spelled_where_the_decoder_would_cut_them() {
    let strip = json!({"type": "Strip", "content": " ", "start": 0, "stop": 9});
    let tokenizer = Tokenizer::from_json(&changed("/decoder", strip)).unwrap();
    let ids = tokenizer.encode("The dog", false).unwrap();
    assert_eq!(tokenizer.pieces(&ids), ["T", "he", "Ġdog"]);
}
