//! Reads the headers of a checkpoint's files, whatever is to be done with their tensors.

use std::path::{Path, PathBuf};

use floatscope_core::Job;
use floatscope_core::lab::{forward, matmul};
use floatscope_core::report::Problem;

use crate::inputs::{self, shown, what};
use crate::places::Place;
use crate::reader::{KnownFile, Source};

/// What takes headers in.
pub(crate) trait Headers {
    /// Adds the text of a `*.index.json`.
    fn add_index(&mut self, name: &str, bytes: &[u8]);
    /// Adds a file; its index is returned.
    fn add_file(&mut self, name: &str, bytes: u64) -> usize;
    /// A file that is there and cannot be opened.
    fn add_unreadable(&mut self, name: &str, what: &str);
    /// The bytes that are needed next of the file's header.
    fn wants(&self, file: usize) -> Option<std::ops::Range<u64>>;
    /// Feeds what was wanted.
    fn feed(&mut self, file: usize, bytes: &[u8]);
    /// The header cannot be read.
    fn fail(&mut self, file: usize, what: &str);
}

/// Indexes first, then each file's header; the files that could be opened are returned.
pub(crate) fn read(
    taker: &mut impl Headers,
    indexes: &[(PathBuf, Vec<u8>)],
    files: Vec<Place>,
) -> Vec<KnownFile> {
    for (path, bytes) in indexes {
        taker.add_index(&shown(path), bytes);
    }
    let mut known = Vec::new();
    for place in files {
        match Source::open(&place) {
            Ok(source) => {
                read_one(taker, &place.name(), &source);
                let version = source.version();
                known.push(KnownFile { place, version });
            }
            Err(error) => taker.add_unreadable(&place.name(), &what(&error)),
        }
    }
    known
}

/// Looks whether what is at an address has changed meanwhile, where its server does not tell.
pub(crate) fn check_again(files: &[KnownFile], mut tell: impl FnMut(Problem)) {
    for file in files {
        let Place::Url(remote) = &file.place else {
            continue;
        };
        if let Err(error) = remote.check_again() {
            tell(inputs::problem(Path::new(&remote.name), &what(&error)));
        }
    }
}

fn read_one(taker: &mut impl Headers, name: &str, source: &Source) {
    let file = taker.add_file(name, source.bytes());
    while let Some(range) = taker.wants(file) {
        match source.bytes_at(range) {
            Ok(bytes) => taker.feed(file, &bytes),
            Err(error) => taker.fail(file, &what(&error)),
        }
    }
}

/// Their methods of the same names.
macro_rules! takes_headers {
    ($($taker:ty),*) => {$(
        impl Headers for $taker {
            fn add_index(&mut self, name: &str, bytes: &[u8]) {
                self.add_index(name, bytes);
            }
            fn add_file(&mut self, name: &str, bytes: u64) -> usize {
                self.add_file(name, bytes)
            }
            fn add_unreadable(&mut self, name: &str, what: &str) {
                self.add_unreadable(name, what);
            }
            fn wants(&self, file: usize) -> Option<std::ops::Range<u64>> {
                self.header_wants(file)
            }
            fn feed(&mut self, file: usize, bytes: &[u8]) {
                self.header_feed(file, bytes);
            }
            fn fail(&mut self, file: usize, what: &str) {
                self.header_failed(file, what);
            }
        }
    )*};
}

takes_headers!(Job, matmul::Job, forward::Setup);
