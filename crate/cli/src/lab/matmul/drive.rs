//! Multiplies blocks of rows with several threads.

use std::io;
use std::task::Poll;

use floatscope_core::lab::Accumulate;
use floatscope_core::lab::matmul::{Block, Cpu, Job, Multiplier, Probe, Rows, Worker};
use indicatif::ProgressBar;

use crate::arguments::MatmulOptions;
use crate::inputs::what;
use crate::lab::device::{Device, Task};
use crate::progress;
use crate::reader::{KnownFile, Opened, Reader, Sink};
use crate::threads::{self, Shared};

/// A card is handed as much at once as a block has.
const CARD_BYTES: usize = 1 << 20;

/// Hands the blocks of a job that was started to threads until none is left.
pub(super) fn multiply(
    job: &mut Job,
    files: &[KnownFile],
    options: &MatmulOptions,
    device: &Device,
) {
    let settings = job.settings();
    let total_bytes = job.waiting_bytes();
    let shared = Multiplying {
        job: Shared::new(job),
        files,
        bar: progress::bar(total_bytes, !options.no_progress),
    };
    // A byte is worth as much work as there are tokens.
    let work = total_bytes.saturating_mul(settings.tokens);
    threads::work_in(threads::count(options.threads), work, || {
        shared.work(Worker::new(settings, Either(device)));
    });
    shared.bar.finish_and_clear();
}

/// By the card where the bits are the same for certain, and else by the processor.
#[derive(Clone, Copy)]
struct Either<'a>(&'a Device);

impl Multiplier for Either<'_> {
    fn outputs(&mut self, rows: &Rows<'_>, probe: &Probe, model: Accumulate) -> Vec<f32> {
        let task = Task {
            model,
            dtype: rows.dtype,
            weights: rows.bytes,
            rows: rows.count(probe.columns()),
            columns: probe.columns(),
            inputs: probe.numbers(),
        };
        let outputs = self.0.outputs(&task);
        outputs.unwrap_or_else(|| Cpu.outputs(rows, probe, model))
    }

    fn chunk_bytes(&self) -> usize {
        match self.0.has_card() {
            true => CARD_BYTES,
            false => Cpu.chunk_bytes(),
        }
    }
}

/// What the threads share.
struct Multiplying<'a> {
    job: Shared<&'a mut Job>,
    files: &'a [KnownFile],
    bar: ProgressBar,
}

impl Multiplying<'_> {
    /// Multiplies blocks until none is left.
    fn work(&self, worker: Worker<Either>) {
        let mut reader = Reader::default();
        let mut opened = Opened::default();
        let mut feeding = Feeding {
            worker,
            block: None,
            bar: &self.bar,
            fed_bytes: 0,
        };
        let next = |job: &mut &mut Job| match job.next_block() {
            Some(block) => Poll::Ready(Some(block)),
            None if job.is_done() => Poll::Ready(None),
            None => Poll::Pending,
        };
        while let Some(block) = self.job.next(next) {
            let read = self.read(&mut reader, &mut opened, &mut feeding, block);
            let seen = feeding.worker.take();
            self.job.bring(|job| match read {
                Ok(()) => job.merge(block.id, &seen),
                Err(error) => job.fail(block.id, &what(&error)),
            });
        }
    }

    /// Feeds a block. One of a file that has changed counts as unread.
    fn read(
        &self,
        reader: &mut Reader,
        opened: &mut Opened,
        feeding: &mut Feeding,
        block: Block,
    ) -> io::Result<()> {
        let file = &self.files[block.file];
        feeding.block = Some(block);
        feeding.fed_bytes = 0;
        let source = opened.file(file)?;
        reader.read(source, block.begin..block.end(), feeding)?;
        source.check(file.version)
    }
}

/// A block on its way through a worker.
struct Feeding<'a> {
    worker: Worker<Either<'a>>,
    block: Option<Block>,
    bar: &'a ProgressBar,
    fed_bytes: u64,
}

impl Sink for Feeding<'_> {
    fn restart(&mut self) {
        self.bar.dec(self.fed_bytes);
        self.fed_bytes = 0;
        if let Some(block) = &self.block {
            self.worker.begin(block);
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.worker.feed(bytes);
        self.fed_bytes += bytes.len() as u64;
        self.bar.inc(bytes.len() as u64);
    }
}
