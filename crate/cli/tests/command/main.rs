//! The command as scripts and people run it.

mod advice;
mod ancestry;
mod casts;
mod checkpoints;
mod conditions;
mod diff;
mod exports;
mod formats;
mod inputs;
mod lab;
mod malformed;
mod remote;
mod report;
mod streams;
mod support;
