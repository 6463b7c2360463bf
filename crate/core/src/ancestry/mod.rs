//! From observations to a verdict with its evidence.
//!
//! A tensor is judged in the format that it is stored in; where that turns out to hold
//! values of a narrower one, these are judged in turn. One file a history or family:
//!
//! | file | asks |
//! | --- | --- |
//! | `f32` | does FP32 hold BF16, FP16 or TF32 (T1) |
//! | `f64` | does FP64 hold FP32, and what do those |
//! | `f16` | does FP16 hold BF16 (T1) |
//! | `bf16` | was BF16 rounded to FP16 or TF32 first; `grid` (T2), `parity` (T3) and `gaps` |
//! | `bands` | was a part of the rows |
//! | `dequantised`, `lattice/` | few codes times a scale (T4, T5) |
//! | `levels` | tables and grids of integers |
//! | `f8` | which codes of FP8 are in use |
//! | `pool` | what several tensors show together |
//!
//! `formats` asks them in turn, `judge` puts together what is said.
//!
//! The mathematics stands in `docs/how-it-knows.md`.

mod bands;
mod bf16;
mod convert;
mod dequantised;
mod draft;
mod f16;
mod f32;
mod f64;
mod f8;
mod formats;
mod gaps;
mod grid;
mod judge;
mod lattice;
mod levels;
mod odds;
mod parity;
mod pool;
pub(crate) mod prose;
mod smaller;
mod verdict;
mod view;

pub use judge::Origin;
pub use pool::{Pool, PoolShare};
pub use verdict::{
    Evidence, Fraction, Granularity, Label, Parity, RowFigures, Scale, Verdict, Witness,
};
