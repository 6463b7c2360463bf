//! Where things are, and how other programs are run.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("xtask lives two folders down").to_owned()
}

/// Where build outputs go: cargo's own choice, so that one folder holds all.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    in_root(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program to be run in the repository's root.
pub(crate) fn in_root(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The command as one would type it, with the variables it sets.
pub(crate) fn line(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        let value = value?.to_string_lossy();
        Some(format!("{}={}", name.to_string_lossy(), quoted(&value)))
    });
    let program = Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    let words = words.map(|word| quoted(&word.to_string_lossy()));
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if word.contains([' ', ';']) {
        format!("'{word}'")
    } else {
        word.to_owned()
    }
}

/// Says what is run, runs it and fails unless it exits with 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let status = command.status().with_context(|| line.clone())?;
    ensure!(status.success(), "{line}: {status}");
    Ok(())
}

/// Whether a program can be started and exits with 0.
pub(crate) fn works(program: &str, argument: &str) -> bool {
    let output = Command::new(program).arg(argument).output();
    output.is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::{in_root, line};

    #[test]
    fn a_printed_command_can_be_typed() {
        let mut command = in_root("/usr/bin/cargo");
        command
            .env("RUSTFLAGS", "-C target-feature=+simd128")
            .arg("test");
        assert_eq!(
            line(&command),
            "RUSTFLAGS='-C target-feature=+simd128' cargo test"
        );
    }
}
