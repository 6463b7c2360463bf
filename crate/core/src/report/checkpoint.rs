//! What a checkpoint's headers say of it.

use std::collections::BTreeMap;

use serde::Serialize;

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
    /// Sums by dtype.
    pub dtypes: BTreeMap<&'static str, DtypeTotals>,
}

impl Checkpoint {
    /// Adds a tensor to the sums.
    pub(super) fn add(&mut self, tensor: &TensorInfo) {
        let totals = self.dtypes.entry(tensor.dtype.name()).or_default();
        for sum in [&mut totals.tensors, &mut self.tensors] {
            *sum += 1;
        }
        // Overlapping tensors may state more than any file holds.
        for sum in [&mut totals.parameters, &mut self.parameters] {
            *sum = sum.saturating_add(tensor.elements());
        }
        for sum in [&mut totals.bytes, &mut self.bytes] {
            *sum = sum.saturating_add(tensor.bytes());
        }
    }
}
