//! Which casts the command recommends.

use serde_json::{Value, json};

use crate::support::{Scratch, container, floatscope, outcome};

fn report(path: &std::path::Path, arguments: &[&str]) -> Value {
    let outcome = outcome(
        floatscope()
            .arg("scan")
            .arg(path)
            .args(["--json", "-"])
            .args(arguments),
    );
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    outcome.json()
}

/// A matrix of ones and thirds in FP32, times a factor, with one value in the middle; plain E4M3 takes it to
/// within 30 dB.
fn with_one(scratch: &Scratch, factor: f32, value: f32) -> std::path::PathBuf {
    let header = json!({"w": {"dtype": "F32", "shape": [64, 64], "data_offsets": [0, 16_384]}});
    let mut values = [factor, 0.34 * factor].repeat(2048);
    values[2000] = value;
    let data: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
    scratch.write(&format!("{value}.safetensors"), container(&header, &data))
}

#[test]
fn what_makes_a_nan_or_keeps_an_outlier_alone_is_not_recommended() {
    let scratch = Scratch::new();
    let of_factor = |factor, value| {
        let path = with_one(&scratch, factor, value);
        let report = report(&path, &["--cast", "f8_e4m3,f8_e4m3/row,int8/row"]);
        let level = report["recommendations"][1].clone();
        assert_eq!(level["threshold_db"], 30);
        (level["cast"].clone(), report["outliers"].clone(), report)
    };
    let of = |value| of_factor(1.0, value);
    assert_eq!((of(1.0).0, of(1.0).1), (json!("f8_e4m3"), Value::Null));
    // One among its like, the second beyond what E4M3 takes for its largest.
    for (value, cast) in [(464.0, "f8_e4m3"), (465.0, "f8_e4m3/row")] {
        let (found, says, _) = of_factor(416.0, value);
        assert_eq!((found, says), (json!(cast), Value::Null), "{value}");
    }
    // E4M3 ends at 448. One value of 416 is nearly all of the energy.
    let (fits, says, report) = of(416.0);
    assert_eq!(fits, json!("f8_e4m3"));
    assert!(
        says.as_str()
            .is_some_and(|says| says.starts_with("In w the largest thousandth "))
    );
    let outliers_db = report["tensors"][0]["outliers_db"]
        .as_f64()
        .expect("a number");
    // 10 log10 of (2043 + 2048 · 0.34²) / (2047 + 2048 · 0.34² + 416²): 4 of 4,096 are left out.
    assert!((outliers_db + 18.859_8).abs() < 0.07, "{outliers_db}");
    let (does_not, _, report) = of(480.0);
    assert_ne!(does_not, json!("f8_e4m3"));
    let lost = &report["tensors"][0]["casts"]["f8_e4m3"];
    assert_eq!(lost["overflow"], 1);
    assert!(
        lost["sqnr_db"]
            .as_f64()
            .is_some_and(|sqnr_db| sqnr_db > 30.0)
    );
    let (none, _, report) = of(1e6);
    assert_eq!(none, Value::Null);
    // Of others it says nothing.
    let says = report["recommendations"][1]["says"]
        .as_str()
        .unwrap_or_default();
    assert!(
        says.starts_with(
            "6-bit quality: none of the casts that were asked for of at most 8 bits takes"
        ),
        "{says}"
    );
    // All else in its row became zero, and the ratio is grand.
    let row = &report["tensors"][0]["casts"]["int8/row"];
    assert!(
        row["sqnr_db"]
            .as_f64()
            .is_some_and(|sqnr_db| sqnr_db > 60.0),
        "{row}"
    );
}
