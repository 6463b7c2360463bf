//! What a checkpoint says about itself: the header of each file, and the index
//! that ties several files (shards) together.
//!
//! A safetensors file is the header's length (eight bytes, little-endian), the
//! header (JSON, UTF-8), and the tensors' bytes, without gaps:
//! <https://github.com/huggingface/safetensors#format>. We accept what the
//! `safetensors` crate accepts, with these differences, made on purpose:
//!
//! - Sizes are `u64` on every target; the crate's are `usize`, so that on
//!   wasm32 it refuses tensors from 512 MiB and files from 4 GiB.
//! - Two entries of one name are refused; the crate silently takes the last.
//! - A `dtype` is a string; the crate also takes `{"F32": null}`.
//! - A shape has at most [`MAX_RANK`] dimensions; the crate knows no limit.
//! - What is wrong with one tensor costs that tensor; the crate drops the file.

mod coverage;
mod entry;
mod files;
mod header;
mod index;
pub(crate) mod json;
mod kind;
mod layouts;
mod problems;
mod reader;
mod shown;
#[cfg(test)]
mod tests;

pub use entry::MAX_RANK;
pub(crate) use files::Files;
pub use header::{Header, MAX_HEADER_BYTES, TensorInfo, UNKNOWN_BYTES, parse_header};
pub use index::ShardIndex;
pub use kind::FileKind;
pub(crate) use layouts::find as find_layouts;
pub use layouts::{Layout, Role, Scheme};
pub use reader::HeaderReader;
pub(crate) use shown::count;
pub use shown::shown;
