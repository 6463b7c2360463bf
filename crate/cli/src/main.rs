//! The `floatscope` command.
fn main() {}
