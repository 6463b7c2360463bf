// @ts-check
// The open checkpoint beside another one: the state that the comparison's views
// draw, and what a person can do about it.

import { scannersHere } from './engine.js';
import { notStarted, sentences } from './engines.js';
import { PairRows } from './pair-rows.js';
import { Rate, noProgress } from './rate.js';
import { select, selected } from './selection.js';
import { Store } from './store.js';

/** @typedef {import('../comparison.js').ComparisonState} ComparisonState */
/** @typedef {import('./messages.js').ComparisonEvent} Event */
/** @typedef {import('./selection.js').Selection} Selection */

const emptyState = () => ({
  phase: /** @type {ComparisonState['phase']} */ ('empty'),
  names: { a: '', b: '' },
  ignored: /** @type {string[]} */ ([]),
  error: /** @type {string | null} */ (null),
  progress: noProgress(),
  overview: /** @type {ComparisonState['overview']} */ (null),
  rows: new PairRows(),
});

const CANCELLED = 'cancelled by the user';

/** @extends {Store<ReturnType<typeof emptyState>>} */
export class ComparisonSession extends Store {
  /** @type {import('./engine.js').Engine | null} */
  #engine = null;
  #rate = new Rate();
  /** A and B. @type {Selection[]} */
  #sides = [];
  /** Counts what was begun: a later one takes over from an earlier one. */
  #begun = 0;
  renames = '';

  /**
   * @param {import('./engines.js').Engines} engines @param {() => Selection | null} given what is open
   * @param {(address: import('./messages.js').Address) => Promise<import('./messages.js').FoundFiles>} find looks for what is at an address
   * @param {(isPaused: boolean) => void} pause what else is being read
   */
  constructor(engines, given, find, pause) {
    super(emptyState());
    this.engines = engines;
    this.given = given;
    this.find = find;
    this.pause = pause;
  }

  /** @param {File[]} files */
  compare(files) {
    const a = this.given();
    if (a) this.#begin([a, select(files)], '');
  }

  /** @param {import('./messages.js').Address} address of B */
  async compareAddress(address) {
    const a = this.given();
    if (!a) return;
    const begun = this.#reset([], { a: a.name, b: address.text });
    try {
      const b = selected(await this.find(address));
      if (begun === this.#begun) this.#begin([a, b], '');
    } catch (error) {
      if (begun === this.#begun) this.#fail(/** @type {Error} */ (error).message);
    }
  }

  swap() {
    const [a, b] = this.#sides;
    if (b) this.#begin([b, a], turned(this.renames));
  }

  /** @param {string} table */
  rename(table) {
    if (this.#sides.length) this.#begin(this.#sides, table);
  }

  cancel() {
    const { phase, progress } = this.state;
    if (phase === 'reading header') this.close();
    if (phase !== 'scanning') return;
    this.#engine?.abandon(CANCELLED);
    this.change({ progress: this.#rate.progress(progress.bytes, progress.total), phase: 'cancelled' });
    this.pause(false);
  }

  /** Ends it and leaves nothing of it. */
  close() {
    if (this.state.phase === 'empty') return;
    this.#end();
    this.#sides = [];
    this.change(emptyState());
  }

  /** @param {number} row @returns {Promise<import('../comparison.js').PairReport | undefined>} */
  async pair(row) {
    return this.#engine?.coordinator.request('one', row).catch(() => undefined);
  }

  /** @returns {Promise<import('../comparison.js').Rotary | {error: string}>} */
  async rotary() {
    const rotary = await this.#engine?.coordinator.request('rotary').catch(() => undefined);
    return rotary ?? { error: 'The comparison is over' };
  }

  /** @param {import('../comparison.js').Saved} as @returns {Promise<Blob>} what is finished */
  async save(as) {
    if (!this.#engine) throw new Error('nothing is compared');
    const { coordinator } = this.#engine;
    return as === 'json' ? coordinator.request('report') : coordinator.request('text', as);
  }

  /** @param {Selection[]} sides @param {string} renames */
  async #begin(sides, renames) {
    const [a, b] = sides;
    const begun = this.#reset(sides, { a: a.name, b: b.name });
    this.renames = renames;
    const error = a.error ?? b.error;
    if (error !== null) return this.#fail(`${a.error ? 'A' : 'B'}: ${error}`);
    this.state.ignored.push(...b.ignored.filter((name) => name !== b.config?.name));
    this.pause(true);
    try {
      const engine = await this.engines.startComparison({
        receive: (event) => { if (engine === this.#engine) this.#receive(event); },
        failed: (what) => { if (engine === this.#engine) this.#fail(`The comparison stopped: the worker that holds its results died. Compare again. (${what})`); },
      });
      if (begun !== this.#begun) return engine.end();
      this.#engine = engine;
      await engine.coordinator.request('compare', { sides, renames, scanners: scannersHere() });
    } catch (error) {
      if (begun === this.#begun) this.#fail(this.#engine ? /** @type {Error} */ (error).message : notStarted(/** @type {Error} */ (error)));
    }
  }

  /** Leaves what was compared and begins anew. @param {Selection[]} sides @param {ComparisonState['names']} names @returns {number} */
  #reset(sides, names) {
    this.#end();
    this.#sides = sides;
    this.#rate = new Rate();
    this.change({ ...emptyState(), phase: 'reading header', names });
    return this.#begun;
  }

  #end() {
    this.#begun++;
    this.#engine?.end();
    this.#engine = null;
    this.pause(false);
  }

  /** @param {string} error */
  #fail(error) {
    this.#end();
    const { names, ignored } = this.state;
    this.change({ ...emptyState(), phase: 'failed', names, ignored, error });
  }

  /** @param {Event} event */
  #receive(event) {
    const { rows } = this.state;
    if (event.type === 'begun') this.#start(event);
    if (event.type === 'rows') rows.add(event.first, event.columns);
    if (event.type === 'batch') this.#takeBatch(event);
    if (event.type === 'trouble') this.state.progress = { ...this.state.progress, trouble: event.what };
    this.change({});
  }

  /** @param {Extract<Event, {type: 'begun'}>} event */
  #start({ overview, ignored, bytes, rows }) {
    this.state.ignored.push(...ignored);
    this.change({ phase: 'scanning', overview, rows: new PairRows(rows), progress: this.#rate.progress(0, bytes) });
  }

  /** @param {Extract<Event, {type: 'batch'}>} event */
  #takeBatch({ bytes, figures, news, isEnd }) {
    const { phase, overview, rows, progress } = this.state;
    if (figures) rows.finish(figures, phase === 'cancelled');
    if (news && overview) Object.assign(overview, news, phase === 'cancelled' && { problems: (news.problems ?? []).filter(({ what }) => !what.endsWith(CANCELLED)) });
    if (phase === 'scanning') this.state.progress = this.#rate.progress(bytes, progress.total);
    if (isEnd) this.#finish();
  }

  #finish() {
    const { phase, overview } = this.state;
    const isUnread = overview && (!overview.a.tensors || !overview.b.tensors) && overview.problems.length;
    if (isUnread) return this.#fail(sentences(overview.problems));
    if (phase === 'scanning') this.change({ phase: 'done' });
    this.#engine?.stopScanning();
    this.pause(false);
  }
}

/** A table of names the other way round: an object, or lines of two names. @param {string} table */
function turned(table) {
  if (!table.trimStart().startsWith('{')) return table.split('\n').map((line) => line.trim().split(/\s+/).reverse().join(' ')).join('\n');
  try {
    return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(table)).map(([a, b]) => [b, a])));
  } catch {
    return table;
  }
}
