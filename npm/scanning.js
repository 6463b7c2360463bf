// @ts-check
// One scan, in short steps of the thread that asks for it.

/** Longer than this nothing else waits for a step. */
const STEP_MS = 10;
/** Runs whose reading has begun: most of a request for one of them is waiting. */
const AHEAD = { here: 2, far: 6 };
/** What may be wanted: a slip of the pen would go unnoticed. */
const OPTIONS = ['sample', 'casts', 'only', 'signal', 'token', 'hub', 'onprogress', 'fetch'];
/** At least this long between two calls of onprogress. */
const TELL_MS = 100;

/**
 * @typedef {object} ScanOptions
 * @property {number | boolean} [sample]
 * @property {boolean | string | string[]} [casts]
 * @property {string | string[]} [only]
 * @property {AbortSignal} [signal]
 * @property {string} [token]
 * @property {string} [hub]
 * @property {(progress: {bytes: number, total: number, look: 1 | 2}) => void} [onprogress]
 * @property {typeof fetch} [fetch]
 */
/** @typedef {{eye: Eye, looking: Looking}} Scanner */
/** @typedef {{id: number, file: File, tasks: Uint8Array, reading: Reading, length: number}} RunAhead */

/** Lets everything else have its turn. */
const turn = () => new Promise((/** @type {(value?: unknown) => void} */ resolve) => (typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve, 0)));

/** @param {unknown} source @param {ScanOptions} [options] */
const scan = (source, options = {}) => new Scanning(source, options);

class Scanning {
  #source;
  #options;
  #stop = new AbortController();
  /** When it is. */
  #stopped = new Promise((resolve) => this.#stop.signal.addEventListener('abort', resolve));
  /** What ended it. @type {{error: unknown} | undefined} */
  #ended;
  /** What is waited for together. @type {Promise<void> | undefined} */
  #step;
  /** @type {ScanJob | undefined} */
  #job;
  /** @type {Scanner | undefined} */
  #scanner;
  /** @type {RunAhead[]} */
  #ahead = [];
  #mostAhead = AHEAD.here;
  #isDone = false;
  /** Whether nobody wants more tensors. */
  #isLeft = false;
  /** Tensors of which nothing is missing, in the order in which that was so. @type {number[]} */
  #settled = [];
  /** @type {Set<number>} */
  #isSettled = new Set();
  #given = 0;
  /** Of this look at the file. */
  #total = 0;
  /** @type {1 | 2} */
  #look = 1;
  #told_ms = -Infinity;
  #turned_ms = 0;
  /** @type {any} */
  #overview = null;
  /** Reports are written one after another: there is one pen. @type {Promise<unknown>} */
  #pen = Promise.resolve();

  /** @param {unknown} source @param {ScanOptions} options */
  constructor(source, options) {
    this.#source = source;
    this.#options = options;
    const { signal } = options;
    const abort = () => this.#end(signal?.reason);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true, signal: this.#stop.signal });
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<IteratorResult<any, undefined>>} */
  async next() {
    if (this.#isLeft) return { done: true, value: undefined };
    this.#throwWhatEnded();
    while (this.#given === this.#settled.length && !this.#isDone) await this.#advance();
    if (this.#given === this.#settled.length) return { done: true, value: undefined };
    return { done: false, value: JSON.parse(/** @type {string} */ (this.#core.tensor(this.#settled[this.#given++]))) };
  }

  /** @returns {Promise<IteratorResult<any, undefined>>} */
  async return() {
    this.#isLeft = true;
    if (!this.#isDone) this.#end(new FloatscopeError('the scan was left before its end'));
    return { done: true, value: undefined };
  }

  /** Everything but the tensors, as far as it is known. */
  get overview() {
    if (!this.#job) return null;
    if (!this.#overview) {
      // What follows the list of the page is nothing to others.
      const { patterns, ...overview } = JSON.parse(this.#core.overview());
      this.#overview = overview;
    }
    return this.#overview;
  }

  async report() {
    return JSON.parse(await (await this.blob()).text());
  }

  /** @param {'json' | import('../www/engine/messages.js').ExportEnding} [as] @returns {Promise<Blob>} */
  async blob(as = 'json') {
    // Nobody waits for a whole scan to learn that.
    if (as !== 'json' && !Object.hasOwn(EXPORT_TYPES, as)) throw new FloatscopeError(`there is no report as "${as}"`);
    while (!this.#isDone) await this.#advance();
    const written = this.#pen.then(() => this.#written(as));
    this.#pen = written.catch(() => {});
    return written;
  }

  /** @param {'json' | import('../www/engine/messages.js').ExportEnding} as */
  #written(as) {
    const core = this.#core;
    if (as === 'json') {
      core.report_begin();
      return written(() => core.report_chunk(), 'application/json');
    }
    core.export_begin(as);
    return written(() => core.export_chunk(), EXPORT_TYPES[as]);
  }

  get #core() {
    return /** @type {ScanJob} */ (this.#job).core;
  }

  /** The next step; who comes while it is taken waits with the others. */
  async #advance() {
    this.#throwWhatEnded();
    this.#step ??= this.#taken().finally(() => (this.#step = undefined));
    await this.#step;
    this.#throwWhatEnded();
  }

  #throwWhatEnded() {
    if (this.#ended) throw this.#ended.error;
  }

  async #taken() {
    try {
      // Who stops it doesn't wait for what is under way.
      await Promise.race([this.#job ? this.#scanOne() : this.#open(), this.#stopped]);
    } catch (error) {
      this.#end(error instanceof WebAssembly.RuntimeError ? brokenBy(error) : error);
    }
  }

  /** Nothing more is read. @param {unknown} error */
  #end(error) {
    this.#ended ??= { error };
    this.#close();
  }

  #close() {
    this.#stop.abort();
    for (const { reading } of this.#ahead.splice(0)) reading.close();
  }

  async #open() {
    const memory = await memoryOf();
    if (broken) throw broken;
    const { isFar, ...checkpoint } = await located(this.#source, this.#options, this.#asking());
    if (this.#ended) return;
    const job = new ScanJob(checkpoint.name);
    this.#choose(job, isFar);
    const { overview, bytes } = await job.open({ ...checkpoint, scanners: 1 });
    if (this.#ended) return;
    if (!overview.checkpoint.tensors && overview.problems.length) throw FloatscopeError.of(overview.problems);
    this.#job = job;
    this.#scanner = { eye: scanEye(), looking: new Looking(memory) };
    this.#mostAhead = isFar ? AHEAD.far : AHEAD.here;
    this.#total = bytes;
    this.#take();
    if (job.core.done()) await this.#endLook();
  }

  /** @returns {Asking} */
  #asking() {
    const { signal } = this.#stop;
    const given = this.#options.fetch ?? fetch;
    // Older browsers end a request that nobody waits for when it has no news.
    const both = (/** @type {AbortSignal} */ other) => (AbortSignal.any ? AbortSignal.any([other, signal]) : other);
    return { signal, fetch: (url, init) => given(url, { ...init, ...(init.signal && { signal: both(init.signal) }) }) };
  }

  /** What is wanted of the report. @param {ScanJob} job @param {boolean} isFar */
  #choose(job, isFar) {
    const { core } = job;
    const strange = Object.keys(this.#options).find((name) => !OPTIONS.includes(name));
    if (strange !== undefined) throw new FloatscopeError(`there is no option "${strange}", only ${OPTIONS.join(', ')}`);
    const { sample = isFar, casts = true, only = ['stats', 'ancestry', 'casts'] } = this.#options;
    if (sample === true) job.sample();
    else if (sample !== false) {
      if (!(Number(sample) >= 1)) throw new FloatscopeError(`a sample has 1 byte or more, and not ${sample}`);
      job.sample(Number(sample));
    }
    const parts = [only].flat();
    const unknown = parts.find((part) => !['stats', 'ancestry', 'casts'].includes(part));
    if (unknown !== undefined) throw new FloatscopeError(`there is no part "${unknown}" of the report, only stats, ancestry and casts`);
    const keys = typeof casts === 'boolean' ? [] : [casts].flat();
    const hasCasts = parts.includes('casts') && (casts === true || keys.length > 0);
    core.only(parts.includes('stats'), parts.includes('ancestry'), hasCasts);
    try {
      if (keys.length) core.cast(keys.join());
    } catch (error) {
      throw new FloatscopeError(String(error));
    }
  }

  /** Looks at one run. */
  async #scanOne() {
    const { eye, looking } = /** @type {Scanner} */ (this.#scanner);
    this.#readAhead();
    const run = this.#ahead[0];
    if (run) {
      eye.begin(run.tasks);
      const failed = await looking.at([run.reading], eye, () => this.#between());
      // It may have been stopped meanwhile.
      if (this.#ended) return;
      this.#ahead.shift();
      if (eye.finished()) this.#core.merge(run.id, eye.take());
      if (failed) this.#job?.fail(run.id, failed.stretch, failed.what);
      else if (run.reading.kept) this.#job?.keep(run.id, run.reading.kept);
      this.#take();
      // To judge a tensor takes its time, too.
      if (!this.#ended) await this.#between();
    }
    if (this.#core.done()) await this.#endLook();
  }

  /** Has the reading of the next runs begin. */
  #readAhead() {
    while (this.#ahead.length < this.#mostAhead) {
      const next = this.#job?.nextRun();
      if (!next) return;
      const [{ file, begin, end }] = next.stretches;
      this.#ahead.push({ id: next.run, file, tasks: next.tasks, reading: new Reading(file, begin, end, next.isKept), length: end - begin });
    }
  }

  /** Between two parts of a run: tells how far it is, and lets others have their turn. */
  #between() {
    if (this.#ended) throw new SourceError('the scan was stopped');
    this.#tell();
    if (performance.now() - this.#turned_ms < STEP_MS) return undefined;
    return turn().then(() => {
      this.#turned_ms = performance.now();
    });
  }

  #tell(isEnd = false) {
    const { onprogress } = this.#options;
    if (!onprogress || (!isEnd && performance.now() - this.#told_ms < TELL_MS)) return;
    this.#told_ms = performance.now();
    const left = this.#ahead.reduce((sum, { reading }) => sum + reading.left_bytes, this.#core.waiting_bytes());
    onprogress({ bytes: Math.max(0, this.#total - left), total: this.#total, look: this.#look });
  }

  /** Takes in which tensors are finished. */
  #take() {
    this.#overview = null;
    const columns = this.#core.figures();
    if (!columns) return;
    const { index, casts } = JSON.parse(columns);
    for (const tensor of [...index, ...(casts?.index ?? [])]) if (this.#core.has_all_casts(tensor)) this.#settle(tensor);
  }

  /** @param {number} tensor */
  #settle(tensor) {
    if (this.#isSettled.has(tensor)) return;
    this.#isSettled.add(tensor);
    this.#settled.push(tensor);
  }

  /** The second look comes after the first, where casts need one. */
  async #endLook() {
    const job = /** @type {ScanJob} */ (this.#job);
    this.#tell(true);
    if (this.#look === 1 && job.missingBytes() > 0) {
      this.#look = 2;
      this.#total = job.look();
      return;
    }
    await job.checkAgain();
    this.#take();
    // What the second look could not read has casts that are missing.
    for (let tensor = 0; tensor < job.core.tensors(); tensor++) if (job.core.tensor(tensor) !== undefined) this.#settle(tensor);
    this.#isDone = true;
    this.#close();
  }
}
