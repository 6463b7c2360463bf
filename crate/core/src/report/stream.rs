//! The report as JSON, written piece by piece.

use super::Collector;
use super::json::to_json;

/// Name and version of the schema.
pub const SCHEMA: &str = "floatscope.report/1";

/// Bytes after which a piece of the JSON stream is handed on.
const CHUNK_BYTES: usize = 64 << 10;

/// How far a JSON report that is taken in pieces is written.
#[derive(Debug, Default)]
pub struct JsonCursor {
    has_head: bool,
    next_tensor: usize,
    has_tensor: bool,
    is_at_end: bool,
}

impl Collector {
    /// The JSON report in pieces, so that it never has to be one string.
    pub fn json_chunks(&self) -> impl Iterator<Item = String> + '_ {
        let mut cursor = JsonCursor::default();
        std::iter::from_fn(move || self.json_chunk(&mut cursor))
    }

    /// The next piece of the JSON report, for who cannot hold an iterator.
    pub fn json_chunk(&self, cursor: &mut JsonCursor) -> Option<String> {
        if cursor.is_at_end {
            return None;
        }
        let mut chunk = if cursor.has_head {
            String::new()
        } else {
            self.json_head()
        };
        cursor.has_head = true;
        while chunk.len() < CHUNK_BYTES && cursor.next_tensor < self.len() {
            if let Some(tensor) = self.tensor_json(cursor.next_tensor) {
                chunk.push_str(if cursor.has_tensor { ",\n" } else { "\n" });
                chunk.push_str(&tensor);
                cursor.has_tensor = true;
            }
            cursor.next_tensor += 1;
        }
        if cursor.next_tensor == self.len() {
            chunk.push_str(&self.json_tail());
            cursor.is_at_end = true;
        }
        Some(chunk)
    }

    fn json_head(&self) -> String {
        let overview = self.overview();
        let mut head = format!(
            "{{\"schema\":{},\n\"floatscope\":{},\n\"checkpoint\":{},\n\"headline\":{},\n",
            to_json(SCHEMA),
            to_json(env!("CARGO_PKG_VERSION")),
            to_json(overview.checkpoint),
            to_json(&overview.headline),
        );
        if let Some(sample) = overview.sample {
            head.push_str(&format!("\"sample\":{},\n", to_json(&sample)));
        }
        if self.sections.ancestry {
            head.push_str(&format!(
                "\"ancestry\":{},\n\"pools\":{},\n\"wasted_bytes\":{},\n",
                to_json(overview.ancestry),
                to_json(&self.pools.report(&self.patterns)),
                overview.wasted_bytes,
            ));
        }
        if self.sections.casts {
            head.push_str(&format!("\"casts\":{},\n", to_json(overview.casts)));
            if let Some(advice) = overview.advice {
                head.push_str(&format!(
                    "\"recommendations\":{},\n\"outliers\":{},\n\"f16\":{},\n",
                    to_json(&advice.recommendations),
                    to_json(&advice.outliers),
                    to_json(&advice.f16),
                ));
            }
        }
        head + "\"tensors\":["
    }

    fn json_tail(&self) -> String {
        format!("\n],\n\"problems\":{}}}\n", to_json(&self.problems))
    }
}
