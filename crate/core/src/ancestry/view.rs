//! A tensor's values as codes of one float format, which may be narrower than the
//! one that it is stored in.

use std::sync::Arc;

use crate::format::{Class, FloatLayout, power_of_two};
use crate::scan::{Matrix, Purpose, Window};

/// Elements of a stretch, and stretches that are compared.
const STRETCH: usize = 16;
const STRETCHES: usize = 256;
/// Values of a sample that are sorted and counted.
const SAMPLED: usize = 1 << 14;

/// A magnitude and how often it occurs with either sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// Code without the sign bit.
    pub(crate) code: u64,
    /// What it stands for, without the sign.
    pub(crate) value: f64,
    /// Values above zero.
    pub(crate) positive: u64,
    /// Values below zero.
    pub(crate) negative: u64,
}

impl Cell {
    pub(crate) fn count(&self) -> u64 {
        self.positive + self.negative
    }
}

/// A regular part of the tensor, as stored.
pub(crate) struct Patch {
    pub(crate) window: Window,
    bytes: Arc<Vec<u8>>,
}

/// What the tests look at.
pub(crate) struct View {
    /// The format that the codes belong to.
    pub(crate) layout: &'static FloatLayout,
    /// Finite nonzero magnitudes, ascending.
    pub(crate) cells: Vec<Cell>,
    /// Zeros of either sign.
    pub(crate) zeros: u64,
    /// Infinities and NaN.
    pub(crate) not_finite: u64,
    /// The tensor's rows and columns.
    pub(crate) matrix: Matrix,
    /// Values with their places.
    pub(crate) patches: Vec<Patch>,
    /// Whether `cells` counts every value, or only those of the sample.
    pub(crate) is_complete: bool,
    element_bytes: usize,
    /// Code of the largest finite number.
    largest: u64,
    /// From a stored code to one of `layout`; both with their signs.
    narrow: fn(u64) -> u64,
}

/// Where values are kept.
pub(crate) struct Places {
    pub(crate) matrix: Matrix,
    pub(crate) element_bytes: usize,
    pub(crate) patches: Vec<Patch>,
    pub(crate) narrow: fn(u64) -> u64,
}

impl Patch {
    /// The bytes of a window, if all of them were seen.
    pub(crate) fn of((window, bytes): (Window, Arc<Vec<u8>>)) -> Option<Self> {
        (!bytes.is_empty()).then_some(Self { window, bytes })
    }

    /// Whether it holds rows from their first element on.
    pub(crate) fn holds_rows(&self) -> bool {
        matches!(self.window.purpose, Purpose::Whole | Purpose::Rows)
    }

    /// Elements of the patch.
    pub(crate) fn elements(&self) -> usize {
        self.window.elements() as usize
    }
}

impl View {
    /// From the count of every code, codes ascending.
    pub(crate) fn of_codes(
        layout: &'static FloatLayout,
        codes: impl Iterator<Item = (u64, u64)>,
        places: Places,
    ) -> Self {
        let mut view = Self {
            layout,
            cells: Vec::new(),
            zeros: 0,
            not_finite: 0,
            matrix: places.matrix,
            patches: places.patches,
            is_complete: true,
            element_bytes: places.element_bytes,
            largest: layout.max_finite_code(),
            narrow: places.narrow,
        };
        let (mut positive, mut negative) = (Vec::new(), Vec::new());
        for (code, count) in codes {
            match layout.classify(code) {
                Class::Zero => view.zeros += count,
                Class::Nan | Class::Infinite => view.not_finite += count,
                _ if layout.sign_bit(code) => negative.push((view.magnitude(code), count)),
                _ => positive.push((code, count)),
            }
        }
        view.cells = view.merged(&positive, &negative);
        view
    }

    /// From some of the sample's values alone: enough for what is looked for in formats
    /// whose codes are not all counted, and not so many that sorting them takes time.
    pub(crate) fn of_sample(layout: &'static FloatLayout, places: Places) -> Self {
        let view = Self::of_codes(layout, std::iter::empty(), places);
        let mut codes = Vec::with_capacity(SAMPLED);
        let kept: usize = view.patches.iter().map(Patch::elements).sum();
        let step = kept.div_ceil(SAMPLED).max(1);
        for patch in &view.patches {
            let places = (0..patch.elements()).step_by(step);
            codes.extend(places.map(|at| view.code_at(patch, at)));
        }
        codes.sort_unstable();
        let counted = codes.chunk_by(|a, b| a == b);
        let counted: Vec<(u64, u64)> = counted.map(|run| (run[0], run.len() as u64)).collect();
        let places = Places {
            matrix: view.matrix,
            element_bytes: view.element_bytes,
            patches: view.patches,
            narrow: view.narrow,
        };
        Self {
            is_complete: false,
            ..Self::of_codes(layout, counted.into_iter(), places)
        }
    }

    /// Both signs of each magnitude.
    fn merged(&self, positive: &[(u64, u64)], negative: &[(u64, u64)]) -> Vec<Cell> {
        let mut cells = Vec::with_capacity(positive.len().max(negative.len()));
        let (mut left, mut right) = (positive.iter().peekable(), negative.iter().peekable());
        loop {
            let code = match (left.peek(), right.peek()) {
                (None, None) => return cells,
                (Some(a), Some(b)) => a.0.min(b.0),
                (Some(a), None) | (None, Some(a)) => a.0,
            };
            cells.push(Cell {
                code,
                value: self.layout.decode(code),
                positive: left.next_if(|cell| cell.0 == code).map_or(0, |cell| cell.1),
                negative: right
                    .next_if(|cell| cell.0 == code)
                    .map_or(0, |cell| cell.1),
            });
        }
    }

    /// The code without its sign.
    pub(crate) fn magnitude(&self, code: u64) -> u64 {
        code & !(1 << (self.layout.bits() - 1))
    }

    /// The code as a number that rises with the magnitude: one way to sort is less
    /// code for the page to load than one for each order.
    pub(crate) fn sign_last(&self, code: u64) -> u64 {
        self.magnitude(code) << 1 | u64::from(self.layout.sign_bit(code))
    }

    /// Whether a code stands for a finite value other than zero.
    #[inline(always)]
    pub(crate) fn is_value(&self, code: u64) -> bool {
        let magnitude = self.magnitude(code);
        magnitude != 0 && magnitude <= self.largest
    }

    /// The `at`th element of a patch.
    #[inline(always)]
    pub(crate) fn code_at(&self, patch: &Patch, at: usize) -> u64 {
        // By width, so that no copy of unknown length is made for each value.
        let code = match self.element_bytes {
            2 => u64::from(u16::from_le_bytes(patch.bytes.as_chunks().0[at])),
            4 => u64::from(u32::from_le_bytes(patch.bytes.as_chunks().0[at])),
            _ => u64::from_le_bytes(patch.bytes.as_chunks().0[at]),
        };
        (self.narrow)(code)
    }

    /// Finite nonzero values.
    pub(crate) fn values(&self) -> u64 {
        self.cells.iter().map(Cell::count).sum()
    }

    /// Every value that was counted.
    pub(crate) fn elements(&self) -> u64 {
        self.values() + self.zeros + self.not_finite
    }

    /// Whether stretches of the sample are met again and again: of few different values each
    /// repeated often, some codes have none by chance.
    pub(crate) fn is_repetitive(&self) -> bool {
        let in_rows = self.patches.iter().filter(|patch| patch.holds_rows());
        let mut seen: Vec<Vec<u64>> = Vec::new();
        let mut repeated = 0;
        for patch in in_rows {
            for begin in stretches(patch) {
                let codes = begin as usize..begin as usize + STRETCH;
                let stretch: Vec<u64> = codes.map(|at| self.code_at(patch, at)).collect();
                if !stretch.iter().any(|code| self.is_value(*code)) {
                    continue;
                }
                if seen.contains(&stretch) {
                    repeated += 1;
                } else {
                    seen.push(stretch);
                }
            }
        }
        repeated * 10 > seen.len()
    }

    /// Half-way to the neighbours: what rounds to this magnitude.
    ///
    /// A product half-way between two codes goes to the even one. That matters: multiples
    /// of one and a half steps would otherwise reach every code. Even codes also get what
    /// FP32 arithmetic may have rounded to the middle before.
    pub(crate) fn rounds_to(&self, code: u64) -> (f64, f64) {
        let value = self.layout.decode(code);
        let below = self.layout.decode(code - 1);
        let above = if code == self.largest {
            value + (value - below)
        } else {
            self.layout.decode(code + 1)
        };
        let (low, high) = ((below + value) / 2.0, (value + above) / 2.0);
        let beyond = match code % 2 {
            1 => -1e-12,
            _ if self.layout.mantissa_bits < 16 => power_of_two(-24),
            _ => 0.0,
        };
        (low * (1.0 - beyond), high * (1.0 + beyond))
    }
}

/// Where stretches of a patch begin, evenly spread: at rows, whose length may be any, and
/// within them. Sorted as what other sorts have, which is less to download.
fn stretches(patch: &Patch) -> Vec<u64> {
    let elements = patch.elements();
    let step = (elements / STRETCHES).max(STRETCH) / STRETCH * STRETCH;
    let rows_step = (patch.window.rows as usize).div_ceil(STRETCHES).max(1);
    let of_rows = (0..patch.window.rows).step_by(rows_step);
    let last = elements.saturating_sub(STRETCH) as u64;
    let begins = (0..last).step_by(step).take(STRETCHES);
    let begins = begins.chain(of_rows.map(|row| row * patch.window.width));
    let mut begins: Vec<u64> = begins.filter(|begin| *begin < last).collect();
    begins.sort_unstable();
    begins.dedup();
    begins
}

/// Significant bits of a nonzero finite number, and the exponent of its last one.
pub(crate) fn precision(value: f64) -> (u32, i32) {
    let (integer, exponent) = crate::scan::integer_and_exponent(value);
    let integer = integer.unsigned_abs();
    let trailing = integer.trailing_zeros();
    (integer.ilog2() + 1 - trailing, exponent + trailing as i32)
}

/// ⌊log2⌋ of a positive finite number.
pub(crate) fn binade(value: f64) -> i32 {
    let (bits, last) = precision(value);
    last + bits as i32 - 1
}
