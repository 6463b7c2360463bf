//! What the headers say of pairs: columns for lists of very many.

use serde::Serialize;

use super::Collected;
use crate::report::to_json;

/// What the headers say of a pair.
pub(super) struct Row {
    pub(super) name: String,
    /// In B, where it is another one.
    pub(super) name_b: Option<String>,
    pub(super) dtypes: [&'static str; 2],
    pub(super) shape: String,
    pub(super) parameters: u64,
    pub(super) bytes: u64,
    pub(super) pattern: usize,
}

/// Columns of what the headers say of consecutive pairs.
#[derive(Debug, Default, Serialize)]
struct PairListing<'a> {
    name: Vec<&'a str>,
    name_b: Vec<Option<&'a str>>,
    dtype_a: Vec<&'static str>,
    dtype_b: Vec<&'static str>,
    shape: Vec<&'a str>,
    parameters: Vec<u64>,
    bytes: Vec<u64>,
    pattern: Vec<usize>,
}

impl Collected {
    /// What the headers say of `count` pairs from `first` on, as JSON columns.
    pub fn listing_json(&self, first: usize, count: usize) -> String {
        let mut listing = PairListing::default();
        for row in self.rows.iter().skip(first).take(count) {
            listing.name.push(&row.name);
            listing.name_b.push(row.name_b.as_deref());
            listing.dtype_a.push(row.dtypes[0]);
            listing.dtype_b.push(row.dtypes[1]);
            listing.shape.push(&row.shape);
            listing.parameters.push(row.parameters);
            listing.bytes.push(row.bytes);
            listing.pattern.push(row.pattern);
        }
        to_json(&listing)
    }
}
