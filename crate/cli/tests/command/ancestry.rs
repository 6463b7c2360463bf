//! Where values come from, as the command says it, and what scripts do with it.

use serde_json::{Value, json};

use crate::support::{Outcome, Scratch, container, floatscope, outcome, scan, test_data};

/// Tensors of a test file: name, dtype, shape, bytes.
type Tensor<'a> = (&'a str, &'a str, Vec<u64>, Vec<u8>);

fn file(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, dtype, shape, bytes) in tensors {
        let begin = data.len();
        data.extend(bytes);
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert((*name).to_owned(), entry);
    }
    container(&Value::Object(header), &data)
}

/// So many values around zero: sums of uniform ones, each time the same.
fn normal(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut value = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    (0..count).map(|_| (value() * 0.02) as f32).collect()
}

fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// FP32, of which the lower half is cut off: BF16 in a wider coat.
fn cut(values: &[f32]) -> Vec<f32> {
    let cut = |value: &f32| f32::from_bits(value.to_bits() & 0xffff_0000);
    values.iter().map(cut).collect()
}

/// `native`: FP32; `coat`: FP32 that holds BF16; `copy` with its bytes; `odd` with
/// a NaN, an infinity and a value beyond FP16.
fn mixed(scratch: &Scratch) -> std::path::PathBuf {
    let native = f32_bytes(&normal(40_000, 1));
    let coat = f32_bytes(&cut(&normal(40_000, 2)));
    let mut odd = normal(40_000, 3);
    odd[..3].copy_from_slice(&[f32::NAN, f32::INFINITY, 70_000.0]);
    let shape = vec![200, 200];
    let tensors = [
        ("coat", "F32", shape.clone(), coat.clone()),
        ("copy", "F32", shape.clone(), coat),
        ("native", "F32", shape.clone(), native),
        ("odd", "F32", shape, f32_bytes(&odd)),
    ];
    scratch.write("mixed.safetensors", file(&tensors))
}

/// A layer as GPTQ writes it, and a norm.
fn packed(scratch: &Scratch) -> std::path::PathBuf {
    let tensors = [
        ("norm.weight", "F32", vec![256], f32_bytes(&normal(256, 4))),
        ("q.g_idx", "I32", vec![256], vec![0; 1024]),
        ("q.qweight", "I32", vec![32, 8], vec![0x5a; 1024]),
        ("q.qzeros", "I32", vec![2, 1], vec![0x77; 8]),
        ("q.scales", "F16", vec![2, 8], vec![0x1c; 32]),
    ];
    scratch.write("packed.safetensors", file(&tensors))
}

fn run(path: &std::path::Path, arguments: &[&str]) -> Outcome {
    outcome(floatscope().arg("scan").arg(path).args(arguments))
}

fn report(path: &std::path::Path) -> Value {
    run(path, &["--json", "-"]).json()
}

fn tensor<'a>(report: &'a Value, name: &str) -> &'a Value {
    let tensors = report["tensors"].as_array().expect("a list of tensors");
    let found = tensors.iter().find(|tensor| tensor["name"] == name);
    found.expect("the tensor is in the report")
}

#[test]
fn the_report_sums_labels_up() {
    let scratch = Scratch::new();
    let report = report(&mixed(&scratch));
    assert_eq!(
        report["ancestry"]["bf16"],
        json!({"tensors": 2, "parameters": 80_000})
    );
    assert_eq!(tensor(&report, "coat")["ancestry"]["label"], "bf16");
    assert_eq!(tensor(&report, "coat")["wasted_bytes"], 80_000);
    assert_eq!(report["wasted_bytes"], 160_000);
    let counted: u64 = report["ancestry"]
        .as_object()
        .expect("an object of labels")
        .values()
        .map(|totals| totals["tensors"].as_u64().expect("a count"))
        .sum();
    assert_eq!(counted, 4);
    assert!(report["pools"].is_array());
    let headline = report["headline"].as_str().expect("a headline");
    assert!(headline.contains("2 passed through BF16"), "{headline}");
    assert!(
        headline.contains("160.0 kB of its 640.0 kB carry nothing"),
        "{headline}"
    );
    assert!(headline.contains("1 value in 1 tensor is NaN, 1 value in 1 tensor is infinite."));
}

/// Forty norms that say nothing alone are native together, by module and in all.
#[test]
fn what_tensors_show_together_is_said() {
    let scratch = Scratch::new();
    let bf16 = |values: Vec<f32>| -> Vec<u8> {
        let upper = values.iter().map(|value| (value.to_bits() >> 16) as u16);
        upper.flat_map(u16::to_le_bytes).collect()
    };
    let names: Vec<String> = (0..40)
        .map(|at| format!("layers.{at}.norm.weight"))
        .collect();
    let tensors: Vec<Tensor> = names
        .iter()
        .zip(10..)
        .map(|(name, seed)| (&**name, "BF16", vec![1200], bf16(normal(1200, seed))))
        .collect();
    let path = scratch.write("norms.safetensors", file(&tensors));
    let pools = &report(&path)["pools"];
    for (at, pattern) in ["*", "layers.*.norm.weight"].into_iter().enumerate() {
        assert_eq!(pools[at]["pattern"], pattern);
        assert_eq!(pools[at]["tensors"], 40);
        assert_eq!(pools[at]["ancestry"]["label"], "native");
    }
    let said = run(&path, &[]).stdout;
    assert!(
        said.contains("\n  native when taken together: 40 of layers.*.norm.weight\n"),
        "{said}"
    );
}

#[test]
fn a_tensor_with_the_bytes_of_another_is_its_duplicate() {
    let scratch = Scratch::new();
    let report = report(&mixed(&scratch));
    assert_eq!(tensor(&report, "copy")["duplicate_of"], "coat");
    for name in ["coat", "native", "odd"] {
        assert_eq!(tensor(&report, name)["duplicate_of"], Value::Null, "{name}");
    }
}

#[test]
fn packed_codes_are_what_they_are_and_no_integers() {
    let scratch = Scratch::new();
    let path = packed(&scratch);
    let report = report(&path);
    let codes = tensor(&report, "q.qweight");
    let layout = json!({
        "scheme": "gptq", "role": "codes", "format": "INT4", "bits": 4, "group": 128,
        "granularity": "128", "says": "packed INT4, GPTQ, group 128",
    });
    assert_eq!(codes["layout"], layout);
    assert_eq!(codes["ancestry"]["label"], "not_float");
    let evidence = &codes["ancestry"]["evidence"];
    assert_eq!(evidence[0]["test"], "layout");
    assert_eq!(
        evidence[0]["says"],
        "These are codes: packed INT4, GPTQ, group 128."
    );
    for (name, role) in [
        ("q.qzeros", "zeros"),
        ("q.scales", "scales"),
        ("q.g_idx", "index"),
    ] {
        assert_eq!(tensor(&report, name)["layout"]["role"], role);
    }
    assert_eq!(tensor(&report, "norm.weight")["layout"], Value::Null);
    let headline = report["headline"].as_str().expect("a headline");
    let begin = "Stored as packed INT4 (GPTQ) and FP32. \
        1 of 5 tensors holds packed INT4 (GPTQ), 3 go with these as scales and the like, 1 ";
    assert!(headline.starts_with(begin), "{headline}");
    let table = run(&path, &[]).stdout;
    for cell in ["gptq codes", "gptq zeros", "gptq index"] {
        assert!(table.contains(cell), "{table}");
    }
}

#[test]
fn what_is_not_wanted_fails() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let cases = [
        (
            "bf16",
            1,
            "--fail-on bf16: found in 2 tensors, the first is coat",
        ),
        ("nan", 1, "--fail-on nan: found in odd"),
        ("inf", 1, "--fail-on inf: found in odd"),
        ("overflow:f16", 1, "--fail-on overflow:f16: found in odd"),
        ("int4,nf4", 0, ""),
        ("int4,nan", 1, "--fail-on nan: found in odd"),
    ];
    for (words, status, says) in cases {
        let outcome = run(&path, &["--fail-on", words]);
        assert_eq!(outcome.status, Some(status), "{words}: {outcome:?}");
        let says = if says.is_empty() {
            String::new()
        } else {
            format!("floatscope: {says}\n")
        };
        assert_eq!(outcome.stderr, says, "{words}");
        assert!(
            outcome.stdout.contains("coat"),
            "the table is written all the same"
        );
    }
    let good = [
        "--tensor",
        "native",
        "--fail-on",
        "nan,inf,overflow:f16,bf16",
    ];
    assert_eq!(run(&path, &good).status, Some(0));
}

#[test]
fn integers_do_not_overflow_fp16() {
    let scratch = Scratch::new();
    let bytes = 70_000u32.to_le_bytes().to_vec();
    let path = scratch.write("i.safetensors", file(&[("i", "U32", vec![1], bytes)]));
    assert_eq!(run(&path, &["--fail-on", "overflow:f16"]).status, Some(0));
    let edge: Vec<u8> = [65504f32, -65504.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let path = scratch.write("f.safetensors", file(&[("f", "F32", vec![2], edge)]));
    assert_eq!(run(&path, &["--fail-on", "overflow:f16"]).status, Some(0));
}

#[test]
fn what_is_wrong_with_the_input_beats_what_is_found() {
    let outcome = scan([
        test_data("malformed/dtype_lower_case.safetensors").as_os_str(),
        "--fail-on".as_ref(),
        "not_float,inconclusive,constant,native".as_ref(),
    ]);
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
}

#[test]
fn words_that_are_none_are_answered_with_those_that_are() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let complaint = |arguments: &[&str]| {
        let outcome = run(&path, arguments);
        assert_eq!(outcome.status, Some(2), "{outcome:?}");
        assert_eq!(outcome.stdout, "");
        outcome.stderr
    };
    let labels = complaint(&["--fail-on", "f16,fp16"]);
    for word in ["fp16", "native", "mxfp4", "nan", "inf", "overflow:f16"] {
        assert!(labels.contains(word), "{labels}");
    }
    assert!(complaint(&["--only", "stats,verdicts"]).contains("stats or ancestry"));
    assert!(complaint(&["--only", "casts"]).contains("no casts yet"));
    let contradiction = complaint(&["--only", "stats", "--fail-on", "f16"]);
    assert!(
        contradiction.contains("--only leaves out"),
        "{contradiction}"
    );
    assert_eq!(
        run(&path, &["--only", "stats", "--fail-on", "nan"]).status,
        Some(0)
    );
}

#[test]
fn only_the_wanted_parts_are_told() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let keys = |only: &str| {
        let report = run(&path, &["--only", only, "--json", "-"]).json();
        let tensor = report["tensors"][0].as_object().expect("an object");
        (
            report.get("ancestry").is_some(),
            tensor.keys().cloned().collect::<Vec<_>>(),
        )
    };
    let (has_sums, stats) = keys("stats");
    assert!(!has_sums);
    assert!(stats.iter().any(|key| key == "stats") && stats.iter().any(|key| key == "bits"));
    assert!(
        !stats
            .iter()
            .any(|key| key == "ancestry" || key == "witnesses"),
        "{stats:?}"
    );
    let (has_sums, ancestry) = keys("ancestry");
    assert!(has_sums);
    assert!(ancestry.iter().any(|key| key == "ancestry"));
    assert!(
        !ancestry
            .iter()
            .any(|key| key == "stats" || key == "exponents"),
        "{ancestry:?}"
    );
    let (_, both) = keys("ancestry,stats");
    assert_eq!(both.len() + 5, stats.len() + ancestry.len());
    let stats = run(&path, &["--only", "stats"]).stdout;
    assert!(
        !stats.contains("erdict") && stats.contains("mean"),
        "{stats}"
    );
    let ancestry = run(&path, &["--only", "ancestry"]).stdout;
    assert!(
        ancestry.contains("verdict") && !ancestry.contains("mean"),
        "{ancestry}"
    );
    let titles = |only| {
        let csv = run(&path, &["--only", only, "--csv", "-"]).stdout;
        csv.split("\r\n").next().expect("titles").to_owned()
    };
    assert!(titles("stats").contains("mean") && !titles("stats").contains("label"));
    assert!(titles("ancestry").contains("label") && !titles("ancestry").contains("mean"));
}

#[test]
fn the_table_sums_verdicts_up() {
    let scratch = Scratch::new();
    let table = run(&mixed(&scratch), &[]).stdout;
    let line = table.lines().find(|line| line.starts_with("Verdicts: "));
    let line = line.expect("a line of verdicts");
    assert!(
        line.contains("2 bf16") && line.ends_with("; 160 kB carry nothing"),
        "{line}"
    );
}

#[test]
fn a_single_tensor_is_shown_with_its_evidence() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let text = run(&path, &["--tensor", "coat"]).stdout;
    let report = report(&path);
    let evidence = &tensor(&report, "coat")["ancestry"]["evidence"];
    let evidence = evidence.as_array().expect("a list of evidence");
    assert!(!evidence.is_empty());
    for entry in evidence {
        let says = entry["says"].as_str().expect("a sentence");
        assert!(text.contains(says), "{says} is not in {text}");
    }
    for says in ["Verdict: bf16", "below 1e-10: ", "it fits BF16"] {
        assert!(text.contains(says), "{says} is not in {text}");
    }
    assert!(!run(&path, &[]).stdout.contains("Verdict: "));
}

#[test]
fn csv_says_where_values_come_from() {
    let scratch = Scratch::new();
    let path = mixed(&scratch);
    let report = report(&path);
    let csv = run(&path, &["--csv", "-"]).stdout;
    let mut rows = csv
        .split_terminator("\r\n")
        .map(|row| row.split(',').collect::<Vec<_>>());
    let titles = rows.next().expect("titles");
    for row in rows {
        let cell = |title: &str| {
            let at = titles.iter().position(|other| *other == title);
            row[at.expect("there is such a column")].to_owned()
        };
        let tensor = tensor(&report, &cell("name"));
        let verdict = &tensor["ancestry"];
        let same = |title: &str, value: &Value| {
            let text = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            assert_eq!(cell(title), text, "{title} of {}", tensor["name"]);
        };
        for title in ["label", "path", "granularity", "scale", "log10_odds"] {
            same(title, &verdict[title]);
        }
        same("fraction", &verdict["fraction"]["value"]);
        same("fraction_low", &verdict["fraction"]["low"]);
        same("fraction_high", &verdict["fraction"]["high"]);
        same("rows_zero", &tensor["rows"]["zero"]);
        same("rows_constant", &tensor["rows"]["constant"]);
        same("duplicate_of", &tensor["duplicate_of"]);
        same("wasted_bytes", &tensor["wasted_bytes"]);
    }
    let packed = run(&packed(&scratch), &["--csv", "-"]).stdout;
    assert!(
        packed.contains(",\"packed INT4, GPTQ, group 128\","),
        "{packed}"
    );
}
