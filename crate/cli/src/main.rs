//! The `floatscope` command: reads checkpoints with all cores and writes reports.
//!
//! Everything that is computed comes out of floatscope-core; here files are
//! found, read and handed on, and reports are written for people and scripts.

mod arguments;
mod casts;
mod conditions;
mod diff;
mod evidence;
mod formats;
mod grid;
mod headers;
mod inputs;
mod lab;
mod numbers;
mod outputs;
mod places;
mod progress;
mod reader;
mod remote;
mod scan;
mod table;
mod text;
mod threads;

#[cfg(unix)]
mod mapped;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match arguments::Arguments::parse().command {
        arguments::Command::Scan(options) => scan::command(&options),
        arguments::Command::Diff(options) => diff::command(&options),
        arguments::Command::Formats(options) => formats::command(&options),
        arguments::Command::Lab(bench) => lab::command(&bench),
    }
}
