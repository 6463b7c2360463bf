//! Headers, plan, results and report of one checkpoint.

use floatscope_core::export::{Export, Writing};
use floatscope_core::plan::{self, SampleSize};
use floatscope_core::report::{Figures, JsonCursor, Listing, Problem, to_json};
use floatscope_core::work::Seen;
use floatscope_core::{Job, scan::wire};
use wasm_bindgen::prelude::wasm_bindgen;

/// A checkpoint on its way from files to a report.
#[wasm_bindgen]
pub struct Coordinator {
    job: Job,
    figures: Figures,
    written: JsonCursor,
    export: Option<Writing>,
}

#[wasm_bindgen]
impl Coordinator {
    /// A checkpoint without files, named for people.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str) -> Self {
        crate::panic::keep_message();
        let mut job = Job::new(name);
        job.keep_text_only();
        Self {
            job,
            figures: Figures::default(),
            written: JsonCursor::default(),
            export: None,
        }
    }

    /// Adds a file of so many bytes; its index is returned.
    pub fn add_file(&mut self, name: &str, bytes: f64) -> usize {
        self.job.add_file(name, bytes as u64)
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, name: &str, bytes: &[u8]) {
        self.job.add_index(name, bytes);
    }

    /// Adds something that went wrong outside, about a file as a whole.
    pub fn add_problem(&mut self, file: &str, what: &str) {
        self.job.add_problem(Problem {
            file: file.to_owned(),
            tensor: None,
            place: None,
            what: what.to_owned(),
        });
    }

    /// The bytes `[begin, end)` that are needed next of the file's header, or
    /// nothing when it is complete or has failed.
    pub fn header_wants(&self, file: usize) -> Option<Vec<f64>> {
        let range = self.job.header_wants(file)?;
        Some(vec![range.start as f64, range.end as f64])
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, file: usize, bytes: &[u8]) {
        self.job.header_feed(file, bytes);
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, file: usize, what: &str) {
        self.job.header_failed(file, what);
    }

    /// Reads a sample of the usual size where there is more than that.
    pub fn sample(&mut self) {
        self.job.sample(SampleSize::default());
    }

    /// All headers are in: makes the plan for so many scanners.
    pub fn start(&mut self, scanners: u32) {
        let figures = self.job.start(u64::from(scanners));
        self.figures.append(figures);
    }

    /// Everything but the tensors, as JSON; may be asked for at any time.
    pub fn overview(&self) -> String {
        to_json(&self.job.report().overview())
    }

    /// Number of tensors.
    pub fn tensors(&self) -> usize {
        self.job.report().len()
    }

    /// What the headers say of `count` tensors from `first` on: columns, as JSON.
    pub fn rows(&self, first: usize, count: usize) -> String {
        to_json(&Listing::of(self.job.report(), first, count))
    }

    /// The next run to read, or nothing when there is none to hand out now.
    pub fn next_run(&mut self) -> Option<Run> {
        let run = self.job.next_run()?;
        let tasks = wire::to_bytes(&self.job.tasks(&run));
        Some(Run { run, tasks })
    }

    /// Takes what a scanner has seen of the next spans of a run.
    pub fn merge(&mut self, run: f64, observations: &[u8]) {
        match wire::from_bytes::<Vec<Seen>>(observations) {
            Ok(seen) => {
                let figures = self.job.merge(run as u64, seen);
                self.figures.append(figures);
            }
            Err(error) => self.run_failed(run, false, &error.to_string()),
        }
    }

    /// A run could not go on: its file could not be read (`from_source`), or its
    /// scanner died.
    pub fn run_failed(&mut self, run: f64, from_source: bool, what: &str) {
        let figures = self.job.fail(run as u64, from_source, what);
        self.figures.append(figures);
    }

    /// A run that was handed out and not begun goes back.
    pub fn give_back(&mut self, run: f64) {
        self.job.give_back(run as u64);
    }

    /// Bytes that a second look at the files would read, to complete the casts; none before
    /// the scan is done.
    pub fn casts_waiting_bytes(&self) -> f64 {
        self.job.casts_waiting_bytes() as f64
    }

    /// Plans the second look: runs are handed out and merged as in the scan.
    pub fn look_again(&mut self) {
        self.job.look_again();
    }

    /// Gives up everything that is not finished.
    pub fn abandon(&mut self, what: &str) {
        let figures = self.job.abandon(what);
        self.figures.append(figures);
    }

    /// The figures of tensors that were finished or given up since this was last
    /// asked: columns, as JSON; nothing when there are none.
    pub fn figures(&mut self) -> Option<String> {
        if self.figures.is_empty() {
            return None;
        }
        Some(to_json(&std::mem::take(&mut self.figures)))
    }

    /// Bytes of tensors that still have to be handed out.
    pub fn waiting_bytes(&self) -> f64 {
        self.job.waiting_bytes() as f64
    }

    /// Whether every tensor is finished or given up.
    pub fn done(&self) -> bool {
        self.job.is_done()
    }

    /// A tensor as in the report, as JSON; nothing until it is finished.
    pub fn tensor(&self, index: usize) -> Option<String> {
        self.job.report().tensor_json(index)
    }

    /// Starts the JSON report from its beginning.
    pub fn report_begin(&mut self) {
        self.written = JsonCursor::default();
    }

    /// The next piece of the JSON report in UTF-8; nothing at its end.
    pub fn report_chunk(&mut self) -> Option<Vec<u8>> {
        let chunk = self.job.report().json_chunk(&mut self.written)?;
        Some(chunk.into_bytes())
    }

    /// Starts an export from its beginning: "csv", "md", "html" or "svg".
    pub fn export_begin(&mut self, ending: &str) {
        self.export = Export::of_ending(ending).map(Writing::new);
    }

    /// Its next piece in UTF-8, which may be empty while tensors are looked at; nothing at its end.
    pub fn export_chunk(&mut self) -> Option<Vec<u8>> {
        let chunk = self.export.as_mut()?.next(self.job.report())?;
        Some(chunk.into_bytes())
    }
}

/// One stretch of bytes of one file, to be read by one scanner.
#[wasm_bindgen]
pub struct Run {
    run: plan::Run,
    tasks: Vec<u8>,
}

#[wasm_bindgen]
impl Run {
    /// Names the run when its results come back.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> f64 {
        self.run.id as f64
    }

    /// Index of the file.
    #[wasm_bindgen(getter)]
    pub fn file(&self) -> usize {
        self.run.file
    }

    /// First byte in the file.
    #[wasm_bindgen(getter)]
    pub fn begin(&self) -> f64 {
        self.run.begin() as f64
    }

    /// First byte after it in the file.
    #[wasm_bindgen(getter)]
    pub fn end(&self) -> f64 {
        self.run.end() as f64
    }

    /// What lies there, for [`Scanner::begin`](crate::Scanner::begin).
    pub fn spans(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.tasks)
    }
}
