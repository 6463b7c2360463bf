//! What a checkpoint's headers say of it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::checkpoint::TensorInfo;

/// A file of the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    /// As the user named it.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The header's `__metadata__`.
    pub metadata: BTreeMap<String, String>,
}

/// Sums over the tensors of one dtype.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DtypeTotals {
    /// Number of tensors.
    pub tensors: u64,
    /// Number of elements.
    pub parameters: u64,
    /// Bytes of tensor data.
    pub bytes: u64,
}

/// What is known of a checkpoint from its headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// A name for people.
    pub name: String,
    /// Its files.
    pub files: Vec<FileEntry>,
    /// Number of tensors.
    pub tensors: u64,
    /// Number of elements.
    pub parameters: u64,
    /// Bytes of tensor data.
    pub bytes: u64,
    /// Sums by dtype, in the order of their names; an object in JSON.
    #[serde(serialize_with = "as_map")]
    pub dtypes: Vec<(&'static str, DtypeTotals)>,
}

impl Checkpoint {
    /// Adds a tensor to the sums.
    pub(crate) fn add(&mut self, tensor: &TensorInfo) {
        let totals = self.totals_of(tensor.dtype.name());
        // Overlapping tensors may state more than any file holds.
        totals.tensors += 1;
        totals.parameters = totals.parameters.saturating_add(tensor.elements());
        totals.bytes = totals.bytes.saturating_add(tensor.bytes());
        self.tensors += 1;
        self.parameters = self.parameters.saturating_add(tensor.elements());
        self.bytes = self.bytes.saturating_add(tensor.bytes());
    }

    fn totals_of(&mut self, dtype: &'static str) -> &mut DtypeTotals {
        let at = self.dtypes.partition_point(|totals| totals.0 < dtype);
        if self.dtypes.get(at).is_none_or(|totals| totals.0 != dtype) {
            self.dtypes.insert(at, (dtype, DtypeTotals::default()));
        }
        &mut self.dtypes[at].1
    }
}

fn as_map<S: Serializer>(
    dtypes: &[(&'static str, DtypeTotals)],
    out: S,
) -> Result<S::Ok, S::Error> {
    out.collect_map(dtypes.iter().copied())
}
