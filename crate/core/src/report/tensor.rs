//! One entry of the report's `tensors`.

use serde::{Serialize, Serializer};

use super::json::Json;
use super::numeric::{Cell, code_cells, decoded, float_cells, integer_cells, layout_of};
use super::{Bits, Exponents, Sections, Stats};
use crate::ancestry::{Evidence, Label, Origin, Parity, PoolShare, RowFigures, Verdict, Witness};
use crate::checkpoint::{Layout, TensorInfo};
use crate::estimate::{Intervals, Share, TensorEstimate, Views};
use crate::format::Dtype;
use crate::plan::Sampled;
use crate::scan::{Observations, Stream};

/// A figure of a tensor, or of both parts of a complex one.
#[derive(Debug, Clone, PartialEq)]
pub enum Parts<T> {
    /// Of real numbers.
    One(T),
    /// Of complex numbers; `{"re": …, "im": …}` in JSON.
    Complex {
        /// Of the real parts.
        re: T,
        /// Of the imaginary parts.
        im: T,
    },
}

/// Everything that follows from a tensor's observations.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorFigures {
    /// Counts, extremes, moments, quantiles.
    pub stats: Parts<Stats>,
    /// Entropies and bit planes.
    pub bits: Parts<Bits>,
    /// Counts by binade.
    pub exponents: Parts<Exponents>,
    /// Where the values come from.
    pub ancestry: Verdict,
    /// Rows by their history; `None` for what is not floating point.
    pub rows: Option<RowFigures>,
    /// The parity picture of 16-bit values; `None` where there is nothing to draw.
    pub parity: Option<Parity>,
    /// The popular witnesses; empty for what is not floating point.
    pub witnesses: Vec<Witness>,
    /// Bytes that a smaller form, which loses nothing, would save.
    pub wasted_bytes: u64,
    /// That form, in words: "BF16", "INT4, one scale for 128".
    pub smaller_form: Option<String>,
    /// What an inconclusive tensor adds to those of its kind; not kept.
    pub pool_share: Option<PoolShare>,
    /// What the figures rest on where only a sample was looked at: then they are estimates.
    pub estimate: Option<Box<TensorEstimate>>,
}

impl TensorFigures {
    /// Computes every figure.
    pub fn of(seen: &Observations) -> Self {
        Self::with_origin(seen, Origin::of(seen))
    }

    /// Computes the figures of these parts of the report; a history that is not among them is not judged.
    pub fn of_sections(seen: &Observations, sections: Sections) -> Self {
        match sections.ancestry {
            true => Self::of(seen),
            false => Self::with_origin(seen, Origin::not_asked(seen)),
        }
    }

    fn with_origin(seen: &Observations, origin: Origin) -> Self {
        let figures = Parts::of(&seen.streams, |stream| {
            figures_of(seen.dtype, stream, seen.elements)
        });
        let (stats, bits, exponents) = match figures {
            Parts::One((stats, bits, exponents)) => {
                (Parts::One(stats), Parts::One(bits), Parts::One(exponents))
            }
            Parts::Complex { re, im } => (
                Parts::Complex { re: re.0, im: im.0 },
                Parts::Complex { re: re.1, im: im.1 },
                Parts::Complex { re: re.2, im: im.2 },
            ),
        };
        Self {
            stats,
            bits,
            exponents,
            ancestry: origin.verdict,
            rows: origin.rows,
            parity: origin.parity,
            witnesses: origin.witnesses,
            wasted_bytes: origin.wasted_bytes,
            smaller_form: origin.smaller_form,
            pool_share: origin.pool_share,
            estimate: None,
        }
    }

    /// What a sample says of the whole tensor of so many elements: estimates of its figures, with their
    /// intervals. The verdict is the sample's, with the power that it has.
    pub fn of_sample(
        seen: &Observations,
        parts: &[&Observations],
        sampled: &Sampled,
        of: u64,
        sections: Sections,
    ) -> Self {
        let share = sampled.share(of);
        let mut figures = Self::of_sections(seen, sections);
        let streams = (0..seen.streams.len()).map(|at| {
            let stream = |seen: &Observations| seen.streams[at].clone();
            let alone: Vec<Stream> = parts.iter().map(|part| stream(part)).collect();
            intervals_of(seen.dtype, &seen.streams[at], &alone, share)
        });
        let (intervals, bits): (Vec<_>, Vec<_>) = streams.unzip();
        let intervals = Parts::of_each(intervals);
        figures.bits = Parts::of_each(bits);
        let is_judged = sections.ancestry;
        figures.expand(share);
        figures.rows = figures.rows.filter(|_| !sampled.is_cut);
        if let Some(rows) = &mut figures.rows {
            let columns = seen.matrix.columns.max(1);
            rows.count = of / columns;
            (rows.zero, rows.constant) = (share.expand(rows.zero), share.expand(rows.constant));
        }
        if is_judged {
            figures.ancestry.rest_on_sample(share, parts.len() as u64);
        }
        figures.estimate = Some(Box::new(TensorEstimate {
            share,
            firsts: sampled.firsts.clone(),
            stretch: sampled.elements,
            intervals,
        }));
        figures
    }

    fn expand(&mut self, share: Share) {
        self.stats.each_mut().for_each(|stats| stats.expand(share));
        let exponents = self.exponents.each_mut();
        exponents.for_each(|exponents| exponents.expand(share));
        self.wasted_bytes = share.expand(self.wasted_bytes);
        for witness in &mut self.witnesses {
            witness.observed = share.expand(witness.observed);
            witness.off_grid = share.expand(witness.off_grid);
            let ratio = share.of as f64 / share.elements as f64;
            witness.expected = witness.expected.map(|expected| expected * ratio);
        }
    }

    /// Writes their fields of the tensor's entry in the report.
    pub(super) fn write(&self, sections: Sections, layout: Option<&Layout>, out: &mut Json) {
        if let Some(estimate) = &self.estimate {
            out.field("sample", estimate);
        }
        if sections.stats {
            out.field("stats", &self.stats);
            out.field("bits", &self.bits);
            out.field("exponents", &self.exponents);
        }
        if sections.ancestry {
            out.field("ancestry", &self.ancestry);
            out.field("layout", &layout);
            out.field("rows", &self.rows);
            out.field("parity", &self.parity);
            out.field("witnesses", &self.witnesses);
            out.field("wasted_bytes", &self.wasted_bytes);
            out.field("smaller_form", &self.smaller_form);
        }
    }

    /// Says that the tensor is part of a quantised weight. Codes that are packed, or
    /// are integers, have no history as numbers and waste nothing.
    pub(crate) fn lay_out(&mut self, tensor: &TensorInfo, layout: &Layout) {
        let is_float = tensor.dtype.format().layout().is_some();
        if layout.is_packed && layout.is_codes() || !is_float {
            self.ancestry.label = Label::NotFloat;
            self.ancestry.log10_odds = 0.0;
            self.ancestry.granularity = None;
            self.ancestry.scale = None;
            self.ancestry.fraction = None;
            self.ancestry.evidence.clear();
            self.ancestry.blind_spots.clear();
            self.rows = None;
            self.parity = None;
            self.witnesses.clear();
            self.wasted_bytes = 0;
            self.smaller_form = None;
        }
        self.ancestry.evidence.push(Evidence {
            test: "layout",
            n: tensor.elements(),
            expected: None,
            observed: None,
            log10_p: None,
            power: None,
            says: layout.sentence(),
        });
    }
}

/// Figures of a stream that stands for so many values.
fn figures_of(dtype: Dtype, stream: &Stream, of: u64) -> (Stats, Bits, Exponents) {
    match stream {
        Stream::Codes(census) => {
            let format = dtype.format();
            let cells = decoded(format, census);
            (
                Stats::of_codes(format, &cells),
                Bits::of_codes(format, census),
                Exponents::of_codes(&cells),
            )
        }
        Stream::Float(float) => {
            let layout = layout_of(dtype);
            (
                Stats::of_float(layout, float),
                Bits::of_float(layout, float, of),
                Exponents::of_float(layout, float),
            )
        }
        Stream::Integer(integer) => (
            Stats::of_integer(integer),
            Bits::of_integer(integer, of),
            Exponents::of_integer(integer),
        ),
    }
}

/// Finite values in ascending order.
fn cells_of(dtype: Dtype, stream: &Stream) -> Vec<Cell<f64>> {
    match stream {
        Stream::Codes(census) => {
            let format = dtype.format();
            code_cells(format, &decoded(format, census))
        }
        Stream::Float(float) => float_cells(layout_of(dtype), float),
        Stream::Integer(integer) => {
            let cells = integer_cells(integer).into_iter();
            let real = |cell: Cell<i128>| Cell {
                low: cell.low as f64,
                high: cell.high as f64,
                count: cell.count,
            };
            cells.map(real).collect()
        }
    }
}

/// Intervals of what a stream of a sampled tensor shows, by its stretches.
fn intervals_of(dtype: Dtype, whole: &Stream, alone: &[Stream], share: Share) -> (Intervals, Bits) {
    let look = |stream: &Stream| {
        let (stats, bits, _) = figures_of(dtype, stream, share.of);
        (stats, bits)
    };
    let all_but = |left_out: usize| {
        let others = alone.iter().enumerate().filter(|(at, _)| *at != left_out);
        let mut others = others.map(|(_, stream)| stream);
        let mut sum = others.next()?.clone();
        others.for_each(|stream| sum.merge(stream));
        Some(look(&sum))
    };
    let views = Views {
        whole: look(whole),
        alone: alone.iter().map(|stream| look(stream).0).collect(),
        without: (0..alone.len()).filter_map(all_but).collect(),
        ordered: (
            cells_of(dtype, whole),
            alone.iter().map(|stream| cells_of(dtype, stream)).collect(),
        ),
        layout: dtype.format().layout(),
    };
    Intervals::of(views, share)
}

impl<T> Parts<T> {
    /// Of one, or of real and imaginary parts.
    fn of_each(figures: Vec<T>) -> Self {
        let mut figures = figures.into_iter();
        let first = figures.next().expect("a tensor has a stream");
        match figures.next() {
            None => Parts::One(first),
            Some(im) => Parts::Complex { re: first, im },
        }
    }

    fn each_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let (first, second) = match self {
            Parts::One(figure) => (figure, None),
            Parts::Complex { re, im } => (re, Some(im)),
        };
        std::iter::once(first).chain(second)
    }

    fn of(streams: &[Stream], figure: impl Fn(&Stream) -> T) -> Self {
        match streams {
            [re, im] => Parts::Complex {
                re: figure(re),
                im: figure(im),
            },
            streams => Parts::One(figure(&streams[0])),
        }
    }

    /// The figure, or that of the real parts.
    pub fn first(&self) -> &T {
        match self {
            Parts::One(figure) | Parts::Complex { re: figure, .. } => figure,
        }
    }

    /// The figure, or those of both parts.
    pub fn each(&self) -> impl Iterator<Item = &T> {
        let (first, second) = match self {
            Parts::One(figure) => (figure, None),
            Parts::Complex { re, im } => (re, Some(im)),
        };
        std::iter::once(first).chain(second)
    }
}

/// JSON has no tag: an object of figures, or one with `re` and `im`.
impl<T: Serialize> Serialize for Parts<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Parts::One(figure) => figure.serialize(serializer),
            Parts::Complex { re, im } => serializer.collect_map([("re", re), ("im", im)]),
        }
    }
}
