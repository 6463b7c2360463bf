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

class ScannerRole {
  /** Runs to come; their reading has begun. @type {{run: RunToScan, reading: Reading}[]} */
  #runs = [];
  #isBusy = false;
  #told_ms = 0;
  #answered_ms = 0;

  /** @param {WebAssembly.Memory} memory @param {MessagePort} port @param {(error: unknown) => void} broken */
  constructor(memory, port, broken) {
    this.memory = memory;
    this.port = port;
    this.broken = broken;
    this.scanner = new wasm_bindgen.Scanner();
    port.onmessage = ({ data }) => this.#add(data);
    this.#tell({ type: 'ready' });
  }

  /** @param {FromScanner} message @param {Transferable[]} [transfer] */
  #tell(message, transfer = []) {
    this.port.postMessage(message, transfer);
  }

  /** @param {RunToScan} run */
  #add(run) {
    this.#runs.push({ run, reading: new Reading(run.file, run.begin, run.end) });
    if (!this.#isBusy) this.#work().catch(this.broken);
  }

  async #work() {
    this.#isBusy = true;
    for (let next = this.#runs.shift(); next; next = this.#runs.shift()) await this.#scan(next.run, next.reading);
    this.#isBusy = false;
  }

  /** @param {RunToScan} run @param {Reading} reading */
  async #scan({ run, begin, end, spans }, reading) {
    this.scanner.begin(spans);
    try {
      for (let chunk = await reading.next(); chunk; chunk = await reading.next()) {
        this.#feed(chunk);
        if (performance.now() - this.#told_ms > TELL_MS) this.#tellSeen(run, end - begin - reading.left_bytes, false);
        if (performance.now() - this.#answered_ms > ANSWER_MS) await this.#answer();
      }
      this.#tellSeen(run, end - begin, true);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      reading.close();
      this.#tellSeen(run, end - begin - reading.left_bytes, false);
      this.#tell({ type: 'failed', run, what: error.message });
    }
  }

  /** Takes in what has been sent meanwhile. */
  async #answer() {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#answered_ms = performance.now();
  }

  /** Copies a chunk into wasm's memory, part by part, and scans it. @param {Uint8Array} chunk */
  #feed(chunk) {
    for (let from = 0; from < chunk.byteLength; from += FEED_BYTES) {
      const part = chunk.subarray(from, from + FEED_BYTES);
      const at = this.scanner.buffer(FEED_BYTES);
      // The memory may have grown, so the view is new each time.
      new Uint8Array(this.memory.buffer, at, part.byteLength).set(part);
      this.scanner.feed(part.byteLength);
    }
  }

  /** @param {number} run @param {number} read @param {boolean} isEnd */
  #tellSeen(run, read, isEnd) {
    this.#told_ms = performance.now();
    const observations = this.scanner.finished() ? this.scanner.take() : null;
    this.#tell({ type: 'seen', run, read, observations, isEnd }, observations ? [observations.buffer] : []);
  }
}
