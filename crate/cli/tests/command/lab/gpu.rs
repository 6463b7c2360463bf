//! The lab's benches on a graphics card: whatever multiplies, the report is the same.
//!
//! A software driver will do. Where there is no adapter, a test says `SKIPPED` and passes, unless
//! `FLOATSCOPE_GPU_REQUIRED` is set, as `cargo xtask test` sets it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Outcome, Scratch, floatscope, outcome, test_data};

/// The report of a bench, by a device.
fn bench(arguments: &[&str], path: &Path, device: &str) -> Outcome {
    let mut command = floatscope();
    command.arg("lab").args(arguments).arg(path);
    outcome(command.args(["--json", "-", "--device", device]))
}

/// By a card; `None` where there is none and none is required.
fn by_card(arguments: &[&str], path: &Path) -> Option<Outcome> {
    let seen = bench(arguments, path, "gpu");
    let is_required = std::env::var_os("FLOATSCOPE_GPU_REQUIRED").is_some();
    if seen.status == Some(2) && seen.stderr.contains("there is no GPU to use") && !is_required {
        eprintln!("SKIPPED, there is no adapter: {}", seen.stderr);
        return None;
    }
    assert_eq!(seen.status, Some(0), "{}", seen.stderr);
    Some(seen)
}

/// What the report says of the device, and its text without that.
fn apart(seen: &Outcome) -> (Value, String) {
    let device = seen.json()["device"].take();
    let strings = match &device {
        Value::Object(members) => members.values().collect(),
        string => vec![string],
    };
    let (before, after) = seen.stdout.split_once("\"device\"").expect("it is named");
    let without = |text: String, string: &&Value| text.replacen(&string.to_string(), "", 1);
    let after = strings.iter().fold(after.to_owned(), without);
    (device, format!("{before}{after}"))
}

/// The report is the processor's byte for byte, and the card did multiply; what is said of it.
fn same_by_card(arguments: &[&str], path: &Path) -> Option<Value> {
    let seen = by_card(arguments, path)?;
    let (device, text) = apart(&seen);
    let cpu = bench(arguments, path, "cpu");
    assert_eq!((cpu.status, &*cpu.stderr), (Some(0), ""));
    let (_, by_cpu) = apart(&cpu);
    assert!(text == by_cpu, "{arguments:?}: not the processor's report");
    Some(device)
}

fn fixture(name: &str) -> PathBuf {
    test_data("fixtures/forward").join(name)
}

/// How many dispatches, and how many products went to the processor.
fn counted(says: &str) -> [u64; 2] {
    let number = |before: &str| {
        let (text, _) = says.split_once(before)?;
        let digits = text.rsplit(' ').next()?.replace(',', "");
        digits.parse().ok()
    };
    let dispatches = number(" dispatch").expect("dispatches are counted");
    [dispatches, number(" of ").unwrap_or(0)]
}

#[test]
fn a_pass_is_the_same_by_a_card() {
    let tokens = ["forward", "--attribute", "--tokens", "3,1,4,1,5,9,2,6"];
    let policies: [&[&str]; 4] = [
        &[],
        &["--b", "inv_freq=bf16,accumulate=bf16"],
        &[
            "--a",
            "accumulate=f32_pairwise",
            "--b",
            "accumulate=f32_tiles/16,norm=bf16",
        ],
        &["--b", "weights=f8_e4m3/tensor"],
    ];
    for name in ["llama", "qwen2"] {
        for policies in policies {
            let arguments = [&tokens[..], policies].concat();
            let Some(device) = same_by_card(&arguments, &fixture(name)) else {
                return;
            };
            let says = device.as_str().expect("a string");
            assert!(
                says.starts_with("GPU: ") && says.contains(" (Vulkan), "),
                "{says}"
            );
            let [dispatches, by_cpu] = counted(says);
            assert!(dispatches > 0 && by_cpu == 0, "{says}");
        }
    }
}

#[test]
fn what_a_card_has_not_for_certain_is_the_processors() {
    let arguments = ["forward", "--tokens", "3,1,4", "--b", "accumulate=f64"];
    let Some(device) = same_by_card(&arguments, &fixture("llama")) else {
        return;
    };
    let says = device.as_str().expect("a string");
    let [dispatches, by_cpu] = counted(says);
    assert!(dispatches > 0 && by_cpu > 0, "{says}");
    assert!(says.ends_with(" on the CPU: no GPU gives their bits for certain"));
    // Products of FP32 by FP32 are rounded, and a driver may leave that out.
    let arguments = [
        "forward",
        "--tokens",
        "3,1",
        "--a",
        "activations=f32",
        "--b",
        "activations=f32,softmax=bf16",
    ];
    let device = same_by_card(&arguments, &fixture("llama_f32")).expect("there is a card");
    let says = device.as_str().expect("a string");
    assert_eq!(counted(says)[0], 0, "{says}");
}

#[test]
fn matrix_products_are_the_same_by_a_card() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/sample.safetensors");
    let models = [
        ["f32", "bf16"],
        ["f32_sequential", "f32_tiles/100"],
        ["f32_pairwise", "tensor_core"],
        ["f16", "f64"],
    ];
    for [a, b] in models {
        let arguments = ["matmul", "--a", a, "--b", b, "--tokens", "11"];
        let Some(device) = same_by_card(&arguments, &sample) else {
            return;
        };
        assert_eq!(
            (&device["kind"], &device["asked"]),
            (&"gpu".into(), &"gpu".into())
        );
        let says = device["says"].as_str().expect("a sentence");
        assert!(says.starts_with("A graphics card was used: "), "{says}");
        assert!(counted(says)[0] > 0, "{says}");
    }
    let ragged = test_data("fixtures/ragged.safetensors");
    same_by_card(&["matmul", "--tokens", "3"], &ragged);
}

/// Without any driver.
fn driverless(arguments: &[&str], path: &Path, device: &str, json: &Path) -> Outcome {
    let mut command = floatscope();
    command.arg("lab").args(arguments).arg(path);
    command.env("VK_DRIVER_FILES", "/nonexistent");
    command.env("VK_ICD_FILENAMES", "/nonexistent");
    command.arg("--json").arg(json);
    outcome(command.args(["--device", device]))
}

#[test]
fn without_a_driver_the_reason_is_said() {
    let scratch = Scratch::new();
    let benches: [&[&str]; 2] = [&["forward", "--tokens", "3,1,4"], &["matmul"]];
    for arguments in benches {
        let json = scratch.path("report.json");
        let seen = driverless(arguments, &fixture("llama"), "gpu", &json);
        assert_eq!((seen.status, &*seen.stdout), (Some(2), ""));
        let says = "floatscope: --device gpu: there is no GPU to use: ";
        let complaints = seen.complaints();
        assert!(
            complaints.len() == 1 && complaints[0].starts_with(says),
            "{complaints:?}"
        );
        assert!(!json.exists());
        let seen = driverless(arguments, &fixture("llama"), "auto", &json);
        assert_eq!((seen.status, &*seen.stderr), (Some(0), ""));
        let text = std::fs::read_to_string(&json).expect("it was written");
        let report: Value = serde_json::from_str(&text).expect("it is JSON");
        let why = "there is too little to multiply for a graphics card";
        assert!(report["device"].to_string().contains(why));
        std::fs::remove_file(json).expect("it is there");
    }
}
