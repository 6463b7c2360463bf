//! A tokenizer.json is a stranger's: whatever one of its values is, there are tokens or a sentence.

use floatscope_tokenizer::Tokenizer;
use serde_json::{Value, json};

const FIXTURES: [&[u8]; 3] = [
    include_bytes!("../../../tests/fixtures/tokenizer/byte_level.json"),
    include_bytes!("../../../tests/fixtures/tokenizer/split.json"),
    include_bytes!("../../../tests/fixtures/tokenizer/byte_fallback.json"),
];

/// Of lists and objects that are longer, these many are changed.
const MOST_CHANGED: usize = 6;

/// Values that any other might be by mistake or by malice.
fn odd_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{202e}é"),
        json!("(["),
        json!([]),
        json!({}),
        json!([[], ["a"]]),
        json!("B"),
    ]
}

/// Where values are, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let named: Vec<(String, &Value)> = match value {
        Value::Array(list) => {
            let list = list.iter().enumerate();
            list.map(|(at, value)| (at.to_string(), value)).collect()
        }
        Value::Object(entries) => {
            let escaped = |name: &String| name.replace('~', "~0").replace('/', "~1");
            let entries = entries.iter();
            entries.map(|(name, it)| (escaped(name), it)).collect()
        }
        _ => return,
    };
    for (name, value) in named.into_iter().take(MOST_CHANGED) {
        places(value, &format!("{at}/{name}"), found);
    }
}

#[test]
fn no_value_of_a_tokenizer_makes_it_panic() {
    let (mut refused, mut read) = (0, 0);
    for fixture in FIXTURES {
        let whole: Value = serde_json::from_slice(fixture).unwrap();
        let mut found = Vec::new();
        places(&whole, "", &mut found);
        for place in found {
            for odd in odd_values() {
                let mut changed = whole.clone();
                *changed.pointer_mut(&place).expect("it is there") = odd.clone();
                match try_out(&changed) {
                    Ok(()) => read += 1,
                    Err(sentence) => {
                        assert!(!sentence.is_empty(), "{place}: {odd}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 1_000 && read > 100, "{refused}, {read}");
}

fn try_out(json: &Value) -> Result<(), String> {
    let tokenizer = Tokenizer::from_json(json.to_string().as_bytes())?;
    for text in ["", "The dog\n\n  doesn't 你好 🙂", "<s>a</s>"] {
        tokenizer.pieces(&tokenizer.encode(text, true)?);
    }
    Ok(())
}
