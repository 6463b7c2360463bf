//! What looks at values where they stand, each against a slow definition.

mod fingerprint;
#[path = "../shared/json.rs"]
mod json;
mod planned;
mod rows;
mod sample;
mod support;
