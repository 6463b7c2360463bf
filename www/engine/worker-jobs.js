// @ts-check
// What a coordinator can be busy with: the scan of a checkpoint, or the comparison of
// two. Both hand out runs and take in what was seen of them.

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

/** The scan of one checkpoint. */
class ScanJob {
  /** @type {File[]} */
  #files = [];
  /** Their names. @type {string[]} */
  #names = [];

  /** @param {string} name */
  constructor(name) {
    this.core = new wasm_bindgen.Coordinator(name);
  }

  /** @param {CheckpointFiles & {scanners: number}} checkpoint @returns {Promise<Opened>} */
  async open(checkpoint) {
    const { core } = this;
    const { used, ignored } = await readHeaders(takerOf(core), checkpoint);
    this.#files = used.map(({ file }) => file);
    this.#names = used.map(({ name }) => name);
    core.start(checkpoint.scanners);
    const overview = JSON.parse(core.overview());
    return { overview, used, ignored, bytes: core.waiting_bytes(), rows: core.tensors() };
  }

  /** Whether its files are at an address. */
  get isRemote() {
    return this.#files.some((file) => /** @type {unknown} */ (file) instanceof RemoteFile);
  }

  async checkAgain() {
    if (!this.isRemote) return;
    for (const [at, file] of this.#files.entries()) {
      const remote = /** @type {RemoteFile} */ (/** @type {unknown} */ (file));
      const hasChanged = await remote.hasChanged().catch(() => false);
      if (hasChanged) this.core.add_problem(this.#names[at], 'the file was changed while it was read: its first bytes are others now');
    }
  }

  /** @returns {RunToScan | undefined} */
  nextRun() {
    const run = this.core.next_run();
    if (!run) return undefined;
    const { id, file, begin, end } = run;
    const tasks = run.spans();
    run.free();
    return { run: id, stretches: [{ file: this.#files[file], begin, end }], tasks };
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

/** The comparison of two checkpoints. */
class CompareJob {
  /** Whether more than a few runs should be under way. */
  isRemote = false;
  /** @type {undefined | (() => Promise<void>)} */
  checkAgain;

  /** Of A and of B. @type {File[][]} */
  #files = [];

  /** @param {CheckpointFiles[]} sides */
  constructor(sides) {
    this.sides = sides;
    this.core = new compare_bindgen.Comparison(sides[0].name, sides[1].name);
  }

  /** @param {string} renames @param {number} scanners @returns {Promise<Opened>} */
  async open(renames, scanners) {
    const { core } = this;
    if (renames.trim()) core.set_renames(renames);
    const read = [];
    for (const [side, files] of this.sides.entries()) read.push(await this.#read(side === 1, files));
    this.#files = read.map(({ used }) => used.map(({ file }) => file));
    core.start(scanners);
    return { overview: JSON.parse(core.overview()), used: [], ignored: read[1].ignored, bytes: core.waiting_bytes(), rows: core.pairs() };
  }

  /** @param {boolean} isB @param {CheckpointFiles} files */
  async #read(isB, files) {
    const { core } = this;
    const { config } = files;
    try {
      if (config) core.add_config(isB, config.name, new Uint8Array(await config.file.arrayBuffer()));
    } catch (error) {
      core.add_problem(isB, config?.name ?? '', sentenceOf(error));
    }
    return readHeaders({
      addFile: (name, bytes) => core.add_file(isB, name, bytes),
      addIndex: (name, bytes) => core.add_index(isB, name, bytes),
      addProblem: (file, what) => core.add_problem(isB, file, what),
      wants: (file) => core.header_wants(isB, file),
      feed: (file, bytes) => core.header_feed(isB, file, bytes),
      failed: (file, what) => core.header_failed(isB, file, what),
    }, files);
  }

  /** @returns {RunToScan | undefined} */
  nextRun() {
    const run = this.core.next_run();
    if (!run) return undefined;
    const { id, a_file, a_begin, a_end, b_file, b_begin, b_end } = run;
    const tasks = run.tasks();
    run.free();
    return { run: id, stretches: [{ file: this.#files[0][a_file], begin: a_begin, end: a_end }, { file: this.#files[1][b_file], begin: b_begin, end: b_end }], tasks };
  }

  /** @param {number} run @param {number | undefined} stretch @param {string} what */
  fail(run, stretch, what) {
    this.core.run_failed(run, stretch === undefined ? undefined : 'ab'[stretch], what);
  }

  /** @param {number} index */
  one(index) {
    return this.core.pair(index);
  }

  /** What rounding the rotary frequencies would do, by the first config.json that there is. */
  async rotary() {
    const config = this.sides.map(({ config }) => config).find(Boolean);
    if (!config) return { error: 'The lab reads the rotary frequencies from a config.json. Open it together with the checkpoint' };
    return JSON.parse(compare_bindgen.rotary(new Uint8Array(await config.file.arrayBuffer())));
  }

  /** There is no second look. */
  look() {
    return 0;
  }

  missingBytes() {
    return 0;
  }

  /** What changes of the overview. */
  news() {
    const { a, b, patterns, only_in_a, only_in_b, shape_mismatch, ...news } = JSON.parse(this.core.overview());
    return news;
  }

  /** @param {any} columns as JSON has them @returns {import('./messages.js').DifferenceColumns} */
  columns({ index, kind, conversion, direction, looks, ...figures }) {
    const texts = (/** @type {(string | null)[]} */ column) => column.map((text) => text ?? '');
    return { index: Uint32Array.from(index), kind, conversion: texts(conversion), direction: texts(direction), looks: texts(looks), ...numberColumns(figures) };
  }
}
