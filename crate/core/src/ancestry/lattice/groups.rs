//! The groups of elements that one scale may hold for, taken from the sample.

use std::cell::OnceCell;
use std::ops::Range;

use crate::ancestry::Granularity;
use crate::ancestry::view::{Patch, View};
use crate::scan::Purpose;

/// The elements of one group.
pub(crate) struct Group {
    /// Different codes of the finite nonzero values, with their signs, in the order in
    /// which they come; not all of them where there are more than [`MOST`].
    pub(crate) codes: Vec<u64>,
    /// First row of the tensor that it lies in.
    pub(crate) row: u64,
}

/// Different values of a group on the lattice with the most codes: 255 on both sides of zero.
pub(crate) const MOST: usize = 510;

/// How many groups are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look {
    /// So many before a lattice is given up; half of a tensor's rows may lie on one, so a
    /// few that don't fit prove little.
    First,
    /// So many tell whether to look at more.
    Second,
    /// So many speak for the tensor.
    Full,
}

impl Look {
    /// Groups, at most.
    const fn most(self) -> usize {
        match self {
            Look::First => 6,
            Look::Second => 24,
            Look::Full => 300,
        }
    }
}

/// The groups of a view by granularity, each taken from the sample once for all searches.
pub(crate) struct Portions<'a> {
    pub(crate) view: &'a View,
    by_granularity: Vec<(Granularity, [OnceCell<Vec<Group>>; 3])>,
}

impl<'a> Portions<'a> {
    pub(crate) fn new(view: &'a View) -> Self {
        let empty = |granularity| (granularity, Default::default());
        Self {
            view,
            by_granularity: granularities(view).into_iter().map(empty).collect(),
        }
    }

    /// Every granularity that the tensor's shape knows, the largest groups first.
    pub(crate) fn granularities(&self) -> impl Iterator<Item = Granularity> {
        self.by_granularity
            .iter()
            .map(|(granularity, _)| *granularity)
    }

    /// Groups spread evenly over what is kept of the tensor; none of a granularity that its
    /// shape does not know.
    pub(crate) fn groups(&self, granularity: Granularity, look: Look) -> &[Group] {
        let mut known = self.by_granularity.iter();
        let Some((_, looks)) = known.find(|known| known.0 == granularity) else {
            return &[];
        };
        looks[look as usize].get_or_init(|| groups(self.view, granularity, look.most()))
    }
}

/// A rectangle of a patch: first row and column in the patch, height and width.
#[derive(Clone, Copy)]
struct Part {
    row: usize,
    column: usize,
    height: usize,
    width: usize,
}

/// Every granularity that the tensor's shape knows, the largest groups first.
fn granularities(view: &View) -> Vec<Granularity> {
    let (rows, columns) = (view.matrix.rows, view.matrix.columns);
    let mut all = vec![Granularity::Tensor];
    if rows > 1 && columns > 1 {
        all.extend([Granularity::Row, Granularity::Column]);
        let is_part = |side: &u16| rows.max(columns) > u64::from(*side);
        all.extend(
            [128, 64, 32]
                .into_iter()
                .filter(is_part)
                .map(Granularity::Square),
        );
    }
    let is_part = |length: &u16| columns > u64::from(*length);
    all.extend(
        [256, 128, 64, 32, 16]
            .into_iter()
            .filter(is_part)
            .map(Granularity::Block),
    );
    // Put in one by one: there are few, and a sort is code to download.
    let mut largest_first: Vec<Granularity> = Vec::new();
    for granularity in all {
        let is_before = |other: &Granularity| size(view, *other) >= size(view, granularity);
        let at = largest_first.partition_point(is_before);
        largest_first.insert(at, granularity);
    }
    largest_first
}

/// Elements of a full group.
fn size(view: &View, granularity: Granularity) -> u64 {
    match granularity {
        Granularity::Element | Granularity::Tensor => view.matrix.elements(),
        Granularity::Row => view.matrix.columns,
        Granularity::Column => view.matrix.rows,
        Granularity::Block(size) => u64::from(size),
        Granularity::Square(size) => {
            view.matrix.columns.min(u64::from(size)) * view.matrix.rows.min(u64::from(size))
        }
    }
}

/// Up to `most` groups, spread evenly over what is kept of the tensor.
pub(crate) fn groups(view: &View, granularity: Granularity, most: usize) -> Vec<Group> {
    if granularity == Granularity::Tensor {
        return vec![whole(view)];
    }
    let wanted = match granularity {
        Granularity::Row => Purpose::Rows,
        Granularity::Column => Purpose::Columns,
        Granularity::Square(_) => Purpose::Square,
        _ => Purpose::Segments,
    };
    let patches: Vec<&Patch> = view
        .patches
        .iter()
        .filter(|patch| [wanted, Purpose::Whole].contains(&patch.window.purpose))
        .collect();
    let parts: Vec<usize> = patches
        .iter()
        .map(|patch| count(patch, granularity))
        .collect();
    let total: usize = parts.iter().sum();
    let taken = total.min(most);
    let mut groups = Vec::with_capacity(taken);
    for at in 0..taken {
        let mut index = spread(at, taken, total);
        let mut patch = 0;
        while index >= parts[patch] {
            index -= parts[patch];
            patch += 1;
        }
        groups.push(group(
            view,
            patches[patch],
            part(patches[patch], granularity, index),
        ));
    }
    groups
}

/// A number that depends on another without any regularity.
fn scatter(at: usize) -> usize {
    ((at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize
}

/// Every value there is, as far as they are few enough.
fn whole(view: &View) -> Group {
    let sign = 1 << (view.layout.bits() - 1);
    let positive = view.cells.iter().filter(|cell| cell.positive > 0);
    let negative = view.cells.iter().filter(|cell| cell.negative > 0);
    let codes = positive.map(|cell| cell.code);
    let codes = codes.chain(negative.map(|cell| cell.code | sign));
    Group {
        codes: codes.take(MOST + 1).collect(),
        row: 0,
    }
}

/// Groups of so many neighbours that go on from row to row, as far as whole
/// rows are kept; nothing where they are blocks of rows.
pub(crate) fn flat_groups(view: &View, size: u16, look: Look) -> Vec<Group> {
    let columns = view.matrix.columns;
    let size = u64::from(size);
    if columns.is_multiple_of(size) {
        return Vec::new();
    }
    let in_rows = view.patches.iter().filter(|patch| patch.holds_rows());
    let mut places: Vec<(&Patch, u64, u64)> = Vec::new();
    for patch in in_rows {
        let window = &patch.window;
        let is_whole = window.purpose == Purpose::Whole;
        let (rows, length) = if is_whole {
            (1, window.elements())
        } else {
            (window.rows, window.width)
        };
        for row in 0..rows {
            // The first group that begins in the row.
            let lead = (window.place(row, 0).0 * columns).next_multiple_of(size)
                - window.place(row, 0).0 * columns;
            let begins = (lead..length).step_by(size as usize);
            let complete = begins.filter(|begin| is_whole || begin + size <= length);
            places.extend(complete.map(|begin| (patch, row, row * length + begin)));
        }
    }
    let taken = places.len().min(look.most());
    let group = |at: usize| {
        let (patch, row, begin) = places[spread(at, taken, places.len())];
        let end = (begin + size).min(patch.window.elements());
        Group {
            codes: different(view, patch, std::iter::once(begin as usize..end as usize)),
            row: patch.window.place(row, 0).0,
        }
    };
    (0..taken).map(group).collect()
}

/// The `at`th of `taken` groups among `total`: somewhere in each of `taken` equal parts.
/// Always the middle would be every second row of some tensors.
fn spread(at: usize, taken: usize, total: usize) -> usize {
    let (begin, end) = (at * total / taken, (at + 1) * total / taken);
    begin + scatter(at) % (end - begin)
}

/// Rows and columns of a patch, where each stretch is a row of its own.
fn extent(patch: &Patch) -> (usize, usize) {
    let window = &patch.window;
    (
        (window.rows * window.stretches) as usize,
        window.width as usize,
    )
}

/// Groups of a patch.
fn count(patch: &Patch, granularity: Granularity) -> usize {
    let (rows, columns) = extent(patch);
    match granularity {
        Granularity::Block(size) => rows * columns.div_ceil(usize::from(size)),
        Granularity::Square(size) => {
            rows.div_ceil(usize::from(size)) * columns.div_ceil(usize::from(size))
        }
        Granularity::Column => columns,
        _ => rows,
    }
}

fn part(patch: &Patch, granularity: Granularity, index: usize) -> Part {
    let (rows, columns) = extent(patch);
    match granularity {
        Granularity::Block(size) => tile(index, (1, usize::from(size)), (rows, columns)),
        Granularity::Square(size) => tile(
            index,
            (usize::from(size), usize::from(size)),
            (rows, columns),
        ),
        Granularity::Column => tile(index, (rows, 1), (rows, columns)),
        _ => tile(index, (1, columns), (rows, columns)),
    }
}

/// The `index`th tile of so many rows and columns.
fn tile(index: usize, (height, width): (usize, usize), (rows, columns): (usize, usize)) -> Part {
    let across = columns.div_ceil(width);
    let (row, column) = (index / across * height, index % across * width);
    Part {
        row,
        column,
        height: height.min(rows - row),
        width: width.min(columns - column),
    }
}

fn group(view: &View, patch: &Patch, part: Part) -> Group {
    let (_, columns) = extent(patch);
    let rows = part.row..part.row + part.height;
    let stretches = rows.map(|row| {
        let first = row * columns + part.column;
        first..first + part.width
    });
    let row = part.row as u64 / patch.window.stretches;
    Group {
        codes: different(view, patch, stretches),
        row: patch.window.place(row, 0).0,
    }
}

/// The different values in some stretches of a patch.
fn different(
    view: &View,
    patch: &Patch,
    stretches: impl Iterator<Item = Range<usize>>,
) -> Vec<u64> {
    let mut different = Different::default();
    for stretch in stretches {
        for place in stretch {
            let code = view.code_at(patch, place);
            if view.is_value(code) {
                different.add(code);
            }
            if different.codes.len() > MOST {
                return different.codes;
            }
        }
    }
    different.codes
}

/// Different codes in the order in which they come: a hash table with open addressing.
struct Different {
    codes: Vec<u64>,
    /// Index into `codes`, plus one.
    slots: Vec<u16>,
}

impl Default for Different {
    fn default() -> Self {
        Self {
            codes: Vec::new(),
            slots: vec![0; (2 * MOST).next_power_of_two()],
        }
    }
}

impl Different {
    #[inline(always)]
    fn add(&mut self, code: u64) {
        let mask = self.slots.len() - 1;
        let mut slot = (code.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & mask;
        loop {
            match self.slots[slot] {
                0 => break,
                at if self.codes[usize::from(at) - 1] == code => return,
                _ => slot = (slot + 1) & mask,
            }
        }
        self.codes.push(code);
        self.slots[slot] = self.codes.len() as u16;
    }
}
