//! Where values come from, as the command says it.

use serde_json::{Value, json};

use crate::checkpoints::{Tensor, file, mixed, normal, packed, report, run, tensor};
use crate::support::Scratch;

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
