//! The elements that differ most.

use serde::{Deserialize, Serialize};

use super::numbers::Value;

/// How many are kept.
const KEPT: usize = 10;

/// An element of both tensors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Element {
    pub(super) index: u64,
    pub(super) a: Value,
    pub(super) b: Value,
    /// |a − b|; infinite where one of them is not finite.
    pub(super) difference: f64,
}

/// The largest differences first, of equals the first in the tensor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Worst {
    elements: Vec<Element>,
}

impl Worst {
    /// An element that comes later in the tensor than those that are kept and differs by no
    /// more than this changes nothing.
    pub(super) fn threshold(&self) -> f64 {
        match self.elements.get(KEPT - 1) {
            Some(last) => last.difference,
            None => -1.0,
        }
    }

    /// Takes an element whose values differ.
    pub(super) fn add(&mut self, element: Element) {
        let at = self
            .elements
            .partition_point(|kept| kept.comes_before(&element));
        if at < KEPT {
            self.elements.truncate(KEPT - 1);
            self.elements.insert(at, element);
        }
    }

    /// Adds those of another part of the tensor.
    pub(super) fn merge(&mut self, other: &Self) {
        other.elements.iter().for_each(|element| self.add(*element));
    }

    pub(super) fn elements(&self) -> &[Element] {
        &self.elements
    }
}

impl Element {
    pub(super) fn of(index: u64, a: Value, b: Value) -> Self {
        let difference = (a.to_f64() - b.to_f64()).abs();
        Self {
            index,
            a,
            b,
            difference: if difference.is_nan() {
                f64::INFINITY
            } else {
                difference
            },
        }
    }

    fn comes_before(&self, other: &Self) -> bool {
        (self.difference, other.index) > (other.difference, self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(index: u64, difference: f64) -> Element {
        Element::of(index, Value::Real(difference), Value::Real(0.0))
    }

    #[test]
    fn the_largest_come_first_and_of_equals_the_first() {
        let mut worst = Worst::default();
        for index in (0..40).rev() {
            worst.add(element(index, f64::from(index as u32 % 4)));
        }
        let order: Vec<u64> = worst.elements().iter().map(|kept| kept.index).collect();
        assert_eq!(order, [3, 7, 11, 15, 19, 23, 27, 31, 35, 39]);
        assert_eq!(worst.threshold(), 3.0);
        worst.add(element(1, f64::NAN));
        assert_eq!(worst.elements()[0].index, 1);
    }

    #[test]
    fn parts_may_come_in_any_order() {
        let (mut first, mut second, mut whole) = <(Worst, Worst, Worst)>::default();
        for index in 0..100 {
            let one = element(index, f64::from((index * 37 % 11) as u32));
            whole.add(one);
            if index < 50 { &mut first } else { &mut second }.add(one);
        }
        second.merge(&first);
        assert_eq!(second, whole);
    }
}
