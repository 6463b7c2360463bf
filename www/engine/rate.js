// @ts-check
// How fast bytes come, over the last few seconds.

/** Long enough to be steady, short enough to follow a change. */
const WINDOW_MS = 3000;

export class Rate {
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
}
