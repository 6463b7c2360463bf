// @ts-check
// The comparison of two checkpoints, as a coordinator is busy with it.

/** The comparison of two checkpoints. */
class CompareJob {
  /** Of A and of B. @type {NamedFile[][]} */
  #used = [];

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
    this.#used = read.map(({ used }) => used);
    core.start(scanners);
    return { overview: JSON.parse(core.overview()), used: [], ignored: read[1].ignored, bytes: core.waiting_bytes(), rows: core.pairs() };
  }

  /** Whether files are at an address. */
  get isRemote() {
    return this.#used.flat().some(isAtAddress);
  }

  async checkAgain() {
    for (const [side, used] of this.#used.entries()) {
      for (const name of await changedOf(used)) this.core.add_problem(side === 1, name, CHANGED);
    }
  }

  /** @param {boolean} isB @param {CheckpointFiles} files */
  async #read(isB, files) {
    const { core } = this;
    const { config, problems = [] } = files;
    for (const [file, what] of problems) core.add_problem(isB, file, what);
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
    return { run: id, stretches: [{ file: this.#used[0][a_file].file, begin: a_begin, end: a_end }, { file: this.#used[1][b_file].file, begin: b_begin, end: b_end }], tasks };
  }

  /** There is no second look. */
  keep() {}

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
