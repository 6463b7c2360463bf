//! The groups of elements that one scale may hold for, taken from the sample.

use crate::ancestry::Granularity;
use crate::ancestry::view::{Patch, View};
use crate::scan::Purpose;

/// The elements of one group.
pub(crate) struct Group {
    /// Codes of the finite nonzero values, with their signs.
    pub(crate) codes: Vec<u64>,
    /// First row of the tensor that it lies in.
    pub(crate) row: u64,
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

/// Every value there is.
fn whole(view: &View) -> Group {
    let sign = 1 << (view.layout.bits() - 1);
    let positive = view.cells.iter().filter(|cell| cell.positive > 0);
    let negative = view.cells.iter().filter(|cell| cell.negative > 0);
    let codes = positive.map(|cell| cell.code);
    let codes = codes.chain(negative.map(|cell| cell.code | sign)).collect();
    Group { codes, row: 0 }
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
    let mut codes = Vec::with_capacity(part.height * part.width);
    for row in part.row..part.row + part.height {
        for column in part.column..part.column + part.width {
            let code = view.code_at(patch, row * columns + column);
            if view.is_value(code) {
                codes.push(code);
            }
        }
    }
    let row = part.row as u64 / patch.window.stretches;
    Group {
        codes,
        row: patch.window.place(row, 0).0,
    }
}
