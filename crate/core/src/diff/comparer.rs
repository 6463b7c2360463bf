//! Two streams of bytes side by side, tile by tile.

use super::counts::{count_codes, count_distance, count_pair, same_codes};
use super::difference::Difference;
use super::explain::{Explained, Explainer, Grouped};
use super::numbers::{Singles, Value, single_layout, value_at};
use super::rows::{RowWatch, sides};
use super::sample::Grid;
use super::tile::{Tile, is_zero};
use super::ulp::{Ruler, spacing};
use super::wide::Wide;
use super::worst::Element;
use super::{PairSpan, Side};
use crate::format::FloatLayout;
use crate::scan::TILE;
use floatscope_simd::{codes, differences, places};

/// Compares one pair of spans after another.
pub(super) struct Comparer {
    span: PairSpan,
    ruler: Option<Ruler>,
    /// Both layouts, where FP32 holds both types.
    singles: Option<[FloatLayout; 2]>,
    explainers: Option<[Explainer; 2]>,
    grouped: Option<Grouped>,
    seen: Difference,
    rows: RowWatch,
    grid: Option<Grid>,
    decoders: [Singles; 2],
    tile: Tile,
}

impl Comparer {
    /// For a kind of pair.
    pub(super) fn new(span: &PairSpan) -> Self {
        let layouts = match [span.a, span.b].map(|dtype| dtype.format().layout()) {
            [Some(a), Some(b)] => Some([*a, *b]),
            _ => None,
        };
        let singles = match [span.a, span.b].map(single_layout) {
            [Some(a), Some(b)] => Some([*a, *b]),
            _ => None,
        };
        let explainers = layouts.map(|[a, b]| [Explainer::new(&a, &b), Explainer::new(&b, &a)]);
        let grouped = singles.as_ref().map(|[a, b]| Grouped::new([a, b]));
        let ruler = Ruler::of(span.a, span.b);
        Self {
            span: *span,
            ruler,
            singles,
            seen: nothing(explainers.as_ref(), ruler.is_some()),
            explainers,
            grouped,
            rows: RowWatch::default(),
            grid: None,
            decoders: Default::default(),
            tile: Tile::default(),
        }
    }

    /// Whether it can compare this one, too.
    pub(super) fn fits(&self, span: &PairSpan) -> bool {
        (self.span.a, self.span.b) == (span.a, span.b)
    }

    /// Starts a span.
    pub(super) fn begin(&mut self, span: &PairSpan) {
        self.span = *span;
        self.seen = nothing(self.explainers.as_ref(), self.ruler.is_some());
        if let Some(grouped) = &mut self.grouped {
            grouped.begin(span, &mut self.seen.explained);
        }
        self.rows.begin(span);
        self.grid = Grid::of(span).filter(|_| self.explainers.is_some());
    }

    /// Takes whole tiles of both sides, the last of the span perhaps short.
    pub(super) fn add(&mut self, bytes: [&[u8]; 2], elements: usize) {
        let mut at = 0;
        while at < elements {
            let count = (elements - at).min(TILE as usize);
            let skip = sides(&self.span, bytes, at);
            let rest = [&bytes[0][skip[0].len()..], &bytes[1][skip[1].len()..]];
            self.add_tile(sides(&self.span, rest, count), count);
            at += count;
        }
    }

    /// What was seen of the span.
    pub(super) fn finish(&mut self) -> Difference {
        if let Some(grouped) = &mut self.grouped {
            grouped.finish(&mut self.seen.explained);
        }
        self.seen.rows = self.rows.finish();
        let fresh = nothing(self.explainers.as_ref(), self.ruler.is_some());
        std::mem::replace(&mut self.seen, fresh)
    }

    fn add_tile(&mut self, bytes: [&[u8]; 2], count: usize) {
        let first = self.span.first + self.seen.elements;
        self.seen.elements += count as u64;
        let is_equal = self.span.a == self.span.b && codes::are_same(bytes[0], bytes[1]);
        if self.singles.is_some() {
            self.add_singles(bytes, count, first, is_equal);
        } else {
            let mut wide = Wide {
                span: &self.span,
                ruler: self.ruler,
                explainers: self.explainers.as_ref(),
                seen: &mut self.seen,
            };
            wide.add(bytes, count, first);
            if !is_equal {
                self.sample_wide(bytes, count, first);
            }
        }
        if self.span.has_rows {
            let (a, b) = (self.span.a, self.span.b);
            let values = &self.tile.values;
            let has_values = self.singles.is_some();
            self.rows.add(count, bytes, is_equal, |range| match a == b {
                true => !same_codes(a, bytes, range),
                false if has_values => {
                    let [x, y] = [&values[0][range.clone()], &values[1][range]];
                    x.iter()
                        .zip(y)
                        .any(|(x, y)| x != y && !(x.is_nan() && y.is_nan()))
                }
                false => range.into_iter().any(|at| {
                    let [x, y] = [value_at(a, bytes[0], at), value_at(b, bytes[1], at)];
                    x.differs(y)
                }),
            });
        }
    }

    fn add_singles(&mut self, bytes: [&[u8]; 2], count: usize, first: u64, is_equal: bool) {
        let tile = &mut self.tile;
        for (side, values) in tile.values.iter_mut().enumerate() {
            values.clear();
            // Equal bits are decoded once.
            if side == 0 || !is_equal {
                let dtype = [self.span.a, self.span.b][side];
                self.decoders[side].decode(dtype, bytes[side], values);
                values.truncate(count);
            }
        }
        if is_equal {
            return self.add_equal(count);
        }
        tile.find_odd();
        if self.span.a == self.span.b {
            count_codes(&mut self.seen, self.span.a, bytes, count, first);
        }
        self.add_odd(first);
        self.add_finite(bytes, first);
        self.sample_singles(first, count as u64);
    }

    /// Two tiles of the same bits.
    fn add_equal(&mut self, count: usize) {
        let seen = &mut self.seen;
        let values = &self.tile.values[0];
        seen.ulp[0] += count as u64;
        seen.max_ulp = seen.max_ulp.max(Some(0));
        seen.equal += count as u64;
        let mut kept = Vec::new();
        let all = differences::are_finite(values);
        if !all {
            let nan = values.iter().filter(|value| value.is_nan()).count() as u64;
            seen.both_nan += nan;
            seen.equal -= nan;
            seen.not_close += if self.span.tolerance.equal_nan {
                0
            } else {
                nan
            };
            kept.extend(values.iter().filter(|value| value.is_finite()));
        }
        let finite = if all { values } else { &kept };
        seen.finite += finite.len() as u64;
        let squares = differences::squares(finite);
        seen.nonzero_b += squares.nonzero;
        for sum in [
            &mut seen.sums.squares_a,
            &mut seen.sums.squares_b,
            &mut seen.sums.products,
        ] {
            sum.add_product(squares.sum, 1, 0);
        }
        if let Some(grouped) = &mut self.grouped {
            match is_zero(values) {
                true => grouped.add(&mut seen.explained, values, values),
                false => seen.explained.iter_mut().for_each(Explained::kill_groups),
            }
        }
        let Some([forth, back]) = &mut self.explainers else {
            return;
        };
        let add = |explainer: &mut Explainer, left: &mut Explained| {
            explainer.add_equal(left, finite);
            if !all {
                let odd = values.iter().filter(|value| !value.is_finite());
                explainer.add_each(
                    left,
                    odd.map(|value| (f64::from(*value), f64::from(*value))),
                );
            }
        };
        let [left, right] = &mut seen.explained;
        // The same type in both directions: what is left is the same as long as no tile differed.
        let is_alike = left == right;
        add(forth, left);
        match is_alike {
            true if left != right => right.clone_from(left),
            true => {}
            false => add(back, right),
        }
    }

    /// Pairs that are not finite on both sides, one by one.
    fn add_odd(&mut self, first: u64) {
        let ruler = self.ruler.expect("two floats have ULPs");
        let seen = &mut self.seen;
        let [x, y] = &self.tile.values;
        for &at in &self.tile.odd {
            let [a, b] = [x[at], y[at]].map(|value| Value::Real(f64::from(value)));
            count_pair(seen, &ruler, a, b, self.span.tolerance.equal_nan);
            if a.differs(b) {
                let index = first + at as u64;
                seen.differing += u64::from(self.span.a != self.span.b);
                seen.first = Some(seen.first.map_or(index, |first| first.min(index)));
                seen.worst.add(Element::of(index, a, b));
            }
        }
        let odd = self.tile.odd.iter();
        let pairs = odd.map(|at| (f64::from(x[*at]), f64::from(y[*at])));
        let turned = pairs.clone().map(|(x, y)| (y, x));
        self.tile.rounds_odd = [true; 2];
        if let (false, Some([forth, back])) = (self.tile.odd.is_empty(), &self.explainers) {
            let [left, right] = &mut seen.explained;
            forth.add_each(left, pairs.clone());
            back.add_each(right, turned.clone());
            self.tile.rounds_odd = [forth.rounds_each(pairs), back.rounds_each(turned)];
        }
    }

    /// The others, by kernels.
    fn add_finite(&mut self, bytes: [&[u8]; 2], first: u64) {
        let tolerance = differences::Tolerance {
            relative: self.span.tolerance.relative,
            absolute: self.span.tolerance.absolute,
        };
        let [x, y] = self.tile.finite();
        let compared = differences::compare(x, y, tolerance);
        let seen = &mut self.seen;
        seen.finite += x.len() as u64;
        seen.equal += compared.equal;
        seen.nonzero_b += compared.nonzero_b;
        seen.not_close += compared.not_close;
        seen.max_absolute = seen.max_absolute.max(compared.max_absolute);
        seen.max_relative = seen.max_relative.max(compared.max_relative);
        for (sum, value) in [
            (&mut seen.sums.squares_a, compared.squares_a),
            (&mut seen.sums.squares_b, compared.squares_b),
            (&mut seen.sums.products, compared.products),
            (&mut seen.sums.absolute, compared.absolute),
            (&mut seen.sums.squares, compared.squares),
            (&mut seen.sums.relative, compared.relative),
        ] {
            sum.add_product(value, 1, 0);
        }
        let differing = x.len() as u64 - compared.equal;
        if self.span.a != self.span.b {
            seen.differing += differing;
        }
        if differing > 0 {
            self.find_differing(first, compared.max_absolute);
        }
        self.add_distances(bytes);
        let [x, y] = self.tile.finite();
        if let Some([forth, back]) = &mut self.explainers {
            let [left, right] = &mut self.seen.explained;
            let [forth_odd, back_odd] = self.tile.rounds_odd;
            forth.add_singles(left, x, y, forth_odd);
            back.add_singles(right, y, x, back_odd);
        }
        self.add_grouped();
    }

    /// Casts and factors that groups of values share.
    fn add_grouped(&mut self) {
        let (Some(grouped), Some(explainers)) = (&mut self.grouped, &mut self.explainers) else {
            return;
        };
        let left = &mut self.seen.explained;
        let [x, y] = self.tile.finite();
        for (side, [x, y]) in [[x, y], [y, x]].into_iter().enumerate() {
            if !left[side].has_groups() || is_zero(&self.tile.values[side]) {
                continue;
            }
            // A tile that is rounded and no more is neither cast nor multiplied.
            match self.tile.rounds_odd[side] && explainers[side].rounds_values(x, y) {
                true => left[side].kill_groups(),
                false => left[side].leave_values(),
            }
        }
        let [x, y] = &self.tile.values;
        grouped.add(left, x, y);
    }

    /// Where the first difference is, and the largest.
    fn find_differing(&mut self, first: u64, largest: f64) {
        let [x, y] = &self.tile.values;
        let both = x.iter().zip(y).enumerate();
        let differing = both.filter(|(_, (a, b))| a != b && a.is_finite() && b.is_finite());
        let seen = &mut self.seen;
        if seen.first.is_none_or(|known| known > first)
            && let Some((at, _)) = differing.clone().next()
        {
            let index = first + at as u64;
            seen.first = Some(seen.first.map_or(index, |known| known.min(index)));
        }
        if largest <= seen.worst.threshold() {
            return;
        }
        for (at, (a, b)) in differing {
            let [a, b] = [f64::from(*a), f64::from(*b)];
            if (a - b).abs() > seen.worst.threshold() {
                let index = first + at as u64;
                seen.worst
                    .add(Element::of(index, Value::Real(a), Value::Real(b)));
            }
        }
    }

    /// ULPs of the finite pairs.
    fn add_distances(&mut self, bytes: [&[u8]; 2]) {
        let Some(Ruler::Float(dtype, layout)) = self.ruler else {
            return;
        };
        let mut bins = [0; places::BINS];
        let finer = [self.span.a, self.span.b].map(|side| side != dtype);
        let is_of_codes = finer == [false; 2] && layout.bits() == 16 && self.tile.odd.is_empty();
        let most = match spacing(&layout) {
            Some(_) if is_of_codes => Some(codes::count_distances(bytes[0], bytes[1], &mut bins)),
            Some(spacing) if self.tile.round_to(finer, spacing, &layout) => {
                let [x, y] = self.tile.rounded(finer);
                Some(places::count_distances(x, y, spacing, &mut bins))
            }
            _ => None,
        };
        let [x, y] = self.tile.finite();
        let Some(most) = most else {
            // What overflows, or has no zero, is counted one by one.
            let ruler = Ruler::Float(dtype, layout);
            for (x, y) in x.iter().zip(y) {
                let [x, y] = [x, y].map(|value| Value::Real(f64::from(*value)));
                count_distance(&mut self.seen, ruler.distance(x, y));
            }
            return;
        };
        for (mine, theirs) in self.seen.ulp.iter_mut().zip(bins) {
            *mine += theirs;
        }
        if !x.is_empty() {
            self.seen.max_ulp = self.seen.max_ulp.max(Some(u128::from(most)));
        }
    }

    fn sample_singles(&mut self, first: u64, count: u64) {
        let (Some(grid), Some(ruler)) = (self.grid, self.ruler) else {
            return;
        };
        let [x, y] = &self.tile.values;
        let sample = &mut self.seen.sample;
        grid.each(first, count, |place, at| {
            let [a, b] = [f64::from(x[at]), f64::from(y[at])];
            if a.is_finite() && b.is_finite() {
                sample.add(place, b - a, ruler.step_at(b));
            }
        });
    }

    fn sample_wide(&mut self, bytes: [&[u8]; 2], count: usize, first: u64) {
        let (Some(grid), Some(ruler)) = (self.grid, self.ruler) else {
            return;
        };
        let span = self.span;
        let sample = &mut self.seen.sample;
        grid.each(first, count as u64, |place, at| {
            let a = value_at(span.dtype(Side::A), bytes[0], at).to_f64();
            let b = value_at(span.dtype(Side::B), bytes[1], at).to_f64();
            if a.is_finite() && b.is_finite() {
                sample.add(place, b - a, ruler.step_at(b));
            }
        });
    }
}

fn nothing(explainers: Option<&[Explainer; 2]>, has_ulps: bool) -> Difference {
    let explained = match explainers {
        Some([forth, back]) => [forth.begin(), back.begin()],
        None => Default::default(),
    };
    Difference::new(has_ulps, explained)
}
