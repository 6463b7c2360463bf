//! Verdicts on tensors with a known past, and the arithmetic behind the tests.

mod derivations;
mod elements;
mod few_codes;
mod forgeries;
mod groups;
mod lattices;
mod natives;
mod odd_ones;
mod pools;
mod random;
mod round;
mod tensor;
