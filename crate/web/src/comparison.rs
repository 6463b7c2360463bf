//! Two checkpoints side by side: headers, plan, results and report; and bytes in, differences out.

use floatscope_core::diff::{
    self, DiffCursor, Difference, PairColumns, PairSpan, PairWorker, Renames, Side,
};
use floatscope_core::report::{Problem, to_json};
use floatscope_core::scan::wire;
use wasm_bindgen::prelude::wasm_bindgen;

fn side(is_b: bool) -> Side {
    match is_b {
        false => Side::A,
        true => Side::B,
    }
}

/// Two checkpoints on their way from files to a report.
#[wasm_bindgen]
pub struct Comparison {
    inner: diff::Comparison,
    columns: PairColumns,
    written: DiffCursor,
}

#[wasm_bindgen]
impl Comparison {
    /// Two checkpoints without files, named for people.
    #[wasm_bindgen(constructor)]
    pub fn new(name_a: &str, name_b: &str) -> Self {
        crate::panic::keep_message();
        Self {
            inner: diff::Comparison::new(name_a, name_b),
            columns: PairColumns::default(),
            written: DiffCursor::default(),
        }
    }

    /// Adds a file of so many bytes; its index among its side's is returned.
    pub fn add_file(&mut self, is_b: bool, name: &str, bytes: f64) -> usize {
        self.inner.add_file(side(is_b), name, bytes as u64)
    }

    /// Adds the text of a `*.index.json`.
    pub fn add_index(&mut self, is_b: bool, name: &str, bytes: &[u8]) {
        self.inner.add_index(side(is_b), name, bytes);
    }

    /// Adds a config.json.
    pub fn add_config(&mut self, is_b: bool, name: &str, bytes: &[u8]) {
        self.inner.add_config(side(is_b), name, bytes);
    }

    /// Adds something that went wrong outside, about a file as a whole.
    pub fn add_problem(&mut self, is_b: bool, file: &str, what: &str) {
        let problem = Problem {
            file: file.to_owned(),
            tensor: None,
            place: None,
            what: what.to_owned(),
        };
        self.inner.add_problem(Some(side(is_b)), problem);
    }

    /// The bytes `[begin, end)` that are needed next of a file's header, or nothing when it is
    /// complete or has failed.
    pub fn header_wants(&self, is_b: bool, file: usize) -> Option<Vec<f64>> {
        let range = self.inner.header_wants(side(is_b), file)?;
        Some(vec![range.start as f64, range.end as f64])
    }

    /// Feeds what was wanted, or fewer bytes where the file ended early.
    pub fn header_feed(&mut self, is_b: bool, file: usize, bytes: &[u8]) {
        self.inner.header_feed(side(is_b), file, bytes);
    }

    /// The file's header cannot be read at all.
    pub fn header_failed(&mut self, is_b: bool, file: usize, what: &str) {
        self.inner.header_failed(side(is_b), file, what);
    }

    /// Names of A and what they are called in B: a JSON object, or lines of two names.
    ///
    /// # Errors
    /// Says what is wrong with the table.
    pub fn set_renames(&mut self, text: &str) -> Result<(), String> {
        self.inner.rename(Renames::parse(text)?);
        Ok(())
    }

    /// All headers are in: matches the tensors and makes the plan for so many scanners.
    pub fn start(&mut self, scanners: u32) {
        let columns = self.inner.start(u64::from(scanners));
        self.columns.append(columns);
    }

    /// Everything but the pairs, and the patterns of their names, as JSON; may be asked for at any time.
    pub fn overview(&self) -> String {
        self.inner.report().overview_json()
    }

    /// Number of pairs.
    pub fn pairs(&self) -> usize {
        self.inner.report().len()
    }

    /// What the headers say of `count` pairs from `first` on: columns, as JSON.
    pub fn rows(&self, first: usize, count: usize) -> String {
        self.inner.report().listing_json(first, count)
    }

    /// The next run to read, or nothing when there is none to hand out now.
    pub fn next_run(&mut self) -> Option<PairRun> {
        self.inner.next_run().map(PairRun)
    }

    /// Takes what a scanner has seen of the next spans of a run.
    pub fn merge(&mut self, run: f64, seen: &[u8]) {
        match wire::from_bytes::<Vec<Difference>>(seen) {
            Ok(seen) => {
                let columns = self.inner.merge(run as u64, seen);
                self.columns.append(columns);
            }
            Err(error) => self.run_failed(run, None, &error.to_string()),
        }
    }

    /// A run could not go on: through the file of a side ("a", "b"), or through its scanner.
    pub fn run_failed(&mut self, run: f64, from_source: Option<String>, what: &str) {
        let side = from_source.map(|source| side(source == "b"));
        let columns = self.inner.fail(run as u64, side, what);
        self.columns.append(columns);
    }

    /// A run that was handed out and not begun goes back.
    pub fn give_back(&mut self, run: f64) {
        self.inner.give_back(run as u64);
    }

    /// Gives up everything that is not finished.
    pub fn abandon(&mut self, what: &str) {
        let columns = self.inner.abandon(what);
        self.columns.append(columns);
    }

    /// The figures of pairs that were finished or given up since this was last asked: columns,
    /// as JSON; nothing when there are none.
    pub fn figures(&mut self) -> Option<String> {
        if self.columns.is_empty() {
            return None;
        }
        Some(to_json(&std::mem::take(&mut self.columns)))
    }

    /// Bytes of both sides that still have to be handed out.
    pub fn waiting_bytes(&self) -> f64 {
        self.inner.waiting_bytes() as f64
    }

    /// Whether every pair is finished or given up.
    pub fn done(&self) -> bool {
        self.inner.is_done()
    }

    /// A pair as in the report, as JSON; nothing until it is finished.
    pub fn pair(&self, index: usize) -> Option<String> {
        self.inner.report().pair_json(index)
    }

    /// Starts the JSON report from its beginning.
    pub fn report_begin(&mut self) {
        self.written = DiffCursor::default();
    }

    /// The next piece of the JSON report in UTF-8; nothing at its end.
    pub fn report_chunk(&mut self) -> Option<Vec<u8>> {
        let chunk = self.inner.report().json_chunk(&mut self.written)?;
        Some(chunk.into_bytes())
    }

    /// One line a pair, for spreadsheets.
    pub fn csv(&self) -> String {
        self.inner.report().csv_lines().collect()
    }

    /// A summary for a model card.
    pub fn markdown(&self) -> String {
        self.inner.report().markdown()
    }
}

/// Two stretches of bytes, one of a file of each side, to be read side by side.
#[wasm_bindgen]
pub struct PairRun(diff::PairRun);

#[wasm_bindgen]
impl PairRun {
    /// Names the run when its results come back.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> f64 {
        self.0.id as f64
    }

    /// Index of A's file.
    #[wasm_bindgen(getter)]
    pub fn a_file(&self) -> usize {
        self.0.file(Side::A)
    }

    /// First byte there.
    #[wasm_bindgen(getter)]
    pub fn a_begin(&self) -> f64 {
        self.0.begin(Side::A) as f64
    }

    /// First byte after it.
    #[wasm_bindgen(getter)]
    pub fn a_end(&self) -> f64 {
        self.0.end(Side::A) as f64
    }

    /// Index of B's file.
    #[wasm_bindgen(getter)]
    pub fn b_file(&self) -> usize {
        self.0.file(Side::B)
    }

    /// First byte there.
    #[wasm_bindgen(getter)]
    pub fn b_begin(&self) -> f64 {
        self.0.begin(Side::B) as f64
    }

    /// First byte after it.
    #[wasm_bindgen(getter)]
    pub fn b_end(&self) -> f64 {
        self.0.end(Side::B) as f64
    }

    /// What lies there, for [`PairScanner::begin`].
    pub fn tasks(&self) -> Vec<u8> {
        wire::to_bytes(&self.0.spans())
    }
}

/// Compares one run after another, each two streams of bytes.
#[wasm_bindgen]
#[derive(Default)]
pub struct PairScanner(PairWorker);

#[wasm_bindgen]
impl PairScanner {
    /// A scanner without a run.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        crate::panic::keep_message();
        Self::default()
    }

    /// Starts a run; what is left of an earlier one is forgotten.
    ///
    /// # Errors
    /// If the bytes are not a run's tasks.
    pub fn begin(&mut self, tasks: &[u8]) -> Result<(), String> {
        let spans: Vec<PairSpan> = wire::from_bytes(tasks).map_err(|error| error.to_string())?;
        self.0.begin(spans);
        Ok(())
    }

    /// The side of which bytes are needed next: 0 is A, 1 is B, 2 neither.
    pub fn wants(&self) -> u32 {
        self.0.wants().map_or(2, |side| side as u32)
    }

    /// Where in wasm's memory the next chunk of a side is to be written, which may have grown:
    /// views of it are to be made anew.
    pub fn buffer(&mut self, is_b: bool, bytes: usize) -> *mut u8 {
        self.0.room(side(is_b), bytes).as_mut_ptr()
    }

    /// Looks at so many bytes of what was written there.
    pub fn feed(&mut self, is_b: bool, bytes: usize) {
        self.0.filled(side(is_b), bytes);
    }

    /// Spans that are finished and not yet taken.
    pub fn finished(&self) -> usize {
        self.0.finished()
    }

    /// What these have shown, for [`Comparison::merge`].
    pub fn take(&mut self) -> Vec<u8> {
        wire::to_bytes(&self.0.take())
    }
}
