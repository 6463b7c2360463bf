//! The serialiser, against serde_json.

use super::*;
use std::collections::BTreeMap;

#[derive(Serialize)]
enum Variants {
    Plain,
    One(f64),
    Two(i8, u64),
    Named { key: char },
}

#[derive(Serialize)]
struct Everything {
    text: String,
    numbers: Vec<f64>,
    single: f32,
    whole: (u8, i64, u64),
    variants: Vec<Variants>,
    none: Option<()>,
    by_number: BTreeMap<i32, bool>,
    by_name: BTreeMap<&'static str, [u16; 0]>,
}

fn everything() -> Everything {
    Everything {
        text: (0..=0x2000).filter_map(char::from_u32).collect(),
        numbers: vec![0.0, -0.0, 1.0, -1.5e-7, 1e21, f64::MAX, 5e-324, f64::NAN],
        single: 0.1,
        whole: (255, i64::MIN, u64::MAX),
        variants: vec![
            Variants::Plain,
            Variants::One(0.1),
            Variants::Two(-3, 4),
            Variants::Named { key: '"' },
        ],
        none: None,
        by_number: BTreeMap::from([(-1, true), (2, false)]),
        by_name: BTreeMap::from([("a\n", []), ("b", [])]),
    }
}

#[test]
fn it_writes_what_serde_json_writes() {
    let expected = serde_json::to_string(&everything()).unwrap();
    assert_eq!(to_json(&everything()), expected);
    assert_eq!(to_json(&Vec::<u8>::new()), "[]");
}

#[test]
fn kept_text_unfolds_to_the_same() {
    let mut json = Json::with_keys(Keys::default());
    json.field("one", &everything());
    json.field("two", &everything());
    let keys = json.keys.take().expect("they were put there");
    let mut unfolded = Json::default();
    unfolded.field("zero", &());
    keys.unfold(&json.text, &mut unfolded);
    let one = to_json(&everything());
    let expected = format!("\"zero\":null,\"one\":{one},\"two\":{one}");
    assert_eq!(unfolded.text, expected);
    assert!(json.text.len() < unfolded.text.len());
}
