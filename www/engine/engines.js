// @ts-check
// Keeps an engine warm for who opens something next.

import { loadArtifacts } from './artifacts.js';
import { Engine } from './engine.js';
import { manners } from './supply.js';

/** @typedef {import('./engine.js').Listener} Listener */

/** After a scan the page draws its results first. */
const WARM_AFTER_MS = 1000;

export class Engines {
  /** @type {Promise<Engine> | null} */
  #spare = null;

  /** @param {(tables: import('./engine.js').Tables) => void} tell what the core knows */
  constructor(tell) {
    this.tell = tell;
  }

  /** Starts the workers of the next checkpoint. @returns {Promise<Engine>} */
  warm() {
    this.#spare ??= this.#start().catch((error) => {
      this.#spare = null;
      throw error;
    });
    return this.#spare;
  }

  /** What went wrong is told when something is opened. */
  warmSoon(after_ms = WARM_AFTER_MS) {
    if (manners.isGuest) return;
    setTimeout(() => this.warm().catch(() => {}), after_ms);
  }

  /** For a scan. @param {Listener} listener hears of it from now on */
  async take(listener) {
    const engine = await this.warm();
    this.#spare = null;
    engine.listener = listener;
    return engine;
  }

  /** For a comparison, which is rare enough to wait for its workers. @param {Listener} listener */
  async startComparison(listener) {
    const artifacts = await loadArtifacts();
    return new Engine(artifacts, { core: 'compare', module: await artifacts.module('compare') }, listener);
  }

  async #start() {
    const artifacts = await loadArtifacts();
    const wasm = { core: /** @type {const} */ ('scan'), module: await artifacts.module('scan') };
    const engine = new Engine(artifacts, wasm, { receive() {}, failed: () => (this.#spare = null) });
    engine.ready.then(this.tell);
    return engine;
  }
}

/** @param {Error} error */
export function notStarted({ name, message }) {
  // Wasm that does not compile has instructions that the browser does not know.
  if (name === 'CompileError') return 'This browser cannot run Floatscope: it lacks WebAssembly with 128-bit SIMD. Any browser since 2023 has it.';
  return `The page’s own code could not be started. Reload the page. (${message})`;
}

/** What kept everything from being read. @param {{side?: 'a' | 'b' | null, file: string | null, where: string | null, what: string}[]} problems */
export function sentences(problems) {
  const [first, ...more] = problems.map(({ side, file, where, what }) => `${[side?.toUpperCase(), file].filter(Boolean).join(', ')}: ${what}${where === null ? '' : ` (${where})`}`);
  return more.length ? `${first} — and ${more.length} more ${more.length === 1 ? 'problem' : 'problems'}.` : `${first}.`;
}
