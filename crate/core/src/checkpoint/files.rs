//! The files of one checkpoint, from their first bytes to the tensors that they hold.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::{Header, HeaderReader, ShardIndex, TensorInfo, UNKNOWN_BYTES};
use crate::Error;
use crate::report::{FileEntry, Problem};

/// Files whose headers are being read. What is wrong with them is collected on the way.
#[derive(Default)]
pub(crate) struct Files {
    files: Vec<File>,
    /// Names of files that could not even be opened.
    unreadable: Vec<String>,
    indexes: Vec<Result<ShardIndex, Error>>,
    problems: Vec<Problem>,
    selection: Option<Selection>,
}

/// Which tensors are wanted, by name.
type Selection = Box<dyn Fn(&str) -> bool + Send>;

struct File {
    name: String,
    bytes: u64,
    header: State,
}

enum State {
    Reading(HeaderReader),
    Read(Header),
    /// Its tensors were handed on.
    Taken,
    Failed,
}

impl Files {
    /// Adds a file; its index is returned.
    pub(crate) fn add(&mut self, name: &str, bytes: u64) -> usize {
        let header = State::Reading(HeaderReader::new(name, bytes));
        self.files.push(File {
            name: name.to_owned(),
            bytes,
            header,
        });
        self.settle(self.files.len() - 1);
        self.files.len() - 1
    }

    /// A file that is there and cannot be opened.
    pub(crate) fn add_unreadable(&mut self, name: &str, what: &str) {
        self.unreadable.push(name.to_owned());
        self.problems.push(of_file(name, what));
    }

    /// Adds the text of a `*.index.json`.
    pub(crate) fn add_index(&mut self, name: &str, bytes: &[u8]) {
        self.indexes.push(ShardIndex::parse(name, bytes));
    }

    /// The bytes that are needed next of the file's header, or `None` when it is
    /// complete or has failed.
    pub(crate) fn wants(&self, file: usize) -> Option<Range<u64>> {
        match &self.files.get(file)?.header {
            State::Reading(reader) => reader.wants(),
            _ => None,
        }
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub(crate) fn feed(&mut self, file: usize, bytes: &[u8]) {
        if let Some(File {
            header: State::Reading(reader),
            ..
        }) = self.files.get_mut(file)
        {
            reader.feed(bytes);
        }
        self.settle(file);
    }

    /// The file's header cannot be read at all.
    pub(crate) fn fail(&mut self, file: usize, what: &str) {
        if let Some(failed) = self.files.get_mut(file) {
            failed.header = State::Failed;
            self.problems.push(of_file(&failed.name, what));
        }
    }

    /// All their names, in order.
    pub(crate) fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Names of the tensors in the headers read so far, those with a problem among them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let headers = self.files.iter().filter_map(|file| match &file.header {
            State::Read(header) => Some(header),
            _ => None,
        });
        headers.flat_map(|header| {
            let readable = header.tensors.iter().map(|tensor| tensor.name.as_str());
            readable.chain(header.problems.iter().filter_map(|p| p.tensor.as_deref()))
        })
    }

    /// Leaves out, from [`take`](Self::take) on, the tensors that are not wanted
    /// and what is wrong with them; files are still held against their index whole.
    pub(crate) fn select(&mut self, wanted: impl Fn(&str) -> bool + Send + 'static) {
        self.selection = Some(Box::new(wanted));
    }

    /// What went wrong since this was last asked.
    pub(crate) fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// All headers are in: each file with its tensors in the order of their offsets.
    pub(crate) fn take(&mut self) -> Vec<(FileEntry, Vec<TensorInfo>)> {
        self.check_indexes();
        let mut taken = Vec::new();
        for file in &mut self.files {
            let State::Read(mut header) = std::mem::replace(&mut file.header, State::Taken) else {
                taken.push((file.entry(BTreeMap::new()), Vec::new()));
                continue;
            };
            if let Some(wanted) = &self.selection {
                header.tensors.retain(|tensor| wanted(&tensor.name));
                retain_wanted(&mut header.problems, wanted);
            }
            self.problems.extend(header.problems);
            taken.push((file.entry(header.metadata), header.tensors));
        }
        taken
    }

    fn settle(&mut self, file: usize) {
        let Some(entry) = self.files.get_mut(file) else {
            return;
        };
        let complete = matches!(&entry.header, State::Reading(reader) if reader.wants().is_none());
        if !complete {
            return;
        }
        let State::Reading(reader) = std::mem::replace(&mut entry.header, State::Failed) else {
            return;
        };
        match reader.finish() {
            Ok(header) => {
                if entry.bytes == UNKNOWN_BYTES {
                    let ends = header.tensors.iter().map(|tensor| tensor.end);
                    entry.bytes = ends.max().unwrap_or(header.header_bytes);
                }
                entry.header = State::Read(header);
            }
            Err(error) => self.problems.push(Problem::from(&error)),
        }
    }

    fn check_indexes(&mut self) {
        self.forgive_failed_shards();
        let headers: Vec<(&str, &Header)> = self
            .files
            .iter()
            .filter_map(|file| match &file.header {
                State::Read(header) => Some((file.name.as_str(), header)),
                _ => None,
            })
            .collect();
        let mut problems: Vec<Problem> = self
            .indexes
            .iter()
            .flat_map(|index| match index {
                Ok(index) => index.check(&headers),
                Err(error) => vec![Problem::from(error)],
            })
            .collect();
        if let Some(wanted) = &self.selection {
            retain_wanted(&mut problems, wanted);
        }
        self.problems.extend(problems);
    }

    /// A shard that could not be read is there, and its problem has been told:
    /// the index must not call it missing.
    fn forgive_failed_shards(&mut self) {
        let failed = self
            .files
            .iter()
            .filter(|file| matches!(file.header, State::Failed));
        let names = failed.map(|file| &file.name).chain(&self.unreadable);
        let failed: HashSet<&str> = names
            .filter_map(|name| name.rsplit(['/', '\\']).next())
            .collect();
        for index in self.indexes.iter_mut().flatten() {
            // Not `retain`: removing from a tree is much code for the page to load.
            for (tensor, shard) in std::mem::take(&mut index.weight_map) {
                if !failed.contains(shard.as_str()) {
                    index.weight_map.insert(tensor, shard);
                }
            }
        }
    }
}

impl File {
    fn entry(&self, metadata: BTreeMap<String, String>) -> FileEntry {
        FileEntry {
            name: self.name.clone(),
            bytes: self.bytes,
            metadata,
        }
    }
}

/// What is wrong with a file as a whole.
fn of_file(name: &str, what: &str) -> Problem {
    Problem {
        file: name.to_owned(),
        tensor: None,
        place: None,
        what: what.to_owned(),
    }
}

fn retain_wanted(problems: &mut Vec<Problem>, wanted: &Selection) {
    problems.retain(|problem| problem.tensor.as_deref().is_none_or(wanted));
}
