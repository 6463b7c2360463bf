//! The plan's state machine: whatever workers send, twice, never or too late,
//! every tensor ends finished or failed, once, and a finished one is whole.

mod play;
mod steps;
mod support;
