//! The browser's door to floatscope-core: wasm-bindgen exports and nothing else.
//!
//! One module, two roles, each in a worker of its own: a [`Coordinator`] owns the
//! headers, the plan, the merged results and the report; a [`Scanner`] is fed
//! bytes and gives observations back. JavaScript does the reading. For two checkpoints side by
//! side there are a [`Comparison`] and a [`PairScanner`] in their places, in a module of their own,
//! and a third one has the lab's [`ForwardPass`] and [`Products`], in a fourth with relaxed SIMD and
//! in a fifth with WebGPU besides.
//!
//! File sizes and offsets cross as numbers, exact up to 2^53 bytes.
#![deny(missing_docs)]

#[cfg(feature = "scan")]
mod casts;
#[cfg(feature = "compare")]
mod comparison;
#[cfg(feature = "scan")]
mod coordinator;
#[cfg(feature = "scan")]
mod formats;
#[cfg(feature = "lab")]
mod forward;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(feature = "compare")]
mod lab;
mod panic;
#[cfg(feature = "lab")]
mod products;
#[cfg(any(feature = "scan", feature = "compare", feature = "lab"))]
mod remote;
#[cfg(feature = "scan")]
mod scanner;
#[cfg(feature = "tokenizer")]
mod tokens;

#[cfg(feature = "scan")]
pub use casts::casts;
#[cfg(feature = "compare")]
pub use comparison::{Comparison, PairRun, PairScanner};
#[cfg(feature = "scan")]
pub use coordinator::{Coordinator, Run};
#[cfg(feature = "scan")]
pub use formats::{formats, microscope};
#[cfg(feature = "lab")]
pub use forward::ForwardPass;
#[cfg(feature = "gpu")]
pub use gpu::GpuLab;
#[cfg(feature = "compare")]
pub use lab::rotary;
pub use panic::last_panic;
#[cfg(feature = "lab")]
pub use products::Products;
#[cfg(feature = "scan")]
pub use remote::RemoteFinding;
#[cfg(any(feature = "scan", feature = "compare", feature = "lab"))]
pub use remote::{judge_answer, judge_beginning, retry_delay_ms};
#[cfg(feature = "scan")]
pub use scanner::Scanner;
#[cfg(feature = "tokenizer")]
pub use tokens::tokenise;
