//! What looks at values where they stand, each against a slow definition.

mod fingerprint;
mod planned;
mod rows;
mod sample;
mod support;
