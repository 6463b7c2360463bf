// @ts-check
// A line to one worker: requests by number, a heartbeat, and one end of life.

/** @typedef {import('./messages.js').ToWorker} ToWorker */
/** @typedef {import('./messages.js').FromWorker} FromWorker */

const PING_MS = 1000;

/**
 * @typedef {object} Listener
 * @property {(message: FromWorker) => void} receive whatever is no reply and no sign of life
 * @property {(what: string) => void} lost told once, when the worker has died
 */

export class Link {
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  #lastId = 0;
  #unanswered = 0;
  #isOpen = true;

  /**
   * @param {Worker} worker
   * @param {number} patience pings that may stay unanswered; counted, not timed, so that a
   *   laptop that slept wakes up with all its workers
   * @param {Listener} listener
   */
  constructor(worker, patience, listener) {
    this.worker = worker;
    this.patience = patience;
    this.listener = listener;
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onmessageerror = () => this.#lose('it sent a message that cannot be read');
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(event.message || 'its code could not be loaded');
    };
    this.timer = setInterval(() => this.#ping(), PING_MS);
  }

  /** @param {ToWorker} message @param {Transferable[]} [transfer] */
  post(message, transfer = []) {
    this.worker.postMessage(message, transfer);
  }

  /**
   * @template {keyof import('./messages.js').Requests} M
   * @param {M} method
   * @param {Parameters<import('./messages.js').Requests[M]>[0]} [argument]
   * @returns {Promise<ReturnType<import('./messages.js').Requests[M]>>}
   */
  request(method, argument) {
    if (!this.#isOpen) return Promise.reject(new Error('the worker has ended'));
    const id = ++this.#lastId;
    this.post({ type: 'request', id, method, argument });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Ends the worker at once; what was asked is answered with an error. @param {string} why */
  end(why) {
    this.#isOpen = false;
    clearInterval(this.timer);
    this.worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }

  /** @param {string} what */
  #lose(what) {
    if (!this.#isOpen) return;
    this.end(what);
    this.listener.lost(what);
  }

  #ping() {
    if (this.#unanswered >= this.patience) return this.#lose('it no longer answers');
    this.#unanswered++;
    this.post({ type: 'ping' });
  }

  /** @param {FromWorker} message */
  #receive(message) {
    if (!this.#isOpen) return;
    this.#unanswered = 0;
    if (message.type === 'broken') this.#lose(message.what);
    else if (message.type === 'reply') this.#answer(message);
    else if (message.type !== 'pong') this.listener.receive(message);
  }

  /** @param {Extract<FromWorker, {type: 'reply'}>} reply */
  #answer({ id, value, error }) {
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  }
}
