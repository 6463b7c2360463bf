// @ts-check
// What a coordinator can be busy with: the scan of a checkpoint, or (worker-comparison.js) the
// comparison of two. Both hand out runs and take in what was seen of them.

/** @typedef {import('./messages.js').CheckpointFiles} CheckpointFiles */
/**
 * @typedef {object} Opened
 * @property {any} overview
 * @property {NamedFile[]} used
 * @property {string[]} ignored
 * @property {number} bytes to be read
 * @property {number} rows tensors or pairs
 */

/** A column of numbers as JSON has them: what is not finite is a string, what is not there null. @param {(number | string | null)[]} column */
const numbers = (column) => Float64Array.from(column, (value) => Number(value ?? NaN));

/** Every column but these as numbers. @param {Record<string, any[]>} columns @returns {any} */
const numberColumns = (columns) => Object.fromEntries(Object.entries(columns).map(([id, column]) => [id, numbers(column)]));

const CHANGED = 'the file was changed while it was read: its first bytes are others now';

/** @param {NamedFile} file */
const isAtAddress = ({ file }) => /** @type {unknown} */ (file) instanceof RemoteFile;

/** Those at an address that are others now than when they were opened. @param {NamedFile[]} files @returns {Promise<string[]>} their names */
async function changedOf(files) {
  const changed = [];
  for (const { name, file } of files.filter(isAtAddress)) {
    const remote = /** @type {RemoteFile} */ (/** @type {unknown} */ (file));
    if (await remote.hasChanged().catch(() => false)) changed.push(name);
  }
  return changed;
}

/** The scan of one checkpoint. */
class ScanJob {
  /** @type {NamedFile[]} */
  #used = [];
  /** What the second look needs of a sample. @type {Kept | null} */
  #kept = null;

  /** @param {string} name */
  constructor(name) {
    this.core = new wasm_bindgen.Coordinator(name);
  }

  /** A sample will do, of so many bytes. @param {number} [bytes] */
  sample(bytes) {
    if (bytes === undefined) this.core.sample();
    else this.core.sample_of(bytes);
    this.#kept = new Kept();
  }

  /** @param {CheckpointFiles & {scanners: number}} checkpoint @returns {Promise<Opened>} */
  async open(checkpoint) {
    const { core } = this;
    for (const [file, what] of checkpoint.problems ?? []) core.add_problem(file, what);
    const { used, ignored } = await readHeaders(takerOf(core), checkpoint);
    this.#used = used;
    core.start(checkpoint.scanners);
    const overview = JSON.parse(core.overview());
    return { overview, used, ignored, bytes: core.waiting_bytes(), rows: core.tensors() };
  }

  /** Whether its files are at an address. */
  get isRemote() {
    return this.#used.some(isAtAddress);
  }

  async checkAgain() {
    for (const name of await changedOf(this.#used)) this.core.add_problem(name, CHANGED);
  }

  /** @returns {RunToScan | undefined} */
  nextRun() {
    const run = this.core.next_run();
    if (!run) return undefined;
    const { id, file, begin, end } = run;
    const tasks = run.spans();
    run.free();
    const stretch = { file: this.#used[file].file, begin, end };
    const place = this.#kept?.placeOf(stretch) ?? stretch;
    return { run: id, stretches: [place], tasks, isKept: this.#kept?.hasRoom(id, place) ?? false };
  }

  /** What a run has brought is looked at again. @param {number} run @param {Uint8Array} bytes */
  keep(run, bytes) {
    this.#kept?.keep(run, bytes);
  }

  /** @param {number} run @param {number | undefined} stretch that could not be read; otherwise its scanner died @param {string} what */
  fail(run, stretch, what) {
    this.core.run_failed(run, stretch !== undefined, what);
  }

  /** @param {number} index */
  one(index) {
    return this.core.tensor(index);
  }

  /** Begins the second look. @returns {number} bytes that it reads */
  look() {
    this.core.look_again();
    return this.core.waiting_bytes();
  }

  /** Bytes of a second look that has not been. */
  missingBytes() {
    return this.core.casts_waiting_bytes();
  }

  /** What changes of the overview. */
  news() {
    const { checkpoint, patterns, ...news } = JSON.parse(this.core.overview());
    return news;
  }

  /** @param {any} columns as JSON has them @returns {import('./messages.js').FigureColumns} */
  columns({ index, failed, label, casts, ...figures }) {
    return {
      index: Uint32Array.from(index), failed: Uint32Array.from(failed), label, ...numberColumns(figures),
      ...(casts && { casts: { index: Uint32Array.from(casts.index), sqnr_db: Object.fromEntries(Object.entries(casts.sqnr_db).map(([key, column]) => [key, Float32Array.from(numbers(column))])) } }),
    };
  }
}
