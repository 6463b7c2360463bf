// @ts-check
// The scanner's role: has runs looked at, tells what was seen.

/** At least this long between two messages about one run. */
const TELL_MS = 50;

/** A stream that is ahead of the scan never lets messages in: this often they are, so that the page hears of life. */
const ANSWER_MS = 500;

/** @typedef {import('./messages.js').FromScanner} FromScanner */

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
  /** One for a scan, one for a comparison. @type {Record<number, Eye>} */
  #eyes = {};

  /** @param {WebAssembly.Memory} memory @param {MessagePort} port @param {(error: unknown) => void} broken */
  constructor(memory, port, broken) {
    this.looking = new Looking(memory);
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
    this.#runs.push({ run, readings: run.stretches.map(({ file, begin, end }) => new Reading(readable(file), begin, end, run.isKept)) });
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
    eye.begin(tasks);
    const failed = await this.looking.at(readings, eye, () => {
      if (performance.now() - this.#told_ms > TELL_MS) this.#tellSeen(eye, run, read(), false);
      return performance.now() - this.#answered_ms > ANSWER_MS ? this.#answer() : undefined;
    });
    this.#tellSeen(eye, run, failed ? read() : total, !failed, failed ? null : readings[0].kept);
    if (failed) this.#tell({ type: 'failed', run, ...failed });
  }

  /** Takes in what has been sent meanwhile. */
  async #answer() {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#answered_ms = performance.now();
  }

  /** @param {Eye} eye @param {number} run @param {number} read @param {boolean} isEnd @param {Uint8Array | null} [kept] */
  #tellSeen(eye, run, read, isEnd, kept = null) {
    this.#told_ms = performance.now();
    const observations = eye.finished() ? eye.take() : null;
    this.#tell({ type: 'seen', run, read, observations, isEnd, kept }, [observations, kept].flatMap((bytes) => bytes?.buffer ?? []));
  }
}
