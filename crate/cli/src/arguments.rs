//! The command line.

use std::convert::Infallible;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser, ValueParser};
use clap::{Args, Parser, Subcommand};
use globset::{GlobBuilder, GlobMatcher};

/// Says what the bits of a model checkpoint really carry
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_STATUS)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 done, 2 bad input or usage.
Files are read where they are and nothing is sent anywhere.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Counts, extremes, moments, quantiles and entropies of every tensor
    #[command(after_help = EXIT_STATUS)]
    Scan(ScanOptions),
}

#[derive(Debug, Args)]
pub(crate) struct ScanOptions {
    /// A .safetensors file, several shards, a directory, or a shard index (.json)
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Write the whole report as JSON; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) json: Option<Target>,

    /// Write one row a tensor as CSV; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) csv: Option<Target>,

    /// Only tensors whose whole name matches; may be given several times
    ///
    /// `*` stands for any characters, `?` for one, `[ab]` for one of some, `{a,b}` for either.
    #[arg(long = "tensor", value_name = "GLOB", value_parser = glob)]
    pub(crate) tensors: Vec<GlobMatcher>,

    /// Threads that read and count [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Draw no progress bar; without a terminal there is none anyway
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Stdout,
    File(PathBuf),
}

impl ScanOptions {
    /// Whether standard output belongs to a report for scripts.
    pub(crate) fn stdout_is_taken(&self) -> bool {
        [&self.json, &self.csv]
            .into_iter()
            .any(|target| *target == Some(Target::Stdout))
    }
}

fn target() -> ValueParser {
    let parse = |value: OsString| -> Result<Target, Infallible> {
        Ok(if value == "-" {
            Target::Stdout
        } else {
            Target::File(value.into())
        })
    };
    ValueParser::new(OsStringValueParser::new().try_map(parse))
}

/// Names are no paths: `*` matches every character.
fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(pattern)
        .literal_separator(false)
        .backslash_escape(true)
        .build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn globs_are_of_whole_names() {
        let matches = |pattern: &str, name: &str| glob(pattern).expect("a glob").is_match(name);
        assert!(matches(
            "model.layers.*.weight",
            "model.layers.3.mlp/up.weight"
        ));
        assert!(matches("*.{q,k}_proj.weight", "h.0.k_proj.weight"));
        assert!(matches("h.?", "h.1"));
        assert!(matches("\\*", "*"));
        assert!(!matches("h.?", "h.11"));
        assert!(!matches("layers", "model.layers.3"));
        assert!(glob("[a").is_err());
    }
}
