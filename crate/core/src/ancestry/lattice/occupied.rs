//! Codes that a tensor has at all.
//!
//! Groups with scales of their own share no codes, and what a group leaves out says
//! something. Where all groups draw from the same few codes, it is the tensor that leaves
//! out the others, and says so once: for a group, only what the tensor has is within reach.

/// Codes without their signs that occur in some groups, and in how many of them.
pub(crate) struct Occupied {
    /// Ascending.
    codes: Vec<u64>,
    /// Of the codes before each one, and of all, how many occur in one group only.
    once: Vec<u32>,
    /// In two groups.
    twice: Vec<u32>,
    groups: f64,
}

impl Occupied {
    /// From each group's different codes.
    pub(crate) fn of(groups: impl Iterator<Item = Vec<u64>>) -> Self {
        let (mut all, mut count) = (Vec::new(), 0.0);
        for mut mine in groups {
            count += 1.0;
            mine.sort_unstable();
            mine.dedup();
            all.extend(&mine);
        }
        all.sort_unstable();
        let mut occupied = Self {
            codes: Vec::new(),
            once: vec![0],
            twice: vec![0],
            groups: count,
        };
        let (mut once, mut twice) = (0, 0);
        for run in all.chunk_by(|a, b| a == b) {
            once += u32::from(run.len() == 1);
            twice += u32::from(run.len() == 2);
            occupied.codes.push(run[0]);
            occupied.once.push(once);
            occupied.twice.push(twice);
        }
        occupied
    }

    /// Of the codes between two, ends included, and of those among them that a lattice
    /// reaches, how many the tensor has.
    ///
    /// More groups would show more codes: as many as Chao (1987) estimates from those that
    /// were met once and twice.
    pub(crate) fn within(&self, (low, high): (u64, u64), reached: &[u64]) -> (f64, f64) {
        let begin = self.codes.partition_point(|code| *code < low);
        let end = self.codes.partition_point(|code| *code <= high);
        let (full, seen) = ((high - low + 1) as f64, (end - begin) as f64);
        let once = f64::from(self.once[end] - self.once[begin]);
        let twice = f64::from(self.twice[end] - self.twice[begin]);
        let chao = (self.groups - 1.0) / self.groups * once * (once - 1.0) / (2.0 * (twice + 1.0));
        // Not `clamp`: what it says of wrong bounds prints floats, which is much to download.
        let unseen = chao.max(0.0).min(full - seen);
        let is_seen = |code: &&u64| self.codes[begin..end].binary_search(code).is_ok();
        let of_seen = reached.iter().filter(is_seen).count() as f64;
        let share = unseen / (full - seen).max(1.0);
        (
            seen + unseen,
            of_seen + (reached.len() as f64 - of_seen) * share,
        )
    }
}
