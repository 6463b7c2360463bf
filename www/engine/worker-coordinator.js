// @ts-check
// The coordinator's role: owns headers, plan, results and report; hands runs to
// the scanners, merges what they saw, and tells the page in batches.

/** @typedef {import('./messages.js').Requests} Requests */
/** What is being read. @typedef {ScanJob | CompareJob} AnyJob */

/** At least this long between two batches for the page: drawing them is not free. */
const BATCH_MS = 250;
/** Until there are figures, which someone waits for. */
const FIRST_BATCH_MS = 10;
/** At least this long between two looks at headline and problems. */
const NEWS_MS = 500;
/** Rows in one message: a few milliseconds of the page's time. */
const ROWS = 2000;
/** Runs that a scanner has: one to scan, and one whose reading begins meanwhile. */
const RUNS_EACH = 2;
/** Of what is at an address more: most of a request is waiting. */
const REMOTE_RUNS_EACH = 4;
/** @typedef {{length: number, read: number}} RunOut */
/** @typedef {{port: MessagePort, isReady: boolean, runs: Map<number, RunOut>}} ScannerLine */

/** Gives up bytes that are no longer needed: these are megabytes, and garbage is collected late. @param {Uint8Array} bytes */
function free({ buffer }) {
  // Older browsers leave it to their collector.
  /** @type {{transfer?: (bytes: number) => ArrayBuffer}} */ (buffer).transfer?.(0);
}

class CoordinatorRole {
  /** @type {Map<number, ScannerLine>} */
  #scanners = new Map();
  /** @type {AnyJob | undefined} */
  #job;
  #total_bytes = 0;
  #hasEnded = true;
  #isPaused = false;
  #isFinishing = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #batchTimer;
  #pause_ms = FIRST_BATCH_MS;
  #news_ms = 0;
  /** Reports are written one after another: there is one pen. @type {Promise<any>} */
  #report = Promise.resolve();

  /** @param {(error: unknown) => void} broken */
  constructor(broken) {
    this.broken = broken;
  }

  /** @param {import('./messages.js').ToWorker} message */
  receive(message) {
    if (message.type === 'request') this.#reply(message);
    else if (message.type === 'scanner') this.#addScanner(message.scanner, message.port);
    else if (message.type === 'lost') this.#loseScanner(message.scanner, message.what);
  }

  /** What {@link Requests} names. @type {Record<string, (argument: any) => any>} */
  #methods = {
    open: async (checkpoint) => {
      const job = new ScanJob(checkpoint.name);
      await this.#begin(job, await job.open(readableFiles(checkpoint)));
    },
    address: async ({ address, scanners }) => {
      const checkpoint = await found(address);
      const job = new ScanJob(checkpoint.name);
      if (address.isSampled) job.sample();
      await this.#begin(job, await job.open({ ...checkpoint, scanners }));
      return checkpoint;
    },
    find: (address) => found(address),
    compare: async ({ sides, renames, scanners }) => {
      const job = new CompareJob(sides.map(readableFiles));
      await this.#begin(job, await job.open(renames, scanners));
    },
    pause: (isPaused) => {
      this.#isPaused = isPaused;
      this.#step();
    },
    abandon: (why) => this.#abandon(why),
    look: () => this.#look(),
    one: (index) => JSON.parse(this.#job?.one(index) ?? 'null') ?? undefined,
    report: () => this.#writeReport(),
    export: (as) => this.#writeExport(as),
    text: (as) => this.#write(as),
    rotary: () => (this.#job instanceof CompareJob ? this.#job.rotary() : undefined),
    microscope: ({ text, format }) => JSON.parse(wasm_bindgen.microscope(text, format)),
  };

  /** @param {import('./messages.js').Request} request */
  async #reply({ id, method, argument }) {
    try {
      tellPage({ type: 'reply', id, value: await this.#methods[method](argument) });
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) this.broken(error);
      else tellPage({ type: 'reply', id, error: String(error) });
    }
  }

  /** @param {AnyJob} job @param {Opened} opened */
  async #begin(job, { overview, used, ignored, bytes, rows }) {
    this.#job = job;
    this.#total_bytes = bytes;
    this.#hasEnded = false;
    tellPage({ type: 'begun', overview, files: used.map(({ name, file }) => ({ name, bytes: file.size })), ignored, bytes, rows });
    this.#step();
    for (let first = 0; first < rows; first += ROWS) {
      tellPage({ type: 'rows', first, columns: JSON.parse(job.core.rows(first, ROWS)) });
      await breathe();
    }
  }

  /** @param {number} scanner @param {MessagePort} port */
  #addScanner(scanner, port) {
    const line = { port, isReady: false, runs: new Map() };
    this.#scanners.set(scanner, line);
    port.onmessage = ({ data }) => {
      try {
        this.#hear(line, data);
      } catch (error) {
        this.broken(error);
      }
    };
  }

  /** @param {ScannerLine} line @param {import('./messages.js').FromScanner} message */
  #hear(line, message) {
    if (message.type === 'ready') line.isReady = true;
    if (message.type === 'seen') this.#merge(line, message);
    if (message.type === 'failed' && line.runs.delete(message.run)) this.#job?.fail(message.run, message.stretch, message.what);
    this.#step();
  }

  /** @param {ScannerLine} line @param {Extract<import('./messages.js').FromScanner, {type: 'seen'}>} seen */
  #merge({ runs }, { run, read, observations, isEnd, kept }) {
    const out = runs.get(run);
    if (!out) return;
    out.read = read;
    if (isEnd) runs.delete(run);
    if (kept) this.#job?.keep(run, kept);
    if (observations) {
      this.#job?.core.merge(run, observations);
      free(observations);
    }
  }

  /** Begins the second look. */
  #look() {
    if (!this.#job || !this.#hasEnded) return;
    this.#total_bytes = this.#job.look();
    this.#hasEnded = false;
    this.#step();
  }

  /** What it was scanning has failed; what it had not begun goes back. @param {number} scanner @param {string} what */
  #loseScanner(scanner, what) {
    const [first, ...others] = this.#scanners.get(scanner)?.runs.keys() ?? [];
    this.#scanners.delete(scanner);
    for (const run of others) this.#job?.core.give_back(run);
    if (first !== undefined) this.#job?.fail(first, undefined, what);
    this.#step();
  }

  /** Hands out what there is, and tells the page before long. */
  #step() {
    if (!this.#job || this.#hasEnded) return;
    const most = this.#job.isRemote ? REMOTE_RUNS_EACH : RUNS_EACH;
    for (let count = 0; count < most; count++) {
      for (const line of this.#scanners.values()) if (line.isReady && line.runs.size === count) this.#handOut(line);
    }
    if (this.#job.core.done()) this.#finish(this.#job);
    else this.#batchTimer ??= setTimeout(() => this.#tellBatch(), this.#pause_ms);
  }

  /** @param {ScannerLine} line */
  #handOut({ port, runs }) {
    const run = this.#isPaused ? undefined : this.#job?.nextRun();
    if (!run) return;
    runs.set(run.run, { length: run.stretches.reduce((sum, { begin, end }) => sum + end - begin, 0), read: 0 });
    port.postMessage(run, [run.tasks.buffer]);
  }

  /** @param {string} why */
  #abandon(why) {
    if (this.#hasEnded) return;
    for (const { runs } of this.#scanners.values()) runs.clear();
    this.#job?.core.abandon(why);
    this.#end();
  }

  /** All is read: what is at an address is looked at again where its server tells no versions apart. @param {AnyJob} job */
  async #finish(job) {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    try {
      await job.checkAgain();
    } catch (error) {
      this.broken(error);
    }
    this.#isFinishing = false;
    if (job === this.#job && !this.#hasEnded) this.#end();
  }

  #end() {
    this.#hasEnded = true;
    this.#tellBatch();
  }

  #tellBatch() {
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    const isEnd = this.#hasEnded;
    try {
      const [figures, news, missing_bytes] = [this.#takeFigures(), this.#takeNews(), isEnd && this.#job ? this.#job.missingBytes() : 0];
      tellPage({ type: 'batch', bytes: this.#bytesRead(), figures, news, isEnd, missing_bytes });
    } catch (error) {
      this.broken(error);
    }
  }

  #takeFigures() {
    const figures = this.#job?.core.figures();
    if (!figures) return null;
    this.#pause_ms = BATCH_MS;
    return this.#job?.columns(JSON.parse(figures)) ?? null;
  }

  #takeNews() {
    if (!this.#hasEnded && performance.now() - this.#news_ms < NEWS_MS) return null;
    this.#news_ms = performance.now();
    return this.#job?.news() ?? null;
  }

  /** Of the bytes of all tensors, those that are behind us. */
  #bytesRead() {
    const out = [...this.#scanners.values()].flatMap(({ runs }) => [...runs.values()]);
    const ahead = out.reduce((sum, { length, read }) => sum + length - read, this.#job?.core.waiting_bytes() ?? 0);
    return Math.max(0, this.#total_bytes - ahead);
  }

  /** @returns {Promise<Blob>} */
  #writeReport() {
    const { core } = /** @type {AnyJob} */ (this.#job);
    return this.#inTurn(() => {
      core.report_begin();
      return written(() => core.report_chunk(), 'application/json');
    });
  }

  /** @param {import('./messages.js').ExportEnding} as @returns {Promise<Blob>} */
  #writeExport(as) {
    const { core } = /** @type {ScanJob} */ (this.#job);
    return this.#inTurn(() => {
      core.export_begin(as);
      return written(() => core.export_chunk(), EXPORT_TYPES[as]);
    });
  }

  /** @param {() => Promise<Blob>} write */
  #inTurn(write) {
    this.#report = this.#report.catch(() => {}).then(write);
    return this.#report;
  }

  /** @param {'csv' | 'md'} as */
  #write(as) {
    const { core } = /** @type {CompareJob} */ (this.#job);
    return as === 'csv' ? new Blob([core.csv()], { type: 'text/csv' }) : new Blob([core.markdown()], { type: 'text/markdown' });
  }
}
