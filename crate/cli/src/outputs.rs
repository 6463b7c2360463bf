//! Where reports are written: files and standard output.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use replacing::Place;

use crate::arguments::Target;
use crate::inputs::{shown, what};

mod replacing;

/// Something to write to, and its name for messages.
pub(crate) struct Output {
    name: String,
    place: Place,
}

impl Output {
    /// Opens a target, so that nobody waits for a scan in vain. A file stays as it is until all of the new one is
    /// there.
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
        match Place::of(path) {
            Ok(place) => Ok(Self { name, place }),
            Err(error) => Err(format!("{name}: cannot be written: {}", what(&error))),
        }
    }

    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self {
            name: "standard output".to_owned(),
            place: Place::Stream(Box::new(io::stdout())),
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
        self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), String> {
        let written = match self.place {
            Place::Stream(mut stream) => buffered(&mut stream, content),
            Place::File(file) => file.write(|file| buffered(file, content)),
        };
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

fn buffered(
    writer: &mut impl Write,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(64 << 10, writer);
    content(&mut writer)?;
    writer.flush()
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

/// Whether two paths lead to one regular file, be it by links, or to one place where none is yet.
fn is_same(a: &Path, b: &Path) -> bool {
    let is_one_file = matches!((identity(a), identity(b)), (Some(a), Some(b)) if a == b);
    let is_one_place = || matches!((future(a), future(b)), (Some(a), Some(b)) if a == b);
    is_one_file || (!a.exists() && !b.exists() && is_one_place())
}

/// Where a file will be that is not there.
fn future(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
    Some(folder.join(path.file_name()?))
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
