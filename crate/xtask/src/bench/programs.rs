//! The bench programs, built natively and for Node.

use crate::wasm::WASI;
use crate::{setup, shell};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// The native program of this name.
pub(super) fn native_program(name: &str) -> Result<PathBuf> {
    shell::run(bench_build(name).arg("--release"))?;
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(shell::target_dir().join("release").join(name))
}

/// The same as wasm, in a folder for builds with these flags.
pub(super) fn wasm_program(name: &str, folder: &str, flags: &str) -> Result<PathBuf> {
    setup::rust_target(WASI)?;
    let folder = shell::target_dir().join(folder);
    let mut cargo = bench_build(name);
    cargo.args(["--profile", "wasm", "--target", WASI, "--target-dir"]);
    shell::run(cargo.arg(&folder).env("RUSTFLAGS", flags))?;
    Ok(folder.join(WASI).join("wasm").join(format!("{name}.wasm")))
}

fn bench_build(name: &str) -> Command {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--quiet", "--package", "floatscope-benches"]);
    cargo.args(["--bin", name]);
    cargo
}
