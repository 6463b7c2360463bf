// @ts-check
// The scanner's role: reads runs, feeds them to wasm, tells what was seen.

/** At least this long between two messages about one run. */
const TELL_MS = 50;

/** A stream that is ahead of the scan never lets messages in: this often they are, so that the page hears of life. */
const ANSWER_MS = 500;

/** Bytes that are copied and scanned at once: they stay in the nearest caches. */
const FEED_BYTES = 64 << 10;

/** @typedef {import('./messages.js').RunToScan} RunToScan */
/** @typedef {import('./messages.js').FromScanner} FromScanner */

/**
 * What looks at the bytes of a run. Of a comparison it says which side's come next.
 * @typedef {{begin: (tasks: Uint8Array) => void, finished: () => number, take: () => Uint8Array, room: (side: number, bytes: number) => number, feed: (side: number, bytes: number) => void, wants?: () => number}} Eye
 */

/** @returns {Eye} */
function scanEye() {
  const core = new wasm_bindgen.Scanner();
  return {
    begin: (tasks) => core.begin(tasks), finished: () => core.finished(), take: () => core.take(),
    room: (_, bytes) => core.buffer(bytes), feed: (_, bytes) => core.feed(bytes),
  };
}

/** @returns {Eye} */
function pairEye() {
  const core = new compare_bindgen.PairScanner();
  return {
    begin: (tasks) => core.begin(tasks), finished: () => core.finished(), take: () => core.take(), wants: () => core.wants(),
    room: (side, bytes) => core.buffer(side === 1, bytes), feed: (side, bytes) => core.feed(side === 1, bytes),
  };
}

class ScannerRole {
  /** Runs to come; their reading has begun. @type {{run: RunToScan, readings: Reading[]}[]} */
  #runs = [];
  #isBusy = false;
  #told_ms = 0;
  #answered_ms = 0;
  /** Of wasm's memory. */
  #view = new Uint8Array();
  /** One for a scan, one for a comparison. @type {Record<number, Eye>} */
  #eyes = {};

  /** @param {WebAssembly.Memory} memory @param {MessagePort} port @param {(error: unknown) => void} broken */
  constructor(memory, port, broken) {
    this.memory = memory;
    this.port = port;
    this.broken = broken;
    port.onmessage = ({ data }) => this.#add(data);
    this.#tell({ type: 'ready' });
  }

  /** @param {FromScanner} message @param {Transferable[]} [transfer] */
  #tell(message, transfer = []) {
    this.port.postMessage(message, transfer);
  }

  /** @param {RunToScan} run */
  #add(run) {
    this.#runs.push({ run, readings: run.stretches.map(({ file, begin, end }) => new Reading(readable(file), begin, end)) });
    if (!this.#isBusy) this.#work().catch(this.broken);
  }

  async #work() {
    this.#isBusy = true;
    for (let next = this.#runs.shift(); next; next = this.#runs.shift()) await this.#scan(next.run, next.readings);
    this.#isBusy = false;
  }

  /** @param {RunToScan} run @param {Reading[]} readings */
  async #scan({ run, tasks }, readings) {
    const eye = (this.#eyes[readings.length] ??= readings.length > 1 ? pairEye() : scanEye());
    const total = readings.reduce((sum, { left_bytes }) => sum + left_bytes, 0);
    const read = () => total - readings.reduce((sum, { left_bytes }) => sum + left_bytes, 0);
    let side = 0;
    eye.begin(tasks);
    try {
      for (side = next(eye, readings); side < readings.length; side = next(eye, readings)) {
        const reading = readings[side];
        // A chunk of each side is held at most.
        if (!reading.rest.byteLength) await reading.next();
        this.#feed(eye, side, reading.part(FEED_BYTES));
        if (performance.now() - this.#told_ms > TELL_MS) this.#tellSeen(eye, run, read(), false);
        if (performance.now() - this.#answered_ms > ANSWER_MS) await this.#answer();
      }
      this.#tellSeen(eye, run, total, true);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.#tellSeen(eye, run, read(), false);
      this.#tell({ type: 'failed', run, stretch: side, what: error.message });
    }
    for (const reading of readings) reading.close();
  }

  /** Takes in what has been sent meanwhile. */
  async #answer() {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#answered_ms = performance.now();
  }

  /** Copies a part into wasm's memory and looks at it. @param {Eye} eye @param {number} side @param {Uint8Array} part */
  #feed(eye, side, part) {
    const at = eye.room(side, part.byteLength);
    // The memory may have grown. Otherwise the view stays: a new one a part would be garbage of its own.
    if (this.#view.buffer !== this.memory.buffer) this.#view = new Uint8Array(this.memory.buffer);
    this.#view.set(part, at);
    eye.feed(side, part.byteLength);
  }

  /** @param {Eye} eye @param {number} run @param {number} read @param {boolean} isEnd */
  #tellSeen(eye, run, read, isEnd) {
    this.#told_ms = performance.now();
    const observations = eye.finished() ? eye.take() : null;
    this.#tell({ type: 'seen', run, read, observations, isEnd }, observations ? [observations.buffer] : []);
  }
}

/** Which of the readings goes on; one past them when the run is at its end. @param {Eye} eye @param {Reading[]} readings */
function next(eye, readings) {
  const side = eye.wants?.() ?? 0;
  return !eye.wants && readings[0].isAtEnd ? 1 : side;
}
