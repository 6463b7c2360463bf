//! The few options the commands take. Four commands do not pay for an
//! argument parser that everyone who builds the page would have to compile.

use anyhow::{Context, Result, bail};

/// What stands after the command's name; each `take_…` removes what it reads.
pub(crate) struct Options(Vec<String>);

impl Options {
    pub(crate) fn new(arguments: impl Iterator<Item = String>) -> Self {
        Self(arguments.collect())
    }

    /// Whether the usage is asked for: then nothing else is done.
    pub(crate) fn ask_for_help(&self) -> bool {
        self.0.iter().any(|word| word == "--help" || word == "-h")
    }

    /// Whether `--name` is there.
    pub(crate) fn take_flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != name);
        self.0.len() < before
    }

    /// The value of `--name VALUE`.
    pub(crate) fn take_value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else {
            return Ok(None);
        };
        self.0.remove(at);
        if at == self.0.len() {
            bail!("{name} needs a value");
        }
        Ok(Some(self.0.remove(at)))
    }

    /// The value of `--name N`.
    pub(crate) fn take_number<T>(&mut self, name: &str) -> Result<Option<T>>
    where
        T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        let parse = |text: String| text.parse().with_context(|| format!("{name} {text}"));
        self.take_value(name)?.map(parse).transpose()
    }

    /// The first word that is no option.
    pub(crate) fn take_word(&mut self) -> Option<String> {
        let at = self.0.iter().position(|word| !word.starts_with("--"))?;
        Some(self.0.remove(at))
    }

    /// Fails when anything is left that no one asked for.
    pub(crate) fn finish(self) -> Result<()> {
        match self.0.first() {
            Some(unknown) => bail!("unknown argument `{unknown}`"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn options(line: &str) -> Options {
        Options::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_kind_of_option_is_read_in_any_order() {
        let mut options = options("kernels --open --port 80");
        assert_eq!(options.take_number::<u16>("--port").unwrap(), Some(80));
        assert!(options.take_flag("--open"));
        assert!(!options.take_flag("--open"));
        assert_eq!(options.take_word().as_deref(), Some("kernels"));
        assert!(options.finish().is_ok());
    }

    #[test]
    fn mistakes_are_named() {
        let error = options("--port").take_value("--port").unwrap_err();
        assert_eq!(error.to_string(), "--port needs a value");
        assert!(options("--port x").take_number::<u16>("--port").is_err());
        let error = options("--prot 80").finish().unwrap_err();
        assert_eq!(error.to_string(), "unknown argument `--prot`");
    }
}
