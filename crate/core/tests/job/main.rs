//! The whole way of a checkpoint, driven as the command and the page drive it.

mod sampled;
mod second_look;
mod steps;
mod support;
mod told;
