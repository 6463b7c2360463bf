//! Steps that run at once, each in a process of its own. What they print is shown one after another.

use super::steps::{self, Step};
use super::tally::{self, Tally};
use super::{Outcome, browsers};
use crate::shell;
use anyhow::{Context, Result};
use std::io::Read;
use std::thread;
use std::time::Instant;

/// Performs all of them; the outcomes are in their order.
pub(super) fn perform(steps: &[&'static Step]) -> Vec<Outcome> {
    let names: Vec<_> = steps.iter().map(|step| step.name).collect();
    println!("\n== {} at once", names.join(", "));
    if let Err(error) = steps::prepare_beside(steps) {
        // A step that needs what is missing says so itself.
        println!("{error:#}");
    }
    thread::scope(|scope| {
        let begin = |step| scope.spawn(move || alone(step));
        let begun: Vec<_> = steps.iter().copied().map(begin).collect();
        let ended = begun.into_iter().map(|thread| {
            let (printed, outcome) = thread.join().expect("the thread of a step does not panic");
            print!("{printed}");
            outcome
        });
        ended.collect()
    })
}

/// What one step printed in a process of its own, and what became of it.
fn alone(step: &'static Step) -> (String, Outcome) {
    let start = Instant::now();
    let (printed, tally) = run(step).unwrap_or_else(|error| {
        let said = format!("{}: {error:#}\n", step.name);
        (said, Tally::FAILED)
    });
    let outcome = Outcome {
        name: step.name,
        tally,
        took: start.elapsed(),
    };
    (printed, outcome)
}

/// `xtask test --only STEP`, which closes with the step's tally. Not by cargo: it would wait for the
/// folder that another step builds in.
fn run(step: &Step) -> Result<(String, Tally)> {
    let (mut reader, writer) = std::io::pipe()?;
    let mut xtask = shell::in_root(std::env::current_exe()?);
    xtask.args(["test", "--only", step.name]);
    xtask.env(browsers::PREPARED, "1");
    xtask.stdout(writer.try_clone()?).stderr(writer);
    let mut child = xtask.spawn().with_context(|| shell::line(&xtask))?;
    // The pipe ends when nobody can write to it.
    drop(xtask);
    let mut printed = Vec::new();
    reader.read_to_end(&mut printed)?;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let succeeded = child.wait()?.success();
    let tally = tally::last(&printed, succeeded);
    Ok((printed, tally))
}
