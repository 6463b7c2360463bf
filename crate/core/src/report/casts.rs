//! The casts of a checkpoint's tensors, as they come in.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq};

use super::Number;
use crate::cast::{Advice, CASTS, CastIntervals, CastSet, CastTotals, LossTable, Losses, Subject};
use crate::checkpoint::TensorInfo;
use crate::scan::{Matrix, wire};

const COUNT: usize = 20;
const _: () = assert!(CASTS.len() == COUNT);

/// What is known of the casts of every tensor, in little memory.
#[derive(Debug, Default)]
pub(crate) struct CastBook {
    pub(crate) totals: CastTotals,
    /// By tensor.
    pages: Vec<Option<Page>>,
    pub(crate) advice: Option<Advice>,
}

#[derive(Debug)]
struct Page {
    /// A [`LossTable`] as it is sent: of a hundred thousand tensors each takes some 600 bytes.
    table: Box<[u8]>,
    /// SQNR in dB by cast; NaN where it is not known.
    sqnr_db: [f32; COUNT],
    /// Casts that make a finite value NaN or infinite.
    breaking: CastSet,
    /// What is left of a ratio without the largest values; 0 or less.
    outliers_db: f64,
    /// Values that FP16 would make infinite.
    overflow_f16: u64,
    /// Values that FP16 would make zero.
    underflow_f16: u64,
}

impl CastBook {
    /// Adds casts of a tensor, to those that are there already.
    pub(crate) fn add(&mut self, tensor: usize, info: &TensorInfo, losses: &Losses) {
        let matrix = Matrix::of(&info.shape);
        self.totals.add(matrix, info.bytes(), losses);
        let mut table = self.table(tensor).unwrap_or_else(|| LossTable::new(matrix));
        table.add(losses);
        let mut sqnr_db = [f32::NAN; COUNT];
        for (at, loss, _) in table.each() {
            sqnr_db[at] = loss.sqnr_db.map_or(f32::NAN, |sqnr| sqnr as f32);
        }
        let f16 = CASTS.iter().position(|cast| cast.key == "f16");
        let f16 = f16.and_then(|at| table.get(at));
        if self.pages.len() <= tensor {
            self.pages.resize_with(tensor + 1, || None);
        }
        let known = self.pages[tensor].as_ref();
        self.pages[tensor] = Some(Page {
            table: wire::to_bytes(&table).into_boxed_slice(),
            sqnr_db,
            breaking: known
                .map_or_else(CastSet::default, |page| page.breaking)
                .or(losses.breaking()),
            outliers_db: known.map_or(0.0, |page| page.outliers_db),
            overflow_f16: f16.map_or(0, |loss| loss.overflow),
            underflow_f16: f16.map_or(0, |loss| loss.underflow),
        });
    }

    /// Adds how far off casts of a sample may be.
    pub(crate) fn add_intervals(&mut self, tensor: usize, intervals: Vec<(u8, CastIntervals)>) {
        let Some(mut table) = self.table(tensor) else {
            return;
        };
        table.add_intervals(intervals);
        if let Some(Some(page)) = self.pages.get_mut(tensor) {
            page.table = wire::to_bytes(&table).into_boxed_slice();
        }
    }

    /// Adds how much of a tensor's energy its largest values hold, once a cast of it is known.
    pub(crate) fn add_outliers(&mut self, tensor: usize, outliers_db: f64) {
        if let Some(Some(page)) = self.pages.get_mut(tensor) {
            page.outliers_db = outliers_db;
        }
    }

    /// That; `None` of a tensor that is not cast.
    pub(crate) fn outliers_db(&self, tensor: usize) -> Option<f64> {
        Some(self.pages.get(tensor)?.as_ref()?.outliers_db)
    }

    /// The casts of a tensor that are known; none of a tensor that is not cast.
    pub(crate) fn table(&self, tensor: usize) -> Option<LossTable> {
        let page = self.pages.get(tensor)?.as_ref()?;
        wire::from_bytes(&page.table).ok()
    }

    /// What [`Advice`] is made of, for a tensor that is cast.
    pub(crate) fn subject<'a>(
        &'a self,
        tensor: usize,
        of: impl FnOnce() -> SubjectInfo<'a>,
    ) -> Option<Subject<'a>> {
        let page = self.pages.get(tensor)?.as_ref()?;
        let SubjectInfo {
            name,
            matrix,
            bytes,
            is_matrix,
        } = of();
        Some(Subject {
            name,
            matrix,
            bytes,
            is_matrix,
            sqnr_db: &page.sqnr_db,
            breaking: page.breaking,
            outliers_db: page.outliers_db,
            overflow_f16: page.overflow_f16,
            underflow_f16: page.underflow_f16,
        })
    }
}

/// What the header says of a tensor that is cast.
pub(crate) struct SubjectInfo<'a> {
    pub(crate) name: &'a str,
    pub(crate) matrix: Matrix,
    pub(crate) bytes: u64,
    pub(crate) is_matrix: bool,
}

/// SQNR of tensors by cast, for lists of very many tensors.
#[derive(Debug, Default)]
pub(crate) struct CastColumns {
    index: Vec<usize>,
    sqnr_db: Vec<Vec<Option<f64>>>,
    known: CastSet,
}

impl CastColumns {
    pub(crate) fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    pub(crate) fn push(&mut self, index: usize, table: &LossTable) {
        self.sqnr_db.resize_with(COUNT, Vec::new);
        let before = self.index.len();
        self.index.push(index);
        for column in &mut self.sqnr_db {
            column.resize(before + 1, None);
        }
        for (at, loss, _) in table.each() {
            self.sqnr_db[at][before] = loss.sqnr_db;
            self.known = self.known.or(CastSet::of(|cast| cast.key == CASTS[at].key));
        }
    }

    pub(crate) fn append(&mut self, mut later: Self) {
        if later.is_empty() {
            return;
        }
        self.index.append(&mut later.index);
        self.sqnr_db.resize_with(COUNT, Vec::new);
        for (mine, theirs) in self.sqnr_db.iter_mut().zip(&mut later.sqnr_db) {
            mine.append(theirs);
        }
        self.known = self.known.or(later.known);
    }
}

impl Serialize for CastColumns {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("index", &self.index)?;
        map.serialize_entry("sqnr_db", &ByCast(self))?;
        map.end()
    }
}

struct ByCast<'a>(&'a CastColumns);

impl Serialize for ByCast<'_> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        for at in self.0.known.each() {
            map.serialize_entry(CASTS[at].key, &Column(&self.0.sqnr_db[at]))?;
        }
        map.end()
    }
}

struct Column<'a>(&'a [Option<f64>]);

impl Serialize for Column<'_> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut list = out.serialize_seq(None)?;
        for value in self.0 {
            list.serialize_element(&value.map(Number::Real))?;
        }
        list.end()
    }
}
