//! Small experiments on what weights do not tell: what is made when a model is loaded and run.
//!
//! Two checkpoints with the same weights can give different logits. A bench of the lab takes
//! one cause by itself and says how much it does. The mathematics stands in `docs/how-it-knows.md`,
//! the JSON in `docs/lab.md`.

mod accumulate;
mod entries;
pub mod forward;
mod inv_freq;
pub mod matmul;
mod rope;
mod rotary;

pub use accumulate::{Accumulate, MODELS, Model, to_bf16, to_f16};
pub use rope::Scaling;
pub use rotary::{AngleError, Frequency, Rotary, Rounding};
