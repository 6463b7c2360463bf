//! `floatscope lab`: what run time adds to the weights.

mod matmul;
mod rotary;
mod text;
