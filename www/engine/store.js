// @ts-check
// A state that views draw, and how they hear of its changes.

/** A hidden page draws no frames, and its title still tells the progress. */
const HIDDEN_MS = 500;

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
    if (document.hidden) setTimeout(() => this.#tell(), HIDDEN_MS);
    else requestAnimationFrame(() => this.#tell());
  }

  #tell() {
    this.#isToldSoon = false;
    for (const callback of this.#callbacks) callback(this.state);
  }
}
