//! The bench programs, built natively and for Node.

use crate::wasm::WASI;
use crate::{build, setup, shell};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The native program of this name.
pub(super) fn native_program(name: &str) -> Result<PathBuf> {
    shell::run(bench_build(name).arg("--release"))?;
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(shell::target_dir().join("release").join(name))
}

/// The same as wasm with SIMD, in a folder for builds with these words for cargo besides.
pub(super) fn wasm_program(name: &str, folder: &str, words: &[&str]) -> Result<PathBuf> {
    setup::rust_target(WASI)?;
    let folder = shell::target_dir().join(folder);
    let mut cargo = bench_build(name);
    cargo.args(["--profile", "wasm", "--target", WASI, "--target-dir"]);
    cargo.arg(&folder).args(words);
    shell::run(cargo.env("RUSTFLAGS", build::SIMD_FLAGS))?;
    Ok(folder.join(WASI).join("wasm").join(format!("{name}.wasm")))
}

fn bench_build(name: &str) -> Command {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--quiet", "--package", "floatscope-benches"]);
    cargo.args(["--bin", name]);
    cargo
}

/// What a bench program prints: a JSON object a line.
pub(super) fn printed(program: &mut Command) -> Result<String> {
    let line = shell::line(program);
    let output = program.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| line.clone())?;
    ensure!(output.status.success(), "{line}: {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
