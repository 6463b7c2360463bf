//! The kernels, the same Rust natively and as wasm under Node, in turn.
//!
//! Machines get warm and neighbours come and go, so the two are run alternately
//! and medians are compared.

use super::programs::{native_program, printed, wasm_program};
use crate::shell;
use crate::wasm::WASI_RUNNER;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

const ROUNDS: usize = 5;

/// Gigabytes a second of every run, by kernel in the order they are printed.
#[derive(Default)]
struct Speeds {
    order: Vec<String>,
    runs: BTreeMap<String, Vec<f64>>,
}

/// `bench kernels`.
pub(super) fn bench() -> Result<()> {
    let native_program = native_program("kernels")?;
    let wasm_program = wasm_program("kernels", "wasi-simd", &[])?;
    let (mut native, mut wasm) = (Speeds::default(), Speeds::default());
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        native.measure(&mut shell::in_root(&native_program))?;
        let mut node = shell::in_root(WASI_RUNNER[0]);
        wasm.measure(node.args(&WASI_RUNNER[1..]).arg(&wasm_program))?;
    }
    print(&native, &wasm);
    print_promises(&wasm);
    Ok(())
}

impl Speeds {
    /// Runs the bench program once; it prints a JSON object a kernel.
    fn measure(&mut self, program: &mut Command) -> Result<()> {
        for text in printed(program)?.lines() {
            self.add(text).with_context(|| text.to_owned())?;
        }
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<()> {
        let result: Value = serde_json::from_str(text)?;
        let kernel = result["kernel"].as_str().context("no `kernel`")?;
        let speed = result["gb_per_s"].as_f64().context("no `gb_per_s`")?;
        if !self.runs.contains_key(kernel) {
            self.order.push(kernel.to_owned());
        }
        self.runs.entry(kernel.to_owned()).or_default().push(speed);
        Ok(())
    }

    fn print_ratio(&self, kernel: &str, other: &str, promise: f64) {
        if let (Some(speed), Some(of)) = (self.median(kernel), self.median(other)) {
            let ratio = speed / of;
            println!("wasm: {kernel} / {other} = {ratio:.2}   (promise {promise})");
        }
    }

    /// The median speed of a kernel, if it was run.
    fn median(&self, kernel: &str) -> Option<f64> {
        let mut runs = self.runs.get(kernel)?.clone();
        runs.sort_by(f64::total_cmp);
        runs.get(runs.len() / 2).copied()
    }
}

fn print(native: &Speeds, wasm: &Speeds) {
    println!("\nmedians of {ROUNDS} rounds in turn, GB/s");
    println!(
        "{:<36} {:>8} {:>8} {:>12}",
        "", "native", "wasm", "wasm/native"
    );
    for kernel in &native.order {
        let (Some(native), Some(wasm)) = (native.median(kernel), wasm.median(kernel)) else {
            continue;
        };
        println!(
            "{kernel:<36} {native:>8.2} {wasm:>8.2} {:>12.2}",
            wasm / native
        );
    }
}

/// What is promised of the kernels in wasm among themselves.
fn print_promises(wasm: &Speeds) {
    println!();
    for kernel in &wasm.order {
        if let Some(normal) = kernel.strip_suffix(", constant") {
            wasm.print_ratio(kernel, normal, 0.65);
        }
        if let Some(types) = kernel.strip_prefix("scan ") {
            wasm.print_ratio(kernel, &format!("increments alone, {types}"), 0.8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Speeds;

    #[test]
    fn medians_stand_in_the_order_of_printing() {
        let mut speeds = Speeds::default();
        for (kernel, speed) in [("b", 3.0), ("a", 9.0), ("b", 1.0), ("b", 2.0)] {
            let line = format!(r#"{{"kernel":"{kernel}","gb_per_s":{speed},"bytes":1}}"#);
            speeds.add(&line).unwrap();
        }
        assert_eq!(speeds.order, ["b", "a"]);
        assert_eq!(speeds.median("b"), Some(2.0));
        assert_eq!(speeds.median("c"), None);
        assert!(speeds.add("{}").is_err());
    }
}
