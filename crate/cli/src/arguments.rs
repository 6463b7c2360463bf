//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use floatscope_core::cast::{Cast, CastSet, Casting};
use floatscope_core::report::Sections;
use globset::GlobMatcher;

use crate::conditions::Condition;
use values::{cast, glob, part, size, target, tolerance};

mod lab;
mod values;

pub(crate) use lab::{Device, ForwardOptions, LabCommand, MatmulOptions, RotaryOptions};

/// Says what the bits of a model checkpoint really carry
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_STATUS)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str =
    "Exit status: 0 done, 1 found what --fail-on names, 2 bad input or usage (2 beats 1).
Files are read where they are and nothing is sent anywhere.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What every tensor holds and where its values come from
    #[command(after_help = EXIT_STATUS)]
    Scan(ScanOptions),
    /// How two checkpoints differ, tensor by tensor, and which conversion explains it
    #[command(after_help = DIFF_HELP)]
    Diff(DiffOptions),
    /// The formats of numbers, or one number in each of them: its bits, neighbours and error
    #[command(after_help = FORMATS_HELP)]
    Formats(FormatsOptions),
    /// What run time adds to the weights, one cause at a time
    #[command(subcommand)]
    Lab(LabCommand),
}

const DIFF_HELP: &str =
    "Exit status: 0 done, 1 they differ (with --exit-code), 2 bad input or usage (2 beats 1).
They are the same where all names, types, shapes and bits are.
Files are read where they are and nothing is sent anywhere.";

#[derive(Debug, Args)]
pub(crate) struct DiffOptions {
    /// The first checkpoint: a .safetensors file, a directory, a shard index (.json), or one at an address, of
    /// which every byte is read
    pub(crate) a: PathBuf,

    /// The second one
    pub(crate) b: PathBuf,

    /// Write the whole comparison as JSON; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) json: Option<Target>,

    /// Write one row a tensor as CSV; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) csv: Option<Target>,

    /// Write a summary for a model card; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) markdown: Option<Target>,

    #[command(flatten)]
    pub(crate) hub: Hub,

    /// Relative tolerance: close is |a - b| <= atol + rtol * |b|
    #[arg(long, value_name = "X", default_value = "1e-5", value_parser = tolerance, allow_negative_numbers = true)]
    pub(crate) rtol: f64,

    /// Absolute tolerance
    #[arg(long, value_name = "X", default_value = "1e-8", value_parser = tolerance, allow_negative_numbers = true)]
    pub(crate) atol: f64,

    /// NaN is close to NaN
    #[arg(long)]
    pub(crate) equal_nan: bool,

    /// Names of A and what they are called in B: a JSON object, or lines of two names
    ///
    /// One `*` in both stands for the rest of a name: `model.* *`. Where names differ by
    /// a prefix alone, it is found without this.
    #[arg(long, value_name = "FILE")]
    pub(crate) rename: Option<PathBuf>,

    /// Only tensors whose whole name matches in A or B; may be given several times
    #[arg(long = "tensor", value_name = "GLOB", value_parser = glob)]
    pub(crate) tensors: Vec<GlobMatcher>,

    /// List every tensor, and not only those that differ most
    #[arg(long)]
    pub(crate) all: bool,

    /// Exit with status 1 when they differ
    #[arg(long)]
    pub(crate) exit_code: bool,

    /// Threads that read and compare [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Draw no progress bar; without a terminal there is none anyway
    #[arg(long)]
    pub(crate) no_progress: bool,
}

const FORMATS_HELP: &str = "Examples: floatscope formats
          floatscope formats 0.1
          floatscope formats -- -1e-8
          floatscope formats 2^-24
          floatscope formats bf16:0x3f80
          floatscope formats 0x7e --as e4m3
Exit status: 0 done, 2 bad input or usage.";

#[derive(Debug, Args)]
pub(crate) struct FormatsOptions {
    /// A number (0.1, -1e-8, 2^-24, inf, nan) or a code of a format (bf16:0x3f80)
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) value: Option<String>,

    /// The format of a code that names none
    #[arg(long = "as", value_name = "FORMAT", requires = "value")]
    pub(crate) format: Option<String>,

    /// Write it as JSON; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) json: Option<Target>,
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

    /// Write headline and tables for a model card as Markdown; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) markdown: Option<Target>,

    /// Write one page with pictures that stands alone; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) html: Option<Target>,

    /// Write the verdict in few words as a small picture (SVG) for a model card
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) badge: Option<Target>,

    /// Only tensors whose whole name matches; may be given several times
    ///
    /// `*` stands for any characters, `?` for one, `[ab]` for one of some, `{a,b}` for either.
    #[arg(long = "tensor", value_name = "GLOB", value_parser = glob)]
    pub(crate) tensors: Vec<GlobMatcher>,

    /// Only these parts of the report: stats, ancestry, casts [default: all]
    #[arg(long, value_name = "PART[,PART...]", value_delimiter = ',', value_parser = part)]
    pub(crate) only: Vec<Part>,

    /// Only these casts, by key: f16, f8_e4m3/row, mxfp4, int4/128, … [default: all]
    ///
    /// With a single one, tensors are listed by what it loses.
    #[arg(long = "cast", value_name = "KEY[,KEY...]", value_delimiter = ',', value_parser = cast)]
    pub(crate) casts: Vec<&'static Cast>,

    /// FP8 casts without a scale keep the largest value instead of overflowing
    #[arg(long)]
    pub(crate) saturate: bool,

    /// Exit with status 1 when a tensor has one of these labels, or nan, inf, overflow:f16
    ///
    /// overflow:f16 is a finite float beyond 65504, FP16's largest value. A label
    /// is what the report has under `ancestry`: f16, int4, unexplained, ….
    #[arg(
        long,
        value_name = "LABEL[,LABEL...]",
        value_delimiter = ',',
        value_parser = Condition::parse
    )]
    pub(crate) fail_on: Vec<Condition>,

    /// Read a sample of about SIZE in all: 8MB, 1GB; every figure is an estimate with its interval
    ///
    /// Rows of each tensor, spread over it. A checkpoint that is no larger is read whole.
    /// What is at an address is read so unless told otherwise, 8 MiB of it.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) sample: Option<u64>,

    /// Read every byte of what is at an address
    #[arg(long, conflicts_with = "sample")]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) hub: Hub,

    /// Threads that read and count [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Draw no progress bar; without a terminal there is none anyway
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Where repositories are looked up.
#[derive(Debug, Args)]
pub(crate) struct Hub {
    /// The hub that ORG/MODEL is looked up on [default: HF_ENDPOINT, or https://huggingface.co]
    ///
    /// A token for it is taken from HF_TOKEN and sent to no other host.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
}

impl Hub {
    /// Looks repositories up there from now on.
    pub(crate) fn choose(&self) {
        if let Some(endpoint) = &self.endpoint {
            crate::remote::use_hub(endpoint);
        }
    }
}

/// A part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Stats,
    Ancestry,
    Casts,
}

impl Part {
    /// As it is asked for.
    fn name(self) -> &'static str {
        match self {
            Part::Stats => "stats",
            Part::Ancestry => "ancestry",
            Part::Casts => "casts",
        }
    }
}

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Stdout,
    File(PathBuf),
}

impl ScanOptions {
    /// The parts of the report that are wanted.
    pub(crate) fn sections(&self) -> Sections {
        if self.only.is_empty() {
            return Sections::default();
        }
        Sections {
            stats: self.only.contains(&Part::Stats),
            ancestry: self.only.contains(&Part::Ancestry),
            casts: self.only.contains(&Part::Casts),
        }
    }

    /// The casts that are wanted.
    pub(crate) fn casting(&self) -> Casting {
        let is_wanted = |cast: &Cast| self.casts.iter().any(|wanted| wanted.key == cast.key);
        Casting {
            wanted: match self.casts.is_empty() {
                true => CastSet::all(),
                false => CastSet::of(is_wanted),
            },
            saturate: self.saturate,
        }
    }

    /// # Errors
    /// Where something is asked about that is left out.
    pub(crate) fn check(&self) -> Result<(), String> {
        let asks = self.fail_on.iter().any(|condition| condition.is_ancestry());
        if asks && !self.sections().ancestry {
            return Err("--fail-on asks for labels, which --only leaves out".to_owned());
        }
        if (!self.casts.is_empty() || self.saturate) && !self.sections().casts {
            let option = if self.saturate {
                "--saturate"
            } else {
                "--cast"
            };
            return Err(format!("{option} is about casts, which --only leaves out"));
        }
        Ok(())
    }

    /// The options that change what is reported, each after a space, for a POSIX shell.
    pub(crate) fn reporting(&self) -> String {
        let mut said = String::new();
        for tensor in &self.tensors {
            let glob = tensor.glob().glob().replace('\'', "'\\''");
            said.push_str(&format!(" --tensor '{glob}'"));
        }
        let joined = |words: &[&str]| words.join(",");
        if !self.only.is_empty() {
            let parts: Vec<&str> = self.only.iter().map(|part| part.name()).collect();
            said.push_str(&format!(" --only {}", joined(&parts)));
        }
        if !self.casts.is_empty() {
            let keys: Vec<&str> = self.casts.iter().map(|cast| cast.key).collect();
            said.push_str(&format!(" --cast {}", joined(&keys)));
        }
        if self.saturate {
            said.push_str(" --saturate");
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
