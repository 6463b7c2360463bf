//! Which conversion turns one tensor into the other, bit for bit.
//!
//! All that are known are tried on every element, until the first that they do not explain.

mod factor;
mod grouped;
mod interval;
mod says;
mod special;
mod way;

use serde::{Deserialize, Serialize};

use super::ulp::spacing;
use crate::format::{FloatLayout, Overflow, Rounding};
use factor::Factor;
use grouped::ByGroup;
pub(super) use grouped::Grouped;
use interval::Target;
pub use says::Explanation;
pub(super) use says::explanations;
use special::Special;
use way::{EDGES, Way, ways};

use floatscope_simd::rounding;

/// Elements that are tried before the others: hardly any way survives them.
const FEW: usize = 64;

/// What is left of the conversions in one direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Explained {
    /// Whether nothing is lost: every value is in both types.
    pub(super) exact: bool,
    /// By way, the set of [`EDGES`] with which it explains everything so far.
    ways: Vec<u8>,
    factor: Factor,
    by_group: ByGroup,
}

/// The conversions of one direction, and the room to try them in.
pub(super) struct Explainer {
    to: FloatLayout,
    target: Target,
    /// The type holds every number of the other side's.
    holds_all: bool,
    ways: Vec<Way>,
    has_factors: bool,
    has_negative_zero: bool,
    rounded: Vec<f32>,
    next: Vec<f32>,
    /// Of each number, what the edges of formats do to it: a set of the bits of [`Special`].
    special: Vec<u8>,
    /// Which formats hold all of the tile, as far as that was asked.
    keeping: Vec<(FloatLayout, bool)>,
}

impl Default for Explained {
    /// Of types that have no conversions: all that can be said is whether something is lost.
    fn default() -> Self {
        let mut factor = Factor::default();
        factor.kill();
        Self {
            exact: true,
            ways: Vec::new(),
            factor,
            by_group: ByGroup::default(),
        }
    }
}

impl Explained {
    /// Adds what another part of the tensor shows.
    pub(super) fn merge(&mut self, other: &Self) {
        self.exact &= other.exact;
        for (mine, theirs) in self.ways.iter_mut().zip(&other.ways) {
            *mine &= theirs;
        }
        self.factor.merge(&other.factor);
        self.by_group.merge(&other.by_group);
    }

    /// Whether groups of values are still tried.
    pub(super) fn has_groups(&self) -> bool {
        self.by_group.is_left()
    }

    /// A tile that is not all zero is left to them.
    pub(super) fn leave_values(&mut self) {
        self.by_group.has_values = true;
    }

    /// No cast and no factor by group.
    pub(super) fn kill_groups(&mut self) {
        self.by_group.kill();
    }

    /// Nothing is left of what is tried pair by pair.
    fn is_dead(&self) -> bool {
        !self.exact && self.factor.is_dead() && self.ways.iter().all(|set| *set == 0)
    }
}

impl Explainer {
    pub(super) fn new(from: &FloatLayout, to: &FloatLayout) -> Self {
        Self {
            to: *to,
            target: Target::of(to),
            holds_all: way::holds(to, from),
            ways: ways(from, to),
            has_factors: factor::is_target(to),
            has_negative_zero: to.encode(-0.0, Rounding::NearestEven, Overflow::Ieee) != 0,
            rounded: Vec::new(),
            next: Vec::new(),
            special: Vec::new(),
            keeping: Vec::new(),
        }
    }

    /// Everything is still possible.
    pub(super) fn begin(&self) -> Explained {
        let mut explained = Explained {
            ways: vec![(1 << EDGES.len()) - 1; self.ways.len()],
            ..Explained::default()
        };
        if self.has_factors {
            explained.factor = Factor::default();
        }
        explained
    }

    /// Tries what is left on some pairs one by one.
    pub(super) fn add_each(
        &self,
        left: &mut Explained,
        pairs: impl Iterator<Item = (f64, f64)> + Clone,
    ) {
        if left.is_dead() {
            return;
        }
        left.exact = left.exact && pairs.clone().all(|(x, y)| self.is_kept(x, y));
        for (way, set) in self.ways.iter().zip(&mut left.ways) {
            for (x, y) in pairs.clone() {
                if *set == 0 {
                    break;
                }
                *set &= explaining(way, *set, x, y);
            }
        }
        for (x, y) in pairs {
            if left.factor.is_dead() {
                break;
            }
            left.factor.add(&self.target, x, y);
        }
    }

    /// Whether nearest even alone explains these.
    pub(super) fn rounds_each(&self, mut pairs: impl Iterator<Item = (f64, f64)>) -> bool {
        // The first way is the plainest.
        pairs.all(|(x, y)| explaining(&self.ways[0], 1, x, y) == 1)
    }

    /// Tries what is left on the finite numbers of a tile; `rounds_others` is whether nearest
    /// even explains the pairs that are not.
    pub(super) fn add_singles(
        &mut self,
        left: &mut Explained,
        x: &[f32],
        y: &[f32],
        rounds_others: bool,
    ) {
        if left.is_dead() || x.is_empty() {
            return;
        }
        if is_nothing(x) && is_nothing(y) {
            // Every way leads from zero to zero.
            return left.factor.add(&self.target, 0.0, 0.0);
        }
        let pairs = || x.iter().zip(y).map(|(x, y)| (f64::from(*x), f64::from(*y)));
        let is_same = same_bits(x, y);
        left.exact = left.exact && (is_same || pairs().all(|(x, y)| self.is_kept(x, y)));
        let ways = std::mem::take(&mut self.ways);
        self.keeping.clear();
        for (way, set) in ways.iter().zip(&mut left.ways) {
            if *set == 0 || (is_same && way.hops.iter().all(|hop| self.keeps(&hop.layout, x))) {
                continue;
            }
            let few = FEW.min(x.len());
            *set = self.try_way(way, *set, &x[..few], &y[..few]);
            *set = self.try_way(way, *set, &x[few..], &y[few..]);
        }
        self.ways = ways;
        if left.factor.is_dead() {
            return;
        }
        if rounds_others && self.is_rounded(x, y) {
            return left.factor.kill_unless_zero(x);
        }
        for (x, y) in pairs() {
            if left.factor.is_dead() {
                break;
            }
            left.factor.add(&self.target, x, y);
        }
    }

    /// Whether a format holds all of a tile, with nothing at its edges: then no rounding into it
    /// changes anything, and one look serves all ways through it.
    fn keeps(&mut self, layout: &FloatLayout, x: &[f32]) -> bool {
        if let Some((_, keeps)) = self.keeping.iter().find(|(known, _)| known == layout) {
            return *keeps;
        }
        let keeps = spacing(layout)
            .filter(|_| layout.bits() <= 32)
            .is_some_and(|spacing| rounding::keeps(x, spacing, Special::of(layout).all()));
        self.keeping.push((*layout, keeps));
        keeps
    }

    /// Whether nearest even alone explains a tile: whatever was asked before, so that cuts do not show.
    fn is_rounded(&mut self, x: &[f32], y: &[f32]) -> bool {
        self.round_once(x) && same_bits(&self.rounded, y)
    }

    /// Whether it explains the values, zeros being equal whatever their sign.
    pub(super) fn rounds_values(&mut self, x: &[f32], y: &[f32]) -> bool {
        let both = |rounded: &[f32]| {
            let pairs = rounded.iter().zip(y);
            pairs.fold(true, |all, (rounded, y)| all & (rounded == y))
        };
        self.round_once(x) && both(&self.rounded)
    }

    fn round_once(&mut self, x: &[f32]) -> bool {
        let Some(spacing) = spacing(&self.to) else {
            return false;
        };
        self.rounded.clear();
        rounding::round(
            x,
            spacing,
            rounding::Rounding::NearestEven,
            &mut self.rounded,
        );
        true
    }

    /// The same for a tile of equal bits.
    pub(super) fn add_equal(&mut self, left: &mut Explained, x: &[f32]) {
        if !left.factor.is_dead() {
            left.factor.kill_unless_zero(x);
        }
        if left.ways.iter().any(|set| *set != 0) {
            self.add_singles(left, x, x, true);
        }
    }

    fn is_kept(&self, x: f64, y: f64) -> bool {
        x.to_bits() == y.to_bits()
            || x.is_nan() && y.is_nan()
            || x == 0.0 && y == 0.0 && !self.has_negative_zero
    }

    /// What is left of a way's set.
    fn try_way(&mut self, way: &Way, set: u8, x: &[f32], y: &[f32]) -> u8 {
        if set == 0 || x.is_empty() {
            return set;
        }
        if !self.round(way, x) {
            return explaining_all(way, set, x.iter().zip(y));
        }
        if self.special.is_empty() {
            let is_same = same_bits(&self.rounded, y);
            return if is_same { set } else { 0 };
        }
        // Without a branch, so that it is done by vectors.
        let (mut plain, mut flushed, mut any) = (true, true, 0);
        for ((rounded, y), special) in self.rounded.iter().zip(y).zip(&self.special) {
            let (rounded, y) = (rounded.to_bits(), y.to_bits());
            // Where all formats have the zeros of both signs.
            let zero = rounded & (1 << 31);
            let is_small = *special == Special::SUBNORMAL;
            let is_left = *special & Special::OTHER != 0;
            plain &= is_left | (rounded == y);
            flushed &= is_left | (y == if is_small { zero } else { rounded });
            any |= special;
        }
        let mut set = set;
        for (at, edges) in EDGES.iter().enumerate() {
            let explains = if edges.flush { flushed } else { plain };
            set &= !(u8::from(!explains) << at);
        }
        if any & Special::OTHER == 0 {
            return set;
        }
        let special = x.iter().zip(y).zip(&self.special);
        let left = special.filter_map(|(pair, special)| {
            let is_left = special & Special::OTHER != 0;
            is_left.then_some(pair)
        });
        explaining_all(way, set, left)
    }

    /// Rounds step by step, marking what the edges of a format change; `false` where a format
    /// is none for the kernel.
    fn round(&mut self, way: &Way, x: &[f32]) -> bool {
        self.special.clear();
        self.rounded.clear();
        self.rounded.extend_from_slice(x);
        let has_zeros = way
            .hops
            .iter()
            .all(|hop| Special::of(&hop.layout).has_zeros);
        for hop in &way.hops {
            let Some(spacing) = spacing(&hop.layout).filter(|_| hop.layout.bits() <= 32) else {
                return false;
            };
            self.next.clear();
            rounding::round(&self.rounded, spacing, of(hop.rounding), &mut self.next);
            std::mem::swap(&mut self.rounded, &mut self.next);
            let edges = Special::of(&hop.layout).beside(has_zeros);
            // Without a branch, so that it is done by vectors.
            let any = self
                .rounded
                .iter()
                .fold(0, |any, x| any | edges.of_number(*x));
            if any != 0 {
                self.special.resize(x.len(), 0);
                for (special, rounded) in self.special.iter_mut().zip(&self.rounded) {
                    *special |= edges.of_number(*rounded);
                }
            }
        }
        true
    }
}

/// Whether all are +0.
fn is_nothing(numbers: &[f32]) -> bool {
    // Mostly the first few tell.
    let some = |some: &[f32]| some.iter().fold(0, |any, number| any | number.to_bits());
    numbers.chunks(FEW).all(|few| some(few) == 0)
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    std::ptr::eq(a, b) || rounding::are_same(a, b)
}

fn explaining_all<'a>(
    way: &Way,
    mut set: u8,
    pairs: impl Iterator<Item = (&'a f32, &'a f32)>,
) -> u8 {
    for (x, y) in pairs {
        if set == 0 {
            break;
        }
        set &= explaining(way, set, f64::from(*x), f64::from(*y));
    }
    set
}

/// Of a set of edges, those with which x becomes y.
fn explaining(way: &Way, set: u8, x: f64, y: f64) -> u8 {
    let mut explaining = 0;
    for (at, edges) in EDGES.iter().enumerate() {
        if set >> at & 1 == 0 {
            continue;
        }
        let made = way.of(x, *edges);
        let is_same = made.to_bits() == y.to_bits() || made.is_nan() && y.is_nan();
        explaining |= u8::from(is_same) << at;
    }
    explaining
}

fn of(rounding: Rounding) -> rounding::Rounding {
    match rounding {
        Rounding::TowardZero => rounding::Rounding::TowardZero,
        Rounding::NearestAway => rounding::Rounding::NearestAway,
        _ => rounding::Rounding::NearestEven,
    }
}
