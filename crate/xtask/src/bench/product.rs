//! The lab's products: natively, as wasm with relaxed SIMD and as wasm without, in turn.
//!
//! Products are held against multiply-adds in registers, with one token against bare reads; a
//! wasm without multiply-adds against those of the one that has them.

use super::programs::{native_program, printed, wasm_program};
use crate::shell;
use crate::wasm::{WASI_RUNNER, relaxed_runner};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

const ROUNDS: usize = 5;

/// What one program said of a kernel in one round.
#[derive(Clone, Copy)]
struct Speed {
    speed: f64,
    yardstick: f64,
    share: f64,
}

/// Every round of a program, by kernel in the order they are printed.
#[derive(Default)]
struct Speeds {
    order: Vec<(String, String)>,
    rounds: BTreeMap<String, Vec<Speed>>,
}

/// `bench product`.
pub(super) fn bench() -> Result<()> {
    let native_program = native_program("product")?;
    let relaxed = ["--features", "floatscope-simd/relaxed"];
    let relaxed_program = wasm_program("product", "wasi-relaxed", &relaxed)?;
    let plain_program = wasm_program("product", "wasi-simd", &[])?;
    let relaxed_runner = relaxed_runner()?;
    let mut all = [(); 3].map(|()| Speeds::default());
    let [native, relaxed, plain] = &mut all;
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        native.measure(&mut shell::in_root(&native_program))?;
        let mut node = shell::in_root(relaxed_runner[0]);
        relaxed.measure(node.args(&relaxed_runner[1..]).arg(&relaxed_program))?;
        let mut node = shell::in_root(WASI_RUNNER[0]);
        plain.measure(node.args(&WASI_RUNNER[1..]).arg(&plain_program))?;
    }
    print(&all);
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
        let word = |name: &'static str| result[name].as_str().context(name).map(str::to_owned);
        let number = |name: &'static str| result[name].as_f64().context(name);
        let (kernel, unit) = (word("kernel")?, word("unit")?);
        let speed = Speed {
            speed: number("speed")?,
            yardstick: number("yardstick")?,
            share: number("share")?,
        };
        if !self.rounds.contains_key(&kernel) {
            self.order.push((kernel.clone(), unit));
        }
        self.rounds.entry(kernel).or_default().push(speed);
        Ok(())
    }

    /// The median of what is wanted of a kernel.
    fn median(&self, kernel: &str, wanted: fn(&Speed) -> f64) -> f64 {
        let rounds = self.rounds.get(kernel).map_or(&[][..], Vec::as_slice);
        let mut values: Vec<f64> = rounds.iter().map(wanted).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// A line a kernel: speed and share of the yardstick, for each of the programs.
fn print([native, relaxed, plain]: &[Speeds; 3]) {
    println!("\nmedians of {ROUNDS} rounds in turn: speed, and share of the yardstick");
    println!(
        "{:<42} {:<7} {:>14} {:>14} {:>14}",
        "", "", "native", "wasm relaxed", "wasm simd128"
    );
    for (kernel, unit) in &native.order {
        let cell = |of: &Speeds, share: f64| {
            format!(
                "{:.2} {:>3.0} %",
                of.median(kernel, |s| s.speed),
                share * 100.0
            )
        };
        let own = |of: &Speeds| cell(of, of.median(kernel, |s| s.share));
        let without = match unit.as_str() {
            "GFLOP/s" => cell(
                plain,
                plain.median(kernel, |s| s.speed) / relaxed.median(kernel, |s| s.yardstick),
            ),
            _ => own(plain),
        };
        println!(
            "{kernel:<42} {unit:<7} {:>14} {:>14} {without:>14}",
            own(native),
            own(relaxed)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Speeds;

    #[test]
    fn medians_stand_in_the_order_of_printing() {
        let mut speeds = Speeds::default();
        for (kernel, speed) in [("b", 3.0), ("a", 9.0), ("b", 1.0), ("b", 2.0)] {
            let line = format!(
                r#"{{"kernel":"{kernel}","unit":"GB/s","speed":{speed},"yardstick":4,"share":0.5}}"#
            );
            speeds.add(&line).unwrap();
        }
        let order = speeds.order.iter().map(|(kernel, _)| kernel.as_str());
        assert_eq!(order.collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(speeds.median("b", |s| s.speed), 2.0);
        assert!(speeds.median("c", |s| s.share).is_nan());
        assert!(speeds.add("{}").is_err());
    }
}
