//! Files that are there as a whole or not at all: who reads a report while it is made anew reads the one before.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A regular file that will be put in the place of another one, or where none is.
pub(super) struct Replacing {
    /// Of the file itself, where the name that was given is a link.
    path: PathBuf,
}

impl Replacing {
    /// Tries whether it will be possible, and changes nothing.
    ///
    /// # Errors
    /// Where it will not.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let replacing = Self {
            path: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
        };
        if replacing.path.exists() {
            // What may not be written may not be replaced either.
            OpenOptions::new().write(true).open(&replacing.path)?;
        } else {
            replacing.beside()?;
        }
        Ok(replacing)
    }

    /// Has it written beside, and puts it in its place when it is whole.
    ///
    /// # Errors
    /// Where it cannot be written; then what was there before is there.
    pub(super) fn write(
        &self,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.beside() {
            Ok(mut file) => {
                content(file.as_file_mut())?;
                file.persist(&self.path).map_err(|refused| refused.error)?;
                Ok(())
            }
            // The folder takes no other file, but the file may be written.
            Err(refused) if refused.kind() == ErrorKind::PermissionDenied => {
                content(&mut File::create(&self.path)?)
            }
            Err(error) => Err(error),
        }
    }

    /// A new file in the same folder, with the rights that the other one has, or any new one.
    fn beside(&self) -> io::Result<NamedTempFile> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut builder = Builder::new();
        builder.prefix(".floatscope-");
        #[cfg(unix)]
        let rights = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        #[cfg(unix)]
        builder.permissions(rights);
        let file = builder.tempfile_in(folder)?;
        if let Ok(there) = self.path.metadata() {
            file.as_file().set_permissions(there.permissions())?;
        }
        Ok(file)
    }
}

/// Where a report goes.
pub(super) enum Place {
    /// A device, a pipe, standard output.
    Stream(Box<dyn Write>),
    File(Replacing),
}

impl Place {
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let is_file = path.metadata().map_or(true, |there| there.is_file());
        Ok(match is_file {
            true => Self::File(Replacing::new(path)?),
            false => Self::Stream(Box::new(File::create(path)?)),
        })
    }
}
