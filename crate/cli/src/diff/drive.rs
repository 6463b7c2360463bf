//! Drives a comparison with several threads.

use std::io;
use std::task::Poll;

use floatscope_core::diff::{Comparison, PairRun, PairWorker, Side};
use indicatif::ProgressBar;

use crate::arguments::DiffOptions;
use crate::inputs::what;
use crate::progress;
use crate::reader::{KnownFile, Opened, Source, Version};
use crate::threads::{self, Shared};

/// Bytes read of a side at a time.
const CHUNK_BYTES: u64 = 1 << 18;

/// Hands the runs to threads until none is left.
pub(super) fn compare(
    comparison: &mut Comparison,
    files: &[Vec<KnownFile>; 2],
    options: &DiffOptions,
) {
    let threads = threads::count(options.threads);
    comparison.start(threads as u64);
    let total_bytes = comparison.waiting_bytes();
    let shared = Comparing {
        comparison: Shared::new(comparison),
        files,
        bar: progress::bar(total_bytes, !options.no_progress),
    };
    threads::work_in(threads, total_bytes, || shared.work());
    shared.bar.finish_and_clear();
}

/// What the threads share.
struct Comparing<'a> {
    comparison: Shared<&'a mut Comparison>,
    files: &'a [Vec<KnownFile>; 2],
    bar: ProgressBar,
}

impl Comparing<'_> {
    /// Compares runs until none is left.
    fn work(&self) {
        let mut worker = PairWorker::new();
        let mut opened = <[Opened; 2]>::default();
        let next = |comparison: &mut &mut Comparison| match comparison.next_run() {
            Some(run) => Poll::Ready(Some(run)),
            None if comparison.is_done() => Poll::Ready(None),
            None => Poll::Pending,
        };
        while let Some(run) = self.comparison.next(next) {
            let outcome = self.look(&mut worker, &mut opened, &run);
            let seen = worker.take();
            self.comparison.bring(|comparison| {
                comparison.merge(run.id, seen);
                if let Err(Failure { side, error }) = outcome {
                    comparison.fail(run.id, Some(side), &what(&error));
                }
            });
        }
    }

    /// Compares a run. What was seen of a file that has changed is forgotten: it might be half
    /// of the old one and half of the new.
    fn look(
        &self,
        worker: &mut PairWorker,
        opened: &mut [Opened; 2],
        run: &PairRun,
    ) -> Result<(), Failure> {
        worker.begin(run.spans());
        let mut streams = Vec::new();
        for (side, opened) in [Side::A, Side::B].into_iter().zip(opened) {
            let file = &self.files[side as usize][run.file(side)];
            let source = opened.file(file).map_err(|error| Failure { side, error })?;
            streams.push(Stream {
                side,
                source,
                version: file.version,
                at: run.begin(side),
                end: run.end(side),
            });
        }
        let read = self.read(worker, &mut streams);
        let changed = streams.iter().find_map(|stream| {
            let error = stream.source.check(stream.version).err()?;
            let side = stream.side;
            Some(Failure { side, error })
        });
        match changed {
            Some(failure) => {
                worker.take();
                Err(failure)
            }
            // What was read before an end that came early is good.
            None => read,
        }
    }

    /// Feeds both sides as they are wanted.
    fn read(&self, worker: &mut PairWorker, streams: &mut [Stream]) -> Result<(), Failure> {
        while let Some(side) = worker.wants() {
            let read = streams[side as usize].read(worker);
            self.bar.inc(read.map_err(|error| Failure { side, error })?);
        }
        Ok(())
    }
}

/// Why a run could not go on.
struct Failure {
    side: Side,
    error: io::Error,
}

/// One side of a run.
struct Stream<'a> {
    side: Side,
    source: &'a Source,
    version: Version,
    at: u64,
    end: u64,
}

impl Stream<'_> {
    /// Hands on the next chunk.
    fn read(&mut self, worker: &mut PairWorker) -> io::Result<u64> {
        let length = (self.end - self.at).min(CHUNK_BYTES) as usize;
        let read = self
            .source
            .read_at(worker.room(self.side, length), self.at)?;
        worker.filled(self.side, read);
        self.at += read as u64;
        if read < length || length == 0 {
            let what = format!("the file ended at byte {}", self.at);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
        Ok(read as u64)
    }
}
