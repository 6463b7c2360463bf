//! Where a comparison is written.

use std::path::PathBuf;

use floatscope_core::diff::Collected;

use super::table;
use crate::arguments::DiffOptions;
use crate::outputs::{Output, is_stdout, open_all};

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
        let takes_stdout = targets.iter().any(|(_, target)| is_stdout(target));
        let outputs = open_all(&targets, inputs)?;
        let mut outputs = outputs.into_iter();
        let mut next = || outputs.next().flatten();
        Ok(Self {
            json: next(),
            csv: next(),
            markdown: next(),
            table: (!takes_stdout).then(Output::stdout),
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
