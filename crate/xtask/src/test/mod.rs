//! `cargo xtask test`: everything that must hold, in order.
//!
//! A step that fails does not stop the ones after it. The last line says how
//! many tests passed and failed; a check without tests of its own (formatting,
//! lints, types) counts as one. Some steps run beside their neighbour.

mod browsers;
mod steps;
mod tally;
mod together;

use crate::options::Options;
use anyhow::{Result, bail};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use steps::{STEPS, Step};
use tally::Tally;

/// What became of one step.
struct Outcome {
    name: &'static str,
    tally: Tally,
    took: Duration,
}

/// `test [--only STEP]`.
pub(crate) fn command(mut options: Options) -> Result<ExitCode> {
    let only = options.take_value("--only")?;
    options.finish()?;
    let steps = chosen(only.as_deref())?;
    let groups = steps.chunk_by(|a, b| a.is_beside(b));
    let outcomes: Vec<_> = groups.flat_map(perform_group).collect();
    let total = outcomes.iter().map(|outcome| outcome.tally).sum();
    print_summary(&outcomes, total);
    Ok(if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn chosen(only: Option<&str>) -> Result<Vec<&'static Step>> {
    let Some(name) = only else {
        return Ok(STEPS.iter().collect());
    };
    if let Some(step) = STEPS.iter().find(|step| step.name == name) {
        return Ok(vec![step]);
    }
    let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
    bail!("no step `{name}`; there are {}", names.join(", "))
}

fn perform_group(steps: &[&'static Step]) -> Vec<Outcome> {
    match steps {
        [step] => vec![perform(step)],
        several => together::perform(several),
    }
}

fn perform(step: &'static Step) -> Outcome {
    println!("\n== {}: {}", step.name, step.says);
    let start = Instant::now();
    let tally = (step.run)().unwrap_or_else(|error| {
        println!("{}: {error:#}", step.name);
        Tally::FAILED
    });
    Outcome {
        name: step.name,
        tally,
        took: start.elapsed(),
    }
}

fn print_summary(outcomes: &[Outcome], total: Tally) {
    println!(
        "\n{:<12} {:>7} {:>7} {:>9}",
        "step", "passed", "failed", "seconds"
    );
    for Outcome { name, tally, took } in outcomes {
        let (passed, failed, took) = (tally.passed, tally.failed, took.as_secs());
        println!("{name:<12} {passed:>7} {failed:>7} {took:>9}");
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
}
