//! What a group of values shares: casts with a scale for each block, line, row or square, and
//! factors for each.
//!
//! Values wait until their group is whole. What does not explain a group is dropped with it,
//! which nearly always is the first of all; values wait for what is left only.

mod cast;
mod factors;

use std::ops::Range;

use super::super::PairSpan;
use super::super::numbers::single_layout;
use super::super::ulp::spacing;
use super::interval::Target;
use super::{Explained, factor, is_nothing};
use crate::cast::{CASTS, Cast, CastSet, Group, Scaling};
use crate::format::{Dtype, FloatLayout};
use cast::{Casting, Room};
use factors::BY;
pub(super) use factors::GroupFactors;

/// Rows and columns of a square.
const SQUARE: usize = 128;
/// The longest blocks of a row; shorter ones end where they do.
const BLOCK: usize = 128;
/// Values of a line that runs on from row to row.
const LINE: usize = 64;
/// Longer rows are not kept until they are whole.
const LONGEST_ROW: u64 = 1 << 20;
/// Nor are bands of squares of more columns.
const WIDEST_BAND: u64 = 1 << 16;
/// Types of fewer bits are what others are cast to.
const LEAST_BITS: u32 = 16;

/// Which values share something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// So many of a row.
    Block(usize),
    /// So many of the tensor as one line.
    Line,
    Row,
    Square,
}

impl Kind {
    /// Of the casts that are tried while reading once: not those that need all of the tensor first.
    fn of(cast: &Cast) -> Option<Self> {
        match cast.scaling {
            Scaling::PowerOfTwo => Some(Kind::Block(32)),
            Scaling::Real(Group::Run(run)) => Some(Kind::Block(run as usize)),
            Scaling::Real(Group::Line(_)) => Some(Kind::Line),
            Scaling::Real(Group::Row) => Some(Kind::Row),
            Scaling::Real(Group::Square) => Some(Kind::Square),
            Scaling::Real(Group::Tensor) | Scaling::TwoLevels | Scaling::None => None,
        }
    }

    fn is_sought(self, span: &PairSpan) -> bool {
        let columns = span.matrix.columns;
        match self {
            // A single row may be cut wherever a block ends.
            Kind::Block(_) | Kind::Line => span.has_rows || span.matrix.rows == 1,
            Kind::Row => span.has_rows && columns <= LONGEST_ROW,
            Kind::Square => span.has_bands() && columns <= WIDEST_BAND,
        }
    }

    /// The end of the last whole group, `have` values being there.
    fn whole(self, have: usize, columns: usize) -> usize {
        match self {
            Kind::Block(_) => have - have % columns % BLOCK,
            Kind::Line => have - have % LINE,
            Kind::Row => have - have % columns,
            Kind::Square => have - have % (columns * SQUARE),
        }
    }
}

/// What is left of a tensor's groups in one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct ByGroup {
    /// Not all is zero.
    pub(super) has_values: bool,
    /// Casts with a scale for each group that explain everything so far.
    pub(super) casts: CastSet,
    /// In the order of [`BY`].
    factors: [GroupFactors; BY.len()],
}

impl ByGroup {
    /// Of a kind of pair: the casts and factors that are tried from one type to another.
    fn sought(span: &PairSpan, from: Dtype, to: Dtype) -> Self {
        let single = |dtype: Dtype| single_layout(dtype).filter(|layout| spacing(layout).is_some());
        let (Some(_), Some(layout)) = (single(from), single(to)) else {
            return Self::default();
        };
        let is_sought = |kind: Kind| kind.is_sought(span);
        let casts = match from.bits().min(to.bits()) >= LEAST_BITS {
            true => CastSet::of(|cast| Kind::of(cast).is_some_and(is_sought)),
            false => CastSet::default(),
        };
        let factors = BY.map(
            |(kind, ..)| match is_sought(kind) && factor::is_target(layout) {
                true => GroupFactors::sought(),
                false => GroupFactors::default(),
            },
        );
        Self {
            has_values: false,
            casts,
            factors,
        }
    }

    pub(super) fn is_left(&self) -> bool {
        !self.casts.is_empty() || self.factors.iter().any(GroupFactors::is_left)
    }

    pub(super) fn kill(&mut self) {
        self.casts = CastSet::default();
        self.factors.iter_mut().for_each(GroupFactors::kill);
    }

    /// Adds what another part of the tensor shows.
    pub(super) fn merge(&mut self, other: &Self) {
        self.has_values |= other.has_values;
        self.casts = self.casts.and(other.casts);
        for (mine, theirs) in self.factors.iter_mut().zip(&other.factors) {
            mine.merge(theirs);
        }
    }

    /// Which groups have a factor each: key and name, without error and in FP32. Smaller groups
    /// within are left out.
    pub(super) fn factors(&self) -> Vec<(&'static str, &'static str, [bool; 2])> {
        let mut known = [false; 2];
        let both = BY.iter().zip(&self.factors);
        let found = both.map(|((kind, key, name), factors)| {
            let mut found = factors.found();
            for (found, known) in found.iter_mut().zip(&mut known) {
                *found = *found && !(*known && matches!(kind, Kind::Block(_)));
                *known |= *found;
            }
            (*key, *name, found)
        });
        found.collect()
    }
}

/// What is tried on the groups of one pair of spans.
pub(in super::super) struct Grouped {
    tried: Vec<Tried>,
    to: [Target; 2],
    columns: usize,
    /// Values of A and of B from `base` on.
    held: [Vec<f32>; 2],
    /// Number of values before these.
    base: usize,
    /// How many have come, as long as all are +0: nothing is to be told of them, and they are not kept.
    nothing: Option<usize>,
    room: Room,
}

/// A cast or a factor, and how many values of the span it has been tried on.
struct Tried {
    what: What,
    kind: Kind,
    done: usize,
}

enum What {
    Cast(Casting),
    /// By its place in [`BY`].
    Factor(usize),
}

impl Grouped {
    /// For spans of two layouts.
    pub(in super::super) fn new([a, b]: [&FloatLayout; 2]) -> Self {
        let casts = (0..CASTS.len()).filter_map(|index| {
            let kind = Kind::of(&CASTS[index])?;
            Some((What::Cast(Casting::of(index)), kind))
        });
        let factors = (0..BY.len()).map(|at| (What::Factor(at), BY[at].0));
        let tried = casts.chain(factors);
        Self {
            tried: tried
                .map(|(what, kind)| Tried {
                    what,
                    kind,
                    done: 0,
                })
                .collect(),
            to: [b, a].map(Target::of),
            columns: 1,
            held: Default::default(),
            base: 0,
            nothing: Some(0),
            room: Room::default(),
        }
    }

    /// Starts a span.
    pub(in super::super) fn begin(&mut self, span: &PairSpan, left: &mut [Explained; 2]) {
        for (left, [from, to]) in left.iter_mut().zip([[span.a, span.b], [span.b, span.a]]) {
            left.by_group = ByGroup::sought(span, from, to);
        }
        self.columns = usize::try_from(span.matrix.columns).map_or(usize::MAX, |all| all.max(1));
        self.tried.iter_mut().for_each(|tried| tried.done = 0);
        self.held.iter_mut().for_each(Vec::clear);
        self.base = 0;
        self.nothing = Some(0);
    }

    /// Takes the next values of both sides.
    pub(in super::super) fn add(&mut self, left: &mut [Explained; 2], x: &[f32], y: &[f32]) {
        if !left.iter().any(|left| left.by_group.is_left()) {
            return;
        }
        if let Some(count) = self.nothing {
            if is_nothing(x) && is_nothing(y) {
                self.nothing = Some(count + x.len());
                return;
            }
            self.nothing = None;
            self.keep_zeros(left, count);
        }
        self.held[0].extend_from_slice(x);
        self.held[1].extend_from_slice(y);
        self.advance(left, false);
    }

    /// Of so many zeros, those in groups that are not whole yet.
    fn keep_zeros(&mut self, left: &[Explained; 2], count: usize) {
        self.base = count;
        for tried in &mut self.tried {
            if left.iter().any(|left| tried.is_left(left)) {
                tried.done = tried.kind.whole(count, self.columns);
                self.base = self.base.min(tried.done);
            }
        }
        for held in &mut self.held {
            held.resize(count - self.base, 0.0);
        }
    }

    /// The span is over.
    pub(in super::super) fn finish(&mut self, left: &mut [Explained; 2]) {
        if self.nothing.is_none() && left.iter().any(|left| left.by_group.is_left()) {
            self.advance(left, true);
        }
        self.held.iter_mut().for_each(Vec::clear);
    }

    /// Tries what is left on the groups that are whole.
    fn advance(&mut self, left: &mut [Explained; 2], is_end: bool) {
        let have = self.base + self.held[0].len();
        let mut needed = have;
        for tried in &mut self.tried {
            if !left.iter().any(|left| tried.is_left(left)) {
                continue;
            }
            let end = match is_end {
                true => have,
                false => tried.kind.whole(have, self.columns),
            };
            let groups = Groups {
                kind: tried.kind,
                columns: self.columns,
                rest: tried.done..end,
            };
            tried.done = end;
            let [a, b] = &self.held;
            let base = self.base;
            let sides = [Sides { x: a, y: b, base }, Sides { x: b, y: a, base }];
            for ((left, sides), to) in left.iter_mut().zip(sides).zip(&self.to) {
                tried.look(groups.clone(), sides, to, left, &mut self.room);
            }
            if left.iter().any(|left| tried.is_left(left)) {
                needed = needed.min(end);
            }
        }
        self.forget_before(needed);
    }

    /// Lets go of what nobody waits for.
    fn forget_before(&mut self, needed: usize) {
        let spent = needed - self.base;
        // Not at every step: what stays is moved.
        if spent >= self.held[0].len() - spent {
            for held in &mut self.held {
                held.drain(..spent);
            }
            self.base = needed;
        }
    }
}

impl Tried {
    fn is_left(&self, left: &Explained) -> bool {
        match &self.what {
            What::Cast(cast) => left.by_group.casts.has(cast.index),
            What::Factor(at) => left.by_group.factors[*at].is_left(),
        }
    }

    /// Tries some groups in one direction, until the first that is not explained.
    fn look(
        &self,
        groups: Groups,
        sides: Sides,
        to: &Target,
        left: &mut Explained,
        room: &mut Room,
    ) {
        let columns = groups.columns;
        let rows_of = |(first, rows): (Range<usize>, usize)| {
            (0..rows).map(move |row| first.start + row * columns..first.end + row * columns)
        };
        for group in groups {
            if !self.is_left(left) {
                return;
            }
            let stretches = rows_of(group);
            match &self.what {
                What::Factor(at) => left.by_group.factors[*at].add(stretches, sides, to),
                What::Cast(cast) => {
                    if !cast.explains(stretches, sides, &to.layout, room) {
                        let this = CastSet::of_indices(|at| at == cast.index);
                        left.by_group.casts = left.by_group.casts.without(this);
                    }
                }
            }
        }
    }
}

/// Values of both sides from `base` on: x is to become y.
#[derive(Clone, Copy)]
struct Sides<'a> {
    x: &'a [f32],
    y: &'a [f32],
    base: usize,
}

impl<'a> Sides<'a> {
    fn of(self, range: Range<usize>) -> (&'a [f32], &'a [f32]) {
        let range = range.start - self.base..range.end - self.base;
        (&self.x[range.clone()], &self.y[range])
    }
}

/// The groups of a range.
#[derive(Clone)]
struct Groups {
    kind: Kind,
    columns: usize,
    rest: Range<usize>,
}

impl Iterator for Groups {
    /// The first stretch of a row, and how many there are, a row apart.
    type Item = (Range<usize>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (at, end) = (self.rest.start, self.rest.end);
        if at >= end {
            return None;
        }
        let row_end = at + self.columns - at % self.columns;
        let mut rows = 1;
        let next = match self.kind {
            Kind::Line => at + LINE,
            Kind::Block(length) => row_end.min(at + length),
            Kind::Row => row_end,
            Kind::Square => {
                // Squares of one band stand side by side: the next begins in its first row.
                let band = at / self.columns / SQUARE * SQUARE;
                rows = (end.div_ceil(self.columns) - band).min(SQUARE);
                row_end.min(at + SQUARE)
            }
        };
        self.rest.start = match self.kind {
            Kind::Square if next == row_end => row_end + (rows - 1) * self.columns,
            _ => next,
        };
        Some((at..next.min(end), rows))
    }
}
