//! `floatscope diff`: drives a comparison of two checkpoints with several threads.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Condvar, Mutex, MutexGuard};

use floatscope_core::diff::{
    Collected, Comparison, Difference, PairRun, PairWorker, Renames, Side, Tolerance,
};
use indicatif::ProgressBar;

use crate::arguments::{DiffOptions, Target};
use crate::inputs::{self, Inputs, shown, what};
use crate::outputs::{Output, is_same};
use crate::progress;
use crate::reader::{Source, Version};
use crate::scan::complain;

mod table;

/// Bytes read of a side at a time.
const CHUNK_BYTES: u64 = 1 << 20;
/// Bytes that are worth a thread.
const BYTES_PER_THREAD: u64 = 1 << 20;
/// A table of renames is not longer.
const RENAMES_BYTES: u64 = 64 << 20;

/// Compares what the options say and writes what they ask for.
pub(crate) fn command(options: &DiffOptions) -> ExitCode {
    match diff(options) {
        Ok(Outcome {
            is_complete: false, ..
        }) => ExitCode::from(2),
        Ok(Outcome { differ: true, .. }) if options.exit_code => ExitCode::from(1),
        Ok(_) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&message);
            ExitCode::from(2)
        }
    }
}

/// What the exit status tells.
struct Outcome {
    /// Everything could be read.
    is_complete: bool,
    differ: bool,
}

fn diff(options: &DiffOptions) -> Result<Outcome, String> {
    let renames = options.rename.as_deref().map(read_renames).transpose()?;
    let inputs = [&options.a, &options.b].map(|path| Inputs::of(std::slice::from_ref(path)));
    for note in inputs.iter().flat_map(|inputs| &inputs.notes) {
        complain(note);
    }
    let mut read: Vec<PathBuf> = inputs.iter().flat_map(Inputs::paths).collect();
    read.extend(options.rename.clone());
    let names =
        [&options.a, &options.b].map(|path| inputs::checkpoint_name(std::slice::from_ref(path)));
    let mut comparison = Comparison::new(&names[0], &names[1]);
    comparison.tolerate(Tolerance {
        relative: options.rtol,
        absolute: options.atol,
        equal_nan: options.equal_nan,
    });
    if let Some(renames) = renames {
        comparison.rename(renames);
    }
    let sides = [(Side::A, &options.a), (Side::B, &options.b)];
    let mut files = <[Vec<ComparedFile>; 2]>::default();
    for ((inputs, (side, path)), files) in inputs.into_iter().zip(sides).zip(&mut files) {
        *files = read_headers(&mut comparison, side, inputs);
        read.extend(read_config(&mut comparison, side, path));
    }
    select(&mut comparison, options)?;
    let outputs = Outputs::open(options, &read)?;
    compare(&mut comparison, &files, options);
    let report = comparison.report();
    let overview = report.overview();
    let written = outputs.write(report, options.all);
    // Last, where a person still sees them behind a long table.
    for problem in overview.problems {
        let side = problem
            .side
            .map_or(String::new(), |side| format!("{}: ", side.to_uppercase()));
        complain(&format!("{side}{}", problem.problem));
    }
    written.map(|()| Outcome {
        is_complete: overview.problems.is_empty(),
        differ: overview.differ,
    })
}

fn read_renames(path: &Path) -> Result<Renames, String> {
    let say = |what: &str| format!("{}: {what}", shown(path));
    let bytes = inputs::read_short(path, RENAMES_BYTES).map_err(|error| say(&what(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| say("this is no text in UTF-8"))?;
    Renames::parse(&text).map_err(|error| say(&error))
}

/// A file of one side, in the comparison's order, and what it was like when its header was read.
struct ComparedFile {
    path: PathBuf,
    version: Version,
}

fn read_headers(comparison: &mut Comparison, side: Side, inputs: Inputs) -> Vec<ComparedFile> {
    for problem in inputs.problems {
        comparison.add_problem(Some(side), problem);
    }
    for (path, bytes) in &inputs.indexes {
        comparison.add_index(side, &shown(path), bytes);
    }
    let mut files = Vec::new();
    for path in inputs.files {
        match Source::open(&path) {
            Ok(source) => {
                let file = comparison.add_file(side, &shown(&path), source.bytes());
                while let Some(range) = comparison.header_wants(side, file) {
                    match source.bytes_at(range) {
                        Ok(bytes) => comparison.header_feed(side, file, &bytes),
                        Err(error) => comparison.header_failed(side, file, &what(&error)),
                    }
                }
                let version = source.version();
                files.push(ComparedFile { path, version });
            }
            Err(error) => comparison.add_unreadable(side, &shown(&path), &what(&error)),
        }
    }
    files
}

/// The config.json of a side, where it has one.
fn read_config(comparison: &mut Comparison, side: Side, path: &Path) -> Option<PathBuf> {
    let config = inputs::config_of(path)?;
    match inputs::read_index(&config) {
        Ok(bytes) => comparison.add_config(side, &shown(&config), &bytes),
        Err(error) => {
            let problem = inputs::problem(&config, &what(&error));
            comparison.add_problem(Some(side), problem);
        }
    }
    Some(config)
}

/// Has the comparison take only what a pattern matches.
///
/// # Errors
/// Names a pattern that matches no tensor: it is a slip of the pen.
fn select(comparison: &mut Comparison, options: &DiffOptions) -> Result<(), String> {
    if options.tensors.is_empty() {
        return Ok(());
    }
    let names = || {
        [Side::A, Side::B]
            .into_iter()
            .flat_map(|side| comparison.names(side))
    };
    let tensors = names().count() as u64;
    for pattern in &options.tensors {
        if tensors > 0 && !names().any(|name| pattern.is_match(name)) {
            let glob = pattern.glob();
            let tensors = crate::numbers::plural(tensors, "tensor");
            return Err(format!("--tensor {glob}: matches none of {tensors}"));
        }
    }
    let patterns = options.tensors.clone();
    comparison.select(move |name| patterns.iter().any(|pattern| pattern.is_match(name)));
    Ok(())
}

/// What is written at the end.
struct Outputs {
    json: Option<Output>,
    csv: Option<Output>,
    markdown: Option<Output>,
    table: Option<Output>,
}

impl Outputs {
    /// # Errors
    /// Where one cannot be written, or would be written over what is read or another.
    fn open(options: &DiffOptions, inputs: &[PathBuf]) -> Result<Self, String> {
        let targets = [
            ("--json", &options.json),
            ("--csv", &options.csv),
            ("--markdown", &options.markdown),
        ];
        let to_stdout: Vec<String> = targets
            .iter()
            .filter(|(_, target)| **target == Some(Target::Stdout))
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
        let mut outputs = outputs.into_iter();
        let mut next = || outputs.next().flatten();
        Ok(Self {
            json: next(),
            csv: next(),
            markdown: next(),
            table: to_stdout.is_empty().then(Output::stdout),
        })
    }

    fn write(self, report: &Collected, all: bool) -> Result<(), String> {
        if let Some(json) = self.json {
            json.write(|out| {
                let mut chunks = report.json_chunks();
                chunks.try_for_each(|chunk| out.write_all(chunk.as_bytes()))
            })?;
        }
        if let Some(csv) = self.csv {
            csv.write(|out| {
                let mut lines = report.csv_lines();
                lines.try_for_each(|line| out.write_all(line.as_bytes()))
            })?;
        }
        if let Some(markdown) = self.markdown {
            markdown.write(|out| out.write_all(report.markdown().as_bytes()))?;
        }
        match self.table {
            Some(table) => table.write(|out| table::write(report, all, out)),
            None => Ok(()),
        }
    }
}

/// Hands the runs to threads until none is left.
fn compare(comparison: &mut Comparison, files: &[Vec<ComparedFile>; 2], options: &DiffOptions) {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = options.threads.map_or_else(cores, NonZeroUsize::get);
    comparison.start(threads as u64);
    let total_bytes = comparison.waiting_bytes();
    let useful = usize::try_from(total_bytes / BYTES_PER_THREAD + 1).unwrap_or(usize::MAX);
    let shared = Shared {
        comparison: Mutex::new(comparison),
        changed: Condvar::new(),
        files,
        bar: progress::bar(total_bytes, !options.no_progress),
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(useful) {
            let thread = std::thread::Builder::new().spawn_scoped(scope, || shared.work());
            // Where the system has no more threads, fewer do the work.
            if thread.is_err() {
                break;
            }
        }
        shared.work();
    });
    shared.bar.finish_and_clear();
}

/// What the threads share.
struct Shared<'a> {
    comparison: Mutex<&'a mut Comparison>,
    /// A run came back: there may be another to hand out, or nothing left to wait for.
    changed: Condvar,
    files: &'a [Vec<ComparedFile>; 2],
    bar: ProgressBar,
}

impl<'a> Shared<'a> {
    /// Compares runs until none is left.
    fn work(&self) {
        let mut worker = PairWorker::new();
        let mut sources = [None, None];
        while let Some(run) = self.next_run() {
            let outcome = self.look(&mut worker, &mut sources, &run);
            let seen = worker.take();
            let mut comparison = self.lock();
            match outcome {
                Ok(()) => {
                    comparison.merge(run.id, seen);
                }
                Err(Failure { side, error, seen }) => {
                    comparison.merge(run.id, seen);
                    comparison.fail(run.id, Some(side), &what(&error));
                }
            }
            drop(comparison);
            self.changed.notify_all();
        }
    }

    fn next_run(&self) -> Option<PairRun> {
        let mut comparison = self.lock();
        loop {
            if let Some(run) = comparison.next_run() {
                return Some(run);
            }
            if comparison.is_done() {
                return None;
            }
            // A run that somebody else has may fail and be handed out again.
            let waited = self.changed.wait(comparison);
            comparison = waited.expect("no thread panics with the comparison");
        }
    }

    fn lock(&self) -> MutexGuard<'_, &'a mut Comparison> {
        let locked = self.comparison.lock();
        locked.expect("no thread panics with the comparison")
    }

    /// Compares a run. What was seen of a file that has changed is forgotten: it might be half
    /// of the old one and half of the new.
    fn look(
        &self,
        worker: &mut PairWorker,
        sources: &mut [Option<(PathBuf, Source)>; 2],
        run: &PairRun,
    ) -> Result<(), Failure> {
        worker.begin(run.spans());
        let mut streams = Vec::new();
        for (side, open) in [Side::A, Side::B].into_iter().zip(sources) {
            let file = &self.files[side as usize][run.file(side)];
            let fail = |error| Failure {
                side,
                error,
                seen: Vec::new(),
            };
            let source = opened(open, file).map_err(fail)?;
            source.check(file.version).map_err(fail)?;
            streams.push(Stream {
                side,
                source,
                version: file.version,
                at: run.begin(side),
                end: run.end(side),
            });
        }
        while let Some(side) = worker.wants() {
            let stream = &mut streams[side as usize];
            match stream.read(worker) {
                Ok(read) => self.bar.inc(read),
                Err(error) => {
                    // What was read before the end is good, unless the file is another now.
                    let seen = match stream.check() {
                        Ok(()) => worker.take(),
                        Err(_) => Vec::new(),
                    };
                    return Err(Failure { side, error, seen });
                }
            }
        }
        for stream in &streams {
            if let Err(error) = stream.check() {
                worker.take();
                let (side, seen) = (stream.side, Vec::new());
                return Err(Failure { side, error, seen });
            }
        }
        Ok(())
    }
}

/// Why a run could not go on, and what was seen until then.
struct Failure {
    side: Side,
    error: io::Error,
    seen: Vec<Difference>,
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

    fn check(&self) -> io::Result<()> {
        self.source.check(self.version)
    }
}

/// The file, opened unless it is the one that is open.
fn opened<'a>(
    open: &'a mut Option<(PathBuf, Source)>,
    file: &ComparedFile,
) -> io::Result<&'a Source> {
    if open.as_ref().is_none_or(|(path, _)| *path != file.path) {
        *open = Some((file.path.clone(), Source::open(&file.path)?));
    }
    let (_, source) = open.as_ref().expect("it was just opened");
    Ok(source)
}
