//! `--fail-on`: what a script does not want to find.

use floatscope_core::ancestry::Label;
use floatscope_core::format::Encoding;
use floatscope_core::report::{Collector, Number, Stats, TensorFigures};

use crate::numbers::plural;
use crate::text;

/// The largest finite value of FP16.
const F16_MAX: f64 = 65504.0;

/// One thing to be found in a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The verdict.
    Label(Label),
    /// A NaN.
    Nan,
    /// An infinity.
    Inf,
    /// A finite float beyond FP16's largest value.
    OverflowF16,
}

const NAN: &str = "nan";
const INF: &str = "inf";
const OVERFLOW_F16: &str = "overflow:f16";

impl Condition {
    /// Reads a word of the command line.
    ///
    /// # Errors
    /// Lists the words for one that is none of them.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        match word {
            NAN => return Ok(Condition::Nan),
            INF => return Ok(Condition::Inf),
            OVERFLOW_F16 => return Ok(Condition::OverflowF16),
            _ => {}
        }
        let label = Label::ALL.iter().find(|label| label.name() == word);
        label.map(|label| Condition::Label(*label)).ok_or_else(|| {
            let labels = Label::ALL.iter().map(|label| label.name());
            let words: Vec<&str> = labels.chain([NAN, INF, OVERFLOW_F16]).collect();
            format!("it must be one of {}", words.join(", "))
        })
    }

    /// The word for it.
    fn word(self) -> &'static str {
        match self {
            Condition::Label(label) => label.name(),
            Condition::Nan => NAN,
            Condition::Inf => INF,
            Condition::OverflowF16 => OVERFLOW_F16,
        }
    }

    /// Whether it is about where values come from.
    pub(crate) fn is_ancestry(self) -> bool {
        matches!(self, Condition::Label(_))
    }

    fn holds(self, encoding: Encoding, figures: &TensorFigures) -> bool {
        let any = |of: fn(&Stats) -> bool| figures.stats.each().any(of);
        match self {
            Condition::Label(label) => figures.ancestry.label == label,
            Condition::Nan => any(|stats| stats.nan > 0),
            Condition::Inf => any(|stats| stats.pos_inf + stats.neg_inf > 0),
            Condition::OverflowF16 => {
                let is_float = matches!(encoding, Encoding::Float(_) | Encoding::Complex(_));
                let largest = |stats: &Stats| stats.abs_max.map(Number::to_f64);
                is_float && any_beyond(figures.stats.each().filter_map(largest))
            }
        }
    }

    /// A line about the tensors where it holds; none where there are none.
    pub(crate) fn found_in(self, report: &Collector) -> Option<String> {
        let holding = (0..report.len()).filter_map(|index| {
            let (_, tensor, _) = report.tensor(index)?;
            let figures = report.figures(index)?;
            let holds = self.holds(tensor.dtype.format().encoding, figures);
            holds.then_some(&tensor.name)
        });
        let names: Vec<&String> = holding.collect();
        let first = text::name(names.first()?);
        let word = self.word();
        Some(match names.len() as u64 {
            1 => format!("--fail-on {word}: found in {first}"),
            tensors => {
                let tensors = plural(tensors, "tensor");
                format!("--fail-on {word}: found in {tensors}, the first is {first}")
            }
        })
    }
}

fn any_beyond(mut largest: impl Iterator<Item = f64>) -> bool {
    largest.any(|value| value.is_finite() && value > F16_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_and_three_more_are_words() {
        for label in Label::ALL {
            let condition = Condition::parse(label.name()).expect("a label is a condition");
            assert_eq!(condition.word(), label.name());
            assert!(condition.is_ancestry());
        }
        for word in ["nan", "inf", "overflow:f16"] {
            let condition = Condition::parse(word).expect("it is a condition");
            assert_eq!(condition.word(), word);
            assert!(!condition.is_ancestry());
        }
    }

    #[test]
    fn another_word_is_answered_with_all_of_them() {
        let words = Condition::parse("fp16").expect_err("it is no word");
        for word in ["native", "f16", "mxfp4", "not_float", "nan", "overflow:f16"] {
            assert!(words.contains(word), "{words}");
        }
    }
}
