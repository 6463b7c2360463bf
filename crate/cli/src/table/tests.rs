//! The table as people see it.

use super::*;
use floatscope_core::Job;
use floatscope_core::scan::Scanner;

/// A job that has scanned one file, made of a header and the tensors' bytes.
fn scanned(header: &str, data: &[u8]) -> Job {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    let mut job = Job::new("a\x1b[31m.safetensors");
    job.add_file("a.safetensors", file.len() as u64);
    while let Some(range) = job.header_wants(0) {
        job.header_feed(0, &file[range.start as usize..range.end as usize]);
    }
    // Casts have a table of their own.
    job.only(Sections {
        casts: false,
        ..Sections::default()
    });
    job.start(1);
    while let Some(run) = job.next_run() {
        let mut scanner = Scanner::new();
        let seen = run.pieces.iter().map(|piece| {
            scanner.begin(piece.span);
            scanner.feed(&file[piece.begin as usize..piece.end() as usize]);
            scanner.finish().expect("a span was begun")
        });
        let seen = seen.collect();
        job.merge(run.id, seen);
    }
    job
}

/// Four BF16 values (1, −2.5, 0, 1/3), one FP16 NaN, and a complex number.
fn small() -> Job {
    let header = r#"{
        "layers.0.mlp\nup_proj.weight": {"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},
        "scale": {"dtype":"F16","shape":[],"data_offsets":[8,10]},
        "rotary": {"dtype":"C64","shape":[1],"data_offsets":[10,18]}}"#;
    let mut data = Vec::new();
    for code in [0x3f80u16, 0xc020, 0, 0x3eab, 0x7e00] {
        data.extend(code.to_le_bytes());
    }
    for part in [0.6f32, -0.8] {
        data.extend(part.to_le_bytes());
    }
    scanned(header, &data)
}

fn shown(job: &Job, columns: Option<usize>, colour: bool) -> String {
    let mut out = Vec::new();
    write_on(Screen { columns, colour }, job.report(), &mut out).expect("memory can be written");
    String::from_utf8(out).expect("the table is text")
}

#[test]
fn the_whole_table() {
    let expected = r"Stored as BF16, complex numbers and FP16. 2 of 3 tensors are too small to tell, 1 is not judged. 1 value in 1 tensor is NaN.
a\u{1b}[31m.safetensors: 3 tensors, 6 parameters, 18 B
  BF16  1 tensor   4 parameters      8 B
  C64   1 tensor   1 parameter       8 B
  F16   1 tensor   1 parameter       2 B
Verdicts: 2 inconclusive, 1 not_float

tensor                        dtype   shape   size  verdict           min      max     mean    std  zeros  NaN     bits
layers.0.mlp\nup_proj.weight  BF16    2×2      8 B  inconclusive     -2.5        1  -0.2915  1.325      1    0   2.0/16
scale                         F16     scalar   2 B  inconclusive        –        –        –      –      0    1   0.0/16
rotary                        C64 re  1        8 B  not_float      0.6000   0.6000   0.6000      0      0    0  ≤0.0/32
                              C64 im                              -0.8000  -0.8000  -0.8000      0      0    0  ≤0.0/32
";
    assert_eq!(shown(&small(), None, false), expected);
}

#[test]
fn a_narrow_terminal_is_not_overrun() {
    let job = small();
    for columns in 60..120 {
        let text = shown(&job, Some(columns), false);
        let table = text.lines().skip_while(|line| !line.starts_with("tensor"));
        for line in table.take_while(|line| !line.starts_with("Not shown")) {
            assert!(text::width(line) <= columns, "{columns}: {line}");
        }
    }
    let text = shown(&job, Some(60), false);
    assert!(text.contains("layers.0.mlp\\nup_proj.weight"), "{text}");
    assert!(
        text.ends_with(
            "Not shown on 60 columns: size, zeros, shape, mean, dtype, std, bits, min.\n"
        ),
        "{text}"
    );
}

#[test]
fn only_alarms_are_loud() {
    let text = shown(&small(), None, true);
    let red: Vec<&str> = text.split("\x1b[31m").skip(1).collect();
    assert_eq!(red.len(), 1, "{text}");
    assert!(red[0].starts_with("1\x1b[0m"), "{text}");
}

#[test]
fn a_checkpoint_without_tensors_has_no_table() {
    let text = shown(&scanned("{}", &[]), None, false);
    assert_eq!(
        text,
        "No tensors.\na\\u{1b}[31m.safetensors: 0 tensors, 0 parameters, 0 B\n"
    );
}
