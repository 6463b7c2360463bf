//! The report as JSON, written piece by piece.

use super::{Collected, SCHEMA};
use crate::report::to_json;

/// Bytes after which a piece of the JSON stream is handed on.
const CHUNK_BYTES: usize = 64 << 10;

/// How far a JSON report that is taken in pieces is written.
#[derive(Debug, Default)]
pub struct DiffCursor {
    has_head: bool,
    next: usize,
    has_pair: bool,
    is_at_end: bool,
}

impl Collected {
    /// The JSON report in pieces, so that it never has to be one string.
    pub fn json_chunks(&self) -> impl Iterator<Item = String> + '_ {
        let mut cursor = DiffCursor::default();
        std::iter::from_fn(move || self.json_chunk(&mut cursor))
    }

    /// The next piece of the JSON report.
    pub fn json_chunk(&self, cursor: &mut DiffCursor) -> Option<String> {
        if cursor.is_at_end {
            return None;
        }
        let mut chunk = String::new();
        if !std::mem::replace(&mut cursor.has_head, true) {
            chunk = self.json_head();
        }
        while chunk.len() < CHUNK_BYTES && cursor.next < self.len() {
            if let Some(pair) = self.pair_json(cursor.next) {
                chunk.push_str(if cursor.has_pair { ",\n" } else { "\n" });
                chunk.push_str(&pair);
                cursor.has_pair = true;
            }
            cursor.next += 1;
        }
        if cursor.next == self.len() {
            chunk.push_str(&format!(
                "\n],\n\"problems\":{}}}\n",
                to_json(&self.problems)
            ));
            cursor.is_at_end = true;
        }
        Some(chunk)
    }

    /// All fields before the pairs, a line each.
    fn json_head(&self) -> String {
        let overview = self.overview();
        let fields = [
            ("schema", to_json(SCHEMA)),
            ("floatscope", to_json(overview.floatscope)),
            ("a", to_json(overview.a)),
            ("b", to_json(overview.b)),
            ("tolerance", to_json(&overview.tolerance)),
            ("headline", to_json(&overview.headline)),
            ("differ", to_json(&overview.differ)),
            ("pairs", to_json(&overview.pairs)),
            ("explanations", to_json(overview.explanations)),
            ("renames", to_json(overview.renames)),
            ("only_in_a", to_json(overview.only_in_a)),
            ("only_in_b", to_json(overview.only_in_b)),
            ("shape_mismatch", to_json(overview.shape_mismatch)),
            ("triage", to_json(overview.triage)),
        ];
        let lines: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("\"{key}\":{value},\n"))
            .collect();
        format!("{{{}\"tensors\":[", lines.concat())
    }
}
