//! What the verdicts were, by source, by rounding and by size.

use floatscope_core::ancestry::Label;
use std::collections::BTreeMap;

/// One case and its label.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) source: &'static str,
    pub(crate) rounding: &'static str,
    pub(crate) elements: u64,
    pub(crate) label: Label,
    /// The label is false.
    pub(crate) alarm: bool,
}

#[derive(Default)]
pub(crate) struct Table {
    outcomes: Vec<Outcome>,
}

/// From so many values on, native tensors should be called native.
const LARGE: u64 = 100_000;

impl Table {
    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    pub(crate) fn alarms(&self) -> usize {
        self.outcomes.iter().filter(|o| o.alarm).count()
    }

    pub(crate) fn print(&self) {
        self.print_by("source", |o| o.source.to_owned());
        self.print_by("rounding", |o| o.rounding.to_owned());
        self.print_by("values", |o| {
            format!("from {:>9}", power_of_ten(o.elements))
        });
        self.print_labels();
        println!(
            "{} cases, {} false alarms",
            self.outcomes.len(),
            self.alarms()
        );
    }

    fn print_by(&self, title: &str, key: impl Fn(&Outcome) -> String) {
        let mut groups: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
        for outcome in &self.outcomes {
            groups.entry(key(outcome)).or_default().push(*outcome);
        }
        println!(
            "{title:24} {:>7} {:>7} {:>13} {:>9} {:>7} {:>24}",
            "cases", "native", "inconclusive", "constant", "false", "native of 100,000 or more"
        );
        for (name, group) in groups {
            print_row(&name, &group);
        }
        println!();
    }

    fn print_labels(&self) {
        let mut labels: BTreeMap<&str, u64> = BTreeMap::new();
        for outcome in &self.outcomes {
            *labels.entry(outcome.label.name()).or_default() += 1;
        }
        let counts = labels.iter().map(|(name, count)| format!("{name} {count}"));
        println!("labels: {}", counts.collect::<Vec<_>>().join(", "));
    }
}

fn print_row(name: &str, group: &[Outcome]) {
    let with = |label| {
        group
            .iter()
            .filter(|o| o.label == label && !o.alarm)
            .count()
    };
    let alarms = group.iter().filter(|o| o.alarm).count();
    let large: Vec<_> = group.iter().filter(|o| o.elements >= LARGE).collect();
    let native = large.iter().filter(|o| o.label == Label::Native).count();
    let share = 100.0 * native as f64 / large.len().max(1) as f64;
    println!(
        "{name:24} {:>7} {:>7} {:>13} {:>9} {alarms:>7} {:>14} = {share:5.1} %",
        group.len(),
        with(Label::Native),
        with(Label::Inconclusive),
        with(Label::Constant),
        format!("{native}/{}", large.len()),
    );
}

fn power_of_ten(elements: u64) -> u64 {
    10u64.pow(elements.ilog10())
}
