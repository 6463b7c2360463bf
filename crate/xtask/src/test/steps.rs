//! The steps of `cargo xtask test`, one row each.

use super::browsers;
use super::tally::{Tally, counted};
use crate::setup::{self, Browser};
use crate::{build, npm, shell, wasm};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One step: its name for `--only`, what it does, and how.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    pub(super) run: fn() -> Result<Tally>,
}

impl Step {
    /// Whether both may run at once.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        let pair = [self.name, other.name];
        BESIDE.contains(&pair)
    }
}

/// Neighbours that run at once, since either leaves a core idle for much of its time. They build in
/// different folders, and what they test is neither how fast something is nor how much memory is left.
const BESIDE: &[[&str; 2]] = &[
    ["clippy", "clippy-wasm"],
    ["native", "types"],
    ["wasi-simd", "wasi-scalar"],
    ["wasi-scalar", "wasi-relaxed"],
    ["chromium", "firefox"],
];

/// Installs and builds what these need, so that no two of them do the same.
pub(super) fn prepare_beside(steps: &[&Step]) -> Result<()> {
    if steps.iter().any(|step| step.name == "chromium") {
        return browsers::prepare();
    }
    setup::rust_component("clippy", "clippy")?;
    setup::rust_target(wasm::WASI)?;
    setup::rust_target(build::TARGET)?;
    setup::node_packages()
}

/// Every step, in order: the quick ones first.
pub(super) const STEPS: &[Step] = &[
    Step {
        name: "format",
        says: "every Rust file is formatted",
        run: format,
    },
    Step {
        name: "clippy",
        says: "no warning in any package, native",
        run: clippy,
    },
    Step {
        name: "clippy-wasm",
        says: "no warning in what the page runs, for wasm32",
        run: clippy_wasm,
    },
    Step {
        name: "native",
        says: "the tests of every package, native",
        run: native,
    },
    Step {
        name: "types",
        says: "the JavaScript of the page and its tests, checked strictly",
        run: types,
    },
    Step {
        name: "wasi-simd",
        says: "core's and its kernels' tests as wasm32-wasip1 with SIMD, under Node",
        run: || wasi(Simd::On),
    },
    Step {
        name: "wasi-scalar",
        says: "the kernels' tests as wasm32-wasip1 without one SIMD instruction, under Node",
        run: || wasi(Simd::Off),
    },
    Step {
        name: "wasi-relaxed",
        says: "the tests of products as wasm32-wasip1 with relaxed SIMD, under Node",
        run: || wasi(Simd::Relaxed),
    },
    Step {
        name: "oracle",
        says: "the command's figures against NumPy, ml_dtypes, gfloat and math.fsum",
        run: oracle,
    },
    Step {
        name: "ancestry",
        says: "verdicts on tensors with a known past, one or more of each",
        run: ancestry,
    },
    Step {
        name: "npm",
        says: "the package for npm: packed, installed, its types checked, run in Node",
        run: npm_package,
    },
    Step {
        name: "chromium",
        says: "the built page in a real Chromium",
        run: || browsers::together(Browser::Chromium),
    },
    Step {
        name: "firefox",
        says: "the built page in a real Firefox",
        run: || browsers::together(Browser::Firefox),
    },
    Step {
        name: "alone",
        says: "what tells how long tasks are and how much memory is used, in both with nothing beside",
        run: browsers::alone,
    },
];

/// A command that only succeeds or fails, as one test.
fn check(command: &mut Command) -> Tally {
    match shell::run(command) {
        Ok(()) => Tally::PASSED,
        Err(error) => {
            println!("{error:#}");
            Tally::FAILED
        }
    }
}

fn format() -> Result<Tally> {
    setup::rust_component("rustfmt", "fmt")?;
    let everything = ["fmt", "--all", "--check"];
    Ok(check(shell::cargo().args(everything)))
}

fn clippy() -> Result<Tally> {
    setup::rust_component("clippy", "clippy")?;
    let checked = [OTHERS, XTASK].map(|packages| {
        let mut clippy = shell::cargo();
        clippy.arg("clippy").args(packages);
        clippy.args(["--all-targets", "--quiet"]);
        check(clippy.args(["--", "-D", "warnings"]))
    });
    Ok(checked.into_iter().sum())
}

/// xtask by itself, because it has been built by itself: beside the other packages its dependencies
/// have other features and would be built once more.
const XTASK: &[&str] = &["--package", "xtask"];

/// Every package but xtask.
const OTHERS: &[&str] = &["--workspace", "--exclude", "xtask"];

fn clippy_wasm() -> Result<Tally> {
    setup::rust_component("clippy", "clippy")?;
    setup::rust_target(build::TARGET)?;
    let mut clippy = shell::cargo();
    clippy.args(["clippy", "--quiet", "--target", build::TARGET]);
    clippy.args([
        "--package",
        "floatscope-simd",
        "--package",
        "floatscope-core",
        "--package",
        "floatscope-gpu",
        "--package",
        "floatscope-tokenizer",
        "--package",
        "floatscope-unpack",
        "--package",
        "floatscope-web",
    ]);
    clippy.args(["--features", "floatscope-web/relaxed"]);
    clippy
        .arg("--target-dir")
        .arg(shell::target_dir().join("wasm"));
    clippy.env("RUSTFLAGS", build::SIMD_FLAGS);
    Ok(check(clippy.args(["--", "-D", "warnings"])))
}

fn native() -> Result<Tally> {
    let must_have_gpu = setup::vulkan_driver()?;
    let test = |packages: &[&str]| {
        let mut cargo = shell::cargo();
        cargo.arg("test").args(packages);
        if must_have_gpu {
            // Without an adapter, the tests of the GPU part fail instead of saying that they were skipped.
            cargo.env("FLOATSCOPE_GPU_REQUIRED", "1");
        }
        counted(cargo.args(["--quiet", "--no-fail-fast"]))
    };
    let tallies = [test(OTHERS)?, test(XTASK)?];
    Ok(tallies.into_iter().sum())
}

/// Whether a wasm build may use SIMD.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Simd {
    On,
    Off,
    Relaxed,
}

fn wasi(simd: Simd) -> Result<Tally> {
    setup::rust_target(wasm::WASI)?;
    let programs = wasi_programs(simd)?;
    let any = |has: fn(&Path) -> Result<bool>| {
        let found = programs.iter().map(|program| has(program));
        Ok::<_, anyhow::Error>(found.collect::<Result<Vec<_>>>()?.contains(&true))
    };
    let found = [any(wasm::file_has_simd)?, any(wasm::file_has_relaxed_simd)?];
    ensure!(
        found == [simd != Simd::Off, simd == Simd::Relaxed],
        "SIMD instructions in the test programs, and relaxed ones: {found:?}"
    );
    println!("SIMD instructions are where they should be, and nowhere else");
    let mut tests = wasi_test(simd)?;
    // Nothing captured: a panic aborts, and a captured message would be lost.
    tests.args(["--quiet", "--no-fail-fast", "--", "--nocapture"]);
    let tests = counted(&mut tests)?;
    Ok([tests, Tally::PASSED].into_iter().sum())
}

/// 2 GiB of memory from the start, of which only what is used is there: Node 20 sometimes dies
/// while a large memory grows.
const ROOMY: &str = "-C link-arg=--initial-memory=2147483648";

/// `cargo test` of core and its kernels for WASI; of the kernels alone without SIMD, since core has no
/// such instruction of its own and every kernel is held to its scalar twin; of products alone where
/// SIMD is relaxed. Flags have a folder each, so that none rebuilds another's work.
fn wasi_test(simd: Simd) -> Result<Command> {
    let (folder, flags) = match simd {
        Simd::On | Simd::Relaxed => ("wasi-simd", build::SIMD_FLAGS),
        Simd::Off => ("wasi-scalar", ""),
    };
    let mut cargo = shell::cargo();
    cargo.args(["test", "--target", wasm::WASI]);
    cargo.args(["--package", "floatscope-simd"]);
    match simd {
        Simd::On => cargo.args(["--package", "floatscope-core"]),
        Simd::Off => &mut cargo,
        Simd::Relaxed => cargo.args(["--features", "relaxed", "--test", "product"]),
    };
    cargo
        .arg("--target-dir")
        .arg(shell::target_dir().join(folder));
    cargo.env("RUSTFLAGS", format!("{flags} {ROOMY}").trim());
    let runner = match simd {
        Simd::Relaxed => wasm::relaxed_runner()?,
        Simd::On | Simd::Off => wasm::WASI_RUNNER.to_vec(),
    };
    cargo.env("CARGO_TARGET_WASM32_WASIP1_RUNNER", runner.join(" "));
    Ok(cargo)
}

/// Builds the test programs and says where they are.
fn wasi_programs(simd: Simd) -> Result<Vec<PathBuf>> {
    let mut cargo = wasi_test(simd)?;
    cargo.args(["--no-run", "--message-format=json-render-diagnostics"]);
    println!("$ {}", shell::line(&cargo));
    let output = cargo.stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the tests do not build");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = lines.lines().map(serde_json::from_str);
    let messages = messages.collect::<Result<Vec<Value>, _>>()?;
    let programs = messages
        .iter()
        .filter_map(|message| message["executable"].as_str());
    Ok(programs.map(PathBuf::from).collect())
}

fn types() -> Result<Tally> {
    setup::node_packages()?;
    build::build(&build::dist())?;
    let folder = shell::root().join("tests/browser");
    let compiler = folder.join("node_modules/typescript/bin/tsc");
    let checked = PROJECTS.iter().map(|project| {
        let mut node = shell::in_root("node");
        node.arg(&compiler).arg("--project");
        check(node.arg(folder.join(project)))
    });
    Ok(checked.sum())
}

/// The page has a DOM, a worker and the package for npm have none, and the tests have Node.
const PROJECTS: &[&str] = &[
    "tsconfig.page.json",
    "tsconfig.worker.json",
    "tsconfig.npm.json",
    "tsconfig.json",
];

fn oracle() -> Result<Tally> {
    let mut python = shell::in_root(setup::oracle_python()?);
    python.arg("tests/oracle/check.py");
    python.env("FLOATSCOPE", native_command()?);
    counted(python.env("ORACLE_DIR", setup::oracle_folder()))
}

/// A smaller run of `cargo xtask bench ancestry`: a case is right or wrong.
fn ancestry() -> Result<Tally> {
    let mut python = shell::in_root(setup::oracle_python()?);
    python.arg("tests/oracle/score_histories.py");
    python.args(["--per", "1", "--largest", "300000"]);
    python.env("FLOATSCOPE", native_command()?);
    counted(python.env("ORACLE_DIR", setup::oracle_folder()))
}

/// The checkpoints that are too large to commit, made unless they are there:
/// trained weights and every type in large.
pub(super) fn large_checkpoints() -> Result<()> {
    let mut python = shell::in_root(setup::oracle_python()?);
    let make = "import checkpoints as c; c.real(); list(c.casts()); c.generated()";
    python.args(["-c", make]).env("PYTHONPATH", "tests/oracle");
    shell::run(python.env("ORACLE_DIR", setup::oracle_folder()))
}

/// Builds the native command, for its tests: so it is there already where these have run. By
/// itself its dependencies have fewer features, and the core would be built once more.
pub(super) fn native_command() -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    cargo.arg("test").args(OTHERS);
    shell::run(cargo.args(["--quiet", "--no-run", "--test", "command"]))?;
    let name = format!("floatscope{}", std::env::consts::EXE_SUFFIX);
    Ok(shell::target_dir().join("debug").join(name))
}

fn npm_package() -> Result<Tally> {
    setup::node_packages()?;
    npm::make(&npm::usual())?;
    let mut node = shell::in_root("node");
    node.args(["--test", "--test-reporter=spec"]);
    node.arg("tests/npm/npm.test.mjs");
    node.env("FLOATSCOPE_NPM", npm::usual());
    counted(node.env("FLOATSCOPE", native_command()?))
}
