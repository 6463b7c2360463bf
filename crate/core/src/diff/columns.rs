//! What the page's list draws of pairs: columns.

use serde::Serialize;

use super::PairFigures;
use super::figures::Kind;
use crate::report::Number;

/// Figures of pairs in any order.
#[derive(Debug, Default, Serialize)]
pub struct PairColumns {
    index: Vec<usize>,
    kind: Vec<&'static str>,
    conversion: Vec<Option<String>>,
    direction: Vec<Option<&'static str>>,
    looks: Vec<Option<&'static str>>,
    equal: Vec<Option<Number>>,
    max_ulp: Vec<Option<Number>>,
    max_abs: Vec<Option<Number>>,
    mean_abs: Vec<Option<Number>>,
    max_rel: Vec<Option<Number>>,
    cosine: Vec<Option<Number>>,
    sqnr_db: Vec<Option<Number>>,
    not_close: Vec<u64>,
}

impl PairColumns {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Adds what came later.
    pub fn append(&mut self, mut later: Self) {
        self.index.append(&mut later.index);
        self.kind.append(&mut later.kind);
        self.conversion.append(&mut later.conversion);
        self.direction.append(&mut later.direction);
        self.looks.append(&mut later.looks);
        self.not_close.append(&mut later.not_close);
        for (mine, theirs) in self.numbers().into_iter().zip(later.numbers()) {
            mine.append(theirs);
        }
    }

    fn numbers(&mut self) -> [&mut Vec<Option<Number>>; 7] {
        [
            &mut self.equal,
            &mut self.max_ulp,
            &mut self.max_abs,
            &mut self.mean_abs,
            &mut self.max_rel,
            &mut self.cosine,
            &mut self.sqnr_db,
        ]
    }

    pub(super) fn finish(&mut self, index: usize, figures: &PairFigures) {
        let best = figures.explained_by.first();
        self.index.push(index);
        self.kind.push(figures.kind().name());
        self.conversion
            .push(best.map(|best| best.conversion.clone()));
        self.direction.push(best.map(|best| best.direction));
        self.looks
            .push(figures.looks.as_ref().map(|look| look.like));
        let share = figures.equal as f64 / figures.count as f64;
        self.not_close.push(figures.not_close);
        let numbers = [
            (figures.count > 0).then_some(Number::Real(share)),
            figures.max_ulp,
            figures.max_abs,
            figures.mean_abs,
            figures.max_rel,
            figures.cosine,
            figures.sqnr_db,
        ];
        for (column, number) in self.numbers().into_iter().zip(numbers) {
            column.push(number);
        }
    }

    pub(super) fn fail(&mut self, index: usize) {
        self.index.push(index);
        self.kind.push(Kind::Failed.name());
        self.conversion.push(None);
        self.direction.push(None);
        self.looks.push(None);
        self.not_close.push(0);
        for column in self.numbers() {
            column.push(None);
        }
    }
}
