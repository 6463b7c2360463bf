//! Counting tests by what their runners say when they close.

use crate::shell;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// A check without tests of its own that holds.
    pub(crate) const PASSED: Self = Self {
        passed: 1,
        failed: 0,
    };
    /// One that does not.
    pub(crate) const FAILED: Self = Self {
        passed: 0,
        failed: 1,
    };
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self {
            passed: sum.passed + tally.passed,
            failed: sum.failed + tally.failed,
        })
    }
}

/// Runs a test runner, shows what it prints and counts by its closing lines.
///
/// A runner that fails without naming a test, or that ran none, failed.
pub(crate) fn counted(command: &mut Command) -> Result<Tally> {
    let line = shell::line(command);
    println!("$ {line}");
    let child = command.stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| line.clone())?;
    let output = child.stdout.take().expect("stdout is piped");
    let mut tallies = Vec::new();
    for text in BufReader::new(output).lines() {
        let text = text?;
        println!("{text}");
        tallies.extend(closing_line(&text));
    }
    let succeeded = child.wait()?.success();
    Ok(judged(tallies.into_iter().sum(), succeeded))
}

/// The tally that the output of a runner ends with.
pub(crate) fn last(printed: &str, succeeded: bool) -> Tally {
    let line = printed.lines().next_back().map(str::trim);
    judged(line.and_then(plain_line).unwrap_or_default(), succeeded)
}

fn judged(tally: Tally, succeeded: bool) -> Tally {
    if tally == Tally::default() || (!succeeded && tally.failed == 0) {
        return [tally, Tally::FAILED].into_iter().sum();
    }
    tally
}

/// What one line of a runner's output adds to its tally.
fn closing_line(line: &str) -> Option<Tally> {
    let line = line.trim();
    cargo_line(line)
        .or_else(|| node_line(line))
        .or_else(|| plain_line(line))
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
fn cargo_line(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let passed = counts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = counts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(Tally { passed, failed })
}

/// `ℹ pass 12`, `ℹ fail 0`, `ℹ cancelled 0`, each on a line of its own.
fn node_line(line: &str) -> Option<Tally> {
    let (kind, count) = line.strip_prefix("ℹ ")?.split_once(' ')?;
    let count = count.parse().ok()?;
    let (passed, failed) = match kind {
        "pass" => (count, 0),
        "fail" | "cancelled" => (0, count),
        _ => return None,
    };
    Some(Tally { passed, failed })
}

/// `12 passed, 0 failed`
fn plain_line(line: &str) -> Option<Tally> {
    let (passed, failed) = line.split_once(" passed, ")?;
    let passed = passed.parse().ok()?;
    let failed = failed.strip_suffix(" failed")?.parse().ok()?;
    Some(Tally { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::{Tally, closing_line, judged, last};

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed }
    }

    #[test]
    fn every_runner_is_understood() {
        let cargo = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured";
        assert_eq!(closing_line(cargo), Some(tally(3, 2)));
        assert_eq!(closing_line("ℹ pass 7"), Some(tally(7, 0)));
        assert_eq!(closing_line("ℹ fail 1"), Some(tally(0, 1)));
        assert_eq!(closing_line("ℹ cancelled 2"), Some(tally(0, 2)));
        assert_eq!(closing_line("12 passed, 4 failed"), Some(tally(12, 4)));
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["ℹ tests 8", "ℹ duration_ms 12.5", "running 3 tests", ""] {
            assert_eq!(closing_line(line), None, "{line}");
        }
    }

    #[test]
    fn an_output_counts_by_its_last_line() {
        let printed = "12 passed, 4 failed\nstep 3\n\n5 passed, 0 failed\n";
        assert_eq!(last(printed, true), tally(5, 0));
        assert_eq!(last(printed, false), tally(5, 1));
        assert_eq!(last("12 passed, 4 failed\nkilled\n", false), tally(0, 1));
        assert_eq!(last("", true), tally(0, 1));
    }

    #[test]
    fn a_runner_that_fails_or_runs_nothing_never_passes() {
        assert_eq!(judged(tally(3, 0), true), tally(3, 0));
        assert_eq!(judged(tally(3, 2), false), tally(3, 2));
        assert_eq!(judged(tally(3, 0), false), tally(3, 1));
        assert_eq!(judged(tally(0, 0), true), tally(0, 1));
    }
}
