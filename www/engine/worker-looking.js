// @ts-check
// Reads runs and shows them to wasm.

/** Bytes that are copied and scanned at once: they stay in the nearest caches. */
const FEED_BYTES = 64 << 10;

/** @typedef {import('./messages.js').RunToScan} RunToScan */

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

/** Shows the bytes of runs to eyes, one run at a time. */
class Looking {
  /** Of wasm's memory. */
  #view = new Uint8Array();

  /** @param {WebAssembly.Memory} memory */
  constructor(memory) {
    this.memory = memory;
  }

  /**
   * Looks at a run, which the eye has begun.
   * @param {Reading[]} readings of its stretches; they are closed
   * @param {Eye} eye
   * @param {() => Promise<void> | undefined} between parts
   * @returns {Promise<{stretch: number, what: string} | null>} which of its stretches could not be read, and why
   */
  async at(readings, eye, between) {
    let side = 0;
    try {
      for (side = next(eye, readings); side < readings.length; side = next(eye, readings)) {
        const reading = readings[side];
        // A chunk of each side is held at most.
        if (!reading.rest.byteLength) await reading.next();
        this.#feed(eye, side, reading.part(FEED_BYTES));
        const pause = between();
        if (pause) await pause;
      }
      return null;
    } catch (error) {
      if (error instanceof SourceError) return { stretch: side, what: error.message };
      throw error;
    } finally {
      for (const reading of readings) reading.close();
    }
  }

  /** Copies a part into wasm's memory and looks at it. @param {Eye} eye @param {number} side @param {Uint8Array} part */
  #feed(eye, side, part) {
    const at = eye.room(side, part.byteLength);
    // The memory may have grown. Otherwise the view stays: a new one a part would be garbage of its own.
    if (this.#view.buffer !== this.memory.buffer) this.#view = new Uint8Array(this.memory.buffer);
    this.#view.set(part, at);
    eye.feed(side, part.byteLength);
  }
}

/** Which of the readings goes on; one past them when the run is at its end. @param {Eye} eye @param {Reading[]} readings */
function next(eye, readings) {
  const side = eye.wants?.() ?? 0;
  return !eye.wants && readings[0].isAtEnd ? 1 : side;
}
