//! Which lattice a tensor lies on, if on any: the largest groups and the fewest bits first.

use std::cell::OnceCell;

use super::fit::{Detour, Point, fit, points};
use super::groups::{Group, MOST, flat_groups, granularities, groups};
use super::occupied::Occupied;
use super::{Book, books};
use crate::ancestry::odds::log10_choose;
use crate::ancestry::view::View;
use crate::ancestry::{Granularity, Label, Scale};

/// Groups that are tried before a lattice is given up; half of a tensor's rows may lie
/// on one, so a few that don't fit prove little.
const FIRST_LOOK: usize = 6;
/// Groups that tell whether to look at more.
const SECOND_LOOK: usize = 24;
/// Groups that speak for the tensor.
const FULL_LOOK: usize = 300;
/// Odds that make a group count.
const INFORMATIVE: f64 = 0.5;
/// Different values of a group that most lattices refuse by chance.
const ABLE: usize = 8;
/// log10 of the lattices that are tried of a tensor: formats times granularities.
const TRIED: f64 = 2.0;
/// Total odds that a verdict needs.
pub(crate) const ENOUGH: f64 = 10.0;
/// Odds of a lattice that is not excluded, though they are no verdict.
const LIKELY: f64 = 3.0;
/// Share of the informative groups that speaks for the tensor.
pub(crate) const NEARLY_ALL: f64 = 0.95;
/// Less is no mixture.
const FEW: f64 = 0.05;

/// A lattice that a tensor, or a part of it, lies on.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) label: Label,
    pub(crate) granularity: Granularity,
    pub(crate) scale: Scale,
    pub(crate) detour: Detour,
    /// log10, over all groups that fit, corrected for what was tried.
    pub(crate) odds: f64,
    /// Groups that could show something, and those of them that fit.
    pub(crate) informative: usize,
    pub(crate) fitting: usize,
    /// First row of each informative group, and whether it fits.
    pub(crate) rows: Vec<(u64, bool)>,
}

impl Found {
    /// Share of the informative groups that lie on the lattice.
    pub(crate) fn share(&self) -> f64 {
        self.fitting as f64 / self.informative.max(1) as f64
    }

    /// Whether it speaks for the tensor.
    pub(crate) fn is_whole(&self) -> bool {
        self.odds >= ENOUGH && self.share() >= NEARLY_ALL
    }

    /// Whether it speaks for a part of the tensor: also against the number of ways to
    /// pick that part.
    pub(crate) fn is_part(&self) -> bool {
        let picked = log10_choose(self.informative as f64, self.fitting as f64);
        self.odds - picked >= ENOUGH && self.fitting >= 3 && self.share() >= FEW
    }
}

/// What a search has found.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// The lattice of the tensor.
    pub(crate) whole: Option<Found>,
    /// The lattice of a part of it, where there is none of the whole.
    pub(crate) part: Option<Found>,
    /// Whether every lattice is excluded: of those whose groups have values enough to be
    /// refused, each is refused by some.
    pub(crate) is_excluded: bool,
}

/// Searches the lattices with real scales.
pub(crate) fn search(view: &View, detour: Detour) -> Search {
    let books = books();
    let mut search = Search {
        whole: two_scales(view, &books, detour),
        part: None,
        is_excluded: true,
    };
    for granularity in granularities(view) {
        if search.whole.is_none() {
            search.look(view, &books, granularity, detour);
        }
    }
    search
}

impl Search {
    fn look(&mut self, view: &View, books: &[Book], granularity: Granularity, detour: Detour) {
        let first = prepared(view, granularity, FIRST_LOOK, detour);
        let mut more = None;
        let mut many = None;
        for book in books {
            if !judge(view, &first, book, granularity, detour).is_open(0.0) {
                continue;
            }
            let more = more.get_or_insert_with(|| prepared(view, granularity, SECOND_LOOK, detour));
            if !judge(view, more, book, granularity, detour).is_open(1.0) {
                continue;
            }
            let many = many.get_or_insert_with(|| prepared(view, granularity, FULL_LOOK, detour));
            let trial = judge(view, many, book, granularity, detour);
            self.take(trial);
            if self.whole.is_some() {
                return;
            }
        }
        self.look_across_rows(view, books, granularity, detour);
    }

    /// bitsandbytes cuts NF4's blocks through rows.
    fn look_across_rows(
        &mut self,
        view: &View,
        books: &[Book],
        granularity: Granularity,
        detour: Detour,
    ) {
        let Granularity::Block(size) = granularity else {
            return;
        };
        let nf4 = books.iter().find(|book| !book.is_symmetric());
        let found = |most: usize| {
            let groups = prepare(view, flat_groups(view, size, most), detour);
            nf4.map(|book| judge(view, &groups, book, granularity, detour).found)
        };
        if found(FIRST_LOOK).is_some_and(|found| found.fitting > 0) {
            self.whole = found(FULL_LOOK).filter(Found::is_whole);
        }
    }

    fn take(&mut self, trial: Trial) {
        let found = trial.found;
        let is_likely = found.odds >= LIKELY;
        if trial.refusing == 0 && (trial.able > 0 || is_likely) {
            self.is_excluded = false;
        }
        if found.is_whole() {
            self.whole = Some(found);
            return;
        }
        let share = self.part.as_ref().map_or(0.0, Found::share);
        // A part of the rows, not of the columns.
        let is_by_row = matches!(found.granularity, Granularity::Row | Granularity::Block(_));
        if is_by_row && found.is_part() && share < found.share() {
            self.part = Some(found);
        }
    }
}

/// Significands of NVFP4 with one scale for the tensor: E4M3 times E2M1.
const TWO_SCALES: usize = 13;

/// NVFP4's block scales are E4M3 values times one number, so that the values of a whole
/// row may lie on one lattice of integers; few significands tell it from one.
fn two_scales(view: &View, books: &[Book], detour: Detour) -> Option<Found> {
    let few = few_significands(view);
    let granularity = Granularity::Block(16);
    if !few || view.matrix.columns <= 16 {
        return None;
    }
    let e2m1 = books.iter().find(|book| book.label == Label::Nvfp4)?;
    let groups = prepared(view, granularity, FULL_LOOK, detour);
    let found = judge(view, &groups, e2m1, granularity, detour).found;
    found.is_whole().then_some(found)
}

/// Whether the normal values have at most twice as many significands, to eight bits, as
/// NVFP4's: each may be rounded to either side.
fn few_significands(view: &View) -> bool {
    let layout = view.layout;
    let shift = layout.mantissa_bits.saturating_sub(7);
    let normal = view
        .cells
        .iter()
        .filter(|cell| layout.exponent_field(cell.code) > 0);
    let set = normal.fold(0u128, |set, cell| {
        set | 1 << (layout.mantissa_field(cell.code) >> shift)
    });
    (9..=2 * TWO_SCALES as u32).contains(&set.count_ones())
}

/// Groups that are asked for every book.
struct Prepared {
    groups: Vec<PreparedGroup>,
    /// What they have together; found once a book fits one of them.
    occupied: OnceCell<Occupied>,
}

/// A group and its distinct values, found once for all books.
struct PreparedGroup {
    group: Group,
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

/// Groups with something to look at, none of them twice: equal rows are one piece of
/// evidence.
fn prepared(view: &View, granularity: Granularity, most: usize, detour: Detour) -> Prepared {
    prepare(view, groups(view, granularity, most), detour)
}

fn prepare(view: &View, groups: Vec<Group>, detour: Detour) -> Prepared {
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
    Prepared {
        groups: all,
        occupied: OnceCell::new(),
    }
}

impl Prepared {
    /// What is within reach of a group, if not every code. Many integers are spaced like the
    /// codes of a binade, and fit what the tensor has of them; other books have few codes,
    /// and so has a tensor whose scales are alike: that speaks for them.
    fn occupied(&self, view: &View, book: &Book) -> Option<&Occupied> {
        if book.steps.is_none_or(|steps| steps < MANY) || self.groups.len() < 2 {
            return None;
        }
        let of_group = |one: &PreparedGroup| {
            let codes = one.group.codes.iter();
            codes.map(|code| view.magnitude(*code)).collect()
        };
        let found = || Occupied::of(self.groups.iter().map(of_group));
        Some(self.occupied.get_or_init(found))
    }
}

/// Whether codes were not seen before; remembers them by a hash.
fn is_new(seen: &mut Vec<u64>, codes: impl Iterator<Item = u64>) -> bool {
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

struct Trial {
    found: Found,
    /// Groups with values enough to be refused by most lattices, and those that are.
    able: usize,
    refusing: usize,
}

impl Trial {
    /// Whether more groups could show something: some fit better than chance would have
    /// it, or none refuses.
    fn is_open(&self, odds: f64) -> bool {
        self.refusing == 0 || self.found.fitting > 0 && self.found.odds + TRIED > odds
    }
}

fn judge(
    view: &View,
    prepared: &Prepared,
    book: &Book,
    granularity: Granularity,
    detour: Detour,
) -> Trial {
    let mut found = Found {
        label: book.label,
        granularity,
        scale: Scale::Real,
        detour,
        odds: -TRIED,
        informative: 0,
        fitting: 0,
        rows: Vec::new(),
    };
    let (mut able, mut refusing, mut accepting) = (0, 0, 0);
    for PreparedGroup {
        group,
        is_first,
        magnitudes,
        signed,
    } in &prepared.groups
    {
        let points = if book.is_symmetric() {
            magnitudes
        } else {
            signed
        };
        let fit = fit(view, points, book, detour, || prepared.occupied(view, book)).filter(|fit| {
            book.steps
                .is_none_or(|steps| span_fits(view, group, fit.scale, steps))
        });
        able += usize::from(match fit {
            // Where chance would fit as well, going through the lattice is no question.
            Some(fit) => fit.odds >= INFORMATIVE && points.len() >= ABLE,
            None => true,
        });
        refusing += usize::from(fit.is_none());
        accepting += usize::from(fit.is_some());
        if fit.is_some_and(|fit| fit.odds < INFORMATIVE) {
            continue;
        }
        found.informative += 1;
        found.fitting += usize::from(fit.is_some());
        found.odds += fit.filter(|_| *is_first).map_or(0.0, |fit| fit.odds);
        found.rows.push((group.row, fit.is_some()));
    }
    // Those that say most are picked from all that fit.
    found.odds -= log10_choose(accepting as f64, found.fitting as f64);
    Trial {
        found,
        able,
        refusing,
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
