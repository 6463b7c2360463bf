//! `floatscope scan`: drives a job over files with several threads.

use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::task::Poll;

use floatscope_core::Job;
use floatscope_core::export::{Export, Writing};
use floatscope_core::plan::{Run, SampleSize};
use floatscope_core::report::Collector;
use floatscope_core::work::{Seen, Task, Worker};
use globset::GlobMatcher;
use indicatif::ProgressBar;

use crate::arguments::ScanOptions;
use crate::inputs::{self, Inputs, what};
use crate::outputs::{Output, is_stdout, open_all};
use crate::places::Place;
use crate::reader::{KnownFile, Opened, Reader, Sink};
use crate::threads::{self, Shared};
use crate::{headers, progress, table, text};

/// Scans what the options say and writes what they ask for.
pub(crate) fn command(options: &ScanOptions) -> ExitCode {
    match scan(options) {
        Ok(Outcome {
            is_complete: false, ..
        }) => ExitCode::from(2),
        Ok(Outcome { is_found: true, .. }) => ExitCode::from(1),
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
    /// Something that `--fail-on` names was found.
    is_found: bool,
}

/// An error ends the command; everything else that is wrong is a problem of the report.
fn scan(options: &ScanOptions) -> Result<Outcome, String> {
    options.check()?;
    options.hub.choose();
    let inputs = Inputs::of(&options.paths);
    inputs.notes.iter().for_each(|note| complain(note));
    let read = inputs.paths();
    let (mut job, files) = read_headers(inputs, &options.paths);
    select(&mut job, &options.tensors)?;
    job.only(options.sections());
    job.cast(options.casting());
    let outputs = Outputs::open(options, &read)?;
    scan_tensors(&mut job, &files, options);
    let report = job.report();
    let written = outputs.write(report);
    // Last, where a person still sees them behind a long table.
    let problems = report.overview().problems;
    for problem in problems {
        complain(&problem.to_string());
    }
    let found: Vec<String> = options
        .fail_on
        .iter()
        .filter_map(|condition| condition.found_in(report))
        .collect();
    found.iter().for_each(|line| complain(line));
    written.map(|()| Outcome {
        is_complete: problems.is_empty(),
        is_found: !found.is_empty(),
    })
}

/// One line on standard error.
pub(crate) fn complain(message: &str) {
    // Nobody is left to be told when this fails.
    let _ = writeln!(io::stderr(), "floatscope: {}", text::line(message));
}

/// A job whose headers are read, and its files.
fn read_headers(inputs: Inputs, paths: &[PathBuf]) -> (Job, Vec<KnownFile>) {
    let mut job = Job::new(&inputs::checkpoint_name(paths));
    for problem in inputs.problems {
        job.add_problem(problem);
    }
    let files = headers::read(&mut job, &inputs.indexes, inputs.files);
    (job, files)
}

/// Has the job scan only what a pattern matches.
///
/// # Errors
/// Names a pattern that matches no tensor: it is a slip of the pen.
fn select(job: &mut Job, patterns: &[GlobMatcher]) -> Result<(), String> {
    if patterns.is_empty() {
        return Ok(());
    }
    let tensors = job.names().count() as u64;
    for pattern in patterns {
        if tensors > 0 && !job.names().any(|name| pattern.is_match(name)) {
            let glob = pattern.glob();
            let tensors = crate::numbers::plural(tensors, "tensor");
            return Err(format!("--tensor {glob}: matches none of {tensors}"));
        }
    }
    let patterns = patterns.to_vec();
    job.select(move |name| patterns.iter().any(|pattern| pattern.is_match(name)));
    Ok(())
}

/// What is written at the end.
struct Outputs {
    json: Option<Output>,
    exports: Vec<(Export, Output)>,
    table: Option<Output>,
    /// What the exports say that they were made with.
    arguments: String,
}

impl Outputs {
    /// # Errors
    /// Where one cannot be written, or would be written over what is read or another.
    fn open(options: &ScanOptions, inputs: &[PathBuf]) -> Result<Self, String> {
        let targets = [
            ("--json", &options.json),
            ("--csv", &options.csv),
            ("--markdown", &options.markdown),
            ("--html", &options.html),
            ("--badge", &options.badge),
        ];
        let takes_stdout = targets.iter().any(|(_, target)| is_stdout(target));
        let mut outputs = open_all(&targets, inputs)?.into_iter();
        let json = outputs.next().flatten();
        let kinds = [Export::Csv, Export::Markdown, Export::Html, Export::Badge];
        let exports = kinds.into_iter().zip(outputs);
        Ok(Self {
            json,
            exports: exports
                .filter_map(|(kind, output)| Some((kind, output?)))
                .collect(),
            table: (!takes_stdout).then(Output::stdout),
            arguments: options.reporting(),
        })
    }

    fn write(self, report: &Collector) -> Result<(), String> {
        if let Some(json) = self.json {
            json.write_all(report.json_chunks())?;
        }
        for (kind, output) in self.exports {
            let writing = Writing::new(kind).with_arguments(self.arguments.clone());
            output.write_all(report.export(writing))?;
        }
        match self.table {
            Some(table) => table.write(|out| table::write(report, out)),
            None => Ok(()),
        }
    }
}

fn scan_tensors(job: &mut Job, files: &[KnownFile], options: &ScanOptions) {
    let is_far = files.iter().any(|file| matches!(file.place, Place::Url(_)));
    let threads = match is_far {
        true => threads::count_for_network(options.threads),
        false => threads::count(options.threads),
    };
    let usual = SampleSize::default();
    match options.sample {
        Some(bytes) => job.sample(SampleSize { bytes, ..usual }),
        None if is_far && !options.all => job.sample(usual),
        None => {}
    }
    job.start(threads as u64);
    if job.report().sampled().is_some() {
        files.iter().for_each(KnownFile::keep);
    }
    let total_bytes = job.waiting_bytes();
    look(job, files, threads, total_bytes, options);
    let again_bytes = job.casts_waiting_bytes();
    job.look_again();
    look(job, files, threads, again_bytes, options);
    headers::check_again(files, |problem| job.add_problem(problem));
}

/// Hands the runs of one look to threads until none is left.
fn look(
    job: &mut Job,
    files: &[KnownFile],
    threads: usize,
    total_bytes: u64,
    options: &ScanOptions,
) {
    if job.is_done() {
        return;
    }
    let shared = Looking {
        job: Shared::new(job),
        files,
        bar: progress::bar(total_bytes, !options.no_progress),
    };
    threads::work_in(threads, total_bytes, || shared.work());
    shared.bar.finish_and_clear();
}

/// What the threads share.
struct Looking<'a> {
    job: Shared<&'a mut Job>,
    files: &'a [KnownFile],
    bar: ProgressBar,
}

impl Looking<'_> {
    /// Scans runs until none is left.
    fn work(&self) {
        let mut worker = Thread::new(&self.bar);
        let next = |job: &mut &mut Job| match job.next_run() {
            Some(run) => {
                let tasks = job.tasks(&run);
                Poll::Ready(Some((run, tasks)))
            }
            None if job.is_done() => Poll::Ready(None),
            None => Poll::Pending,
        };
        while let Some((run, tasks)) = self.job.next(next) {
            let outcome = worker.look(&run, tasks, &self.files[run.file]);
            self.job.bring(|job| {
                job.merge(run.id, worker.take_seen());
                if let Err(error) = outcome {
                    job.fail(run.id, true, &what(&error));
                }
            });
        }
    }
}

/// One thread's tools and the file that it has open.
struct Thread<'a> {
    reader: Reader,
    opened: Opened,
    scanning: Scanning<'a>,
}

impl<'a> Thread<'a> {
    fn new(bar: &'a ProgressBar) -> Self {
        Self {
            reader: Reader::default(),
            opened: Opened::default(),
            scanning: Scanning::new(bar),
        }
    }

    /// Looks at a run. What was seen of a file that has changed is forgotten: it
    /// might be half of the old one and half of the new.
    fn look(&mut self, run: &Run, tasks: Vec<Task>, file: &KnownFile) -> io::Result<()> {
        self.scanning.begin(tasks);
        let source = self.opened.file(file)?;
        let range: Range<u64> = run.begin()..run.end();
        let read = self.reader.read(source, range, &mut self.scanning);
        source
            .check(file.version)
            .inspect_err(|_| self.scanning.forget())?;
        read
    }

    fn take_seen(&mut self) -> Vec<Seen> {
        self.scanning.worker.take()
    }
}

/// A run on its way through a worker.
struct Scanning<'a> {
    worker: Worker,
    bar: &'a ProgressBar,
    tasks: Vec<Task>,
    fed_bytes: u64,
}

impl<'a> Scanning<'a> {
    fn new(bar: &'a ProgressBar) -> Self {
        Self {
            worker: Worker::new(),
            bar,
            tasks: Vec::new(),
            fed_bytes: 0,
        }
    }

    fn begin(&mut self, tasks: Vec<Task>) {
        self.tasks = tasks;
        self.fed_bytes = 0;
        self.restart();
    }

    /// Nothing of the run was seen.
    fn forget(&mut self) {
        self.worker.take();
    }
}

impl Sink for Scanning<'_> {
    fn restart(&mut self) {
        self.bar.dec(self.fed_bytes);
        self.fed_bytes = 0;
        self.worker.begin(self.tasks.clone());
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.worker.feed(bytes);
        self.fed_bytes += bytes.len() as u64;
        self.bar.inc(bytes.len() as u64);
    }
}
