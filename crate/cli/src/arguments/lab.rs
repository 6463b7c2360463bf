//! Arguments of the lab's benches.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use floatscope_core::lab::Accumulate;
use floatscope_core::lab::forward::Policy;
use floatscope_core::lab::matmul::MOST_TOKENS;
use globset::GlobMatcher;

use super::{Target, glob, target};

/// A bench of the lab.
#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// How far angles are off where the rotary frequencies are rounded to BF16 or FP16
    #[command(after_help = ROTARY_HELP)]
    Rotary(RotaryOptions),
    /// How far the outputs of matrix products are apart, summed in two ways
    #[command(after_help = MATMUL_HELP)]
    Matmul(MatmulOptions),
    /// Where two numerics of the same weights part, layer by layer, and which change does it
    #[command(after_help = FORWARD_HELP)]
    Forward(Box<ForwardOptions>),
}

const ROTARY_HELP: &str = "Exit status: 0 done, 2 bad input or usage.
Files are read where they are and nothing is sent anywhere.";

#[derive(Debug, Args)]
pub(crate) struct RotaryOptions {
    /// A config.json, or the folder that holds it
    pub(crate) path: PathBuf,

    /// Write all of it as JSON; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) json: Option<Target>,

    /// List every frequency, and not only those that are off most
    #[arg(long)]
    pub(crate) all: bool,
}

const MATMUL_HELP: &str = "Models, each a way to add the products of a sum:
  f32             FP32 in eight partial sums, as Floatscope's own vector kernel adds
  f32_sequential  FP32, one product after the other
  f32_tiles/256   FP32 in tiles of 256 products (or any other number), whose sums are added
  f32_pairwise    FP32, neighbours first, as a binary tree
  f64             FP64, rounded once to FP32 at the end
  bf16, f16       the sum is rounded to BF16 or FP16 after each addition
  tpu             a TPU's matrix unit: BF16 operands, exact products, FP32 sums in columns of 128
  vdpbf16ps       AVX-512's VDPBF16PS: BF16 pairs into 16 FP32 lanes
  tensor_core     a Hopper tensor core: BF16 products of 16 aligned, truncated and added
Weights are multiplied with normal numbers of BF16 that a seed gives.
Exit status: 0 done, 2 bad input or usage.
Files are read where they are and nothing is sent anywhere.";

#[derive(Debug, Args)]
pub(crate) struct MatmulOptions {
    /// A .safetensors file, a directory, or a shard index (.json)
    pub(crate) path: PathBuf,

    /// Only tensors whose whole name matches; may be given several times
    #[arg(long = "tensor", value_name = "GLOB", value_parser = glob)]
    pub(crate) tensors: Vec<GlobMatcher>,

    /// How the products are added
    #[arg(long, value_name = "MODEL", default_value = "f32", value_parser = Accumulate::parse)]
    pub(crate) a: Accumulate,

    /// The other way, which is held against the first
    #[arg(long, value_name = "MODEL", default_value = "bf16", value_parser = Accumulate::parse)]
    pub(crate) b: Accumulate,

    /// Rows of activations that each matrix is multiplied with, up to 1024
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=MOST_TOKENS))]
    pub(crate) tokens: u64,

    /// Which activations
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,

    /// What multiplies
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_enum)]
    pub(crate) device: Device,

    /// Write all of it as JSON; "-" is standard output, in place of the table
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) json: Option<Target>,

    /// List every tensor, and not only those that are most sensitive
    #[arg(long)]
    pub(crate) all: bool,

    /// Threads that read and multiply [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Draw no progress bar; without a terminal there is none anyway
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// What the lab computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Device {
    /// A graphics card where there is one that passes its test and enough to multiply
    Auto,
    /// The processor
    Cpu,
    /// A graphics card or nothing
    Gpu,
}

const FORWARD_HELP: &str = "A policy is KEY=VALUE,...; what it does not say is as PyTorch runs it in eager mode:
  inv_freq=f32|bf16|f16      what the rotary frequencies are rounded to when the model is loaded
  activations=bf16|f16|f32   what every module's result is rounded to
  norm=f32|bf16|f16          in what RMSNorm computes
  softmax=f32|bf16|f16       in what softmax computes
  accumulate=f32|f64|bf16... how the products of a sum are added up
  weights=stored|CAST        what the matrices go through first, by the keys of `floatscope scan --cast`
Exit status: 0 done, 2 bad input or usage.
Files are read where they are and nothing is sent anywhere.";

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("input").args(["tokens", "text"]).required(true))]
pub(crate) struct ForwardOptions {
    /// A checkpoint: a folder with config.json, or a file or index beside it
    pub(crate) path: PathBuf,

    /// Ids of the tokens to run, with commas between
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    pub(crate) tokens: Vec<u64>,

    /// A text to run in place of ids, by the tokenizer.json beside config.json
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) text: Option<String>,

    /// The first policy [default: inv_freq=f32, as from_pretrained(dtype=bfloat16) leaves it]
    #[arg(long, value_name = "KEY=VALUE,...", value_parser = Policy::parse)]
    pub(crate) a: Option<Policy>,

    /// The second policy [default: inv_freq=bf16, as .to(bfloat16) makes it]
    #[arg(long, value_name = "KEY=VALUE,...", value_parser = Policy::parse)]
    pub(crate) b: Option<Policy>,

    /// Run each change by itself, too, and say how much it does
    #[arg(long)]
    pub(crate) attribute: bool,

    /// Write all of it as JSON; "-" is standard output, in place of the tables
    #[arg(long, value_name = "FILE|-", value_parser = target())]
    pub(crate) json: Option<Target>,

    /// Write both logit matrices as a safetensors file with the tensors a and b
    #[arg(long, value_name = "FILE")]
    pub(crate) logits: Option<PathBuf>,

    /// What multiplies
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_enum)]
    pub(crate) device: Device,

    /// Threads to multiply with [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Draw no progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,
}
