//! The project's tools: `cargo xtask build | single-file | npm | serve | test | bench`.
//!
//! A build needs cargo alone, so the glue generator of wasm-bindgen is used as
//! a library. Tests also need Node, npm, Python and two browsers; what is
//! missing is installed by ordinary means and every command is printed.

mod bench;
mod build;
mod bundle;
mod embed;
mod headers;
mod icon;
mod npm;
mod offline;
mod options;
mod serve;
mod setup;
mod shell;
mod single_file;
mod strip;
mod test;
mod wasm;

use options::Options;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  build [--out DIR]            the page and its wasm into dist/ (or DIR)
  single-file [--out FILE]     the page as one file that runs from the disk and may connect
                               nowhere: build, then dist/floatscope.html (or FILE)
  npm [--out DIR]              the package for npm into target/npm (or DIR)
  serve [--port N] [--open] [--installable]
                               build, then serve dist/ on 127.0.0.1; --installable lets
                               browsers keep the page, as they do on a host
  test  [--only STEP]          everything that must hold, in order
  bench [kernels|product|command|ancestry|browser]
                               the kernels and the lab's products, native and in
                               wasm; the command and the page beside bare reads
                               of the same file; the verdicts on tensors with a
                               known past
";

fn main() -> ExitCode {
    match dispatch(std::env::args().skip(1)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<ExitCode> {
    let command = arguments.next().unwrap_or_default();
    let options = Options::new(arguments);
    match command.as_str() {
        "" | "help" | "-h" | "--help" => print!("{USAGE}"),
        _ if options.ask_for_help() => print!("{USAGE}"),
        "build" => build::command(options)?,
        "single-file" => single_file::command(options)?,
        "npm" => npm::command(options)?,
        "serve" => serve::command(options)?,
        "test" => return test::command(options),
        "bench" => bench::command(options)?,
        other => anyhow::bail!("no command `{other}`\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::dispatch;

    #[test]
    fn every_command_can_be_asked_for_help_and_then_does_nothing_else() {
        let asked = |line: &str| dispatch(line.split_whitespace().map(str::to_owned));
        for command in ["build", "single-file", "npm", "serve", "test", "bench"] {
            for help in ["--help", "-h", "--port x --help"] {
                let line = format!("{command} {help}");
                assert!(asked(&line).is_ok(), "{line}");
            }
        }
        assert!(asked("serve --hepl").is_err());
    }
}
