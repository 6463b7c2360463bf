//! Where a comparison is written.

use std::path::{Path, PathBuf};

use floatscope_core::diff::Collected;

use super::table;
use crate::arguments::{DiffOptions, Target};
use crate::inputs::shown;
use crate::outputs::{Output, is_same};

/// What is written at the end.
pub(super) struct Outputs {
    json: Option<Output>,
    csv: Option<Output>,
    markdown: Option<Output>,
    table: Option<Output>,
}

impl Outputs {
    /// # Errors
    /// Where one cannot be written, or would be written over what is read or another.
    pub(super) fn open(options: &DiffOptions, inputs: &[PathBuf]) -> Result<Self, String> {
        let targets = [
            ("--json", &options.json),
            ("--csv", &options.csv),
            ("--markdown", &options.markdown),
        ];
        let to_stdout: Vec<String> = targets
            .iter()
            .filter(|(_, target)| **target == Some(Target::Stdout))
            .map(|(option, _)| format!("{option} -"))
            .collect();
        if to_stdout.len() > 1 {
            let options = to_stdout.join(" and ");
            return Err(format!(
                "{options}: only one of them can be standard output"
            ));
        }
        let mut opened: Vec<(&Path, &str)> = Vec::new();
        let mut outputs = Vec::new();
        for (option, target) in targets {
            let output = target
                .as_ref()
                .map(|target| Output::open(target, inputs))
                .transpose()?;
            if let Some(Target::File(path)) = target {
                if let Some((_, other)) = opened.iter().find(|(other, _)| is_same(path, other)) {
                    let path = shown(path);
                    return Err(format!(
                        "{path}: cannot be written: it is what {other} writes"
                    ));
                }
                opened.push((path, option));
            }
            outputs.push(output);
        }
        let mut outputs = outputs.into_iter();
        let mut next = || outputs.next().flatten();
        Ok(Self {
            json: next(),
            csv: next(),
            markdown: next(),
            table: to_stdout.is_empty().then(Output::stdout),
        })
    }

    /// # Errors
    /// Where one cannot be written.
    pub(super) fn write(self, report: &Collected, all: bool) -> Result<(), String> {
        if let Some(json) = self.json {
            json.write_all(report.json_chunks())?;
        }
        if let Some(csv) = self.csv {
            csv.write_all(report.csv_lines())?;
        }
        if let Some(markdown) = self.markdown {
            markdown.write_all(std::iter::once(report.markdown()))?;
        }
        match self.table {
            Some(table) => table.write(|out| table::write(report, all, out)),
            None => Ok(()),
        }
    }
}
