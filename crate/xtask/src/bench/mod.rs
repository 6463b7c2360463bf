//! `cargo xtask bench`: what is promised about speed, size and verdicts, measured.

mod ancestry;
mod kernels;
mod product;
mod programs;

use crate::options::Options;
use crate::setup::{self, Browser};
use crate::{build, shell};
use anyhow::{Result, bail};

/// `bench [kernels|product|command|ancestry|browser]`; all of them without a name.
pub(crate) fn command(mut options: Options) -> Result<()> {
    let name = options.take_word();
    options.finish()?;
    match name.as_deref() {
        Some("kernels") => kernels::bench(),
        Some("product") => product::bench(),
        Some("command") => native_command(),
        Some("ancestry") => ancestry::bench(),
        Some("browser") => browser(),
        Some(other) => {
            bail!("no bench `{other}`; there are kernels, product, command, ancestry, browser")
        }
        None => kernels::bench()
            .and_then(|()| product::bench())
            .and_then(|()| native_command())
            .and_then(|()| ancestry::bench())
            .and_then(|()| browser()),
    }
}

/// `floatscope scan` against bare reads of the same file with the same threads.
fn native_command() -> Result<()> {
    let packages = ["--package", "floatscope", "--package", "floatscope-benches"];
    let mut cargo = shell::cargo();
    cargo.args(["build", "--quiet", "--release"]);
    shell::run(cargo.args(packages))?;
    let name = format!("command{}", std::env::consts::EXE_SUFFIX);
    shell::run(&mut shell::in_root(
        shell::target_dir().join("release").join(name),
    ))
}

/// A full scan, then comparisons, then the lab, against bare reads of the same files in the same page.
fn browser() -> Result<()> {
    let program = Browser::Chromium.program()?;
    setup::node_packages()?;
    build::build(&build::dist())?;
    let files = shell::target_dir().join("bench");
    let benches = [
        ("bench.mjs", files.join("normal-bf16.safetensors")),
        ("bench-comparison.mjs", files.clone()),
        ("bench-forward.mjs", files),
    ];
    for (bench, argument) in benches {
        let mut node = shell::in_root("node");
        node.arg(format!("tests/browser/{bench}")).arg(argument);
        shell::run(node.env(Browser::Chromium.variable(), &program))?;
    }
    Ok(())
}
