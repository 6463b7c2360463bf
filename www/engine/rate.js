// @ts-check
// How far the reading is, and how fast bytes come over the last few seconds.

/** Long enough to be steady, short enough to follow a change. */
const WINDOW_MS = 3000;

/** @returns {import('../types.js').Progress} */
export const noProgress = () => ({ bytes: 0, total: 0, elapsed_ms: 0, bytes_per_second: 0, remaining_ms: null });

export class Rate {
  #start_ms = performance.now();
  /** @type {{at_ms: number, bytes: number}[]} */
  #samples = [];

  /** @param {number} at_ms @param {number} bytes in all */
  add(at_ms, bytes) {
    this.#samples.push({ at_ms, bytes });
    while (this.#samples.length > 2 && this.#samples[1].at_ms < at_ms - WINDOW_MS) this.#samples.shift();
  }

  /** Zero until there is something to tell. */
  get bytes_per_second() {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at_ms === first.at_ms) return 0;
    return Math.max(0, (1000 * (last.bytes - first.bytes)) / (last.at_ms - first.at_ms));
  }

  /** @param {number} bytes @returns {number | null} milliseconds that so many bytes will take */
  remaining_ms(bytes) {
    const rate = this.bytes_per_second;
    return rate > 0 ? (1000 * bytes) / rate : null;
  }

  /** @param {number} bytes so many by now @param {number} total @returns {import('../types.js').Progress} */
  progress(bytes, total) {
    const now_ms = performance.now();
    this.add(now_ms, bytes);
    return { bytes, total, elapsed_ms: now_ms - this.#start_ms, bytes_per_second: this.bytes_per_second, remaining_ms: this.remaining_ms(total - bytes) };
  }
}
