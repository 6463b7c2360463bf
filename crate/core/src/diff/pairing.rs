//! Which tensor of A goes with which of B.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::figures::Operand;
use super::renames::{Rename, Renames, find_prefix};
use super::{PairSpan, Tolerance};
use crate::checkpoint::TensorInfo;
use crate::report::FileEntry;

/// What the head and the embedding of a language model are called.
pub(super) const HEAD: &str = "lm_head.weight";
const EMBEDDING: &str = "embed_tokens.weight";

/// A checkpoint's files, each with its tensors.
pub(super) type Held = Vec<(FileEntry, Vec<TensorInfo>)>;

/// Two tensors that are compared: by file and place there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) a: (usize, usize),
    pub(super) b: (usize, usize),
    pub(super) span: PairSpan,
    /// A head that one side stores, beside the embedding that is the other's head: no pair of
    /// the report, and read to say whether they are the same.
    pub(super) is_tied: bool,
}

/// Two tensors of one name that cannot be compared element by element.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mismatch {
    /// The name in A.
    pub name: String,
    /// The tensor in A.
    pub a: Operand,
    /// The tensor in B.
    pub b: Operand,
}

/// All tensors of both sides, sorted.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    /// In the order of A's files.
    pub(super) pairs: Vec<Pair>,
    pub(super) renames: Vec<Rename>,
    pub(super) only_in_a: Vec<String>,
    pub(super) only_in_b: Vec<String>,
    pub(super) shape_mismatch: Vec<Mismatch>,
    /// How many have a counterpart that its header names and that cannot be read.
    pub(super) unread: u64,
}

impl Pairing {
    /// Matches by name; what is left then by a prefix that one side has and the other has not.
    ///
    /// `broken` are the names on each side of what cannot be read: they are missing nowhere.
    pub(super) fn of(
        a: &Held,
        b: &Held,
        broken: &[HashSet<String>; 2],
        renames: &Renames,
        tolerance: Tolerance,
    ) -> Self {
        let mut pairing = Self {
            renames: renames.rules().to_vec(),
            ..Self::default()
        };
        let mut left_in_b: HashMap<&str, (usize, usize)> = HashMap::new();
        for (name, place) in names(b) {
            // Of two tensors of one name in several files the first is taken, as in the report.
            left_in_b.entry(name).or_insert(place);
        }
        let mut matched: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
        let mut left_in_a = Vec::new();
        let mut known = HashSet::new();
        // Renames first: a name that they give must not be taken by its namesake.
        for (name, place) in names(a).filter(|(name, _)| known.insert(*name)) {
            let rules = pairing.renames.iter_mut();
            let rule = rules
                .into_iter()
                .find_map(|rule| Some((rule.apply(name)?, rule)));
            let found = rule.and_then(|(renamed, rule)| {
                let found = left_in_b.remove(renamed.as_str())?;
                rule.tensors += 1;
                Some(found)
            });
            match found {
                Some(found) => {
                    matched.insert(place, found);
                }
                None => left_in_a.push((name, place)),
            }
        }
        left_in_a.retain(|(name, place)| {
            let found = left_in_b.remove(name);
            matched.extend(found.map(|found| (*place, found)));
            found.is_none()
        });
        let before = left_in_a.len() + left_in_b.len();
        left_in_a.retain(|(name, _)| !broken[1].contains(*name));
        left_in_b.retain(|name, _| !broken[0].contains(*name));
        pairing.unread = (before - left_in_a.len() - left_in_b.len()) as u64;
        let only_in_a: Vec<&str> = left_in_a.iter().map(|(name, _)| *name).collect();
        let only_in_b: Vec<&str> = left_in_b.keys().copied().collect();
        if let Some(mut rename) = find_prefix(&only_in_a, &only_in_b) {
            left_in_a.retain(|(name, place)| {
                let renamed = rename.apply(name);
                let found = renamed.and_then(|renamed| left_in_b.remove(renamed.as_str()));
                matched.extend(found.map(|found| (*place, found)));
                rename.tensors += u64::from(found.is_some());
                found.is_none()
            });
            pairing.renames.push(rename);
        }
        // In the order of A's files, of whose bytes runs are made.
        for (_, place) in names(a) {
            if let Some(found) = matched.get(&place) {
                pairing.add(a, b, place, *found, tolerance);
            }
        }
        pairing.only_in_a = left_in_a
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        let order = names(b).filter(|(name, place)| left_in_b.get(name) == Some(place));
        pairing.only_in_b = order.map(|(name, _)| name.to_owned()).collect();
        pairing.renames.retain(|rename| rename.tensors > 0);
        pairing.add_tied_head(a, b, tolerance);
        pairing
    }

    /// Leaves out what is not wanted by either of its names.
    pub(super) fn select(&mut self, [a, b]: [&Held; 2], wanted: &dyn Fn(&str) -> bool) {
        self.pairs
            .retain(|pair| wanted(&tensor(a, pair.a).name) || wanted(&tensor(b, pair.b).name));
        self.only_in_a.retain(|name| wanted(name));
        self.only_in_b.retain(|name| wanted(name));
        let keeps = |mismatch: &Mismatch| wanted(&mismatch.a.name) || wanted(&mismatch.b.name);
        self.shape_mismatch.retain(keeps);
    }

    /// A head that only one side stores is compared with the other's embedding.
    fn add_tied_head(&mut self, a: &Held, b: &Held, tolerance: Tolerance) {
        let find = |held, ending: &str| names(held).find(|(name, _)| name.ends_with(ending));
        let head_of = |only: &[String], held| {
            find(held, HEAD).filter(|(head, _)| only.iter().any(|name| name == head))
        };
        let places = match (head_of(&self.only_in_a, a), head_of(&self.only_in_b, b)) {
            (Some((_, head)), None) => find(b, EMBEDDING).map(|(_, embedding)| (head, embedding)),
            (None, Some((_, head))) => find(a, EMBEDDING).map(|(_, embedding)| (embedding, head)),
            _ => None,
        };
        let Some((place_a, place_b)) = places else {
            return;
        };
        let span = PairSpan::whole(tensor(a, place_a), tensor(b, place_b), tolerance);
        self.pairs.extend(span.map(|span| Pair {
            a: place_a,
            b: place_b,
            span,
            is_tied: true,
        }));
    }

    fn add(
        &mut self,
        a: &Held,
        b: &Held,
        place_a: (usize, usize),
        place_b: (usize, usize),
        tolerance: Tolerance,
    ) {
        let (in_a, in_b) = (tensor(a, place_a), tensor(b, place_b));
        match PairSpan::whole(in_a, in_b, tolerance) {
            Some(span) => self.pairs.push(Pair {
                a: place_a,
                b: place_b,
                span,
                is_tied: false,
            }),
            None => self.shape_mismatch.push(Mismatch {
                name: in_a.name.clone(),
                a: Operand::of(in_a, &a[place_a.0].0.name),
                b: Operand::of(in_b, &b[place_b.0].0.name),
            }),
        }
    }
}

/// A tensor by its place.
pub(super) fn tensor(held: &Held, (file, at): (usize, usize)) -> &TensorInfo {
    &held[file].1[at]
}

fn names(held: &Held) -> impl Iterator<Item = (&str, (usize, usize))> {
    held.iter().enumerate().flat_map(|(file, (_, tensors))| {
        let numbered = tensors.iter().enumerate();
        numbered.map(move |(at, tensor)| (tensor.name.as_str(), (file, at)))
    })
}
