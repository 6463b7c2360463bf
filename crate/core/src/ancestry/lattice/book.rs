//! The codes of quantised formats, as multiples of a scale.

use crate::ancestry::Label;

/// A format whose scale may be any number.
pub(crate) struct Book {
    /// What a tensor is called that fits it.
    pub(crate) label: Label,
    /// Magnitudes of the positive codes, ascending, zero left out.
    pub(crate) positive: Vec<f64>,
    /// Of the negative ones.
    pub(crate) negative: Vec<f64>,
    /// Magnitudes that a group's largest value may be, likely ones first, each a code of
    /// both signs.
    pub(crate) tops: Vec<f64>,
    /// Different significands between one power of two and the next.
    pub(crate) significands: usize,
    /// The most steps between the smallest and the largest code; integers only.
    pub(crate) steps: Option<f64>,
}

/// NF4 as bitsandbytes defines it (Dettmers et al. 2023), zero left out.
const NF4_POSITIVE: [f64; 8] = [
    0.079_580_299_556_255_34,
    0.160_930_201_411_247_25,
    0.246_112_301_945_686_34,
    0.337_915_241_718_292_24,
    0.440_709_829_330_444_34,
    0.562_617_003_917_694_1,
    0.722_956_836_223_602_3,
    1.0,
];
const NF4_NEGATIVE: [f64; 7] = [
    0.091_050_036_251_544_95,
    0.184_773_430_228_233_34,
    0.284_441_381_692_886_35,
    0.394_917_488_098_144_53,
    0.525_073_051_452_636_7,
    0.696_192_800_998_687_7,
    1.0,
];

impl Book {
    fn symmetric(label: Label, codes: Vec<f64>, tops: Vec<f64>, significands: usize) -> Self {
        Self {
            label,
            negative: codes.clone(),
            positive: codes,
            tops,
            significands,
            steps: None,
        }
    }

    /// A small float: its codes, of which so many at the top may be a group's largest.
    fn float(label: Label, mantissa_bits: u32, largest: f64, smallest: f64, tops: usize) -> Self {
        let mut codes = Vec::new();
        let (mut value, mut step) = (smallest, smallest);
        while value <= largest {
            codes.push(value);
            if value >= step * f64::from(2u32 << mantissa_bits) {
                step *= 2.0;
            }
            value += step;
        }
        let likely = codes.iter().rev().take(tops).copied().collect();
        Self::symmetric(label, codes, likely, 1 << mantissa_bits)
    }

    /// Integers; with a zero point the codes may lie on one side of zero.
    fn integer(label: Label, bits: u32) -> Self {
        let most = (1u32 << bits) - 1;
        let half = most.div_ceil(2);
        let symmetric = [half - 1, half];
        let smaller = (1..half - 1).rev();
        let tops = symmetric.into_iter().chain(smaller).chain(half + 1..=most);
        let tops = tops.map(f64::from).collect();
        let codes = (1..=most).map(f64::from).collect();
        Self {
            steps: Some(f64::from(most)),
            ..Self::symmetric(label, codes, tops, usize::MAX)
        }
    }

    fn nf4() -> Self {
        Self {
            negative: NF4_NEGATIVE.to_vec(),
            ..Self::symmetric(Label::Nf4, NF4_POSITIVE.to_vec(), vec![1.0], usize::MAX)
        }
    }

    /// Codes of a sign.
    pub(crate) fn of_sign(&self, is_negative: bool) -> &[f64] {
        if is_negative {
            &self.negative
        } else {
            &self.positive
        }
    }

    /// Whether it is a format of four bits.
    pub(crate) fn has_four_bits(&self) -> bool {
        self.positive.len() <= 15
    }

    /// Whether −x is a code for every code x.
    pub(crate) fn is_symmetric(&self) -> bool {
        self.label != Label::Nf4
    }
}

/// Every book, from the fewest bits up.
pub(crate) fn books() -> Vec<Book> {
    vec![
        Book::float(Label::Nvfp4, 1, 6.0, 0.5, 7),
        Book::integer(Label::Int4, 4),
        Book::nf4(),
        Book::float(Label::F8E5m2, 2, 57_344.0, 1.0 / 65_536.0, 16),
        Book::float(Label::F8E4m3, 3, 448.0, 1.0 / 512.0, 32),
        Book::integer(Label::Int8, 8),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Dtype;

    #[test]
    fn floats_have_the_codes_of_their_formats() {
        let books = books();
        for (label, dtype) in [
            (Label::Nvfp4, Dtype::F4),
            (Label::F8E5m2, Dtype::F8E5M2),
            (Label::F8E4m3, Dtype::F8E4M3),
        ] {
            let layout = dtype.format().layout().expect("a float");
            let codes: Vec<f64> = (1..=layout.max_finite_code())
                .map(|code| layout.decode(code))
                .collect();
            let book = books.iter().find(|book| book.label == label);
            assert_eq!(book.expect("a book").positive, codes, "{label:?}");
        }
    }

    #[test]
    fn integers_try_the_usual_tops_first() {
        let book = Book::integer(Label::Int4, 4);
        assert_eq!(book.tops[..3], [7.0, 8.0, 6.0]);
        assert_eq!(book.tops.len(), 15);
    }
}
