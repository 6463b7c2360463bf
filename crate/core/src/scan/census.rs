//! How often each code occurs: sorted, sparse, merged by addition.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Occupied cells in ascending order of code, none with a count of zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    cells: Vec<(u16, u64)>,
}

impl Census {
    /// From cells in ascending order of code; empty ones are left out.
    pub fn from_sorted(cells: impl Iterator<Item = (u16, u64)>) -> Self {
        let cells: Vec<_> = cells.filter(|&(_, count)| count > 0).collect();
        debug_assert!(cells.is_sorted_by(|a, b| a.0 < b.0));
        Self { cells }
    }

    /// The occupied cells.
    pub fn as_slice(&self) -> &[(u16, u64)] {
        &self.cells
    }

    /// Code and count of each occupied cell, codes ascending.
    pub fn cells(&self) -> impl Iterator<Item = (u16, u64)> + Clone + '_ {
        self.cells.iter().copied()
    }

    /// Elements counted.
    pub fn total(&self) -> u64 {
        self.cells.iter().map(|&(_, count)| count).sum()
    }

    /// Adds another census of the same kind of codes.
    pub fn merge(&mut self, other: &Self) {
        if self.cells.is_empty() {
            self.cells.clone_from(&other.cells);
            return;
        }
        let mut merged = Vec::with_capacity(self.cells.len() + other.cells.len());
        let mut mine = self.cells.iter().copied().peekable();
        for &(code, count) in &other.cells {
            while let Some(cell) = mine.next_if(|cell| cell.0 < code) {
                merged.push(cell);
            }
            let same = mine.next_if(|cell| cell.0 == code).map_or(0, |cell| cell.1);
            merged.push((code, count + same));
        }
        merged.extend(mine);
        self.cells = merged;
    }
}

/// Bytes of a cell between workers: thousands of cells go by, and to take each
/// apart as numbers of any length would take longer than to count them.
const CELL_BYTES: usize = 10;

impl Serialize for Census {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.cells.len() * CELL_BYTES);
        for (code, count) in &self.cells {
            bytes.extend(code.to_le_bytes());
            bytes.extend(count.to_le_bytes());
        }
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Census {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        let (cells, []) = bytes.as_chunks::<CELL_BYTES>() else {
            return Err(D::Error::custom("a census ends within a cell"));
        };
        let cells = cells
            .iter()
            .map(|&[a, b, count @ ..]| (u16::from_le_bytes([a, b]), u64::from_le_bytes(count)));
        Ok(Self::from_sorted(cells))
    }
}
