//! The first of two walks over the tensors: what modules have in common, and which
//! tensors are worth a closer look.

use super::csv::parts;
use super::decimal::Decimal;
use super::entry::{Object, text};
use super::words;
use crate::ancestry::Label;
use crate::format::Dtype;
use crate::report::Collector;

/// Shapes of a module that are told; of more it is said that there are more.
const SHAPES: usize = 2;

/// Tensors of one module pattern and type.
#[derive(Debug)]
pub(super) struct Group {
    /// Index of the pattern.
    pub(super) pattern: usize,
    pub(super) dtype: Dtype,
    pub(super) tensors: u64,
    pub(super) parameters: u64,
    pub(super) bytes: u64,
    pub(super) wasted_bytes: u64,
    /// The first shapes, each once, and whether there are more.
    pub(super) shapes: Vec<Vec<u64>>,
    pub(super) has_more_shapes: bool,
    /// How many tensors have which verdict, as they are met, with the largest of them.
    pub(super) verdicts: Vec<Verdicts>,
    /// The extremes of all of them; none where no value is finite, or they are not known.
    pub(super) range: Option<(Decimal, Decimal)>,
    /// Values that are NaN or infinite.
    pub(super) not_finite: u64,
    /// Entropy of a code in millionths of a bit, times elements, over all tensors.
    entropy: u128,
    /// Elements of which the entropy is known.
    entropy_of: u64,
    /// Whether that is no upper bound.
    pub(super) is_exact: bool,
}

/// Tensors of a group that have one verdict; `None` where none was asked for.
#[derive(Debug)]
pub(super) struct Verdicts {
    pub(super) label: Option<Label>,
    pub(super) tensors: u64,
    /// Index of the largest.
    pub(super) largest: usize,
    elements: u64,
}

impl Group {
    fn new(pattern: usize, dtype: Dtype) -> Self {
        Self {
            pattern,
            dtype,
            tensors: 0,
            parameters: 0,
            bytes: 0,
            wasted_bytes: 0,
            shapes: Vec::new(),
            has_more_shapes: false,
            verdicts: Vec::new(),
            range: None,
            not_finite: 0,
            entropy: 0,
            entropy_of: 0,
            is_exact: true,
        }
    }

    /// Entropy of a code in millionths of a bit, on average over all elements; none where
    /// it was not asked for.
    pub(super) fn entropy_millionths(&self) -> Option<u64> {
        let of = u128::from(self.entropy_of);
        (of > 0).then(|| ((self.entropy + of / 2) / of) as u64)
    }

    /// Those of most tensors first; of as many the one that was met first.
    pub(super) fn by_frequency(&self) -> Vec<&Verdicts> {
        largest(self.verdicts.iter().collect(), usize::MAX, |verdicts| {
            verdicts.tensors
        })
    }

    fn add_shape(&mut self, shape: &[u64]) {
        match self.shapes.iter().any(|known| known == shape) {
            true => {}
            false if self.shapes.len() < SHAPES => self.shapes.push(shape.to_owned()),
            false => self.has_more_shapes = true,
        }
    }

    fn add_verdict(&mut self, index: usize, elements: u64, label: Option<Label>) {
        let known = self.verdicts.iter_mut().find(|known| known.label == label);
        match known {
            None => self.verdicts.push(Verdicts {
                label,
                tensors: 1,
                largest: index,
                elements,
            }),
            Some(known) => {
                known.tensors += 1;
                if elements > known.elements {
                    (known.largest, known.elements) = (index, elements);
                }
            }
        }
    }

    /// Adds one part of the figures: all of them, or those of real or imaginary parts.
    fn add_part(&mut self, stats: &Object, bits: &Object) {
        let number = |key| Decimal::parse(&text(stats.get(key)));
        if let (Some(low), Some(high)) = (number("min"), number("max")) {
            self.range = Some(match self.range.take() {
                None => (low, high),
                Some((lowest, highest)) => (lowest.min(low), highest.max(high)),
            });
        }
        self.not_finite += ["nan", "pos_inf", "neg_inf"]
            .map(|key| stats.count(key))
            .iter()
            .sum::<u64>();
        if let Some(entropy) = Decimal::parse(bits.get("joint_entropy")) {
            let count = stats.count("count");
            self.entropy += u128::from(entropy.millionths()) * u128::from(count);
            self.entropy_of = self.entropy_of.saturating_add(count);
            self.is_exact &= bits.get("exact") == "true";
        }
    }
}

/// What a walk over all tensors has seen.
#[derive(Debug, Default)]
pub(super) struct Survey {
    next: usize,
    /// By pattern and type, in the order of their first tensors.
    pub(super) groups: Vec<Group>,
    /// The verdict of each tensor; the outer `None` where it was not read.
    pub(super) labels: Vec<Option<Option<Label>>>,
    /// Tensors with values that are not finite, and how many.
    not_finite: Vec<(usize, u64)>,
}

impl Survey {
    /// Whether every tensor was looked at.
    pub(super) fn is_done(&self, report: &Collector) -> bool {
        self.next == report.len()
    }

    /// Looks at the next tensor.
    pub(super) fn step(&mut self, report: &Collector) {
        let index = self.next;
        self.next += 1;
        let json = report.tensor_json(index);
        let entry = json.as_ref().map(|json| Object::of(json));
        self.labels.push(
            entry
                .as_ref()
                .map(|entry| words::label(entry.object("ancestry").get("label"))),
        );
        if let Some(entry) = entry {
            self.add(report, index, &entry);
        }
    }

    fn add(&mut self, report: &Collector, index: usize, entry: &Object) {
        let Some((_, tensor, pattern)) = report.tensor(index) else {
            return;
        };
        let label = words::label(entry.object("ancestry").get("label"));
        let group = self.group(pattern, tensor.dtype);
        let before = group.not_finite;
        group.tensors += 1;
        group.parameters = group.parameters.saturating_add(tensor.elements());
        group.bytes = group.bytes.saturating_add(tensor.bytes());
        group.wasted_bytes = group
            .wasted_bytes
            .saturating_add(entry.count("wasted_bytes"));
        group.add_shape(&tensor.shape);
        group.add_verdict(index, tensor.elements(), label);
        let (stats, bits) = (entry.object("stats"), entry.object("bits"));
        for part in parts(report, index) {
            group.add_part(&stats.part(part), &bits.part(part));
        }
        let not_finite = group.not_finite - before;
        if not_finite > 0 {
            self.not_finite.push((index, not_finite));
        }
    }

    fn group(&mut self, pattern: usize, dtype: Dtype) -> &mut Group {
        let key = |group: &Group| (group.pattern, group.dtype);
        let at = self
            .groups
            .partition_point(|group| key(group) < (pattern, dtype));
        if self
            .groups
            .get(at)
            .is_none_or(|group| key(group) != (pattern, dtype))
        {
            self.groups.insert(at, Group::new(pattern, dtype));
        }
        &mut self.groups[at]
    }

    /// Tensors worth a closer look, at most so many, in the order of the files: those that
    /// hold what is not finite, then of each module the largest of each verdict: first those
    /// with a history to tell, then native ones, the largest before others.
    pub(super) fn notable(&self, most: usize) -> Vec<usize> {
        let mut chosen: Vec<usize> =
            largest(self.not_finite.iter().collect(), most / 2, |entry| entry.1)
                .into_iter()
                .map(|entry| entry.0)
                .collect();
        for rank in 0..3 {
            let of_rank = self.groups.iter().flat_map(|group| &group.verdicts);
            let of_rank = of_rank.filter(|verdicts| rank_of(verdicts.label) == rank);
            for verdicts in largest(of_rank.collect(), most, |verdicts| verdicts.elements) {
                if chosen.len() < most && !chosen.contains(&verdicts.largest) {
                    chosen.push(verdicts.largest);
                }
            }
        }
        in_order(chosen)
    }
}

/// How much there is to tell of a verdict, the most first.
fn rank_of(label: Option<Label>) -> u8 {
    match label {
        Some(Label::Native) | None => 1,
        Some(Label::Inconclusive | Label::Constant | Label::Empty | Label::NotFloat) => 2,
        Some(_) => 0,
    }
}

/// Those with the largest figures, the largest first, so many at most; the first of equal ones first.
pub(super) fn largest<T>(items: Vec<T>, most: usize, figure: impl Fn(&T) -> u64) -> Vec<T> {
    let keys = items.iter().enumerate();
    let mut keys: Vec<(u64, usize)> = keys
        .map(|(at, item)| (u64::MAX - figure(item), at))
        .collect();
    sort(&mut keys);
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    keys.iter()
        .take(most)
        .filter_map(|(_, at)| items[*at].take())
        .collect()
}

/// In ascending order. All sorting is of such pairs: each other type is code to download.
pub(super) fn sort(keys: &mut [(u64, usize)]) {
    keys.sort_unstable();
}

/// Numbers in ascending order, each once.
pub(super) fn ascending(numbers: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut keys: Vec<(u64, usize)> = numbers.map(|number| (number, 0)).collect();
    sort(&mut keys);
    keys.dedup();
    keys.into_iter().map(|key| key.0).collect()
}

/// Places in ascending order.
pub(super) fn in_order(places: Vec<usize>) -> Vec<usize> {
    let numbers = places.into_iter().map(|place| place as u64);
    ascending(numbers)
        .into_iter()
        .map(|place| place as usize)
        .collect()
}
