//! Do the tensors cover the file, without holes and without overlaps?

use std::cmp::Ordering;

use super::problems::Problems;
use super::shown::{count, shown};

/// What one entry claims of the tensors' bytes.
pub(super) struct Claim<'a> {
    pub(super) name: &'a str,
    pub(super) begin: u64,
    pub(super) end: u64,
}

/// The tensors' part of a file.
#[derive(Clone, Copy)]
pub(super) struct Data {
    /// Where it begins in the file, in bytes.
    pub(super) begin: u64,
    /// Its length in bytes.
    pub(super) bytes: u64,
}

impl Data {
    /// A range of it in words, by its place in the file.
    pub(super) fn place(self, begin: u64, end: u64) -> String {
        // A hostile header can name bytes beyond 2^64; in u128 they still have a place.
        let at = |byte: u64| u128::from(self.begin) + u128::from(byte);
        format!("bytes {} to {}", at(begin), at(end))
    }
}

/// Reports every hole and overlap among `claims`, which are sorted by begin and
/// end, and whether they end where the file ends.
pub(super) fn check<'a>(
    claims: impl Iterator<Item = Claim<'a>>,
    data: Data,
    problems: &mut Problems,
) {
    let mut covered = 0;
    let mut last: Option<&str> = None;
    for claim in claims {
        check_join(&claim, covered, last, data, problems);
        if claim.end >= covered {
            covered = claim.end;
            last = Some(claim.name);
        }
    }
    check_end(covered, last, data, problems);
}

fn check_join(
    claim: &Claim<'_>,
    covered: u64,
    last: Option<&str>,
    data: Data,
    problems: &mut Problems,
) {
    match claim.begin.cmp(&covered) {
        Ordering::Equal => {}
        Ordering::Greater => {
            let place = data.place(covered, claim.begin);
            problems.of_file(place, hole(claim, covered, last));
        }
        Ordering::Less => {
            let shared = covered.min(claim.end) - claim.begin;
            let place = data.place(claim.begin, claim.begin + shared);
            problems.of_file(place, overlap(claim, shared, last.unwrap_or_default()));
        }
    }
}

fn hole(claim: &Claim<'_>, covered: u64, last: Option<&str>) -> String {
    let bytes = count(claim.begin - covered, "byte");
    let name = shown(claim.name);
    match last {
        Some(last) => {
            let last = shown(last);
            format!("{bytes} between tensors {last} and {name}")
        }
        None => format!("{bytes} before the first tensor {name}"),
    }
}

fn overlap(claim: &Claim<'_>, shared: u64, last: &str) -> String {
    let (last, name) = (shown(last), shown(claim.name));
    match shared {
        0 => format!("the empty tensor {name} lies inside tensor {last}"),
        _ => {
            let bytes = count(shared, "byte");
            format!("tensors {last} and {name} overlap by {bytes}")
        }
    }
}

fn check_end(covered: u64, last: Option<&str>, data: Data, problems: &mut Problems) {
    if covered < data.bytes {
        let rest = count(data.bytes - covered, "byte");
        let after = match last {
            Some(_) => "after the last tensor",
            None => "after the header, in no tensor",
        };
        problems.of_file(data.place(covered, data.bytes), format!("{rest} {after}"));
    } else if covered > data.bytes {
        problems.of_file(
            data.place(data.bytes, covered),
            format!(
                "the file is cut short: its tensors need {}, it holds {}",
                count(covered, "byte"),
                data.bytes
            ),
        );
    }
}
