//! The header parser against the safetensors crate: it accepts and rejects what
//! the crate does, and every difference made on purpose has a test here.

mod agreement;
mod generate;

use std::collections::HashMap;

use agreement::{Difference, Outcome, check, read};
use floatscope_core::checkpoint::MAX_RANK;
use generate::{Random, file};
use safetensors::tensor::{Dtype, TensorView};

/// How many files the seeds make in an ordinary test run; the fuzz target goes on from there.
const CASES: u64 = 100_000;

#[test]
fn mutated_headers_meet_the_same_verdict() {
    let mut outcomes: HashMap<Outcome, u64> = HashMap::new();
    for seed in 0..CASES {
        *outcomes.entry(check(&mutated_file(seed))).or_default() += 1;
    }
    let count = |outcome| outcomes.get(&outcome).copied().unwrap_or(0);
    // A generator that only ever makes rubbish, or only valid files, tests nothing.
    assert!(count(Outcome::BothAccept) > CASES / 5, "{outcomes:?}");
    assert!(count(Outcome::BothReject) > CASES / 5, "{outcomes:?}");
    assert!(
        count(Outcome::Stricter(Difference::DuplicateName)) > CASES / 1000,
        "{outcomes:?}"
    );
    assert!(
        count(Outcome::Stricter(Difference::DtypeNotText)) > CASES / 1000,
        "{outcomes:?}"
    );
}

fn mutated_file(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let (json, mut body_bytes) = generate::header(&mut random);
    let mut json = json.into_bytes();
    for _ in 0..random.below(4) {
        generate::mutate(&mut random, &mut json);
    }
    if random.once_in(8) {
        body_bytes = (body_bytes + random.below(5)).saturating_sub(2);
    }
    let mut file = file(&json, body_bytes);
    if random.once_in(16) {
        let at = random.below(8);
        file[at] ^= 1 << random.below(8);
    }
    if random.once_in(32) {
        file.truncate(random.below(file.len() + 1));
    }
    file
}

#[test]
fn what_the_crate_writes_of_every_dtype_is_read_as_written() {
    const DTYPES: [Dtype; 22] = [
        Dtype::BOOL,
        Dtype::F4,
        Dtype::F6_E2M3,
        Dtype::F6_E3M2,
        Dtype::U8,
        Dtype::I8,
        Dtype::F8_E5M2,
        Dtype::F8_E4M3,
        Dtype::F8_E8M0,
        Dtype::F8_E4M3FNUZ,
        Dtype::F8_E5M2FNUZ,
        Dtype::I16,
        Dtype::U16,
        Dtype::F16,
        Dtype::BF16,
        Dtype::I32,
        Dtype::U32,
        Dtype::F32,
        Dtype::C64,
        Dtype::F64,
        Dtype::I64,
        Dtype::U64,
    ];
    let bodies: Vec<Vec<u8>> = DTYPES
        .iter()
        .map(|dtype| vec![0; dtype.bitsize()])
        .collect();
    let views = DTYPES.iter().zip(&bodies).map(|(&dtype, body)| {
        let view = TensorView::new(dtype, vec![2, 4], body).expect("eight elements");
        (format!("tensor.{dtype}"), view)
    });
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = safetensors::serialize(views, Some(metadata)).expect("a file");
    assert_eq!(check(&file), Outcome::BothAccept);
    assert_eq!(read(&file).expect("a header").tensors.len(), 22);
}

/// `json` and as many bytes after it, which must both be refused or both accepted.
#[track_caller]
fn verdict(json: &str, body_bytes: usize) -> Outcome {
    check(&file(json.as_bytes(), body_bytes))
}

#[test]
fn oddities_that_both_accept() {
    let accepted: &[(&str, usize)] = &[
        ("{}", 0),
        (" \n{\t} \r\n", 0),
        (r#"{"__metadata__":null}"#, 0),
        (r#"{"__metadata__":{"a":"1","a":"2"}}"#, 0),
        (r#"{"\u005f_metadata__":{"a":"1"}}"#, 0),
        (r#"{"":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#, 1),
        (r#"{"a":["F32",[2],[0,8]]}"#, 8),
        (
            r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":[1e5,{"y":"\ud83d\ude00"}]}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"\u0055\u0038","\u0073hape":[1],"data_offsets":[0,1]}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}"#,
            3,
        ),
        (
            r#"{"a":{"dtype":"F64","shape":[0,9223372036854775808,4],"data_offsets":[0,0]}}"#,
            0,
        ),
        (
            r#"{"b":["U8",[2],[0,2]],"a":["U8",[0],[0,0]],"c":["U8",[0],[2,2]]}"#,
            2,
        ),
    ];
    for &(json, body_bytes) in accepted {
        assert_eq!(verdict(json, body_bytes), Outcome::BothAccept, "{json}");
    }
}

#[test]
fn oddities_that_both_refuse() {
    let refused: &[(&str, usize)] = &[
        ("", 0),
        ("[]", 0),
        ("null", 0),
        ("{}x", 0),
        ("{},", 0),
        ("\u{feff}{}", 0),
        (r#"{"__metadata__":{},"__metadata__":{}}"#, 0),
        (r#"{"__metadata__":{"a":1}}"#, 0),
        (r#"{"__metadata__":[]}"#, 0),
        (r#"{"a":null}"#, 0),
        (r#"{"a":["U8",[1],[0,1],0]}"#, 1),
        (r#"{"a":["U8",[1]]}"#, 1),
        (
            r#"{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}"#,
            0,
        ),
        (
            r#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"U8","shape":[18446744073709551616,0],"data_offsets":[0,0]}}"#,
            0,
        ),
        (
            r#"{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1e400}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":"\ud800"}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"F64","shape":[9223372036854775808,4,0],"data_offsets":[0,0]}}"#,
            0,
        ),
        (
            r#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#,
            1,
        ),
        (
            r#"{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}"#,
            4,
        ),
        (
            r#"{"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615]}}"#,
            0,
        ),
        (r#"{"a":["U8",[2],[0,2]],"b":["U8",[2],[1,3]]}"#, 3),
        (r#"{"a":["U8",[4],[0,4]],"b":["U8",[0],[2,2]]}"#, 4),
        (r#"{"a":["U8",[1],[1,2]]}"#, 2),
        (r#"{"a":["U8",[1],[0,1]]}"#, 2),
        (r#"{"a":["U8",[2],[0,2]]}"#, 1),
    ];
    for &(json, body_bytes) in refused {
        assert_eq!(verdict(json, body_bytes), Outcome::BothReject, "{json}");
    }
}

#[test]
fn nesting_is_allowed_as_deep_as_the_crate_allows_it() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"a":{{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":{open}{close}}}}}"#)
    };
    let verdicts = |levels| verdict(&nested(levels), 1);
    assert_eq!(verdicts(125), Outcome::BothAccept);
    assert_eq!(verdicts(126), Outcome::BothReject);
    assert_eq!(verdicts(5000), Outcome::BothReject);
}

#[test]
fn on_purpose_two_entries_of_one_name_are_refused() {
    let json = r#"{"a":["U8",[1],[0,1]],"\u0061":["I8",[1],[0,1]]}"#;
    assert_eq!(
        verdict(json, 1),
        Outcome::Stricter(Difference::DuplicateName)
    );
    let error = read(&file(json.as_bytes(), 1)).expect_err("a repeated name");
    let message = error.to_string();
    assert!(
        message.ends_with(r#"two entries are named "a" (header bytes 5 and 31)"#),
        "{message}"
    );
}

#[test]
fn on_purpose_a_dtype_is_text() {
    let json = r#"{"a":{"dtype":{"U8":null},"shape":[1],"data_offsets":[0,1]}}"#;
    assert_eq!(
        verdict(json, 1),
        Outcome::Stricter(Difference::DtypeNotText)
    );
}

#[test]
fn on_purpose_a_shape_has_a_limit() {
    let json = |rank: usize| {
        let ones = vec!["1"; rank].join(",");
        format!(r#"{{"a":["U8",[{ones}],[0,1]]}}"#)
    };
    assert_eq!(verdict(&json(MAX_RANK), 1), Outcome::BothAccept);
    assert_eq!(
        verdict(&json(MAX_RANK + 1), 1),
        Outcome::Stricter(Difference::Rank)
    );
}
