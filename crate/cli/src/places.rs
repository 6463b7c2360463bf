//! Where a file of a checkpoint is: on this machine, or at an address.

use std::path::PathBuf;
use std::sync::Arc;

use crate::inputs::shown;
use crate::remote::RemoteSource;

/// A file on this machine, or one at an address.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Path(PathBuf),
    Url(Arc<RemoteSource>),
}

impl Place {
    /// As it is called in reports.
    pub(crate) fn name(&self) -> String {
        match self {
            Place::Path(path) => shown(path),
            Place::Url(remote) => remote.name.clone(),
        }
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Place::Path(path), Place::Path(other)) => path == other,
            (Place::Url(remote), Place::Url(other)) => Arc::ptr_eq(remote, other),
            _ => false,
        }
    }
}
