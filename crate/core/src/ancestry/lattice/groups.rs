//! The groups of elements that one scale may hold for, taken from the sample.

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

/// A rectangle of a patch: first row and column in the patch, height and width.
#[derive(Clone, Copy)]
struct Part {
    row: usize,
    column: usize,
    height: usize,
    width: usize,
}

/// Every granularity that the tensor's shape knows, the largest groups first.
pub(crate) fn granularities(view: &View) -> Vec<Granularity> {
    let (rows, columns) = (view.matrix.rows, view.matrix.columns);
    let mut all = vec![Granularity::Tensor];
    if rows > 1 && columns > 1 {
        all.extend([Granularity::Row, Granularity::Column]);
    }
    for (square, block) in [(128, 256), (64, 128), (32, 64), (0, 32), (0, 16)] {
        let size = u64::from(square);
        if square > 0
            && rows > 1
            && columns > 1
            && (rows > size || columns > size)
            && rows >= size / 2
        {
            all.push(Granularity::Square(square));
        }
        if columns > u64::from(block) {
            all.push(Granularity::Block(block));
        }
    }
    all
}

/// Elements of a full group.
pub(crate) fn size(view: &View, granularity: Granularity) -> u64 {
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
        // The middle of each of `taken` equal parts.
        let mut index = (2 * at + 1) * total / (2 * taken);
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
    let places = rows.flat_map(|row| {
        let first = row * columns + part.column;
        first..first + part.width
    });
    let mut different = Different::new(part.height * part.width);
    for place in places {
        let code = view.code_at(patch, place);
        if view.is_value(code) {
            different.add(code);
            if different.codes.len() > MOST {
                break;
            }
        }
    }
    let row = part.row as u64 / patch.window.stretches;
    Group {
        codes: different.codes,
        row: patch.window.place(row, 0).0,
    }
}

/// Different codes in the order in which they come: a hash table with open addressing.
struct Different {
    codes: Vec<u64>,
    /// Index into `codes`, plus one.
    slots: Vec<u16>,
}

impl Different {
    /// For a group of so many elements.
    fn new(elements: usize) -> Self {
        let slots = (2 * elements.min(MOST + 1)).next_power_of_two();
        Self {
            codes: Vec::new(),
            slots: vec![0; slots],
        }
    }

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
