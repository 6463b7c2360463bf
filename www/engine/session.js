// @ts-check
// One checkpoint after another on this page: the state that the views draw, and
// what a person can do about it.

import { sampleFile } from './artifacts.js';
import { ComparisonSession } from './comparison.js';
import { scannersHere } from './engine.js';
import { Engines, notStarted, sentences } from './engines.js';
import { LabSession } from './lab-session.js';
import { Rate, noProgress } from './rate.js';
import { Rows } from './rows.js';
import { filesForLab, select, selected } from './selection.js';
import { Store } from './store.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').TensorReport} TensorReport */
/** @typedef {import('./messages.js').ScanEvent} Event */

/** A second look at up to so much begins by itself; a longer one is asked for. */
const UNASKED_BYTES = 2 ** 30;

/** @returns {State['casts']} */
const noLook = () => ({ phase: 'none', bytes: 0, progress: noProgress() });

const emptyState = () => ({
  phase: /** @type {State['phase']} */ ('empty'),
  files: /** @type {State['files']} */ ([]),
  ignored: /** @type {string[]} */ ([]),
  forLab: /** @type {string[]} */ ([]),
  address: /** @type {State['address']} */ (null),
  error: /** @type {string | null} */ (null),
  progress: noProgress(),
  overview: /** @type {State['overview']} */ (null),
  casts: noLook(),
  rows: new Rows(),
  isPaused: false,
});

/** @extends {Store<ReturnType<typeof emptyState>>} */
class PageSession extends Store {
  /** @type {import('../types.js').FormatRange[]} */
  formats = [];
  /** @type {import('../types.js').Cast[]} */
  casts = [];
  #engines = new Engines((tables) => this.change(Object.assign(this, tables) && {}));
  /** The engine of the checkpoint that is open. @type {import('./engine.js').Engine | null} */
  #engine = null;
  /** What was given. @type {import('./selection.js').Selection | null} */
  #given = null;
  comparison = new ComparisonSession(this.#engines, () => this.#given, (address) => this.#find(address), (isPaused) => this.#pause(isPaused));
  lab = new LabSession('forward', () => this.#given, (isPaused) => this.#pause(isPaused));
  products = new LabSession('products', () => this.#given, (isPaused) => this.#pause(isPaused));
  #rate = new Rate();
  /** Counts what was opened: a later one takes over from an earlier one. */
  #opened = 0;

  constructor() {
    super(emptyState());
    this.#engines.warmSoon(0);
  }

  /** @param {File[]} given */
  async open(given) {
    const checkpoint = select(given);
    const { name, files, indexes, error } = checkpoint;
    const forLab = filesForLab(checkpoint);
    const ignored = checkpoint.ignored.filter((name) => !forLab.includes(name));
    const opened = this.#reset({ files: files.map(({ name, file }) => ({ name, bytes: file.size })), ignored, forLab });
    if (error !== null) return this.#fail(error);
    this.#give(checkpoint);
    await this.#begun(opened, (coordinator) => coordinator.request('open', { name, files, indexes, scanners: scannersHere() }));
  }

  /** @param {import('./messages.js').Address} address what is there is found first */
  async openAddress(address) {
    const opened = this.#reset({ address });
    const found = await this.#begun(opened, (coordinator) => coordinator.request('address', { address, scanners: scannersHere() }));
    if (!found || opened !== this.#opened) return;
    const checkpoint = selected(found);
    this.#give(checkpoint);
    this.change({ forLab: filesForLab(checkpoint) });
  }

  /** Any coordinator of a scan can look for it. @param {import('./messages.js').Address} address */
  async #find(address) {
    const { coordinator } = this.#engine ?? (await this.#engines.warm());
    return coordinator.request('find', address);
  }

  /** What a comparison and the lab read; its benches begin anew with it. @param {import('./selection.js').Selection} checkpoint */
  #give(checkpoint) {
    this.#given = checkpoint;
    this.lab.close();
    this.products.close();
  }

  /**
   * Has an engine begin; nothing where something else was opened meanwhile, or where it fails.
   * @template T @param {number} opened @param {(coordinator: import('./engine.js').Engine['coordinator']) => Promise<T>} begin
   */
  async #begun(opened, begin) {
    try {
      const engine = await this.#takeEngine();
      if (opened === this.#opened) return await begin((this.#engine = engine).coordinator);
      engine.end();
    } catch (error) {
      // Once there is an engine, it says what is wrong.
      const { message } = /** @type {Error} */ (error);
      if (opened === this.#opened) this.#fail(this.#engine ? message : notStarted(/** @type {Error} */ (error)));
    }
    return undefined;
  }

  /** Says why something is not opened. @param {string} why */
  refuse(why) {
    this.#reset({});
    this.#fail(why);
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
      this.change(emptyState());
    }
    if (phase !== 'scanning') return;
    this.#engine?.abandon('cancelled by the user');
    this.#progressTo(this.state.progress.bytes);
    this.change({ phase: 'cancelled' });
  }

  /** Nobody looks at it any longer: no worker is left. */
  end() {
    this.#close();
    this.change(emptyState());
  }

  /** Reads the file once more for the casts that are missing. */
  look() {
    const { casts } = this.state;
    const engine = this.#engine;
    if (!engine || (casts.phase !== 'waiting' && casts.phase !== 'stopped')) return;
    this.#rate = new Rate();
    this.change({ casts: { ...casts, phase: 'looking', progress: this.#rate.progress(0, casts.bytes) } });
    engine.startScanners();
    engine.coordinator.request('look').catch(() => {
      if (engine === this.#engine) this.change({ casts: { ...casts, phase: 'stopped' } });
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
    return this.#engine?.coordinator.request('one', row).catch(() => undefined);
  }

  /** @param {import('./messages.js').ExportEnding | 'json'} as @returns {Promise<Blob>} the report on everything that is finished */
  async saveReport(as) {
    if (!this.#engine) throw new Error('no checkpoint is open');
    const { coordinator } = this.#engine;
    return as === 'json' ? coordinator.request('report') : coordinator.request('export', as);
  }

  /** One number in every format; any coordinator knows them. @param {string} text @param {string} format of a code that names none */
  async microscope(text, format) {
    const { coordinator } = this.#engine ?? (await this.#engines.warm());
    return coordinator.request('microscope', { text, format });
  }

  async #takeEngine() {
    /** @type {import('./engine.js').Engine} */
    const engine = await this.#engines.take({
      receive: (event) => { if (engine === this.#engine) this.#receive(event); },
      failed: (what) => { if (engine === this.#engine) this.#lose(what); },
    });
    return engine;
  }

  /** What is left of the scan waits while something else is read. @param {boolean} isPaused */
  #pause(isPaused) {
    this.#engine?.coordinator.request('pause', isPaused).catch(() => {});
    this.change({ isPaused });
  }

  /** @param {string} what */
  #lose(what) {
    this.#fail(`The scan stopped: the worker that holds its results died. Open the checkpoint again. (${what})`);
  }

  /** Leaves what was open and begins anew. @param {Partial<ReturnType<typeof emptyState>>} state @returns {number} */
  #reset(state) {
    this.#close();
    this.#rate = new Rate();
    this.change({ ...emptyState(), phase: 'reading header', ...state });
    return this.#opened;
  }

  #close() {
    this.#opened++;
    this.comparison.close();
    this.#engine?.end();
    this.#engine = this.#given = null;
    this.lab.close();
    this.products.close();
    this.#engines.warmSoon(0);
  }

  /** @param {string} error */
  #fail(error) {
    this.#close();
    const { files, ignored, address } = this.state;
    this.change({ ...emptyState(), phase: 'failed', files, ignored, address, error });
  }

  /** @param {Event} event */
  #receive(event) {
    if (event.type === 'begun') this.#begin(event);
    if (event.type === 'rows') this.state.rows.add(event.first, event.columns);
    if (event.type === 'batch') this.#takeBatch(event);
    if (event.type === 'trouble') this.state.progress = { ...this.state.progress, trouble: event.what };
    this.change({});
  }

  /** @param {Extract<Event, {type: 'begun'}>} event */
  #begin({ overview, files, ignored, bytes, rows }) {
    this.state.ignored.push(...ignored);
    this.change({ phase: 'scanning', overview, files, rows: new Rows(rows), progress: this.#rate.progress(0, bytes) });
  }

  /** @param {Extract<Event, {type: 'batch'}>} event */
  #takeBatch({ bytes, figures, news, isEnd, missing_bytes }) {
    const { phase, overview, rows, casts } = this.state;
    if (figures) rows.finish(figures);
    if (news && overview) Object.assign(overview, news);
    if (phase === 'scanning') this.#progressTo(bytes);
    if (casts.phase === 'looking') {
      this.state.casts = { ...casts, progress: this.#rate.progress(bytes, casts.progress.total) };
      if (isEnd) this.#rest(missing_bytes ? 'stopped' : 'done', missing_bytes);
    } else if (isEnd) this.#end(missing_bytes);
  }

  /** @param {number} missing_bytes */
  #end(missing_bytes) {
    const { phase, overview } = this.state;
    if (overview?.checkpoint.tensors === 0 && overview.problems.length) return this.#fail(sentences(overview.problems));
    if (phase === 'scanning') this.change({ phase: 'done' });
    const isDone = this.state.phase === 'done';
    // What is at an address is not read twice without being asked, unless it is a sample.
    const { address } = this.state;
    const isUnasked = isDone && missing_bytes > 0 && missing_bytes <= UNASKED_BYTES && (!address || address.isSampled);
    if (!isUnasked) return this.#rest(!isDone ? 'none' : missing_bytes ? 'waiting' : 'done', missing_bytes);
    this.state.casts = { ...noLook(), phase: 'waiting', bytes: missing_bytes };
    this.look();
  }

  /** The file is no longer read. @param {State['casts']['phase']} phase @param {number} bytes that are missing */
  #rest(phase, bytes) {
    this.#engine?.stopScanning();
    this.change({ casts: { ...this.state.casts, phase, bytes } });
    this.#engines.warmSoon();
  }

  /** @param {number} bytes */
  #progressTo(bytes) {
    this.state.progress = this.#rate.progress(bytes, this.state.progress.total);
  }
}

/** @returns {import('../types.js').Session} */
export const createSession = () => new PageSession();
