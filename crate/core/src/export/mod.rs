//! The report for people and their tools: a table for a spreadsheet, a few lines and a badge
//! for a model card, a page that stands alone. Command and page write the same bytes.
//!
//! Every export is written from the JSON of the report, whose figures are held to the
//! oracles, and like it as a stream: nothing needs all of it in one string.

mod badge;
mod casts;
mod csv;
mod decimal;
mod entry;
mod html;
mod markdown;
mod picture;
mod survey;
mod words;

use crate::report::Collector;
use survey::Survey;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// One row a tensor (RFC 4180).
    Csv,
    /// A headline and tables for a model card, in GitHub's Markdown.
    Markdown,
    /// One static page with pictures and no script.
    Html,
    /// A small SVG with the verdict in few words.
    Badge,
}

impl Export {
    /// The export of a file ending: "csv", "md", "html", "svg".
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "csv" => Some(Export::Csv),
            "md" => Some(Export::Markdown),
            "html" => Some(Export::Html),
            "svg" => Some(Export::Badge),
            _ => None,
        }
    }
}

/// Tensors that are looked at before others have their turn.
const TENSORS_AT_ONCE: usize = 64;
/// Bytes after which a piece is handed on.
const CHUNK_BYTES: usize = 64 << 10;

/// How far an export is written.
#[derive(Debug)]
pub struct Writing {
    export: Export,
    arguments: String,
    survey: Survey,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Looking,
    /// The next tensor.
    Rows(usize),
    Ended,
}

impl Writing {
    /// Nothing yet.
    pub fn new(export: Export) -> Self {
        Self {
            export,
            arguments: String::new(),
            survey: Survey::default(),
            stage: Stage::Looking,
        }
    }

    /// Options of the command that change what is reported, each after a space: they stand in
    /// the command that the export names.
    #[must_use]
    pub fn with_arguments(mut self, arguments: String) -> Self {
        self.arguments = arguments;
        self
    }

    /// The next piece, which may be empty while tensors are looked at; nothing at the end.
    pub fn next(&mut self, report: &Collector) -> Option<String> {
        match self.stage {
            Stage::Looking => Some(self.look(report)),
            Stage::Rows(next) => Some(self.rows(report, next)),
            Stage::Ended => None,
        }
    }

    fn look(&mut self, report: &Collector) -> String {
        if self.export == Export::Csv {
            self.stage = Stage::Rows(0);
            return csv::titles(report);
        }
        for _ in 0..TENSORS_AT_ONCE {
            if self.export == Export::Badge || self.survey.is_done(report) {
                return self.begin(report);
            }
            self.survey.step(report);
        }
        String::new()
    }

    fn begin(&mut self, report: &Collector) -> String {
        self.stage = Stage::Ended;
        match self.export {
            Export::Markdown => markdown::write(report, &self.survey, &self.arguments),
            Export::Badge => badge::write(report),
            Export::Html => {
                self.stage = Stage::Rows(0);
                html::head(report, &self.survey)
            }
            Export::Csv => String::new(),
        }
    }

    fn rows(&mut self, report: &Collector, mut next: usize) -> String {
        let most = match self.export {
            Export::Html => html::ROWS.min(report.len()),
            _ => report.len(),
        };
        let mut out = String::new();
        while out.len() < CHUNK_BYTES && next < most {
            out.push_str(&match self.export {
                Export::Html => html::row(report, next),
                _ => csv::rows(report, next),
            });
            next += 1;
        }
        self.stage = Stage::Rows(next);
        if next == most {
            self.stage = Stage::Ended;
            if self.export == Export::Html {
                out.push_str(&html::tail(report, &self.arguments));
            }
        }
        out
    }
}

impl Collector {
    /// An export in pieces.
    pub fn export(&self, mut writing: Writing) -> impl Iterator<Item = String> + '_ {
        std::iter::from_fn(move || writing.next(self))
    }
}

#[cfg(test)]
mod tests;
