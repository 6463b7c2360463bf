//! The lab from bytes to reports.

mod matmul;
mod support;
