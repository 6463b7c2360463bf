//! The command as scripts and people run it.

mod ancestry;
mod checkpoints;
mod conditions;
mod formats;
mod inputs;
mod malformed;
mod report;
mod streams;
mod support;
