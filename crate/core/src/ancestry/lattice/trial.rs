//! How the groups of a granularity take to a book.

use std::cell::OnceCell;

use super::Book;
use super::fit::{Detour, Fit, Point, fit, points};
use super::groups::{Group, MOST};
use super::occupied::Occupied;
use super::search::Found;
use crate::ancestry::odds::log10_choose;
use crate::ancestry::view::View;
use crate::ancestry::{Granularity, Scale};

/// Odds that make a group count.
pub(super) const INFORMATIVE: f64 = 0.5;
/// Different values of a group that most lattices refuse by chance.
const ABLE: usize = 8;
/// log10 of the lattices that are tried of a tensor: formats times granularities.
pub(super) const TRIED: f64 = 2.0;
/// Groups of one granularity that are asked for every book.
pub(super) struct Groups<'a> {
    view: &'a View,
    detour: Detour,
    /// Those with something to look at, none of them twice: equal rows are one piece of
    /// evidence.
    groups: Vec<PreparedGroup<'a>>,
    /// What they have together; found once a book fits one of them.
    occupied: OnceCell<Occupied>,
}

/// A group and its distinct values, found once for all books.
struct PreparedGroup<'a> {
    group: &'a Group,
    /// Whether no other group has the same values: two that share them are one piece of
    /// evidence.
    is_first: bool,
    magnitudes: Vec<Point>,
    /// With their signs; only where there are few enough for a book of signed codes.
    signed: Vec<Point>,
}

/// Steps of integers that are many.
const MANY: f64 = 128.0;
/// Distinct magnitudes of the largest book.
const MOST_MAGNITUDES: usize = 255;
/// Distinct values of the largest book whose codes differ between the signs.
const MOST_SIGNED: usize = 15;

impl<'a> Groups<'a> {
    pub(super) fn of(view: &'a View, groups: &'a [Group], detour: Detour) -> Self {
        let (mut seen, mut values) = (Vec::new(), Vec::new());
        let mut all = Vec::new();
        for group in groups {
            let has_few = group.codes.len() <= MOST;
            let magnitudes = if has_few {
                points(view, &group.codes, true, detour, MOST_MAGNITUDES)
            } else {
                Vec::new()
            };
            let few = (1..=MOST_SIGNED).contains(&magnitudes.len());
            let signed = if few {
                points(view, &group.codes, false, detour, MOST_SIGNED)
            } else {
                Vec::new()
            };
            let is_twin = !is_new(&mut seen, group.codes.iter().copied());
            if magnitudes.len() != 1 && !group.codes.is_empty() && !is_twin {
                let of_values = magnitudes.iter().map(|point| point.code);
                all.push(PreparedGroup {
                    group,
                    is_first: is_new(&mut values, of_values),
                    magnitudes,
                    signed,
                });
            }
        }
        Self {
            view,
            detour,
            groups: all,
            occupied: OnceCell::new(),
        }
    }

    /// What is within reach of a group, if not every code. Many integers are spaced like the
    /// codes of a binade, and fit what the tensor has of them; other books have few codes,
    /// and so has a tensor whose scales are alike: that speaks for them.
    fn occupied(&self, book: &Book, is_strict: bool) -> Option<&Occupied> {
        let is_asked = is_strict || book.steps.is_some_and(|steps| steps >= MANY);
        if !is_asked || self.groups.len() < 2 {
            return None;
        }
        let of_group = |one: &PreparedGroup| {
            let codes = one.group.codes.iter();
            codes.map(|code| self.view.magnitude(*code)).collect()
        };
        let found = || Occupied::of(self.groups.iter().map(of_group));
        Some(self.occupied.get_or_init(found))
    }

    /// How the lattice of a group is told from chance.
    fn fit(&self, group: &PreparedGroup, book: &Book, is_strict: bool) -> Option<Fit> {
        let occupied = || self.occupied(book, is_strict);
        let fit = fit(self.view, group.points(book), book, self.detour, occupied)?;
        let spans = |steps| span_fits(self.view, group.group, fit.scale, steps);
        book.steps.is_none_or(spans).then_some(fit)
    }

    /// Tries a book; strictly, if every group may only be expected to have codes that the
    /// tensor has.
    pub(super) fn trial(&self, book: &Book, granularity: Granularity, is_strict: bool) -> Trial {
        let mut found = Found {
            label: book.label,
            granularity,
            scale: Scale::Real,
            has_offset: false,
            detour: self.detour,
            odds: -TRIED,
            informative: 0,
            fitting: 0,
            rows: Vec::new(),
        };
        let (mut able, mut refusing, mut accepting) = (0, 0, 0);
        for group in &self.groups {
            let fit = self.fit(group, book, is_strict);
            able += usize::from(match fit {
                // Where chance would fit as well, going through the lattice is no question.
                Some(fit) => fit.odds >= INFORMATIVE && group.points(book).len() >= ABLE,
                None => true,
            });
            refusing += usize::from(fit.is_none());
            accepting += usize::from(fit.is_some());
            if fit.is_some_and(|fit| fit.odds < INFORMATIVE) {
                continue;
            }
            found.informative += 1;
            found.fitting += usize::from(fit.is_some());
            found.odds += fit.filter(|_| group.is_first).map_or(0.0, |fit| fit.odds);
            found.rows.push((group.group.row, fit.is_some()));
        }
        // Those that say most are picked from all that fit.
        found.odds -= log10_choose(accepting as f64, found.fitting as f64);
        Trial {
            found,
            able,
            refusing,
        }
    }
}

impl PreparedGroup<'_> {
    /// Its values, as a book needs them.
    fn points(&self, book: &Book) -> &[Point] {
        if book.is_symmetric() {
            &self.magnitudes
        } else {
            &self.signed
        }
    }
}

/// Whether codes were not seen before; remembers them by a hash.
pub(super) fn is_new(seen: &mut Vec<u64>, codes: impl Iterator<Item = u64>) -> bool {
    let hash = codes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, code| {
        (hash ^ code)
            .wrapping_mul(0x0000_0100_0000_01b3)
            .rotate_left(29)
    });
    let is_new = !seen.contains(&hash);
    if is_new {
        seen.push(hash);
    }
    is_new
}

/// What came of it.
pub(super) struct Trial {
    pub(super) found: Found,
    /// Groups with values enough to be refused by most lattices, and those that are.
    pub(super) able: usize,
    pub(super) refusing: usize,
}

impl Trial {
    /// Whether more groups could show something: some fit better than chance would have
    /// it, or none refuses.
    pub(super) fn is_open(&self, odds: f64) -> bool {
        self.refusing == 0 || self.found.fitting > 0 && self.found.odds + TRIED > odds
    }
}

/// Integers with a zero point: the largest and the smallest code are no further apart
/// than there are codes.
fn span_fits(view: &View, group: &Group, scale: f64, steps: f64) -> bool {
    let sign = 1 << (view.layout.bits() - 1);
    let most = |negative: bool| {
        let of_sign = group
            .codes
            .iter()
            .filter(|code| (*code & sign != 0) == negative);
        let largest = of_sign.map(|code| view.magnitude(*code)).max();
        largest.map_or(0.0, |code| view.rounds_to(code).0 / scale)
    };
    most(false) + most(true) <= steps + 0.5
}
