//! What the header parser does. These run on every target, wasm32 among them.

use super::*;

/// The header of a file that has `json` and `body_bytes` bytes after it.
fn header(json: &str, body_bytes: u64) -> Header {
    let file_bytes = 8 + json.len() as u64 + body_bytes;
    parse_header("f", json.as_bytes(), file_bytes).expect("a readable header")
}

/// Every problem as a person sees it, without the file's name.
fn problems(header: &Header) -> Vec<String> {
    let shown = header.problems.iter().map(ToString::to_string);
    shown.map(|text| text.replacen("f: ", "", 1)).collect()
}

fn names(header: &Header) -> Vec<&str> {
    header
        .tensors
        .iter()
        .map(|tensor| tensor.name.as_str())
        .collect()
}

#[test]
fn tensors_come_by_offset_with_their_place_in_the_file() {
    let json = r#"{"b":{"dtype":"BF16","shape":[2,3],"data_offsets":[4,16]},
        "__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;
    let header = header(json, 16);
    assert_eq!(problems(&header), [""; 0]);
    assert_eq!(names(&header), ["a", "b"]);
    assert_eq!(header.header_bytes, 8 + json.len() as u64);
    let b = &header.tensors[1];
    assert_eq!(
        (b.begin, b.end),
        (header.header_bytes + 4, header.header_bytes + 16)
    );
    assert_eq!(
        (b.elements(), b.bytes(), b.shape.as_slice()),
        (6, 12, &[2, 3][..])
    );
    assert_eq!(header.tensors[0].elements(), 1);
    assert_eq!(header.metadata["format"], "pt");
}

#[test]
fn sizes_are_64_bit_on_every_target() {
    // The crate refuses both on wasm32: 5 GiB of file, 4 GiB and more in one tensor.
    let json = r#"{"a":["F64",[65536,8192],[0,4294967296]],"b":["U8",[1073741824],[4294967296,5368709120]]}"#;
    let header = header(json, 5 << 30);
    assert_eq!(problems(&header), [""; 0]);
    assert_eq!(header.tensors[1].end - header.header_bytes, 5 << 30);
    assert_eq!(header.tensors[0].elements(), 1 << 29);
}

#[test]
fn one_bad_entry_costs_one_tensor() {
    let bad = [
        (
            "null",
            "invalid type: null, expected an object with dtype, shape and data_offsets",
        ),
        (
            r#"{"dtype":"U8","shape":[1]}"#,
            "missing field `data_offsets`",
        ),
        (
            r#"{"dtype":"F7","shape":[1],"data_offsets":[1,2]}"#,
            "unknown dtype \"F7\"",
        ),
        (
            r#"{"dtype":"U8","shape":[-3],"data_offsets":[1,2]}"#,
            "shape: invalid value: integer `-3`, expected u64",
        ),
        (
            r#"{"dtype":"F32","shape":[2,3],"data_offsets":[1,21]}"#,
            "shape [2, 3] of F32 needs 24 bytes, data_offsets [1, 21] give 20",
        ),
        (
            r#"{"dtype":"U8","shape":[1],"data_offsets":[2,1]}"#,
            "data_offsets [2, 1] end before they begin",
        ),
        (
            r#"{"dtype":"F4","shape":[3],"data_offsets":[1,2]}"#,
            "shape [3] of F4 needs 12 bits, not whole bytes",
        ),
        (
            r#"{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[1,2]}"#,
            "shape [4294967296, 4294967296] of F64 overflows 64 bits",
        ),
    ];
    for (entry, what) in bad {
        let json = format!(r#"{{"a":["U8",[1],[0,1]],"x":{entry},"b":["U8",[1],[1,2]]}}"#);
        let header = header(&json, 2);
        assert_eq!(names(&header), ["a", "b"], "{entry}");
        let first = &header.problems[0];
        assert_eq!(
            (first.tensor.as_deref(), first.what.as_str()),
            (Some("x"), what)
        );
    }
}

#[test]
fn problems_say_at_which_byte_of_the_header() {
    let json = "{\n \"a\": {\"dtype\": \"U8\", \"shape\": [-1], \"data_offsets\": [0, 0]}}";
    let header = header(json, 0);
    let place = header.problems[0].place.as_deref().expect("a place");
    let at: usize = place
        .strip_prefix("header byte ")
        .expect("a byte")
        .parse()
        .expect("a number");
    assert_eq!(&json[at - 1..=at], "-1");
}

#[test]
fn a_tensor_left_out_is_no_hole() {
    let json = r#"{"a":["U8",[1],[0,1]],"x":["F7",[9],[1,10]],"b":["U8",[1],[10,11]]}"#;
    let found = problems(&header(json, 11));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("tensor \"x\": unknown dtype"),
        "{found:?}"
    );
}

#[test]
fn holes_overlaps_and_leftovers_are_told_and_the_tensors_stay() {
    let json =
        r#"{"a":["U8",[2],[1,3]],"b":["U8",[4],[2,6]],"c":["U8",[0],[4,4]],"d":["U8",[1],[8,9]]}"#;
    let header = header(json, 26);
    assert_eq!(names(&header), ["a", "b", "c", "d"]);
    let begin = header.header_bytes;
    let place = |from: u64, to: u64| format!("(bytes {} to {})", begin + from, begin + to);
    assert_eq!(
        problems(&header),
        [
            format!("1 byte before the first tensor \"a\" {}", place(0, 1)),
            format!("tensors \"a\" and \"b\" overlap by 1 byte {}", place(2, 3)),
            format!(
                "the empty tensor \"c\" lies inside tensor \"b\" {}",
                place(4, 4)
            ),
            format!("2 bytes between tensors \"b\" and \"d\" {}", place(6, 8)),
            format!("17 bytes after the last tensor {}", place(9, 26)),
        ]
    );
}

#[test]
fn of_a_truncated_file_the_whole_tensors_stay() {
    let json = r#"{"a":["U8",[4],[0,4]],"b":["U8",[4],[4,8]],"c":["U8",[4],[8,12]]}"#;
    let header = header(json, 6);
    assert_eq!(names(&header), ["a"]);
    let end = header.header_bytes + 6;
    assert_eq!(
        problems(&header),
        [
            format!(
                "the file is cut short: its tensors need 12 bytes, it holds 6 (bytes {end} to {})",
                end + 6
            ),
            format!(
                "tensor \"b\": the file ends at byte {end}, 2 bytes before the tensor does (bytes {} to {})",
                end - 2,
                end + 2
            ),
            format!(
                "tensor \"c\": the file ends at byte {end}, 6 bytes before the tensor does (bytes {} to {})",
                end + 2,
                end + 6
            ),
        ]
    );
}

#[test]
fn offsets_near_the_end_of_64_bits_overflow_nothing() {
    let end = u64::MAX;
    let json = format!(
        r#"{{"a":["U8",[1],[{},{end}]],"b":["U8",[0],[{end},{end}]]}}"#,
        end - 1
    );
    let header = header(&json, 4);
    assert!(header.tensors.is_empty());
    assert_eq!(header.problems.len(), 4, "{:?}", problems(&header));
}

#[test]
fn bad_metadata_costs_the_metadata() {
    let header = header(r#"{"__metadata__":{"a":1},"t":["U8",[1],[0,1]]}"#, 1);
    assert_eq!(names(&header), ["t"]);
    assert!(header.metadata.is_empty());
    assert_eq!(
        problems(&header),
        ["__metadata__: invalid type: integer `1`, expected a string (header byte 21)"]
    );
}

#[test]
fn hostile_names_stay_short_in_messages() {
    let name = "\\n".repeat(100_000);
    let json = format!(r#"{{"{name}":["{name}",[1],[0,1]],"b":["U8",[1],[0,1]]}}"#);
    for problem in &header(&json, 1).problems {
        assert!(problem.what.len() < 1000 && !problem.what.contains('\n'));
    }
    let json = format!(r#"{{"a":{{"dtype":[],"shape":"{name}","data_offsets":[0,0]}}}}"#);
    assert!(header(&json, 0).problems[0].what.len() < 1000);
}

#[test]
fn a_million_tensors_are_no_trouble() {
    use std::fmt::Write as _;
    let tensors = 1_000_000_u64;
    let mut json = String::from("{");
    for i in (0..tensors).rev() {
        let comma = if i == 0 { "}" } else { "," };
        write!(
            json,
            r#""layers.{i}.w":{{"dtype":"F32","shape":[1],"data_offsets":[{},{}]}}{comma}"#,
            4 * i,
            4 * i + 4
        )
        .expect("writing to a string");
    }
    let header = header(&json, 4 * tensors);
    assert_eq!(header.tensors.len() as u64, tensors);
    assert_eq!(problems(&header), [""; 0]);
    assert_eq!(header.tensors[7].name, "layers.7.w");
}

#[test]
fn a_hundred_thousand_problems_are_cut() {
    let json = format!(
        "{{{}\"z\":0}}",
        (0..100_000)
            .map(|i| format!("\"{i}\":0,"))
            .collect::<String>()
    );
    let header = header(&json, 0);
    assert_eq!(header.problems.len(), 1001);
    assert_eq!(
        header.problems[1000].what,
        "99001 more problems are not listed"
    );
}
