// @ts-check
// A bench of the lab over the open checkpoint: a forward pass under two policies, or matrix products
// under two models of accumulation. Its state is what the lab's views draw.

import { loadArtifacts } from './artifacts.js';
import { notStarted } from './engines.js';
import { Link } from './link.js';
import { Rate, noProgress } from './rate.js';
import { Store } from './store.js';

/** @template {import('../lab.js').Benches} B @typedef {import('../lab.js').LabState<import('../lab.js').Reports[B]>} LabState */
/** @template {import('../lab.js').Benches} B @typedef {import('../lab.js').Asked[B]} Asked */
/** @typedef {import('./selection.js').Selection} Selection */

/** Pings that may stay unanswered while a long text goes through a layer. */
const PATIENCE = 60;

/** @returns {LabState<any>} */
const emptyState = () => ({ phase: 'empty', hasConfig: false, hasTokenizer: false, error: null, progress: noProgress(), module: '', report: null });

/**
 * @template {import('../lab.js').Benches} B
 * @extends {Store<LabState<B>>}
 */
export class LabSession extends Store {
  /** @type {Link | null} */
  #link = null;
  #rate = new Rate();
  /** Counts what was begun: a later one takes over from an earlier one. */
  #begun = 0;
  #saved = new Blob();
  /** A worker that waits for a pass. @type {Promise<Link> | null} */
  #spare = null;

  /** @param {B} bench @param {() => Selection | null} given what is open @param {(isPaused: boolean) => void} pause what else is being read */
  constructor(bench, given, pause) {
    super(emptyState());
    this.bench = bench;
    this.given = given;
    this.pause = pause;
  }

  /** Another checkpoint is open, or none: what was run is gone. */
  close() {
    this.#end('another checkpoint was opened');
    const given = this.given();
    this.change({ ...emptyState(), hasConfig: Boolean(given?.config), hasTokenizer: Boolean(given?.tokenizer) });
    // Most checkpoints come without one, and the module is large.
    if (given?.tokenizer) loadArtifacts().then((artifacts) => artifacts.module('tokenizer')).catch(() => {});
  }

  /** Starts a worker for the next pass: it is ready when somebody has filled in the form. */
  warm() {
    this.#spare ??= this.#start(false);
    // What went wrong is told when something is run.
    this.#spare.catch(() => (this.#spare = null));
  }

  /** @param {boolean} onGpu */
  #take(onGpu) {
    const spare = onGpu ? null : this.#spare;
    if (spare) this.#spare = null;
    return spare ?? this.#start(onGpu);
  }

  /** @param {Asked<B>} wanted */
  async run(wanted) {
    const checkpoint = this.given();
    if (!checkpoint) return;
    this.#end('it was begun anew');
    const begun = this.#begun;
    this.#rate = new Rate();
    this.change({ phase: 'reading header', error: null, progress: noProgress(), module: '', report: null });
    this.pause(true);
    try {
      const link = await this.#take('gpu' in wanted && wanted.gpu === true);
      if (begun !== this.#begun) return link.end('it was begun anew');
      this.#link = link;
      const { name, files, indexes, config } = checkpoint;
      const tokenizer = 'text' in wanted && wanted.text !== undefined ? await this.#tokenizer() : undefined;
      const saved = await link.request(this.bench, /** @type {any} */ ({ checkpoint: { name, files, indexes, config }, wanted, tokenizer }));
      const report = JSON.parse(await saved.text());
      if (begun !== this.#begun) return;
      this.#saved = saved;
      this.#end('it is over');
      this.change({ phase: 'done', report });
      this.warm();
    } catch (error) {
      if (begun !== this.#begun) return;
      const { message } = /** @type {Error} */ (error);
      const what = this.#link ? message : notStarted(/** @type {Error} */ (error));
      this.#end(what);
      this.change({ phase: 'failed', error: what });
    }
  }

  cancel() {
    if (this.state.phase !== 'reading header' && this.state.phase !== 'running') return;
    this.#end('cancelled by the user');
    this.change({ phase: 'cancelled' });
  }

  /** @returns {Promise<Blob>} what has been run, as JSON */
  async save() {
    return this.#saved;
  }

  /** What makes a text tokens, where there is something. */
  async #tokenizer() {
    const file = this.given()?.tokenizer?.file;
    if (!file) return undefined;
    const artifacts = await loadArtifacts();
    return { file, module: await artifacts.module('tokenizer') };
  }

  /** @param {boolean} onGpu */
  async #start(onGpu) {
    const artifacts = await loadArtifacts();
    const [module, worker] = onGpu ? await Promise.all([artifacts.module('lab_gpu'), artifacts.startGpuWorker('lab')]) : [await artifacts.module('lab'), artifacts.startWorker('lab')];
    const link = new Link(worker, PATIENCE, {
      receive: (message) => { if (link === this.#link) this.#receive(message); },
      // Whoever waits for the pass hears of it; one that waits for a pass is of no use any more.
      lost: () => (this.#spare = null),
    });
    link.post({ type: 'start', role: 'lab', core: 'lab', module });
    return link;
  }

  /** @param {import('./messages.js').FromWorker} message */
  #receive(message) {
    if (message.type === 'trouble') this.change({ progress: { ...this.state.progress, trouble: message.what } });
    if (message.type !== 'multiplied') return;
    const { bytes, total, module } = message;
    this.change({ phase: 'running', module, progress: this.#rate.progress(bytes, total) });
  }

  /** @param {string} why */
  #end(why) {
    this.#begun++;
    this.#link?.end(why);
    this.#link = null;
    this.pause(false);
  }
}
