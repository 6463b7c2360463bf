//! Stretches of a file that were read and will be looked at again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Kept of one file at most; a sample is less, unless someone wants a large one.
const MOST_BYTES: u64 = 32 << 20;

/// Stretches by their first bytes.
#[derive(Default)]
pub(super) struct Kept {
    stretches: BTreeMap<u64, Arc<[u8]>>,
    /// Of those that are there and those that are on their way.
    bytes: u64,
}

impl Kept {
    /// The bytes of a range, if all of it is kept, in order. What brought them may have been cut in
    /// other places.
    pub(super) fn get(&self, range: &Range<u64>) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let (first, bytes) = self.stretches.range(..=at).next_back()?;
            let end = range.end.min(first + bytes.len() as u64);
            if at >= end {
                return None;
            }
            parts.push(Part {
                bytes: Arc::clone(bytes),
                within: (at - first) as usize..(end - first) as usize,
            });
            at = end;
        }
        Some(parts)
    }

    /// Whether a stretch of this length may be put here; then there is so much less room.
    pub(super) fn has_room(&mut self, range: &Range<u64>) -> bool {
        let bytes = self.bytes + (range.end - range.start);
        let has_room = bytes <= MOST_BYTES;
        if has_room {
            self.bytes = bytes;
        }
        has_room
    }

    /// Takes a stretch that there is room for.
    pub(super) fn put(&mut self, first: u64, bytes: Vec<u8>) {
        self.stretches.insert(first, bytes.into());
    }
}

/// Some bytes of a stretch, for who holds no lock any longer.
pub(super) struct Part {
    bytes: Arc<[u8]>,
    within: Range<usize>,
}

impl Part {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.within.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_there_where_the_stretches_have_all_of_it() {
        let mut kept = Kept::default();
        kept.put(10, vec![0, 1, 2, 3]);
        kept.put(14, vec![4, 5]);
        kept.put(17, vec![7]);
        let bytes = |range| {
            let parts = kept.get(&range)?;
            let bytes = parts.iter().flat_map(|part| part.bytes().to_vec());
            Some(bytes.collect::<Vec<u8>>())
        };
        assert_eq!(bytes(11..13), Some(vec![1, 2]));
        assert_eq!(bytes(14..16), Some(vec![4, 5]));
        assert_eq!(bytes(12..15), Some(vec![2, 3, 4]));
        assert_eq!(bytes(17..18), Some(vec![7]));
        let missing = [bytes(9..11), bytes(15..17), bytes(14..18), bytes(18..19)];
        assert_eq!(missing, [const { None }; 4]);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut kept = Kept::default();
        assert!(!kept.has_room(&(0..MOST_BYTES + 1)));
        assert!(kept.has_room(&(0..MOST_BYTES)));
        assert!(!kept.has_room(&(0..1)));
    }
}
