// @ts-check
// A state that views draw, and how they hear of its changes.

/** A hidden page draws no frames, and its title still tells the progress: so long is waited for one. */
const NO_FRAME_MS = 500;

/**
 * @template {object} S
 */
export class Store {
  /** @type {Set<(state: S) => void>} */
  #callbacks = new Set();
  #isToldSoon = false;

  /** @param {S} state */
  constructor(state) {
    this.state = state;
  }

  /** Calls back after changes, at most once a frame. @param {(state: S) => void} callback */
  onchange(callback) {
    this.#callbacks.add(callback);
  }

  /** @param {Partial<S>} changes */
  change(changes) {
    Object.assign(this.state, changes);
    if (this.#isToldSoon) return;
    this.#isToldSoon = true;
    // It may be hidden after a frame was asked for.
    const tell = () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      this.#tell();
    };
    const timer = setTimeout(tell, NO_FRAME_MS);
    const frame = requestAnimationFrame(tell);
  }

  #tell() {
    this.#isToldSoon = false;
    for (const callback of this.#callbacks) callback(this.state);
  }
}
