//! Where reports are written: files and standard output.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::arguments::Target;
use crate::inputs::{shown, what};

/// Something to write to, and its name for messages.
pub(crate) struct Output {
    name: String,
    /// The file, if it was not there before.
    path: Option<PathBuf>,
    writer: BufWriter<Box<dyn Write>>,
}

impl Output {
    /// Opens a target, which empties the file. Before the scan, so that nobody waits in vain.
    ///
    /// # Errors
    /// Says which target cannot be opened and why. A file that is to be read is refused.
    pub(crate) fn open(target: &Target, inputs: &[PathBuf]) -> Result<Self, String> {
        let path = match target {
            Target::Stdout => return Ok(Self::stdout()),
            Target::File(path) => path,
        };
        let name = shown(path);
        if inputs.iter().any(|input| is_same(path, input)) {
            return Err(format!("{name}: cannot be written: it is to be read"));
        }
        let is_new = !path.exists();
        match File::create(path) {
            Ok(file) => Ok(Self {
                path: is_new.then(|| path.clone()),
                ..Self::new(name, Box::new(file))
            }),
            Err(error) => Err(format!("{name}: cannot be written: {}", what(&error))),
        }
    }

    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self::new("standard output".to_owned(), Box::new(io::stdout()))
    }

    fn new(name: String, writer: Box<dyn Write>) -> Self {
        Self {
            name,
            path: None,
            writer: BufWriter::with_capacity(64 << 10, writer),
        }
    }

    /// Takes back the empty file that opening made: there is nothing to write.
    pub(crate) fn take_back(self) {
        if let Some(path) = self.path {
            // What cannot be removed stays, and is empty.
            let _ = std::fs::remove_file(path);
        }
    }

    /// Writes one text after the other.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) fn write_all(self, mut texts: impl Iterator<Item = String>) -> Result<(), String> {
        self.write(|out| texts.try_for_each(|text| out.write_all(text.as_bytes())))
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Says where it failed and why. A reader that has seen enough (`| head`) is no error.
    pub(crate) fn write(
        mut self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), String> {
        let written = content(&mut self.writer).and_then(|()| self.writer.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!(
                "{}: cannot be written: {}",
                self.name,
                what(&error)
            )),
            _ => Ok(()),
        }
    }
}

/// Opens what options name, in their order.
///
/// # Errors
/// Where one cannot be written, would be written over what is read or another, or where
/// several are standard output.
pub(crate) fn open_all(
    targets: &[(&str, &Option<Target>)],
    inputs: &[PathBuf],
) -> Result<Vec<Option<Output>>, String> {
    let to_stdout: Vec<String> = targets
        .iter()
        .filter(|(_, target)| is_stdout(target))
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
    Ok(outputs)
}

/// Whether a target is standard output.
pub(crate) fn is_stdout(target: &Option<Target>) -> bool {
    *target == Some(Target::Stdout)
}

/// Whether two paths lead to one regular file, be it by links.
fn is_same(a: &Path, b: &Path) -> bool {
    matches!((identity(a), identity(b)), (Some(a), Some(b)) if a == b)
}

/// Device and inode, which hard links share.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata().ok()?;
    metadata.is_file().then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    path.is_file().then(|| path.canonicalize().ok()).flatten()
}
