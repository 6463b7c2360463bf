//! Which format would do: a rule, stated, and what it says of a checkpoint.
//!
//! Three levels of quality are asked about, each a signal-to-noise ratio that the format usually named for
//! it reaches on weights: 36 dB (INT8 by row reaches some 40), 30 dB (8 bits
//! of E4M3, 6 of E2M3), 18 dB (INT4 in groups, NVFP4). Where the largest thousandth of the values hold half of the
//! energy or more ([`outliers_db`](super::outliers_db)) they do not count as signal, though their errors do as noise: a lower
//! bound of what the others keep. A cast that makes a finite value NaN or infinite keeps no level. Of the casts that take fewer bytes than what
//! is stored, the one with the fewest is named that keeps the level in matrices with at least
//! 95 % of the matrices' values; the others are named as those to leave alone.

use serde::Serialize;

use super::{CASTS, CastSet};
use crate::ancestry::prose::{counted, grouped};
use crate::scan::Matrix;

/// (name, threshold in dB).
const LEVELS: [(&str, u32); 3] = [("8-bit", 36), ("6-bit", 30), ("4-bit", 18)];

/// Tensors that are named.
const NAMED: usize = 20;
/// Tensors that are named in a sentence.
const IN_A_SENTENCE: usize = 3;

/// A tensor that is cast.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its name.
    pub name: &'a str,
    /// Rows and columns.
    pub matrix: Matrix,
    /// Bytes as it is stored.
    pub bytes: u64,
    /// Whether it is a matrix of weights and no vector, and no part of a packed weight.
    pub is_matrix: bool,
    /// SQNR in dB by cast; NaN where it is not known.
    pub sqnr_db: &'a [f32],
    /// Casts that make a finite value NaN or infinite.
    pub breaking: CastSet,
    /// What is left of a ratio without the largest values; 0 or less.
    pub outliers_db: f64,
    /// Values that FP16 would make infinite.
    pub overflow_f16: u64,
    /// Values that FP16 would make zero.
    pub underflow_f16: u64,
}

/// What is said of one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Level {
    /// "8-bit", "6-bit", "4-bit".
    pub level: &'static str,
    /// The SQNR that makes it, in dB.
    pub threshold_db: u32,
    /// Key of the cast; none where no cast would do.
    pub cast: Option<&'static str>,
    /// Matrices that keep the level.
    pub tensors: u64,
    /// Matrices.
    pub of: u64,
    /// Matrices to leave alone, the largest first.
    pub keep: Vec<String>,
    /// How many more there are.
    pub keep_more: u64,
    /// Bytes of all matrices then, those left alone as they are.
    pub bytes: u64,
    /// All of it as a sentence.
    pub says: String,
}

/// What is said of a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// By level; empty where there is nothing to cast.
    pub recommendations: Vec<Level>,
    /// Where few values decide every ratio.
    pub outliers: Option<String>,
    /// What FP16 would do.
    pub f16: Option<String>,
}

/// Advice on these tensors, of which every wanted cast is known.
pub fn advise(subjects: &[Subject], wanted: CastSet) -> Advice {
    let mut matrices: Vec<&Subject> = subjects
        .iter()
        .filter(|subject| subject.is_matrix)
        .collect();
    if matrices.is_empty() {
        matrices = subjects
            .iter()
            .filter(|subject| subject.bytes > 0)
            .collect();
    }
    let levels = LEVELS.iter().filter(|_| !matrices.is_empty());
    Advice {
        recommendations: levels
            .map(|level| at_level(*level, &matrices, wanted))
            .collect(),
        outliers: decided_by_few(&matrices),
        f16: half_precision(subjects),
    }
}

fn at_level(
    (level, threshold_db): (&'static str, u32),
    matrices: &[&Subject],
    wanted: CastSet,
) -> Level {
    let values = |subjects: &mut dyn Iterator<Item = &&Subject>| -> u64 {
        subjects.map(|subject| subject.matrix.elements()).sum()
    };
    let all = values(&mut matrices.iter());
    let stored: u64 = matrices.iter().map(|subject| subject.bytes).sum();
    let keeps = |subject: &Subject, at: usize| {
        let sqnr_db = f64::from(subject.sqnr_db[at]) + subject.discount_db();
        sqnr_db >= f64::from(threshold_db) && !subject.breaking.has(at)
    };
    let is_enough = |at: usize| {
        let kept = values(&mut matrices.iter().filter(|subject| keeps(subject, at)));
        u128::from(kept) * 100 >= u128::from(all) * 95
    };
    let bytes = |at: usize| -> u64 {
        let of = |subject: &&Subject| match keeps(subject, at) {
            true => CASTS[at].bytes(subject.matrix.rows, subject.matrix.columns),
            false => subject.bytes,
        };
        matrices.iter().map(of).sum()
    };
    let candidates = wanted
        .each()
        .filter(|at| CASTS[*at].bits <= 8 && is_enough(*at));
    let best = candidates
        .map(|at| (bytes(at), at))
        .filter(|(bytes, _)| *bytes < stored)
        .min();
    let Some((bytes, at)) = best else {
        return Level {
            level,
            threshold_db,
            cast: None,
            tensors: 0,
            of: matrices.len() as u64,
            keep: Vec::new(),
            keep_more: 0,
            bytes: stored,
            says: format!(
                "{level} quality: {} of at most 8 bits takes fewer bytes and keeps {threshold_db} dB, and every value finite, in 95 % of the values.",
                match wanted == CastSet::all() {
                    true => "no format",
                    false => "none of the casts that were asked for",
                },
            ),
        };
    };
    let left = matrices.iter().filter(|subject| !keeps(subject, at));
    let left = largest_first(left.copied(), |subject| subject.matrix.elements());
    let tensors = (matrices.len() - left.len()) as u64;
    let named = left
        .iter()
        .take(NAMED)
        .map(|subject| subject.name.to_owned())
        .collect();
    let of = matrices.len() as u64;
    let says = format!(
        "{level} quality: {} keeps {threshold_db} dB or more in {} and takes {} % of {} bytes{}.",
        CASTS[at].title,
        among(tensors, of, matrices[0].is_matrix),
        share(bytes, stored),
        if of == 1 { "its" } else { "their" },
        leave(&left),
    );
    Level {
        level,
        threshold_db,
        cast: Some(CASTS[at].key),
        tensors,
        of,
        keep: named,
        keep_more: left.len().saturating_sub(NAMED) as u64,
        bytes,
        says,
    }
}

/// "39 of 40 matrices", "all 40 matrices", "both matrices", "the only matrix"; vectors are called tensors.
fn among(tensors: u64, of: u64, is_matrix: bool) -> String {
    let (one, many) = match is_matrix {
        true => ("matrix", "matrices"),
        false => ("tensor", "tensors"),
    };
    match (tensors == of, of) {
        (true, 1) => format!("the only {one}"),
        (true, 2) => format!("both {many}"),
        (true, _) => format!("all {} {many}", grouped(of)),
        (false, _) => format!("{} of {}", grouped(tensors), counted(of, one, many)),
    }
}

/// In whole per cents.
fn share(part: u64, whole: u64) -> u64 {
    ((u128::from(part) * 200 + u128::from(whole)) / (u128::from(whole.max(1)) * 2)) as u64
}

/// Those with the largest figures before all others, so many as are named; the first of equal ones first.
fn largest_first<'a>(
    subjects: impl Iterator<Item = &'a Subject<'a>>,
    figure: impl Fn(&Subject) -> u64,
) -> Vec<&'a Subject<'a>> {
    let mut subjects: Vec<&Subject> = subjects.collect();
    // Few are named, and a sort is code to download.
    for at in 0..subjects.len().min(NAMED) {
        let rest = &mut subjects[at..];
        let mut largest = 0;
        for other in 1..rest.len() {
            if figure(rest[other]) > figure(rest[largest]) {
                largest = other;
            }
        }
        rest[..=largest].rotate_right(1);
    }
    subjects
}

fn leave(left: &[&Subject]) -> String {
    let names: Vec<&str> = left
        .iter()
        .take(IN_A_SENTENCE)
        .map(|subject| match subject.name {
            "" => "\"\"",
            name => name,
        })
        .collect();
    match (&names[..], left.len()) {
        ([], _) => String::new(),
        ([one], _) => format!("; leave {one} as it is"),
        (names, more) if more > IN_A_SENTENCE => format!(
            "; leave {} and {} more as they are",
            names.join(", "),
            more - IN_A_SENTENCE
        ),
        ([first @ .., last], _) => {
            format!("; leave {} and {last} as they are", first.join(", "))
        }
    }
}

/// Half of the energy: 10 log10 of it.
const HALF_DB: f64 = -3.010_299_956_639_812;

impl Subject<'_> {
    /// What its outliers make of a ratio, where they make the most of it.
    fn discount_db(&self) -> f64 {
        match self.outliers_db <= HALF_DB {
            true => self.outliers_db,
            false => 0.0,
        }
    }
}

/// Which matrices have a ratio that says little of most of their values.
fn decided_by_few(matrices: &[&Subject]) -> Option<String> {
    let few = matrices
        .iter()
        .filter(|subject| subject.discount_db() < 0.0);
    let few = largest_first(few.copied(), |subject| subject.matrix.elements());
    let which = match &few[..] {
        [] => return None,
        [one] => one.name.to_owned(),
        [..] => format!(
            "{} ({})",
            counted(few.len() as u64, "tensor", "tensors"),
            some_names(few.iter().map(|subject| subject.name)),
        ),
    };
    Some(format!(
        "In {which} the largest thousandth of the values hold half of the energy or more, so that its SQNR says little of the others. Recommendations leave them out of the signal."
    ))
}

/// "a, b, c, …".
fn some_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = if names.len() > IN_A_SENTENCE {
        ", …"
    } else {
        ""
    };
    let some: Vec<&str> = names.take(IN_A_SENTENCE).collect();
    format!("{}{more}", some.join(", "))
}

/// What FP16 would do to the values, and what it depends on besides.
fn half_precision(subjects: &[Subject]) -> Option<String> {
    let f16 = CASTS.iter().position(|cast| cast.key == "f16")?;
    if subjects
        .iter()
        .all(|subject| subject.sqnr_db[f16].is_nan() && subject.overflow_f16 == 0)
    {
        return None;
    }
    let over = affected(subjects, |subject| subject.overflow_f16);
    let under = affected(subjects, |subject| subject.underflow_f16);
    let mut said = match over {
        None => "No value would overflow in FP16".to_owned(),
        Some(over) => format!("In FP16 {over} would overflow"),
    };
    said.push_str(&match under {
        None => ", and none would vanish.".to_owned(),
        Some(under) => format!("; {under} would become zero."),
    });
    said.push_str(
        " Whether FP16 is safe at run time, activations decide, which no checkpoint shows: they pass 65504 long before weights do.",
    );
    Some(said)
}

/// "12 values in 2 tensors (a, b)".
fn affected(subjects: &[Subject], of: impl Fn(&Subject) -> u64) -> Option<String> {
    let hit = largest_first(subjects.iter().filter(|subject| of(subject) > 0), &of);
    if hit.is_empty() {
        return None;
    }
    let count: u64 = hit.iter().map(|subject| of(subject)).sum();
    Some(format!(
        "{} of {} ({})",
        counted(count, "value", "values"),
        counted(hit.len() as u64, "tensor", "tensors"),
        some_names(hit.iter().map(|subject| subject.name)),
    ))
}

#[cfg(test)]
mod tests;
