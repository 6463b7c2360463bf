// @ts-check
// The coordinator's role: owns headers, plan, results and report; hands runs to
// the scanners, merges what they saw, and tells the page in batches.

/** @typedef {import('./messages.js').NamedFile} NamedFile */
/** @typedef {import('./messages.js').Requests} Requests */
/** @typedef {import('./messages.js').FigureColumns} FigureColumns */

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
/** Bytes of the report that are put together at once. */
const REPORT_PART_BYTES = 4 << 20;

/** @typedef {{length: number, read: number}} RunOut */
/** @typedef {{port: MessagePort, isReady: boolean, runs: Map<number, RunOut>}} ScannerLine */

/** Lets messages in. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

class CoordinatorRole {
  /** @type {Map<number, ScannerLine>} */
  #scanners = new Map();
  /** @type {File[]} */
  #files = [];
  /** @type {wasm_bindgen.Coordinator | undefined} */
  #job;
  #total_bytes = 0;
  #hasEnded = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #batchTimer;
  #pause_ms = FIRST_BATCH_MS;
  #news_ms = 0;
  /** Reports are written one after another: there is one pen. */
  #report = Promise.resolve(new Blob());

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
    open: (checkpoint) => this.#open(checkpoint),
    abandon: (why) => this.#abandon(why),
    look: () => this.#look(),
    tensor: (index) => JSON.parse(this.#job?.tensor(index) ?? 'null') ?? undefined,
    report: () => this.#writeReport(),
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

  /** @param {Parameters<Requests['open']>[0]} checkpoint */
  async #open({ name, files, indexes, scanners }) {
    const job = (this.#job = new wasm_bindgen.Coordinator(name));
    const { used, ignored } = await readIndexes(job, files, indexes);
    this.#files = used.map(({ file }) => file);
    for (const { name, file } of used) job.add_file(name, file.size);
    for (const [index, file] of this.#files.entries()) await readHeader(job, index, file);
    job.start(scanners);
    const overview = JSON.parse(job.overview());
    this.#total_bytes = overview.checkpoint.bytes;
    this.#hasEnded = false;
    tellPage({ type: 'begun', overview, files: used.map(({ name, file }) => ({ name, bytes: file.size })), ignored });
    this.#step();
    await this.#tellRows(job);
  }

  /** @param {wasm_bindgen.Coordinator} job */
  async #tellRows(job) {
    for (let first = 0; first < job.tensors(); first += ROWS) {
      tellPage({ type: 'rows', first, columns: JSON.parse(job.rows(first, ROWS)) });
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
    if (message.type === 'failed' && line.runs.delete(message.run)) this.#job?.run_failed(message.run, true, message.what);
    this.#step();
  }

  /** @param {ScannerLine} line @param {Extract<import('./messages.js').FromScanner, {type: 'seen'}>} seen */
  #merge({ runs }, { run, read, observations, isEnd }) {
    const out = runs.get(run);
    if (!out) return;
    out.read = read;
    if (isEnd) runs.delete(run);
    if (observations) this.#job?.merge(run, observations);
  }

  /** Begins the second look. */
  #look() {
    if (!this.#job || !this.#hasEnded) return;
    this.#job.look_again();
    this.#total_bytes = this.#job.waiting_bytes();
    this.#hasEnded = false;
    this.#step();
  }

  /** What it was scanning has failed; what it had not begun goes back. @param {number} scanner @param {string} what */
  #loseScanner(scanner, what) {
    const [first, ...others] = this.#scanners.get(scanner)?.runs.keys() ?? [];
    this.#scanners.delete(scanner);
    for (const run of others) this.#job?.give_back(run);
    if (first !== undefined) this.#job?.run_failed(first, false, what);
    this.#step();
  }

  /** Hands out what there is, and tells the page before long. */
  #step() {
    if (!this.#job || this.#hasEnded) return;
    for (let count = 0; count < RUNS_EACH; count++) {
      for (const line of this.#scanners.values()) if (line.isReady && line.runs.size === count) this.#handOut(line);
    }
    if (this.#job.done()) this.#end();
    else this.#batchTimer ??= setTimeout(() => this.#tellBatch(), this.#pause_ms);
  }

  /** @param {ScannerLine} line */
  #handOut({ port, runs }) {
    const run = this.#job?.next_run();
    if (!run) return;
    const { id, file, begin, end } = run;
    const spans = run.spans();
    run.free();
    runs.set(id, { length: end - begin, read: 0 });
    port.postMessage({ run: id, file: this.#files[file], begin, end, spans }, [spans.buffer]);
  }

  /** @param {string} why */
  #abandon(why) {
    if (this.#hasEnded) return;
    for (const { runs } of this.#scanners.values()) runs.clear();
    this.#job?.abandon(why);
    this.#end();
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
      const [figures, news, missing_bytes] = [this.#takeFigures(), this.#takeNews(), isEnd && this.#job ? this.#job.casts_waiting_bytes() : 0];
      tellPage({ type: 'batch', bytes: this.#bytesRead(), figures, news, isEnd, missing_bytes });
    } catch (error) {
      this.broken(error);
    }
  }

  #takeFigures() {
    const figures = this.#job?.figures();
    if (!figures) return null;
    this.#pause_ms = BATCH_MS;
    return typedColumns(JSON.parse(figures));
  }

  #takeNews() {
    if (!this.#hasEnded && performance.now() - this.#news_ms < NEWS_MS) return null;
    this.#news_ms = performance.now();
    const { checkpoint, patterns, ...news } = JSON.parse(this.#job?.overview() ?? '{}');
    return news;
  }

  /** Of the bytes of all tensors, those that are behind us. */
  #bytesRead() {
    const out = [...this.#scanners.values()].flatMap(({ runs }) => [...runs.values()]);
    const ahead = out.reduce((sum, { length, read }) => sum + length - read, this.#job?.waiting_bytes() ?? 0);
    return Math.max(0, this.#total_bytes - ahead);
  }

  /** @returns {Promise<Blob>} */
  #writeReport() {
    this.#report = this.#report.then(() => writtenReport(/** @type {wasm_bindgen.Coordinator} */ (this.#job)));
    return this.#report;
  }
}

/** The report as a Blob made of Blobs, so that it is never whole in memory. @param {wasm_bindgen.Coordinator} job */
async function writtenReport(job) {
  const parts = [];
  let [chunks, bytes] = [/** @type {BlobPart[]} */ ([]), 0];
  job.report_begin();
  for (let chunk = job.report_chunk(); chunk; chunk = job.report_chunk()) {
    chunks.push(/** @type {BlobPart} */ (chunk));
    bytes += chunk.byteLength;
    if (bytes < REPORT_PART_BYTES) continue;
    parts.push(new Blob(chunks));
    [chunks, bytes] = [[], 0];
    await breathe();
  }
  return new Blob([...parts, ...chunks], { type: 'application/json' });
}

/** @param {any} columns as JSON has them @returns {FigureColumns} */
function typedColumns({ index, failed, label, casts, ...figures }) {
  const numbers = Object.entries(figures).map(([id, column]) =>
    [id, Float64Array.from(/** @type {(number | null)[]} */ (column), (value) => value ?? NaN)]);
  return { index: Uint32Array.from(index), failed: Uint32Array.from(failed), label, ...(casts && { casts: castColumns(casts) }), ...Object.fromEntries(numbers) };
}

/** @param {any} casts as JSON has them: an infinite number is a string @returns {import('./messages.js').CastColumns} */
function castColumns({ index, sqnr_db }) {
  const columns = Object.entries(sqnr_db).map(([key, column]) =>
    [key, Float32Array.from(/** @type {(number | string | null)[]} */ (column), (value) => Number(value ?? NaN))]);
  return { index: Uint32Array.from(index), sqnr_db: Object.fromEntries(columns) };
}

/** The folder of a path, with its slash. @param {string} path */
const folderOf = (path) => path.slice(0, path.lastIndexOf('/') + 1);

/**
 * Adds the indexes. Where a folder has one, it says which of the folder's files are used.
 * @param {wasm_bindgen.Coordinator} job @param {NamedFile[]} files @param {NamedFile[]} indexes
 */
async function readIndexes(job, files, indexes) {
  /** @type {string[]} */
  const ignored = [];
  for (const { name, file } of indexes) {
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      job.add_index(name, bytes);
      const shards = shardsOf(bytes, folderOf(name));
      const isStray = (/** @type {NamedFile} */ { name: other }) => folderOf(other) === folderOf(name) && !shards.has(other);
      if (!files.some(({ name }) => shards.has(name))) continue;
      ignored.push(...files.filter(isStray).map(({ name }) => name));
      files = files.filter((file) => !isStray(file));
    } catch (error) {
      job.add_problem(name, sentenceOf(error));
    }
  }
  return { used: files, ignored };
}

/** The shards that an index names, none when it cannot be read; core says why. @param {Uint8Array} bytes @param {string} folder @returns {Set<string>} */
function shardsOf(bytes, folder) {
  try {
    const names = Object.values(JSON.parse(new TextDecoder().decode(bytes)).weight_map);
    return new Set(names.map((name) => folder + name));
  } catch {
    return new Set();
  }
}

/** @param {wasm_bindgen.Coordinator} job @param {number} index @param {File} file */
async function readHeader(job, index, file) {
  try {
    for (let range = job.header_wants(index); range; range = job.header_wants(index)) {
      const bytes = await file.slice(range[0], range[1]).arrayBuffer();
      job.header_feed(index, new Uint8Array(bytes));
    }
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    job.header_failed(index, sentenceOf(error));
  }
}

/** @param {unknown} error why a file could not be read */
function sentenceOf(error) {
  try {
    return explain(error);
  } catch (explained) {
    return /** @type {Error} */ (explained).message;
  }
}
