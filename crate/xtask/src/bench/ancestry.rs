//! The verdicts of ancestry: how often they are right on tensors with a known past,
//! and how often they are wrong on native ones.

use crate::{setup, shell};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// `bench ancestry`: the confusion matrix, then ten thousand native tensors.
pub(super) fn bench() -> Result<()> {
    let scored = score();
    let simulated = simulate();
    scored.and(simulated)
}

/// Every history in every store, by the native command.
fn score() -> Result<()> {
    let command = release_program("floatscope", &[])?;
    let mut python = shell::in_root(setup::oracle_python()?);
    python.arg("tests/oracle/score_histories.py");
    python.env("FLOATSCOPE", command);
    shell::run(python.env("ORACLE_DIR", setup::oracle_folder()))
}

fn simulate() -> Result<()> {
    let program = release_program("floatscope-benches", &["--bin", "ancestry"])?;
    shell::run(&mut shell::in_root(program))
}

/// Builds a program of a package, the last word of `more` or the package's own name.
fn release_program(package: &str, more: &[&str]) -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--quiet", "--release", "--package", package]);
    shell::run(cargo.args(more)).with_context(|| package.to_owned())?;
    let name = more.last().unwrap_or(&package);
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(shell::target_dir().join("release").join(name))
}
