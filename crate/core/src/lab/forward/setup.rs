//! From files and a config.json to a forward pass that can start.

use std::ops::Range;

use super::Forward;
use super::config::Config;
use super::policy::Policy;
use super::weights::{self, Tensors};
use crate::ancestry::prose::grouped;
use crate::checkpoint::{Files, shown};
use crate::report::Problem;

/// The logits of all runs together, in bytes: what must be held at once.
const MOST_LOGITS: u64 = 512 << 20;

/// Which tokens are run, and with which numerics.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Their ids, the first at position 0.
    pub tokens: Vec<u64>,
    /// The text that they are of, and what each of them is of it, where that is known: for the report.
    pub text: Option<String>,
    /// As [`text`](Self::text).
    pub pieces: Option<Vec<String>>,
    /// The first policy.
    pub a: Policy,
    /// The second one, which is held against it.
    pub b: Policy,
    /// Whether each change from `a` to `b` is run by itself, too, where there are several.
    pub attribute: bool,
}

impl Options {
    /// What a form says: ids with commas or spaces between, and policies.
    ///
    /// # Errors
    /// Names what is not understood.
    pub fn parse(tokens: &str, a: &str, b: &str, attribute: bool) -> Result<Self, String> {
        let ids = tokens.split(|it: char| it == ',' || it.is_whitespace());
        let ids = ids.filter(|id| !id.is_empty()).map(|id| {
            let number = id.parse();
            number.map_err(|_| {
                format!(
                    "{} is no token: a token is a whole number from 0 on",
                    shown(id)
                )
            })
        });
        Ok(Self {
            tokens: ids.collect::<Result<_, _>>()?,
            text: None,
            pieces: None,
            a: Policy::parse(a).map_err(|what| format!("policy a: {what}"))?,
            b: Policy::parse(b).map_err(|what| format!("policy b: {what}"))?,
            attribute,
        })
    }
}

/// A checkpoint whose headers are being read. Driven as [`crate::Job`] is.
pub struct Setup {
    name: String,
    files: Files,
}

impl Setup {
    /// A checkpoint without files, named for people.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            files: Files::default(),
        }
    }

    /// Adds a file; its index is returned.
    pub fn add_file(&mut self, name: &str, bytes: u64) -> usize {
        self.files.add(name, bytes)
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, name: &str, bytes: &[u8]) {
        self.files.add_index(name, bytes);
    }

    /// A file that is there and cannot be opened.
    pub fn add_unreadable(&mut self, name: &str, what: &str) {
        self.files.add_unreadable(name, what);
    }

    /// The bytes that are needed next of the file's header, or `None`.
    pub fn header_wants(&self, file: usize) -> Option<Range<u64>> {
        self.files.wants(file)
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, file: usize, bytes: &[u8]) {
        self.files.feed(file, bytes);
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, file: usize, what: &str) {
        self.files.fail(file, what);
    }

    /// All headers are in: what is to be run, by the text of config.json.
    ///
    /// # Errors
    /// A sentence that says which entry, tensor or token does not do, and what was expected.
    pub fn start(mut self, config: &[u8], options: Options) -> Result<Forward, String> {
        let config = Config::parse(config).map_err(|what| format!("config.json: {what}"))?;
        check_tokens(&options.tokens, config.vocabulary as u64)?;
        let mut tensors = Tensors::default();
        for (file, (_, of_file)) in self.files.take().into_iter().enumerate() {
            tensors.add(file, of_file);
        }
        let problems = self.files.take_problems();
        let uses = weights::listed(&config, &tensors)
            .map_err(|what| with_problem(what, problems.first()))?;
        let forward = Forward::new(self.name, config, uses, options);
        check_logits(&forward)?;
        Ok(forward)
    }
}

/// What is missing may be so because its file could not be read.
fn with_problem(what: String, problem: Option<&Problem>) -> String {
    match problem {
        Some(problem) => format!("{what} ({}: {})", problem.file, problem.what),
        None => what,
    }
}

fn check_tokens(tokens: &[u64], vocabulary: u64) -> Result<(), String> {
    if tokens.is_empty() {
        return Err("there are no tokens: at least one is needed".to_owned());
    }
    let outside = tokens.iter().position(|&token| token >= vocabulary);
    outside.map_or(Ok(()), |at| {
        Err(format!(
            "token {}, at position {at}, is outside the vocabulary: config.json has {} tokens, from 0 to {}",
            tokens[at],
            grouped(vocabulary),
            grouped(vocabulary - 1)
        ))
    })
}

fn check_logits(forward: &Forward) -> Result<(), String> {
    let bytes = forward.logits_bytes();
    match bytes <= MOST_LOGITS {
        true => Ok(()),
        false => Err(format!(
            "the logits would take {} MiB: at most {} are held; give fewer tokens, or fewer changes at a time",
            grouped(bytes >> 20),
            MOST_LOGITS >> 20
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_says_is_read() {
        let options = Options::parse(" 1, 2 3,\n4 ", "", "inv_freq=bf16", true);
        let expected = Options {
            tokens: vec![1, 2, 3, 4],
            text: None,
            pieces: None,
            a: Policy::FROM_PRETRAINED,
            b: Policy::TO_BF16,
            attribute: true,
        };
        assert_eq!(options, Ok(expected));
        let error = |tokens, a| Options::parse(tokens, a, "", false).expect_err("is wrong");
        let no_token = "\"-1\" is no token: a token is a whole number from 0 on";
        assert_eq!(error("1, -1", ""), no_token);
        assert_eq!(
            error("1", "x"),
            "policy a: x: a policy is a list of KEY=VALUE"
        );
    }
}
