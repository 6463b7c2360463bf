//! Looks for the tensors of each layout by their names.

use std::collections::BTreeMap;

use super::Layout;
use super::fit::Found;
use super::table::{CODES, RULES, Rule, SCALES};
use crate::checkpoint::TensorInfo;

/// A tensor and the index of its file.
pub(crate) type Placed<'a> = (usize, &'a TensorInfo);

/// The tensors that are part of a known layout, by index.
///
/// `metadata` gives the text that a file's header has under a key.
pub(crate) fn find<'a>(
    tensors: &[Placed<'a>],
    metadata: &dyn Fn(usize, &str) -> Option<&'a str>,
) -> Vec<(usize, Layout)> {
    let matches_rule = |(_, tensor): &Placed| RULES.iter().any(|rule| rule.base(tensor).is_some());
    if !tensors.iter().any(matches_rule) {
        return Vec::new();
    }
    let mut finder = Finder::new(tensors, metadata);
    for (index, (_, tensor)) in tensors.iter().enumerate() {
        for rule in RULES {
            if let Some(base) = rule.base(tensor) {
                finder.try_rule(rule, base, index);
            }
        }
    }
    let found = finder.layouts.into_iter().enumerate();
    found
        .filter_map(|(index, layout)| Some((index, layout?)))
        .collect()
}

/// Everything that layouts are looked for in, and what was found.
pub(super) struct Finder<'a, 'b> {
    tensors: &'b [Placed<'a>],
    metadata: &'b dyn Fn(usize, &str) -> Option<&'a str>,
    /// The first tensor of each name; further ones, of other files, under [`in_file`].
    names: BTreeMap<String, usize>,
    has_twins: bool,
    /// Lengths of vectors: widths that the model has.
    vectors: Vec<u64>,
    /// Rows of matrices.
    rows: Vec<u64>,
    layouts: Vec<Option<Layout>>,
}

/// The key of a name that several files use. A name can hold no such character
/// and a number before it by chance; if it did, only a companion would be missed.
fn in_file(file: usize, name: &str) -> String {
    format!("{file}\0{name}")
}

/// Keeps a length once. A model has a few dozen; of more than these nobody learns anything.
fn add_length(lengths: &mut Vec<u64>, length: u64) {
    const MOST: usize = 256;
    if lengths.len() < MOST && !lengths.contains(&length) {
        lengths.push(length);
    }
}

impl<'a, 'b> Finder<'a, 'b> {
    fn new(
        tensors: &'b [Placed<'a>],
        metadata: &'b dyn Fn(usize, &str) -> Option<&'a str>,
    ) -> Self {
        let mut finder = Self {
            tensors,
            metadata,
            names: BTreeMap::new(),
            has_twins: false,
            vectors: Vec::new(),
            rows: Vec::new(),
            layouts: vec![None; tensors.len()],
        };
        for (index, (file, tensor)) in tensors.iter().enumerate() {
            let first = *finder.names.entry(tensor.name.clone()).or_insert(index);
            if first != index {
                finder.has_twins = true;
                let twin = in_file(*file, &tensor.name);
                finder.names.entry(twin).or_insert(index);
            }
            match tensor.shape[..] {
                [length] => add_length(&mut finder.vectors, length),
                [.., rows, _] => add_length(&mut finder.rows, rows),
                [] => {}
            }
        }
        finder
    }

    /// Whether a vector, or a matrix that is not of this many rows itself, is as long.
    fn is_width(&self, codes: &TensorInfo, length: u64) -> bool {
        let own = codes.shape.iter().rev().nth(1);
        let is_own = own == Some(&length);
        self.vectors.contains(&length) || (!is_own && self.rows.contains(&length))
    }

    /// A tensor by its name, in this file before others: shards share one space
    /// of names, the parts of a pipeline don't.
    fn index_of(&self, file: usize, name: &str) -> Option<usize> {
        let twin = self.has_twins.then(|| in_file(file, name));
        let twin = twin.and_then(|twin| self.names.get(&twin));
        twin.or_else(|| self.names.get(name)).copied()
    }

    /// Marks the tensors of a layout, if there are all that it needs, and they fit.
    fn try_rule(&mut self, rule: &Rule, base: &str, scales: usize) {
        let (file, _) = self.tensors[scales];
        let Some(codes) = self.index_of(file, &format!("{base}{}", rule.codes)) else {
            return;
        };
        if codes == scales
            || self.layouts[codes].is_some()
            || !rule.may_be_codes(self.tensors[codes].1)
        {
            return;
        }
        let found = Found {
            codes: self.tensors[codes].1,
            scales: self.tensors[scales].1,
            sibling: &|suffix| {
                self.sibling(file, base, suffix)
                    .map(|at| self.tensors[at].1)
            },
            metadata: &|key| (self.metadata)(file, key),
            is_width: &|length| self.is_width(self.tensors[codes].1, length),
            base,
        };
        let Some(fit) = (rule.fit)(&found) else {
            return;
        };
        let layout = |role| Layout {
            scheme: fit.scheme,
            role,
            format: fit.format,
            bits: fit.bits,
            is_packed: fit.is_packed,
            granularity: fit.granularity,
        };
        self.layouts[codes] = Some(layout(&CODES));
        self.layouts[scales] = Some(layout(&SCALES));
        for (suffix, role) in rule.others {
            if let Some(other) = self.sibling(file, base, suffix) {
                self.layouts[other].get_or_insert(layout(role));
            }
        }
    }

    /// The tensor `base` + `suffix`; after a `^` the suffix stands in place of the
    /// base's last part.
    fn sibling(&self, file: usize, base: &str, suffix: &str) -> Option<usize> {
        let name = match suffix.strip_prefix('^') {
            Some(suffix) => {
                let module = base.rfind('.').map_or(0, |dot| dot + 1);
                format!("{}{suffix}", &base[..module])
            }
            None => format!("{base}{suffix}"),
        };
        self.index_of(file, &name)
    }
}
