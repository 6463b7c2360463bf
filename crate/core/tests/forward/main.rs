//! Forward passes over small made-up decoders. What PyTorch makes of decoders is held against
//! them by `tests/oracle/forward.py`.

mod bad_input;
mod changes;
mod streams;
mod support;
