//! `floatscope lab`: what run time adds to the weights.

mod forward;
#[cfg(feature = "gpu")]
mod gpu;
mod matmul;
mod rotary;
mod text;
