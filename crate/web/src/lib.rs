//! The browser's door to floatscope-core: wasm-bindgen exports and nothing else.
//!
//! One module, two roles, each in a worker of its own: a [`Coordinator`] owns the
//! headers, the plan, the merged results and the report; a [`Scanner`] is fed
//! bytes and gives observations back. JavaScript does the reading. For two checkpoints side by
//! side there are a [`Comparison`] and a [`PairScanner`] in their places.
//!
//! File sizes and offsets cross as numbers, exact up to 2^53 bytes.
#![deny(missing_docs)]

mod casts;
mod comparison;
mod coordinator;
mod formats;
mod panic;
mod scanner;

pub use casts::casts;
pub use comparison::{Comparison, PairRun, PairScanner};
pub use coordinator::{Coordinator, Run};
pub use formats::{formats, microscope};
pub use panic::last_panic;
pub use scanner::Scanner;
