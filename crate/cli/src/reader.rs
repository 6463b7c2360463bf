//! Reads ranges of files: mapped where that can be done, by positioned reads otherwise.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::places::Place;
use crate::remote::RemoteSource;

/// Bytes looked at in one go: long enough for the kernel, and in cache when they are counted.
const CHUNK_BYTES: usize = 1 << 20;

/// A file that is open, and what it was like then.
pub(crate) struct Source {
    from: Origin,
    version: Version,
}

/// Where its bytes come from.
enum Origin {
    File(File),
    Url(Arc<RemoteSource>),
}

/// What tells a file that somebody has changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    bytes: u64,
    /// None on systems that know no such time.
    changed: Option<SystemTime>,
}

impl std::convert::From<&Metadata> for Version {
    fn from(metadata: &Metadata) -> Self {
        Self {
            bytes: metadata.len(),
            changed: metadata.modified().ok(),
        }
    }
}

/// A file, and what it was like when its header was read.
pub(crate) struct KnownFile {
    pub(crate) place: Place,
    pub(crate) version: Version,
}

impl KnownFile {
    /// What is read from now on will be looked at again: at an address it is not asked for twice.
    pub(crate) fn keep(&self) {
        if let Place::Url(remote) = &self.place {
            remote.keep();
        }
    }
}

/// The file that a thread has open.
#[derive(Default)]
pub(crate) struct Opened(Option<(Place, Source)>);

impl Opened {
    /// The file, opened unless it is the one that is open.
    ///
    /// # Errors
    /// Where it cannot be opened, or is another by now.
    pub(crate) fn file(&mut self, file: &KnownFile) -> io::Result<&Source> {
        if self
            .0
            .as_ref()
            .is_none_or(|(place, _)| *place != file.place)
        {
            let source = match &file.place {
                Place::Path(path) => Source::open_file(path)?,
                Place::Url(remote) => Source::of_url(remote),
            };
            self.0 = Some((file.place.clone(), source));
        }
        let (_, source) = self.0.as_ref().expect("it was just opened");
        source.check(file.version)?;
        Ok(source)
    }
}

/// Takes the bytes of a range.
pub(crate) trait Sink {
    /// The range starts, perhaps over again: what was seen of it is void.
    fn restart(&mut self);
    /// The next bytes of it.
    fn feed(&mut self, bytes: &[u8]);
}

impl Source {
    /// Opens it. The first bytes of what is at an address are read, which tells its length.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub(crate) fn open(place: &Place) -> io::Result<Self> {
        match place {
            Place::Path(path) => Self::open_file(path),
            Place::Url(remote) => {
                remote.open()?;
                Ok(Self::of_url(remote))
            }
        }
    }

    fn of_url(remote: &Arc<RemoteSource>) -> Self {
        Self {
            version: Version {
                bytes: remote.bytes(),
                changed: None,
            },
            from: Origin::Url(Arc::clone(remote)),
        }
    }

    /// Opens a regular file. Opening a pipe would wait for a writer, and its bytes
    /// cannot be had in any order.
    ///
    /// # Errors
    /// Where the file is of another kind or cannot be opened.
    fn open_file(path: &Path) -> io::Result<Self> {
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("this is no regular file"));
        }
        let file = File::open(path)?;
        let version = Version::from(&file.metadata()?);
        let from = Origin::File(file);
        Ok(Self { from, version })
    }

    /// Length in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.version.bytes
    }

    /// What it was like when it was opened.
    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// Fails where the file is no longer of this version.
    ///
    /// # Errors
    /// Says how it differs.
    pub(crate) fn check(&self, version: Version) -> io::Result<()> {
        let Origin::File(file) = &self.from else {
            // Each answer was held against the ones before it.
            return Ok(());
        };
        let now = Version::from(&file.metadata()?);
        let what = match () {
            () if now == version => return Ok(()),
            () if now.bytes != version.bytes => {
                let (before, now) = (version.bytes, now.bytes);
                format!("the file had {before} bytes when its header was read and now has {now}")
            }
            () => "the file was changed after its header was read".to_owned(),
        };
        Err(io::Error::other(what))
    }

    /// The bytes of a short range, or fewer where the file ends early.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub(crate) fn bytes_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        let read = self.read_at(&mut bytes, range.start)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Fills the buffer from an offset, or a part of it where the file ends early.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let file = match &self.from {
            Origin::File(file) => file,
            Origin::Url(remote) => return remote.read_at(buffer, offset),
        };
        let mut filled = 0;
        while filled < buffer.len() {
            match read_some_at(file, &mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

#[cfg(unix)]
fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// One thread's way of reading.
#[derive(Default)]
pub(crate) struct Reader {
    /// For reads; empty until the first.
    buffer: Vec<u8>,
}

impl Reader {
    /// Feeds a range of the file to the sink.
    ///
    /// # Errors
    /// Where the range cannot be read, or not to its end.
    pub(crate) fn read(
        &mut self,
        source: &Source,
        range: Range<u64>,
        sink: &mut impl Sink,
    ) -> io::Result<()> {
        let file = match &source.from {
            Origin::File(file) => file,
            Origin::Url(remote) => {
                sink.restart();
                return remote.stream(range, &mut |bytes| sink.feed(bytes));
            }
        };
        if map(file, range.clone(), sink).is_ok() {
            return Ok(());
        }
        // A file system may refuse mappings; and where a part of the file was
        // lost, a read says which and why.
        self.read_by_copy(source, range, sink)
    }

    fn read_by_copy(
        &mut self,
        source: &Source,
        range: Range<u64>,
        sink: &mut impl Sink,
    ) -> io::Result<()> {
        self.buffer.resize(CHUNK_BYTES, 0);
        sink.restart();
        let mut at = range.start;
        while at < range.end {
            let length = (range.end - at).min(CHUNK_BYTES as u64) as usize;
            let read = source.read_at(&mut self.buffer[..length], at)?;
            sink.feed(&self.buffer[..read]);
            at += read as u64;
            if read < length {
                let what = format!("the file ended at byte {at}");
                return Err(io::Error::new(ErrorKind::UnexpectedEof, what));
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn map(file: &File, range: Range<u64>, sink: &mut impl Sink) -> io::Result<()> {
    sink.restart();
    crate::mapped::look_at(file, range, |bytes| {
        for chunk in bytes.chunks(CHUNK_BYTES) {
            sink.feed(chunk);
        }
    })
}

/// Elsewhere a fault in a mapping cannot be outlived: files are read.
#[cfg(not(unix))]
fn map(_: &File, _: Range<u64>, _: &mut impl Sink) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A file that is removed when it is dropped.
    pub(crate) struct Scratch(PathBuf);

    impl Scratch {
        pub(crate) fn new(name: &str, bytes: &[u8]) -> Self {
            let name = format!("floatscope-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, bytes).expect("a scratch file can be written");
            Self(path)
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0
        }

        pub(crate) fn truncate(&self, bytes: u64) {
            let file = File::options().write(true).open(&self.0);
            let file = file.expect("the scratch file opens");
            file.set_len(bytes).expect("a file can be cut");
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[derive(Default)]
    struct Copied(Vec<u8>);

    impl Sink for Copied {
        fn restart(&mut self) {
            self.0.clear();
        }
        fn feed(&mut self, bytes: &[u8]) {
            self.0.extend(bytes);
        }
    }

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|at| ((at * 7) >> 3) as u8).collect()
    }

    #[test]
    fn mapped_and_copied_bytes_are_the_same() {
        let bytes = pattern(3 * CHUNK_BYTES + 5);
        let scratch = Scratch::new("both", &bytes);
        let source = Source::open_file(scratch.path()).expect("it opens");
        for (begin, end) in [(0, bytes.len()), (70_001, 70_002), (8, 2 * CHUNK_BYTES + 9)] {
            let range = begin as u64..end as u64;
            let mut copied = Copied::default();
            let copy = Reader::default().read_by_copy(&source, range.clone(), &mut copied);
            copy.expect("it can be read");
            assert!(copied.0 == bytes[begin..end]);
            let mut mapped = Copied::default();
            let Origin::File(file) = &source.from else {
                panic!("it is a file");
            };
            let by_map = map(file, range, &mut mapped);
            assert_eq!(by_map.is_ok(), cfg!(unix));
            assert!(cfg!(not(unix)) || mapped.0 == bytes[begin..end]);
        }
    }

    #[test]
    fn a_file_that_was_cut_says_where_it_ends() {
        let scratch = Scratch::new("cut", &pattern(200_000));
        let source = Source::open_file(scratch.path()).expect("it opens");
        scratch.truncate(123_456);
        let mut seen = Copied::default();
        let error = Reader::default().read(&source, 0..200_000, &mut seen);
        let error = error.expect_err("it was cut").to_string();
        assert_eq!(error, "the file ended at byte 123456");
        let error = source
            .check(source.version())
            .expect_err("it was cut")
            .to_string();
        assert_eq!(
            error,
            "the file had 200000 bytes when its header was read and now has 123456"
        );
    }

    #[test]
    fn a_file_that_was_written_to_is_noticed() {
        let scratch = Scratch::new("written", &pattern(1000));
        let source = Source::open_file(scratch.path()).expect("it opens");
        source
            .check(source.version())
            .expect("nobody has changed it");
        let file = File::options()
            .write(true)
            .open(scratch.path())
            .expect("it opens");
        let later = SystemTime::now() + std::time::Duration::from_secs(5);
        file.set_modified(later).expect("a file's time can be set");
        let error = source
            .check(source.version())
            .expect_err("it was changed")
            .to_string();
        assert_eq!(error, "the file was changed after its header was read");
    }
}
