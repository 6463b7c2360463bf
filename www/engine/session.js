// @ts-check
// One checkpoint after another on this page: the state that the views draw, and
// what a person can do about it.

import { loadArtifacts, sampleFile } from './artifacts.js';
import { Engine, scannersHere } from './engine.js';
import { Rate } from './rate.js';
import { Rows } from './rows.js';
import { select } from './selection.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Problem} Problem */
/** @typedef {import('../types.js').TensorReport} TensorReport */
/** @typedef {import('./messages.js').Event} Event */

/** A hidden page draws no frames, and its title still tells the progress. */
const HIDDEN_MS = 500;

/** A second look at up to so much begins by itself; a longer one is asked for. */
const UNASKED_BYTES = 2 ** 30;

/** After a scan the page draws its results first. */
const WARM_AFTER_MS = 1000;

const noProgress = () => ({ bytes: 0, total: 0, elapsed_ms: 0, bytes_per_second: 0, remaining_ms: null });

/** @returns {State['casts']} */
const noLook = () => ({ phase: 'none', bytes: 0, progress: noProgress() });

const emptyState = () => ({
  phase: /** @type {State['phase']} */ ('empty'),
  files: /** @type {State['files']} */ ([]),
  ignored: /** @type {string[]} */ ([]),
  error: /** @type {string | null} */ (null),
  progress: /** @type {State['progress']} */ (noProgress()),
  overview: /** @type {State['overview']} */ (null),
  casts: noLook(),
  rows: new Rows(),
});

class PageSession {
  state = emptyState();
  /** @type {import('../types.js').FormatRange[]} */
  formats = [];
  /** @type {import('../types.js').Cast[]} */
  casts = [];
  /** @type {Set<(state: State) => void>} */
  #callbacks = new Set();
  #isToldSoon = false;
  /** The engine of the checkpoint that is open. @type {Engine | null} */
  #engine = null;
  /** A warm one for the next. @type {Promise<Engine> | null} */
  #spare = null;
  #rate = new Rate();
  #start_ms = 0;
  /** Counts what was opened: a later one takes over from an earlier one. */
  #opened = 0;

  constructor() {
    // What went wrong is told when something is opened.
    this.#warm().catch(() => {});
  }

  /** @param {File[]} given */
  async open(given) {
    const { error, ...checkpoint } = select(given);
    const opened = this.#reset({ files: checkpoint.files.map(({ name, file }) => ({ name, bytes: file.size })), ignored: checkpoint.ignored });
    if (error !== null) return this.#fail(error);
    try {
      const engine = await this.#takeEngine();
      if (opened !== this.#opened) return engine.end();
      this.#engine = engine;
      await engine.coordinator.request('open', { ...checkpoint, scanners: scannersHere() });
    } catch (error) {
      if (opened === this.#opened) this.#fail(notStarted(/** @type {Error} */ (error)));
    }
  }

  async openSample() {
    const opened = this.#reset({});
    try {
      const file = await sampleFile();
      if (opened === this.#opened) await this.open([file]);
    } catch (error) {
      if (opened === this.#opened) this.#fail(`The sample could not be loaded. (${/** @type {Error} */ (error).message})`);
    }
  }

  cancel() {
    const { phase } = this.state;
    if (phase === 'reading header') {
      this.#close();
      this.#change(emptyState());
    }
    if (phase !== 'scanning') return;
    this.#engine?.abandon('cancelled by the user');
    this.#progressTo(this.state.progress.bytes);
    this.#change({ phase: 'cancelled' });
  }

  /** Reads the file once more for the casts that are missing. */
  look() {
    const { casts } = this.state;
    const engine = this.#engine;
    if (!engine || (casts.phase !== 'waiting' && casts.phase !== 'stopped')) return;
    this.#rate = new Rate();
    this.#start_ms = performance.now();
    this.#rate.add(this.#start_ms, 0);
    this.#change({ casts: { ...casts, phase: 'looking', progress: { ...noProgress(), total: casts.bytes } } });
    engine.startScanners();
    engine.coordinator.request('look').catch(() => {
      if (engine === this.#engine) this.#change({ casts: { ...casts, phase: 'stopped' } });
    });
  }

  /** What has not been looked at stays as it is. */
  endLook() {
    if (this.state.casts.phase === 'looking') this.#engine?.abandon('stopped by the user');
  }

  /**
   * The report of one tensor, or nothing while it is not finished.
   * @param {number} row @returns {Promise<TensorReport | undefined>}
   */
  async tensor(row) {
    return this.#engine?.coordinator.request('tensor', row).catch(() => undefined);
  }

  /** @returns {Promise<Blob>} the report on everything that is finished, as JSON */
  async saveReport() {
    if (!this.#engine) throw new Error('no checkpoint is open');
    return this.#engine.coordinator.request('report');
  }

  /** One number in every format; any coordinator knows them. @param {string} text @param {string} format of a code that names none */
  async microscope(text, format) {
    const { coordinator } = this.#engine ?? (await this.#warm());
    return coordinator.request('microscope', { text, format });
  }

  /** Calls back after changes, at most once a frame. @param {(state: State) => void} callback */
  onchange(callback) {
    this.#callbacks.add(callback);
  }

  /** Starts the workers of the next checkpoint. @returns {Promise<Engine>} */
  #warm() {
    this.#spare ??= this.#newEngine().catch((error) => {
      this.#spare = null;
      throw error;
    });
    return this.#spare;
  }

  /** @returns {Promise<Engine>} */
  async #newEngine() {
    const artifacts = await loadArtifacts();
    const engine = new Engine(artifacts, {
      receive: (event) => { if (engine === this.#engine) this.#receive(event); },
      failed: (what) => this.#lose(engine, what),
    });
    engine.ready.then((tables) => {
      Object.assign(this, tables);
      this.#change({});
    });
    return engine;
  }

  async #takeEngine() {
    const engine = await this.#warm();
    this.#spare = null;
    return engine;
  }

  /** @param {Engine} engine @param {string} what */
  #lose(engine, what) {
    if (engine === this.#engine) this.#fail(`The scan stopped: the worker that holds its results died. Open the checkpoint again. (${what})`);
    else this.#spare = null;
  }

  /** Leaves what was open and begins anew. @param {Partial<ReturnType<typeof emptyState>>} state @returns {number} */
  #reset(state) {
    this.#close();
    this.#rate = new Rate();
    this.#start_ms = performance.now();
    this.#change({ ...emptyState(), phase: 'reading header', ...state });
    return this.#opened;
  }

  #close() {
    this.#opened++;
    this.#engine?.end();
    this.#engine = null;
    this.#warm().catch(() => {});
  }

  /** @param {string} error */
  #fail(error) {
    this.#close();
    const { files, ignored } = this.state;
    this.#change({ ...emptyState(), phase: 'failed', files, ignored, error });
  }

  /** @param {Event} event */
  #receive(event) {
    if (event.type === 'begun') this.#begin(event);
    if (event.type === 'rows') this.state.rows.add(event.first, event.columns);
    if (event.type === 'batch') this.#takeBatch(event);
    this.#change({});
  }

  /** @param {Extract<Event, {type: 'begun'}>} event */
  #begin({ overview, files, ignored }) {
    const { tensors, bytes } = overview.checkpoint;
    this.state.ignored.push(...ignored);
    this.#rate.add(performance.now(), 0);
    this.#change({ phase: 'scanning', overview, files, rows: new Rows(tensors), progress: { ...noProgress(), total: bytes } });
  }

  /** @param {Extract<Event, {type: 'batch'}>} event */
  #takeBatch({ bytes, figures, news, isEnd, missing_bytes }) {
    const { phase, overview, rows, casts } = this.state;
    if (figures) rows.finish(figures);
    if (news && overview) Object.assign(overview, news);
    if (phase === 'scanning') this.#progressTo(bytes);
    if (casts.phase === 'looking') {
      this.state.casts = { ...casts, progress: this.#progressOf(bytes, casts.progress.total) };
      if (isEnd) this.#rest(missing_bytes ? 'stopped' : 'done', missing_bytes);
    } else if (isEnd) this.#end(missing_bytes);
  }

  /** @param {number} missing_bytes */
  #end(missing_bytes) {
    const { phase, overview } = this.state;
    if (overview?.checkpoint.tensors === 0 && overview.problems.length) return this.#fail(sentences(overview.problems));
    if (phase === 'scanning') this.#change({ phase: 'done' });
    const isDone = this.state.phase === 'done';
    const isUnasked = isDone && missing_bytes > 0 && missing_bytes <= UNASKED_BYTES;
    if (!isUnasked) return this.#rest(!isDone ? 'none' : missing_bytes ? 'waiting' : 'done', missing_bytes);
    this.state.casts = { ...noLook(), phase: 'waiting', bytes: missing_bytes };
    this.look();
  }

  /** The file is no longer read. @param {State['casts']['phase']} phase @param {number} bytes that are missing */
  #rest(phase, bytes) {
    this.#engine?.stopScanning();
    this.#change({ casts: { ...this.state.casts, phase, bytes } });
    setTimeout(() => this.#warm().catch(() => {}), WARM_AFTER_MS);
  }

  /** @param {number} bytes */
  #progressTo(bytes) {
    this.state.progress = this.#progressOf(bytes, this.state.progress.total);
  }

  /** @param {number} bytes @param {number} total */
  #progressOf(bytes, total) {
    const now_ms = performance.now();
    this.#rate.add(now_ms, bytes);
    return {
      bytes, total,
      elapsed_ms: now_ms - this.#start_ms,
      bytes_per_second: this.#rate.bytes_per_second,
      remaining_ms: this.#rate.remaining_ms(total - bytes),
    };
  }

  /** @param {Partial<ReturnType<typeof emptyState>>} changes */
  #change(changes) {
    Object.assign(this.state, changes);
    if (this.#isToldSoon) return;
    this.#isToldSoon = true;
    if (document.hidden) setTimeout(() => this.#tell(), HIDDEN_MS);
    else requestAnimationFrame(() => this.#tell());
  }

  #tell() {
    this.#isToldSoon = false;
    for (const callback of this.#callbacks) callback(this.state);
  }
}

/** @param {Error} error */
function notStarted({ name, message }) {
  // Wasm that does not compile has instructions that the browser does not know.
  if (name === 'CompileError') return 'This browser cannot run Floatscope: it lacks WebAssembly with 128-bit SIMD. Any browser since 2023 has it.';
  return `The page’s own code could not be started. Reload the page. (${message})`;
}

/** What kept everything from being read. @param {Problem[]} problems */
function sentences(problems) {
  const [first, ...more] = problems.map(({ file, where, what }) => `${file}: ${what}${where === null ? '' : ` (${where})`}`);
  return more.length ? `${first} — and ${more.length} more ${more.length === 1 ? 'problem' : 'problems'}.` : `${first}.`;
}

/** @returns {import('../types.js').Session} */
export const createSession = () => new PageSession();
