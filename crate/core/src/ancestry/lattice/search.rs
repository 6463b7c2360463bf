//! Which lattice a tensor lies on, if on any: the largest groups and the fewest bits first.

use std::cell::OnceCell;

use super::fit::Detour;
use super::groups::{Group, Look, Portions, flat_groups};
use super::trial::{Groups, Trial};
use super::{Book, books};
use crate::ancestry::odds::log10_choose;
use crate::ancestry::view::View;
use crate::ancestry::{Granularity, Label, Scale};

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
    /// Whether an offset that is no multiple of the scale is added.
    pub(crate) has_offset: bool,
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
pub(crate) fn search(portions: &Portions, detour: Detour) -> Search {
    let books = books();
    let mut search = Search {
        whole: two_scales(portions, &books, detour),
        part: None,
        is_excluded: true,
    };
    for granularity in portions.granularities() {
        if search.whole.is_none() {
            search.look(&Looks::new(portions, granularity, detour), &books);
        }
    }
    let has_four_bits = |label| {
        books
            .iter()
            .any(|book| book.label == label && book.has_four_bits())
    };
    if let Some(whole) = &search.whole
        && !has_four_bits(whole.label)
        && let Some(narrower) = narrower(whole, portions, &books)
    {
        search.whole = Some(narrower);
    }
    search
}

/// A lattice of four bits and smaller groups that explains more than one of eight bits: with
/// few values in a group, integers of eight bits fit two lattices of four.
fn narrower(whole: &Found, portions: &Portions, books: &[Book]) -> Option<Found> {
    let mut smaller = portions.granularities();
    smaller.find(|granularity| *granularity == whole.granularity);
    smaller.find_map(|granularity| {
        let looks = Looks {
            is_strict: true,
            ..Looks::new(portions, granularity, whole.detour)
        };
        let narrow = books.iter().filter(|book| book.has_four_bits());
        let mut found = narrow
            .filter_map(|book| looks.trial(book))
            .map(|trial| trial.found);
        found.find(|found| found.is_whole() && found.odds > whole.odds)
    })
}

impl Search {
    fn look(&mut self, looks: &Looks, books: &[Book]) {
        for book in books {
            if let Some(trial) = looks.trial(book) {
                self.take(trial);
            }
            if self.whole.is_some() {
                return;
            }
        }
        self.whole = looks.across_rows(books);
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

/// The groups of a granularity, more of them each time that a book is not refused.
struct Looks<'a> {
    portions: &'a Portions<'a>,
    granularity: Granularity,
    detour: Detour,
    /// Whether groups are asked only for codes that the tensor has, whatever the book.
    is_strict: bool,
    groups: [OnceCell<Groups<'a>>; 3],
}

impl<'a> Looks<'a> {
    fn new(portions: &'a Portions<'a>, granularity: Granularity, detour: Detour) -> Self {
        Self {
            portions,
            granularity,
            detour,
            is_strict: false,
            groups: Default::default(),
        }
    }

    /// The full trial of a book, unless the first groups refuse it.
    fn trial(&self, book: &Book) -> Option<Trial> {
        let of = |look: Look| {
            let groups = self.groups[look as usize].get_or_init(|| {
                let groups = self.portions.groups(self.granularity, look);
                Groups::of(self.portions.view, groups, self.detour)
            });
            groups.trial(book, self.granularity, self.is_strict)
        };
        if !of(Look::First).is_open(0.0) || !of(Look::Second).is_open(1.0) {
            return None;
        }
        Some(of(Look::Full))
    }

    /// bitsandbytes cuts NF4's blocks through rows.
    fn across_rows(&self, books: &[Book]) -> Option<Found> {
        let Granularity::Block(size) = self.granularity else {
            return None;
        };
        let nf4 = books.iter().find(|book| !book.is_symmetric())?;
        let view = self.portions.view;
        let found = |groups: &[Group]| {
            let groups = Groups::of(view, groups, self.detour);
            groups.trial(nf4, self.granularity, false).found
        };
        if found(&flat_groups(view, size, Look::First)).fitting == 0 {
            return None;
        }
        Some(found(&flat_groups(view, size, Look::Full))).filter(Found::is_whole)
    }
}

/// Significands of NVFP4 with one scale for the tensor: E4M3 times E2M1.
const TWO_SCALES: usize = 13;

/// NVFP4's block scales are E4M3 values times one number, so that the values of a whole
/// row may lie on one lattice of integers; few significands tell it from one.
fn two_scales(portions: &Portions, books: &[Book], detour: Detour) -> Option<Found> {
    let view = portions.view;
    let few = few_significands(view);
    let granularity = Granularity::Block(16);
    if !few || view.matrix.columns <= 16 {
        return None;
    }
    let e2m1 = books.iter().find(|book| book.label == Label::Nvfp4)?;
    let groups = Groups::of(view, portions.groups(granularity, Look::Full), detour);
    let found = groups.trial(e2m1, granularity, false).found;
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
