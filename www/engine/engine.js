// @ts-check
// The workers of one checkpoint, or of a comparison: a coordinator that owns the results and a few
// scanners that read. The page only watches over them.

import { Link } from './link.js';

/** @typedef {import('./artifacts.js').Artifacts} Artifacts */
/** @typedef {{core: import('./messages.js').Core, module: WebAssembly.Module}} Wasm */

/** Pings a scanner may leave unanswered: it never works for long without a pause. */
const SCANNER_PATIENCE = 10;
/** The coordinator may be busy with a header of 100 MB on a slow machine. */
const COORDINATOR_PATIENCE = 60;
/** Scanners that may die before all is given up. */
const LIVES = 20;

/** What the core knows. @typedef {{formats: import('../types.js').FormatRange[], casts: import('../types.js').Cast[]}} Tables */
/**
 * @typedef {object} Listener
 * @property {(event: any) => void} receive what the coordinator tells: a ScanEvent or a ComparisonEvent
 * @property {(what: string) => void} failed the engine is of no more use
 */

/** How many scanners: two saturate the reading, see worker-source.js. */
export const scannersHere = () => Math.min(Math.max(navigator.hardwareConcurrency || 2, 2), 4);

export class Engine {
  /** @type {Map<number, Link>} */
  #scanners = new Map();
  #lastScanner = 0;
  #lives = LIVES;
  /** @type {(tables: Tables) => void} */
  #tellReady = () => {};

  /**
   * Workers start at once, so that they are warm when a file comes.
   * @param {Artifacts} artifacts @param {Wasm} wasm what they run @param {Listener} listener
   */
  constructor(artifacts, wasm, listener) {
    this.wasm = wasm;
    this.artifacts = artifacts;
    this.listener = listener;
    /** Once the coordinator is ready. @type {Promise<Tables>} */
    this.ready = new Promise((resolve) => (this.#tellReady = resolve));
    this.coordinator = new Link(artifacts.startWorker('coordinator'), COORDINATOR_PATIENCE, {
      receive: (message) => this.#receive(message),
      lost: (what) => this.#fail(what),
    });
    this.coordinator.post({ type: 'start', role: 'coordinator', ...wasm });
    this.startScanners();
  }

  /** Starts those that are missing. */
  startScanners() {
    while (this.#scanners.size < scannersHere()) this.#startScanner();
  }

  /** Ends the scanners at once; the results stay. */
  stopScanning() {
    for (const [scanner, link] of this.#scanners) {
      link.end('the scan has ended');
      this.coordinator.post({ type: 'lost', scanner, what: 'the scan has ended' });
    }
    this.#scanners.clear();
  }

  /** Gives up what has not been read. @param {string} why */
  abandon(why) {
    // The coordinator hears of this first: what a scanner was at has not failed.
    this.coordinator.request('abandon', why).catch(() => {});
    this.stopScanning();
  }

  /** Ends everything at once. */
  end() {
    this.stopScanning();
    this.coordinator.end('another checkpoint was opened');
  }

  #startScanner() {
    const scanner = ++this.#lastScanner;
    const { port1, port2 } = new MessageChannel();
    const link = new Link(this.artifacts.startWorker(`scanner ${scanner}`), SCANNER_PATIENCE, {
      receive: (message) => { if (message.type === 'trouble') this.#receive(message); },
      lost: (what) => this.#replace(scanner, what),
    });
    link.post({ type: 'start', role: 'scanner', ...this.wasm, port: port1 }, [port1]);
    this.coordinator.post({ type: 'scanner', scanner, port: port2 }, [port2]);
    this.#scanners.set(scanner, link);
  }

  /** @param {number} scanner @param {string} what */
  #replace(scanner, what) {
    this.#scanners.delete(scanner);
    this.coordinator.post({ type: 'lost', scanner, what: `the worker that read it died: ${what}` });
    if (this.#lives-- > 0) this.#startScanner();
    else this.abandon(`worker after worker died, the last one so: ${what}`);
  }

  /** @param {import('./messages.js').FromWorker} message */
  #receive(message) {
    if (message.type === 'ready') this.#tellReady({ formats: message.formats ?? [], casts: message.casts ?? [] });
    else this.listener.receive(message);
  }

  /** @param {string} what */
  #fail(what) {
    this.end();
    this.listener.failed(what);
  }
}
